// @core
/**
 * The pager as state and pure functions: lines (here) and keys (keys.ts) go in, wishes come out,
 * and the screen's text (screen.ts). It holds a window of lines, so that the size of what is paged
 * does not matter.
 */
import { formatCount } from "../../text/units.ts";

/** Characters of lines held, at most; older ones are dropped and read again when wanted. */
const MOST_HELD = 16 << 20;
/** Lines wanted beyond the screen before more are asked for. */
const AHEAD = 200;
/** Lines between two screens that say how far the reading is. */
const PROGRESS_LINES = 10_000;

/** What the pager wants done. */
export type PagerWish =
  /** More lines, until at least this many lines (from the first of all) were given. */
  | { readonly kind: "read"; readonly until: number }
  /** The lines once more from the first, which were dropped; give them with `restarted`. */
  | { readonly kind: "restart" }
  | { readonly kind: "quit" };

/** The pager's state. Never changed in place, but for the lines: those given are added to them. */
export interface Pager {
  readonly columns: number;
  readonly rows: number;
  /** The lines held; the first of them has the number `dropped`. */
  readonly lines: string[];
  readonly dropped: number;
  readonly held: number;
  /** Whether all lines were given. */
  readonly complete: boolean;
  /** The number of the line at the top of the screen. */
  readonly top: number;
  /** Columns scrolled to the right. */
  readonly shift: number;
  /** The search being typed; undefined when none is. */
  readonly typing: string | undefined;
  readonly search: string;
  /** What is looked for in lines not given yet: the end, or the search's next match. */
  readonly seeking: "end" | "match" | undefined;
  /** The number of the first line that the search has not looked at. */
  readonly sought: number;
  readonly message: string;
}

/** A pager without lines, for a screen of this size. */
export function newPager(columns: number, rows: number): Pager {
  return {
    columns,
    rows,
    lines: [],
    dropped: 0,
    held: 0,
    complete: false,
    top: 0,
    shift: 0,
    typing: undefined,
    search: "",
    seeking: undefined,
    sought: 0,
    message: "",
  };
}

/** The state after a change, and what the pager wants next. */
export interface PagerStep {
  readonly pager: Pager;
  readonly wishes: readonly PagerWish[];
}

/** The rows of the screen that show lines; the last one is the status. */
export function body(pager: Pager): number {
  return Math.max(1, pager.rows - 1);
}

/** The number of lines given so far. */
export function given(pager: Pager): number {
  return pager.dropped + pager.lines.length;
}

/** Takes further lines; `complete` with the last of them. */
export function addLines(
  pager: Pager,
  lines: readonly string[],
  complete: boolean,
): PagerStep {
  let all = pager.lines;
  for (const line of lines) all.push(line);
  let held = pager.held + lines.reduce((sum, line) => sum + line.length, 0);
  let { dropped } = pager;
  if (held > MOST_HELD) {
    // Lines above the screen go first; while the end is sought, all but the last screens.
    const keepFrom = pager.seeking === undefined
      ? Math.max(0, pager.top - dropped - AHEAD)
      : Math.max(0, all.length - body(pager) - AHEAD);
    let drop = 0;
    while (drop < keepFrom && held > MOST_HELD / 2) {
      held -= (all[drop++] as string).length;
    }
    all = all.slice(drop);
    dropped += drop;
  }
  const next = { ...pager, lines: all, held, dropped, complete };
  return settle(next);
}

/** The lines begin again from the first, after the wish `restart`. */
export function restarted(pager: Pager): Pager {
  return { ...pager, lines: [], held: 0, dropped: 0, complete: false };
}

/** The lines cannot be had again after the wish `restart`: the first one held is as far as it goes. */
export function restartRefused(pager: Pager): Pager {
  const message = "Earlier lines are gone: the input cannot be read twice";
  return { ...pager, top: pager.dropped, message };
}

/** The screen has another size. */
export function resized(
  pager: Pager,
  columns: number,
  rows: number,
): PagerStep {
  return settle({ ...pager, columns, rows });
}

/** Goes to the next line from number `from` on that holds the search, among the lines given. */
export function seek(pager: Pager, from: number): PagerStep {
  const wanted = pager.search.toLowerCase();
  const start = Math.max(0, from - pager.dropped);
  for (let i = start; i < pager.lines.length; i++) {
    if (plain(pager.lines[i] as string).toLowerCase().includes(wanted)) {
      const top = pager.dropped + i;
      return settle({ ...pager, seeking: undefined, message: "", top });
    }
  }
  if (pager.complete) {
    const message = `Not found: ${pager.search}`;
    return settle({ ...pager, seeking: undefined, message });
  }
  return {
    // What was searched is not searched again when more has come.
    pager: {
      ...pager,
      message: progress("Searching", pager),
      sought: given(pager),
    },
    wishes: [{ kind: "read", until: given(pager) + 1000 }],
  };
}

/** Brings the top within the lines, and asks for the lines the screen needs. */
export function settle(pager: Pager): PagerStep {
  if (pager.seeking === "match") return seek(pager, pager.sought);
  if (pager.seeking === "end" && !pager.complete) {
    return {
      pager: { ...pager, message: progress("Reading to the end", pager) },
      wishes: [{ kind: "read", until: given(pager) + 10_000 }],
    };
  }
  const last = Math.max(0, given(pager) - body(pager));
  const wanted = pager.seeking === "end" ? last : Math.max(0, pager.top);
  if (wanted < pager.dropped) {
    return {
      pager: { ...pager, top: wanted, seeking: undefined },
      wishes: [{ kind: "restart" }],
    };
  }
  const until = wanted + body(pager) + AHEAD;
  const short = !pager.complete && given(pager) < until;
  const next: Pager = {
    ...pager,
    // Lines still to come may make room for the top that was asked for.
    top: pager.complete ? Math.min(wanted, last) : wanted,
    seeking: undefined,
    message: pager.seeking === "end" ? "" : pager.message,
  };
  return { pager: next, wishes: short ? [{ kind: "read", until }] : [] };
}

/** Whether everything fits the screen, so that no pager is needed. */
export function fits(pager: Pager): boolean {
  return pager.complete && given(pager) < pager.rows;
}

/** What is going on, and how far it is; changes rarely enough to be drawn each time. */
function progress(doing: string, pager: Pager): string {
  const lines = Math.floor(given(pager) / PROGRESS_LINES) * PROGRESS_LINES;
  const sofar = lines === 0 ? "" : ` ${formatCount(lines)} lines`;
  return `${doing}…${sofar} (Esc stops)`;
}

/** A line without its colour sequences. */
function plain(line: string): string {
  if (!line.includes("\x1b[")) return line;
  return line.split("\x1b[").map((part, i) =>
    i === 0 ? part : part.replace(/^[0-9;]*m/, "")
  ).join("");
}
