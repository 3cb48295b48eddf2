// @core
/** What keys do to the pager. */
import { body, type Pager, type PagerStep, seek, settle } from "./pager.ts";

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
  /** Ctrl-C. */
  | "interrupt"
  | { readonly text: string };

/** Takes a key. Any key stops a search or the way to the end that is still reading. */
export function pressed(pager: Pager, key: PagerKey): PagerStep {
  if (pager.typing !== undefined) return typed(pager, pager.typing, key);
  const calm: Pager = { ...pager, message: "", seeking: undefined };
  const page = Math.max(1, body(pager) - 1);
  const half = Math.max(1, Math.floor(pager.columns / 2));
  const name = typeof key === "string" ? key : key.text;
  switch (name) {
    case "q":
    case "Q":
      return { pager: calm, wishes: [{ kind: "quit" }] };
    case "escape":
    case "interrupt":
      // A long search or read is stopped first.
      if (pager.seeking !== undefined) {
        return settle({ ...calm, message: "Stopped" });
      }
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
  if (key === "interrupt") return { pager, wishes: [{ kind: "quit" }] };
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
