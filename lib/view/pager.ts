// @core
/**
 * The pager as state and pure functions: keys and lines go in, the screen's text and wishes come
 * out. It holds a window of lines, so that the size of what is paged does not matter.
 */
import { safe } from "../text/safe.ts";
import { sliceStyled } from "../text/styled.ts";

/** Characters of lines held, at most; older ones are dropped and read again when wanted. */
const MOST_HELD = 16 << 20;
/** Lines wanted beyond the screen before more are asked for. */
const AHEAD = 200;

/** A key, as the terminal's reader names it. */
export type PagerKey =
  | "up"
  | "down"
  | "left"
  | "right"
  | "pageup"
  | "pagedown"
  | "home"
  | "end"
  | "enter"
  | "escape"
  | "backspace"
  | { readonly text: string };

/** What the pager wants done. */
export type PagerWish =
  /** More lines, until at least this many lines (from the first of all) were given. */
  | { readonly kind: "read"; readonly until: number }
  /** The lines once more from the first, which were dropped; give them with `restarted`. */
  | { readonly kind: "restart" }
  | { readonly kind: "quit" };

/** The pager's state. Never changed in place, but for the lines, which only grow. */
export interface Pager {
  readonly columns: number;
  readonly rows: number;
  /** The lines held; the first of them has the number `dropped`. */
  readonly lines: readonly string[];
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
function body(pager: Pager): number {
  return Math.max(1, pager.rows - 1);
}

/** The number of lines given so far. */
function given(pager: Pager): number {
  return pager.dropped + pager.lines.length;
}

/** Takes further lines; `complete` with the last of them. */
export function addLines(
  pager: Pager,
  lines: readonly string[],
  complete: boolean,
): PagerStep {
  let all = pager.lines.concat(lines);
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

/** Takes a key. */
export function pressed(pager: Pager, key: PagerKey): PagerStep {
  if (pager.typing !== undefined) return typed(pager, pager.typing, key);
  const calm: Pager = { ...pager, message: "", seeking: undefined };
  const page = Math.max(1, body(pager) - 1);
  const half = Math.max(1, Math.floor(pager.columns / 2));
  const name = typeof key === "string" ? key : key.text;
  switch (name) {
    case "q":
    case "Q":
    case "\x03":
    case "escape":
      return { pager: calm, wishes: [{ kind: "quit" }] };
    case "down":
    case "enter":
    case "j":
      return settle({ ...calm, top: pager.top + 1 });
    case "up":
    case "k":
      return settle({ ...calm, top: pager.top - 1 });
    case " ":
    case "f":
    case "pagedown":
      return settle({ ...calm, top: pager.top + page });
    case "b":
    case "pageup":
      return settle({ ...calm, top: pager.top - page });
    case "g":
    case "home":
      return settle({ ...calm, top: 0 });
    case "G":
    case "end":
      return settle({ ...calm, seeking: "end" });
    case "right":
      return settle({ ...calm, shift: pager.shift + half });
    case "left":
      return settle({ ...calm, shift: Math.max(0, pager.shift - half) });
    case "/":
      return { pager: { ...calm, typing: "" }, wishes: [] };
    case "n":
      if (pager.search === "") {
        return {
          pager: { ...calm, message: "Nothing was searched" },
          wishes: [],
        };
      }
      return seek({ ...calm, seeking: "match" }, pager.top + 1);
    default:
      return { pager: calm, wishes: [] };
  }
}

function typed(pager: Pager, typing: string, key: PagerKey): PagerStep {
  if (key === "enter") {
    const search = typing === "" ? pager.search : typing;
    const next: Pager = { ...pager, typing: undefined, search };
    if (search === "") return { pager: next, wishes: [] };
    return seek({ ...next, seeking: "match" }, pager.top);
  }
  const backspace = key === "backspace";
  if (key === "escape" || (backspace && typing === "")) {
    return { pager: { ...pager, typing: undefined }, wishes: [] };
  }
  if (backspace) {
    const shorter = [...typing].slice(0, -1).join("");
    return { pager: { ...pager, typing: shorter }, wishes: [] };
  }
  if (typeof key === "string" || key.text < " ") return { pager, wishes: [] };
  return { pager: { ...pager, typing: typing + key.text }, wishes: [] };
}

/** Goes to the next line from number `from` on that holds the search, among the lines given. */
function seek(pager: Pager, from: number): PagerStep {
  const wanted = pager.search.toLowerCase();
  const start = Math.max(0, from - pager.dropped);
  for (let i = start; i < pager.lines.length; i++) {
    if (plain(pager.lines[i] as string).toLowerCase().includes(wanted)) {
      return settle({ ...pager, seeking: undefined, top: pager.dropped + i });
    }
  }
  if (pager.complete) {
    const message = `Not found: ${pager.search}`;
    return settle({ ...pager, seeking: undefined, message });
  }
  return {
    // What was searched is not searched again when more has come.
    pager: { ...pager, message: "Searching…", sought: given(pager) },
    wishes: [{ kind: "read", until: given(pager) + 1000 }],
  };
}

/** Brings the top within the lines, and asks for the lines the screen needs. */
function settle(pager: Pager): PagerStep {
  if (pager.seeking === "match") return seek(pager, pager.sought);
  if (pager.seeking === "end" && !pager.complete) {
    return {
      pager: { ...pager, message: "Reading to the end…" },
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

/** The screen: as many lines as it has rows, the last one the status. Not wider than the screen. */
export function renderPager(pager: Pager, color: boolean): string[] {
  const rows: string[] = [];
  const first = pager.top - pager.dropped;
  for (let i = 0; i < body(pager); i++) {
    const line = pager.lines[first + i];
    rows.push(
      line === undefined
        ? (pager.complete ? "~" : "")
        : sliceStyled(line, pager.shift, pager.columns),
    );
  }
  const status = sliceStyled(statusOf(pager), 0, pager.columns);
  rows.push(color ? `\x1b[7m${status}\x1b[0m` : status);
  return rows;
}

function statusOf(pager: Pager): string {
  if (pager.typing !== undefined) return `/${safe(pager.typing)}`;
  if (pager.message !== "") return safe(pager.message);
  const bottom = Math.min(given(pager), pager.top + body(pager));
  const total = pager.complete ? `${given(pager)}` : `${given(pager)}+`;
  const end = pager.complete && bottom === given(pager) ? " (end)" : "";
  return `${pager.top + 1}-${bottom} of ${total}${end}  ` +
    "space b arrows g G /search n q";
}

/** A line without its colour sequences. */
function plain(line: string): string {
  return line.split("\x1b[").map((part, i) =>
    i === 0 ? part : part.replace(/^[0-9;]*m/, "")
  ).join("");
}
