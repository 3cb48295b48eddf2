/** How events read for people: one line each, every string from outside made safe. */
import type {
  FerryEvent,
  PastTransfer,
  SharedListed,
  TransferCompleted,
  TransferFacts,
  TransferFailed,
} from "../lib/events.ts";
import { safe, safeLines } from "../lib/text/safe.ts";
import {
  formatBytes,
  formatCount,
  formatMs,
  formatRate,
} from "../lib/text/units.ts";

/**
 * Where a line belongs: `result` and `data` on stdout (a result is left out with `-q`, data never),
 * `note` on stderr unless `-q`, `detail` on stderr with `-v`.
 */
export interface Wording {
  readonly as: "result" | "data" | "note" | "detail";
  readonly text: string;
  /** Said behind it with --verbose. */
  readonly more?: string;
}

/** The line for an event; `undefined` for those shown in another way (problems, progress, summary). */
export function wordingOf(event: FerryEvent): Wording | undefined {
  switch (event.event) {
    case "ready":
      if (event.role === "bare") {
        return note(`bare TCP is ready on ${address(event.addr)}`);
      }
      return note(
        event.role === "hub"
          ? `hub ${safe(event.name)} is ready on ${address(event.addr)}${
            open(event.secure)
          }`
          : `connected to ${safe(event.hub)} as ${safe(event.name)}${
            open(event.secure)
          }`,
      );
    case "peer.joined":
      return note(`${safe(event.name)} joined`);
    case "peer.left":
      return note(`${safe(event.name)} left`);
    case "peer":
      return {
        as: "data",
        text: `${safe(event.name)}  ${safe(event.address)}  since ${
          safe(event.since)
        }`,
      };
    case "ticket":
      return { as: "data", text: event.ticket };
    case "transfer.offered":
      return event.dir === "receive" && event.tree === undefined
        ? note(`${safe(event.from)} offers ${nameOf(event)}${size(event)}`)
        : detail(`offered ${route(event)}${size(event)}`);
    case "transfer.accepted":
      return detail(`accepted ${route(event)}`);
    case "transfer.declined":
      return detail(`declined ${route(event)}`);
    case "transfer.started":
      return detail(`started ${route(event)}`);
    case "transfer.completed":
      return completed(event);
    case "transfer.stored":
      return {
        as: "result",
        text: `stored ${route(event)}${plainSize(event)} until ${
          safe(event.until)
        }`,
      };
    case "check": {
      const line = `${event.state.padEnd(9)}${safe(event.name)}: ${
        safe(event.message)
      }`;
      const hint = event.hint === undefined
        ? ""
        : `\n         hint: ${safe(event.hint)}`;
      return { as: "data", text: line + hint };
    }
    case "dissector":
      return "saved" in event
        ? {
          as: "data",
          text: `the dissector is in ${
            safe(event.saved)
          }; Wireshark and tshark find it at their next start`,
        }
        : undefined;
    case "bench.started":
      return note(
        `measuring on ${
          event.own
            ? "a hub of its own, in this process"
            : `hub ${safe(event.hub)}, ${address(event.addr)}`
        }${open(event.secure)}, own peers: ${event.peers}; ${safe(event.os)} ${
          safe(event.arch)
        }, ${event.cores} cores`,
      );
    case "help":
      return { as: "data", text: event.text };
    case "version":
      return {
        as: "data",
        text:
          `ferry ${event.version} (deno ${event.deno}, ${event.os} ${event.arch}, ${event.kind}${
            event.commit === undefined ? "" : `, commit ${event.commit}`
          })`,
      };
    default:
      return undefined;
  }
}

/** One thing the hub shares: size, time, name. */
export function sharedLine(
  { name, kind, bytes, modified }: SharedListed,
): string {
  const time = localTime(Date.parse(modified)).slice(0, -3);
  return kind === "directory"
    ? `${" ".repeat(8)}  ${time}  ${safe(name)}/`
    : `${formatBytes(bytes).padStart(8)}  ${time}  ${safe(name)}`;
}

/** One delivery of the past; who sent it to whom gets `route` columns. */
export function pastLine(past: PastTransfer, route: number): string {
  const { at, bytes, latency_ms: latency, message } = past;
  const state = past.event === "transfer.completed"
    ? "delivered"
    : past.event.slice("transfer.".length);
  const time = localTime(Date.parse(at));
  const size = bytes === null ? "" : formatBytes(bytes);
  const took = latency === undefined ? "" : formatMs(latency.total);
  const why = message === undefined ? "" : `: ${safe(message)}`;
  return `${time}  ${state.padEnd(9)}  ${pastRoute(past).padEnd(route)}  ${
    size.padStart(8)
  }  ${took.padStart(9)}  ${safe(past.name)}${why}`;
}

/** Who sent it to whom. */
export function pastRoute({ from, to }: PastTransfer): string {
  return `${safe(from)} → ${safe(to)}`;
}

/** A moment where this machine is: `2026-11-22 19:58:20`. */
function localTime(ms: number): string {
  const date = new Date(ms);
  const two = (part: number) => String(part).padStart(2, "0");
  const day = [date.getMonth() + 1, date.getDate()].map(two).join("-");
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()];
  return `${date.getFullYear()}-${day} ${time.map(two).join(":")}`;
}

/** A failed transfer as an error: what could not be done, the state, and what to try. */
export function failureOf(
  { dir, from, to, name, kind, code, message, hint }: TransferFailed,
): { message: string; hint?: string } {
  const whom = dir === "receive"
    ? ` from ${from}`
    : [" ", ":"].some((end) =>
        message.toLowerCase().startsWith(to.toLowerCase() + end)
      )
    ? ""
    : ` to ${to}`;
  const action = dir === "send" ? "send" : "receive";
  return {
    message: `Cannot ${action} ${name}${
      kind === "directory" ? "/" : ""
    }${whom}: ${message}`,
    ...(hint !== undefined
      ? { hint }
      : code === "absent"
      ? { hint: absentHint(dir, message) }
      : {}),
  };
}

/**
 * Whether a file failed because its sending directory was stopped as a whole. The directory's own
 * line says so; thousands of files would say it again.
 */
export function endedWithItsTree(
  { dir, tree, code }: TransferFailed,
): boolean {
  return dir === "send" && tree !== undefined &&
    (code === "cancelled" || code === "deadline.total");
}

/** What was begun while the recipient was there need not be kept for it: it may be back at once. */
function absentHint(dir: TransferFacts["dir"], message: string): string {
  const who = "ferry peers lists who is";
  return dir === "send" && message.endsWith(" is not connected")
    ? `${who}; --queue leaves it at the hub`
    : who;
}

function completed(event: TransferCompleted): Wording {
  const message = event.kind === "text" || event.kind === "json";
  if (event.dir === "receive" && message) {
    const body = event.kind === "text"
      ? event.text ?? ""
      : JSON.stringify(event.data) ?? "";
    return { as: "data", text: messageText(event.from, body) };
  }
  // Of what is in a directory its own line tells.
  const as = event.tree === undefined ? "result" : "detail";
  const bytes = `${files(event)}${plainSize(event)}`;
  if (event.dir === "receive") {
    const where = event.saved === undefined ? "" : ` → ${safe(event.saved)}`;
    const { one_way_ms: oneWay } = event;
    const more = oneWay === undefined
      ? ""
      : `  one way ${formatMs(oneWay.ms)} ± ${formatMs(oneWay.bound)}`;
    const done = allUnchanged(event) ? "unchanged" : "received";
    return { as, text: `${done} ${route(event)}${bytes}${where}`, more };
  }
  if (event.unchanged === true) {
    return { as, text: `unchanged ${route(event)}${bytes}` };
  }
  // What was there already counts in the size, but did not travel: a rate would boast.
  const rate = (event.files?.unchanged ?? 0) > 0
    ? ""
    : ` (${formatRate(event.bytes_per_s)})`;
  const time = event.latency_ms === undefined
    ? ""
    : `  ${formatMs(event.latency_ms.total)} end to end${rate}`;
  return {
    as,
    text: `${allUnchanged(event) ? "unchanged" : "sent"} ${
      route(event)
    }${bytes}${time}`,
  };
}

/** Whether a directory was there already, with everything in it. */
function allUnchanged({ files }: TransferCompleted): boolean {
  return files !== undefined && files.unchanged > 0 &&
    files.transferred + files.failed === 0;
}

/** `  1,204 files, 3 unchanged`: what there is now of a directory. */
function files(event: TransferCompleted): string {
  const { files } = event;
  if (files === undefined) return "";
  const { transferred, unchanged, failed } = files;
  const all = transferred + unchanged;
  const parts = [`${formatCount(all)} file${all === 1 ? "" : "s"}`];
  if (unchanged > 0 && !allUnchanged(event)) {
    parts.push(`${formatCount(unchanged)} unchanged`);
  }
  if (failed > 0) parts.push(`${formatCount(failed)} failed`);
  return `  ${parts.join(", ")}`;
}

/** `alice: hello`, or the lines of a longer message indented below the name. */
function messageText(from: string, body: string): string {
  const lines = safeLines(body).split("\n");
  if (lines.at(-1) === "") lines.pop();
  if (lines.length <= 1) return `${safe(from)}: ${lines[0] ?? ""}`;
  return [`${safe(from)}:`, ...lines.map((line) => `    ${line}`)].join("\n");
}

function route({ dir, name, kind, from, to }: TransferFacts): string {
  const what = nameOf({ name, kind });
  return dir === "send" ? `${what} → ${safe(to)}` : `${what} ← ${safe(from)}`;
}

function nameOf({ name, kind }: Pick<TransferFacts, "name" | "kind">): string {
  return `${safe(name)}${kind === "directory" ? "/" : ""}`;
}

function plainSize({ bytes }: TransferFacts): string {
  return bytes === null ? "" : `  ${formatBytes(bytes)}`;
}

function size({ bytes }: TransferFacts): string {
  return bytes === null ? "" : ` (${formatBytes(bytes)})`;
}

function address({ host, port }: { host: string; port: number }): string {
  return `${host.includes(":") ? `[${safe(host)}]` : safe(host)}:${port}`;
}

function open(secure: boolean): string {
  return secure ? "" : " (insecure: not encrypted, no secret)";
}

function note(text: string): Wording {
  return { as: "note", text };
}

function detail(text: string): Wording {
  return { as: "detail", text };
}
