/**
 * The menu's own words; what commands and transfers say is worded where they are. Every string
 * from outside passes `safe()` here.
 */
import type { SharedListed } from "../../lib/events.ts";
import { safe } from "../../lib/text/safe.ts";
import { formatBytes, formatMs } from "../../lib/text/units.ts";
import type { AcceptPolicy } from "../../lib/inbox/policy.ts";
import { Failure } from "../../lib/failure.ts";
import type { Offer } from "../../lib/transfer/transfer.ts";
import type { Moving, Received } from "./record.ts";

/** Below a list. */
export const SELECT_HINT = "a number, or arrows and Enter; Esc goes back";
/** Below a list of which several can be taken. */
export const SEVERAL_HINT =
  "Space marks, a marks all, Enter takes them; Esc goes back";
/** Asks for a hub. */
export const WHICH_HUB =
  "Which hub? Its ticket, or its address as host or host:port";
/** Below a text. */
export const TEXT_HINT = "Enter takes it; Esc goes back";
/** Below a path. */
export const PATH_HINT = "Tab completes a path; Enter takes it; Esc goes back";
/** Below a command under way. */
export const BUSY_HINT =
  "Esc cancels it, b lets it run on while you do something else";
/** In plain lines: asks for one of a list. */
export const PLAIN_CHOOSE = "Number (0 goes back): ";
/** In plain lines: asks for several of a list. */
export const PLAIN_SEVERAL = "Numbers, or all (0 goes back): ";
/** In plain lines: asks for a text. */
export const PLAIN_TEXT = "Answer (0 goes back): ";
/** The answer was neither. */
export const YES_OR_NO = "Answer y or n.";
/** The list is empty. */
export const NOTHING_TO_CHOOSE = "There is nothing to choose.";
/** The answer is not in the list. */
export const NO_SUCH_CHOICE = (typed: string): string =>
  `There is no ${safe(typed)} to choose.`;
/** There is nothing to get. */
export const SHARES_NOTHING = "This hub shares no files.";

/** What stands there already when a text is asked for in plain lines. */
export function plainDraft(draft: string): string {
  return ` [Enter takes: ${safe(draft)}]`;
}

/** How many offers wait; `keys` says whether `i` opens them here. */
export function waitingLine(count: number, keys: boolean): string {
  return keys ? `[${count} waiting: press i]` : `[${count} waiting]`;
}

/** Asks about an offer. */
export function offerQuestion({ from, name, kind, size }: Offer): string {
  const bytes = kind === "directory"
    ? "/ with all in it"
    : size === null
    ? ""
    : ` (${formatBytes(size)})`;
  return `Accept ${safe(name)}${bytes} from ${safe(from)}?`;
}

/** An offer is over before it was answered. */
export function unanswered({ from, name }: Offer, reason: unknown): string {
  const state = reason instanceof Failure && reason.code === "deadline.accept"
    ? "nobody answered in time, so it was declined"
    : "it was withdrawn";
  return `${safe(name)} from ${safe(from)}: ${state}`;
}

/** What would have done the same. */
export function sameAs(line: string): string {
  return `Same as: ${line}`;
}

/** A failure of something the menu did itself. */
export function problem(failure: Failure): string {
  const hint = failure.hint === undefined
    ? ""
    : `\nhint: ${safe(failure.hint)}`;
  return `error: ${safe(failure.message)}${hint}`;
}

/** One line about something received. */
export function receivedLine(one: Received, now: number): string {
  const from = one.from === undefined ? "" : `  from ${safe(one.from)}`;
  const ms = one.ms === undefined ? "" : `  in ${formatMs(one.ms)}`;
  const what = one.path === undefined
    ? `${safe(one.name)} (message)`
    : safe(one.name);
  return `${what}${from}  ${formatBytes(one.bytes)}  ${
    ageOf(now - one.at)
  }${ms}`;
}

/** How long ago something was. */
export function ageOf(ms: number): string {
  if (ms < 10_000) return "just now";
  if (ms < 60_000) return `${Math.floor(ms / 10_000)}0 s ago`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ago`;
  if (ms < 172_800_000) return `${Math.floor(ms / 3_600_000)} h ago`;
  return `${Math.floor(ms / 86_400_000)} days ago`;
}

/** One line about something shared in `dir`. */
export function sharedChoice(
  { name, kind, bytes }: SharedListed,
  dir: string | undefined,
): string {
  const last = safe(dir === undefined ? name : name.slice(dir.length + 1));
  return kind === "directory" ? `${last}/` : `${last}  ${formatBytes(bytes)}`;
}

/** One line about a transfer under way. */
export function movingLine({ facts, bytes }: Moving, ms: number): string {
  const { name, from, to } = facts;
  const share = facts.bytes === null || facts.bytes === 0
    ? formatBytes(bytes)
    : `${Math.floor(100 * bytes / facts.bytes)} % of ${
      formatBytes(facts.bytes)
    }`;
  return `${safe(name)}  ${safe(from)} → ${safe(to)}  ${share}  ${
    formatMs(ms)
  }`;
}

/** Whose transfers are taken. */
export function policyText(policy: AcceptPolicy): string {
  return policy.kind === "names" ? [...policy.names].join(",") : policy.kind;
}

/** One transfer, several transfers. */
export function countOf(count: number, one: string): string {
  return count === 1 ? `1 ${one}` : `${count} ${one}s`;
}

/** The help of a menu. */
export function helpLines(role: "hub" | "peer" | "start"): string {
  const keys = [
    "Numbers choose at once; so do the arrows and Enter. Esc goes back and keeps what was typed.",
    "Ctrl-C gives up what was begun; in the menu itself it quits. Ctrl-D quits at once.",
    "While typing: Ctrl-A and Ctrl-E to the ends, Ctrl-W and Ctrl-U delete backwards, Ctrl-K forwards, Up and Down bring earlier answers.",
    "Every action prints the command that does the same in a script.",
  ];
  const more = {
    hub: [
      "Peers on other machines join with ferry connect and the address above.",
    ],
    peer: [
      "What arrives is said above the menu; --accept ask, or Settings, asks about each offer first, and i answers.",
    ],
    start: [
      "ferry help lists the commands; ferry serve --no-menu and ferry connect --no-menu run without this menu.",
    ],
  }[role];
  return [...keys, ...more].join("\n");
}
