/** How events read for people: one line each, every string from outside made safe. */
import type {
  FerryEvent,
  TransferCompleted,
  TransferFacts,
  TransferFailed,
} from "../lib/events.ts";
import { safe, safeLines } from "../lib/text/safe.ts";
import { formatBytes, formatMs, formatRate } from "../lib/text/units.ts";

/**
 * Where a line belongs: `result` and `data` on stdout (a result is left out with `-q`, data never),
 * `note` on stderr unless `-q`, `detail` on stderr with `-v`.
 */
export interface Wording {
  readonly as: "result" | "data" | "note" | "detail";
  readonly text: string;
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
      return event.dir === "receive"
        ? note(`${safe(event.from)} offers ${safe(event.name)}${size(event)}`)
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

/** A failed transfer as an error: what could not be done, the state, and what to try. */
export function failureOf(
  { dir, from, to, name, code, message }: TransferFailed,
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
    message: `Cannot ${action} ${name}${whom}: ${message}`,
    ...(code === "absent" ? { hint: "ferry peers lists who is" } : {}),
  };
}

function completed(event: TransferCompleted): Wording {
  if (event.dir === "receive" && event.kind !== "file") {
    const body = event.kind === "text"
      ? event.text ?? ""
      : JSON.stringify(event.data) ?? "";
    return { as: "data", text: message(event.from, body) };
  }
  const bytes = plainSize(event);
  if (event.dir === "receive") {
    const where = event.saved === undefined ? "" : ` → ${safe(event.saved)}`;
    return { as: "result", text: `received ${route(event)}${bytes}${where}` };
  }
  const time = event.latency_ms === undefined
    ? ""
    : `  ${formatMs(event.latency_ms.total)} end to end (${
      formatRate(event.bytes_per_s)
    })`;
  return { as: "result", text: `sent ${route(event)}${bytes}${time}` };
}

/** `alice: hello`, or the lines of a longer message indented below the name. */
function message(from: string, body: string): string {
  const lines = safeLines(body).split("\n");
  if (lines.at(-1) === "") lines.pop();
  if (lines.length <= 1) return `${safe(from)}: ${lines[0] ?? ""}`;
  return [`${safe(from)}:`, ...lines.map((line) => `    ${line}`)].join("\n");
}

function route({ dir, name, from, to }: TransferFacts): string {
  return dir === "send"
    ? `${safe(name)} → ${safe(to)}`
    : `${safe(name)} ← ${safe(from)}`;
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
