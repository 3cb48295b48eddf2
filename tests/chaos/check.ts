/** What must hold after a round. */
import { join } from "@std/path";
import { exitOf, failureCode } from "../../lib/failure.ts";
import { isPartName } from "../../lib/inbox/parts.ts";
import type { Actor, Told } from "./actor.ts";
import type { Round } from "./round.ts";
import { filesBelow, type Found, type Sent } from "./source.ts";
import { recipientName } from "./stage.ts";

/** A name a conflict has given: `a (2).bin`. */
const NUMBERED = / \(\d+\)(?=\.|$)/;

/** Whether a file has come; its content is looked at in the end. */
export function isWhole(inbox: string, { path }: Sent): boolean {
  try {
    return Deno.statSync(join(inbox, path)).isFile;
  } catch {
    return false;
  }
}

/** What is in a spool beside the locks. */
export function leftInSpool(spool: string): string[] {
  return filesBelow(spool).map(({ path }) => path)
    .filter((path) => !path.endsWith("lock"));
}

/** What is wrong with how a sender ended that nobody ended, if anything. */
export function wrongEnd({ name, events, strange }: Actor, code: number):
  | string
  | undefined {
  if (strange.length > 0) return `${name} printed what is no event: ${strange}`;
  const expected = expectedEnd(events);
  const said = events.at(-1);
  if (said?.event !== "summary") return `${name} printed no summary at its end`;
  if (said["exit"] !== code) {
    return `${name} said that it ends with ${
      said["exit"]
    }, and did with ${code}`;
  }
  if (code !== expected) {
    return `${name} ended with ${code}, and with what it said it should be ${expected}`;
  }
}

/** The status cli.md gives for what a sender said. */
function expectedEnd(events: readonly Told[]): number {
  const failed = events.filter(({ event }) => event === "transfer.failed");
  const done = events.some(isReceipt);
  const codes = new Set(
    failed.map(({ code }) => exitOf(failureCode(String(code)))),
  );
  const error = events.findLast(({ event }) => event === "error");
  if (failed.length === 0) {
    if (error !== undefined) return exitOf(failureCode(String(error["code"])));
    return done ? 0 : 1;
  }
  const [only = 7] = codes;
  return done || codes.size > 1 ? 7 : only;
}

function isReceipt({ event }: Told): boolean {
  return event === "transfer.completed" || event === "transfer.stored";
}

/** Looks at everything a round has left; says what is wrong, and counts. */
export function findWrongs(round: Round): void {
  const { plan, stage, wrongs, facts, sources, attempts } = round;
  for (const { actor } of attempts) {
    const receipts = actor.events.filter(isReceipt);
    facts.receipts += receipts.length;
    facts.stored += receipts.filter(({ event }) =>
      event === "transfer.stored"
    ).length;
    const warned = actor.events.filter(({ event }) => event === "warning");
    facts.resumed += warned.filter(({ code }) => code === "resumed").length;
    facts.reconnected +=
      warned.filter(({ message }) => /; trying again$/.test(String(message)))
        .length;
    if (plan.kind === "get") wrongs.push(...toldTwice(actor));
  }
  if (plan.kind === "get") {
    // The hub is the sender, and says so.
    const told = stage.actors.filter(({ name }) => name === "hub")
      .flatMap(({ events }) => events);
    facts.resumed += told.filter(({ code }) => code === "resumed").length;
  }
  for (let which = 0; which < plan.recipients; which++) {
    const name = recipientName(which);
    const found = filesBelow(stage.inbox(which))
      .filter(({ path }) => path !== "control.txt" && path !== "filler");
    facts.files += found.length;
    facts.bytes += found.reduce((sum, { bytes }) => sum + bytes, 0);
    const here = new Map(found.map((one) => [one.path, one]));
    const theirs = plan.sendings.flatMap((sending, n) =>
      sending.to.includes(which) ? sources[n] ?? [] : []
    );
    wrongs.push(...strangers(name, found, theirs));
    for (const [n, { to }] of plan.sendings.entries()) {
      if (!to.includes(which)) continue;
      const mine = attempts.filter((one) =>
        one.sending === n && one.to.includes(name)
      );
      wrongs.push(...brokenPromises(name, sources[n] ?? [], mine, here));
      const extra = copies(found, sources[n] ?? []);
      facts.again += extra.length;
      // A receipt that nobody could hear is no reason: the hub and the peers remember.
      if (mine.length === 1 && extra.length > 0) {
        wrongs.push(`${name} has ${extra} twice, which was sent once`);
      }
      if (extra.length > (mine.length - 1) * (sources[n]?.length ?? 0)) {
        wrongs.push(`${name} has more copies than were sent: ${extra}`);
      }
      wrongs.push(...wrongDates(round, n, which));
    }
  }
  const spooled = leftInSpool(stage.spool);
  if (spooled.length > 0) wrongs.push(`the spool keeps ${spooled}`);
}

/** What a recipient said more than once to have got. */
function toldTwice({ name, events }: Actor): string[] {
  const got = events.filter(({ event }) => event === "transfer.completed")
    .map((told) => String(told["name"]));
  const twice = got.filter((one, at) => got.indexOf(one) !== at);
  return twice.map((one) => `${name} says that it got ${one} twice`);
}

/** Files nobody sent, partial or not. */
function strangers(
  who: string,
  found: readonly Found[],
  sent: readonly Sent[],
): string[] {
  const known = new Set(
    sent.map(({ path, sha256 }) => `${path} ${sha256}`),
  );
  return found.flatMap(({ path, sha256, bytes }) => {
    if (isPartName(path)) return `${who} keeps ${path} of ${bytes} B`;
    const original = path.replace(NUMBERED, "");
    return known.has(`${original} ${sha256}`)
      ? []
      : `${who} has ${path} of ${bytes} B, which nobody sent`;
  });
}

/** Copies beside the file itself. */
function copies(found: readonly Found[], sent: readonly Sent[]): string[] {
  const paths = new Set(sent.map(({ path }) => path));
  return found.map(({ path }) => path).filter((path) =>
    NUMBERED.test(path) && paths.has(path.replace(NUMBERED, ""))
  );
}

function brokenPromises(
  who: string,
  sent: readonly Sent[],
  attempts: readonly { readonly actor: Actor }[],
  here: ReadonlyMap<string, Found>,
): string[] {
  const wrongs: string[] = [];
  for (const { actor } of attempts) {
    for (const told of actor.events.filter(isReceipt)) {
      if (told["to"] !== who) continue;
      const name = String(told["name"]);
      const promised =
        told["kind"] === "directory" && told["tree"] === undefined
          ? sent.filter(({ path }) => path.startsWith(`${name}/`))
          : sent.filter(({ path }) => path === name);
      for (const { path, sha256 } of promised) {
        if (here.get(path)?.sha256 !== sha256) {
          wrongs.push(
            `${who} has no ${path}, of which ${actor.name} was told ${told.event}`,
          );
        }
        const said = told["kind"] === "file" ? told["sha256"] : undefined;
        if (said !== undefined && said !== sha256) {
          wrongs.push(`${actor.name} was told another SHA-256 of ${path}`);
        }
      }
    }
  }
  return wrongs;
}

/** A directory that is through has its modification time, and what may be run still may. */
function wrongDates(
  { plan, stage }: Round,
  sending: number,
  which: number,
): string[] {
  const payload = plan.sendings[sending]?.payload;
  if (payload?.isDirectory !== true) return [];
  const from = join(stage.dir, `source-${sending}`);
  const there = stage.inbox(which);
  const paths = [
    payload.name,
    ...payload.files.map(({ path }) => join(payload.name, path)),
  ];
  return paths.flatMap((path) => {
    try {
      const sent = Deno.statSync(join(from, path));
      const got = Deno.statSync(join(there, path));
      const wrongs: string[] = [];
      const late = (got.mtime?.getTime() ?? 0) - (sent.mtime?.getTime() ?? 0);
      if (late !== 0) wrongs.push(`${path} is dated ${late} ms wrong`);
      const modes = [sent, got].map(({ mode }) => (mode ?? 0) & 0o100);
      if (sent.isFile && modes[0] !== modes[1]) {
        wrongs.push(`${path} has another executable bit`);
      }
      return wrongs;
    } catch {
      return []; // That it is not there was said.
    }
  });
}
