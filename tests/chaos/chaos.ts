/**
 * The fault-injection suite: real processes of Ferry, killed, stopped, cut off and run out of disk
 * at points that a seed decides; after each round every receipt must hold.
 *
 *     deno task chaos [--seed N] [--rounds N] [--seconds N] [--only KIND] [--jobs N] [--record]
 *         [--keep] [-- COMMAND…]
 *
 * Round N of a seed has the seed SEED + N and the next kind in turn; `--only` plays one kind. It
 * ends after so many rounds, or begins none after so many seconds. `--record` writes what was
 * counted to docs/chaos.md.
 */
import { parseArgs } from "@std/cli/parse-args";
import { fromFileUrl, join, resolve } from "@std/path";
import type { Actor } from "./actor.ts";
import { describe, type Kind, KINDS, planOf } from "./plan.ts";
import { record } from "./record.ts";
import { type Outcome, playRound } from "./round.ts";
import { SmallDisk } from "./stage.ts";

const MAIN = fromFileUrl(new URL("../../main.ts", import.meta.url));

const options = parseArgs(Deno.args, {
  string: ["seed", "rounds", "seconds", "only", "jobs"],
  boolean: ["record", "keep"],
  "--": true,
});
const command = (options["--"] ?? []).length > 0
  ? (options["--"] ?? []).map((word) => isFile(word) ? resolve(word) : word)
  : [Deno.execPath(), "run", "-A", "--quiet", "--no-check", MAIN];
const first = number(options.seed, Math.floor(Math.random() * 1e6));
const seconds = number(options.seconds, Infinity);
const rounds = number(options.rounds, seconds < Infinity ? Infinity : 18);
const jobs = number(options.jobs, 2);
const kinds = KINDS.filter((kind) =>
  options.only === undefined || kind === options.only
);
if (kinds.length === 0) {
  say(`--only must be one of ${KINDS.join(", ")}`);
  Deno.exit(2);
}
const keep = options.keep === true;
const dir = Deno.makeTempDirSync({ prefix: "ferry-chaos-" });
const until = performance.now() + seconds * 1000;
const outcomes: Outcome[] = [];
let begun = 0;
let failed = 0;
const mayMount = SmallDisk.isPossible();

await Promise.all(Array.from({ length: jobs }, work));
if (keep) say(`kept: ${dir}`);
if (failed === 0 && !keep) {
  Deno.removeSync(dir, { recursive: true });
}
if (options.record === true) record(outcomes, first);
say(`${outcomes.length - failed} passed, ${failed} failed`);
Deno.exit(failed > 0 || outcomes.length === 0 ? 1 : 0);

async function work(): Promise<void> {
  while (begun < rounds && performance.now() < until) {
    const n = begun++;
    const kind = kinds[n % kinds.length] ?? "file";
    await play(kind, first + n);
  }
}

async function play(kind: Kind, seed: number): Promise<void> {
  if (kind === "full" && !mayMount) {
    return say(`skipped ${kind} ${seed}: a tmpfs cannot be mounted here`);
  }
  const plan = planOf(kind, seed);
  const place = join(dir, `${kind}-${seed}`);
  Deno.mkdirSync(place);
  const outcome = await playRound(plan, place, command, keep);
  outcomes.push(outcome);
  const { wrongs, done, attempts, facts, ms } = outcome;
  const faults = [
    ...done.map(describe),
    ...(plan.between === "none" ? [] : [`${plan.between} hub when stored`]),
  ];
  const mark = wrongs.length === 0 ? "ok     " : "FAILED ";
  const exits = attempts.map(({ actor }) => endOf(actor));
  say([
    `${mark} ${kind} ${seed}${plan.secure ? "" : " --insecure"} (${
      Math.round(ms / 100) / 10
    } s): ${faults.join("; ") || "nothing happened in time"}`,
    `         senders ended with ${
      exits.join(", ")
    }; ${facts.receipts} receipts, ${facts.stored} stored, ${facts.resumed} resumed, ${facts.files} files`,
  ].join("\n"));
  if (wrongs.length === 0) {
    if (!keep) Deno.removeSync(place, { recursive: true });
    return;
  }
  failed++;
  for (const wrong of wrongs.slice(0, 12)) say(`         wrong: ${wrong}`);
  say(`         planned: ${plan.faults.map(describe).join("; ")}`);
  say(`         kept: ${place}`);
  say(
    `         again: deno task chaos --only ${kind} --seed ${seed} --rounds 1`,
  );
}

/** How a sender ended, and what it failed with. */
function endOf({ ended, events }: Actor): string {
  const codes = new Set(
    events.filter(({ event }) => /^(transfer\.failed|error)$/.test(event))
      .map(({ code }) => String(code)),
  );
  return [ended?.code ?? "?", ...codes].join(" ");
}

function number(text: unknown, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  say(`${text} is no number`);
  Deno.exit(2);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
