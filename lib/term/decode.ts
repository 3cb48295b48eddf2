// @core
/** Bytes of a terminal → keys: escape sequences, UTF-8 split over reads, pasted text. */

/** The keys that are not text; `ctrl` with a letter stands for itself. */
export type KeyName =
  | "text"
  | "paste"
  | "ctrl"
  | "up"
  | "down"
  | "left"
  | "right"
  | "wordleft"
  | "wordright"
  | "home"
  | "end"
  | "pageup"
  | "pagedown"
  | "enter"
  | "escape"
  | "tab"
  | "backtab"
  | "backspace"
  | "delete";

/** One key. `text` is what was typed or pasted, or the lower-case letter of `ctrl`; else empty. */
export interface Key {
  readonly name: KeyName;
  readonly text: string;
}

/** Pasted text beyond this is dropped: nobody reads it in a prompt. */
const MAX_PASTE = 1 << 20;
/** A sequence that has not ended by then is none. */
const MAX_SEQUENCE = 64;
/** Answers of the terminal to what a program asked it (colours, pictures): passed over whole. */
const MAX_ANSWER = 8_192;
const PASTE_END = "\x1b[201~";

const FINAL: Record<string, KeyName> = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  H: "home",
  F: "end",
  Z: "backtab",
};
const NUMBERED: Record<string, KeyName> = {
  1: "home",
  3: "delete",
  4: "end",
  5: "pageup",
  6: "pagedown",
  7: "home",
  8: "end",
};
const ALONE: Record<string, KeyName> = {
  "\r": "enter",
  "\n": "enter",
  "\t": "tab",
  "\x7f": "backspace",
  "\b": "backspace",
};

/** What the beginning of the input is: so many characters that mean a key, or nothing; or not enough. */
type Match = { readonly length: number; readonly key?: Key } | "more";

/** Takes bytes as they come. However they are split, the keys are the same. */
export class KeyDecoder {
  readonly #utf8 = new TextDecoder();
  #rest = "";
  /** Pasted text so far; undefined while nothing is pasted. */
  #paste: string | undefined;

  /** Whether something waits that may be a lone Esc: call `flush()` when nothing follows soon. */
  get waiting(): boolean {
    return this.#rest !== "" && this.#paste === undefined;
  }

  /** The keys these bytes complete. */
  push(bytes: Uint8Array): Key[] {
    this.#rest += this.#utf8.decode(bytes, { stream: true });
    return this.#take(false);
  }

  /** Nothing followed: what waits is taken for what it is by itself. */
  flush(): Key[] {
    return this.#take(true);
  }

  #take(final: boolean): Key[] {
    const keys: Key[] = [];
    let at = 0;
    while (at < this.#rest.length) {
      if (this.#paste !== undefined) {
        const pasted = this.#takePaste(at);
        if (pasted === undefined) return keys;
        keys.push(pasted);
        at = 0;
        continue;
      }
      const match = matchAt(this.#rest, at, final);
      if (match === "more") break;
      at += match.length;
      if (match.key?.name === "paste") this.#paste = "";
      else if (match.key !== undefined) keys.push(match.key);
    }
    this.#rest = this.#rest.slice(at);
    return keys;
  }

  /** The pasted text when its end has come; else everything but a possible part of that end is kept. */
  #takePaste(at: number): Key | undefined {
    const end = this.#rest.indexOf(PASTE_END, at);
    const until = end < 0
      ? Math.max(this.#rest.length - PASTE_END.length + 1, at)
      : end;
    const room = MAX_PASTE - (this.#paste ?? "").length;
    const text = (this.#paste ?? "") +
      this.#rest.slice(at, Math.min(until, at + Math.max(room, 0)));
    if (end < 0) {
      this.#paste = text;
      this.#rest = this.#rest.slice(until);
      return undefined;
    }
    this.#paste = undefined;
    this.#rest = this.#rest.slice(end + PASTE_END.length);
    return { name: "paste", text };
  }
}

function matchAt(input: string, at: number, final: boolean): Match {
  const char = String.fromCodePoint(input.codePointAt(at) ?? 0);
  if (char === "\x1b") return matchEscape(input, at, final);
  const alone = ALONE[char];
  if (alone !== undefined) return { length: 1, key: named(alone) };
  const code = char.codePointAt(0) ?? 0;
  if (code >= 1 && code <= 26) {
    const letter = String.fromCharCode(code + 96);
    return { length: 1, key: { name: "ctrl", text: letter } };
  }
  if (code < 32 || (code >= 0x80 && code < 0xa0)) return { length: 1 };
  return { length: char.length, key: { name: "text", text: char } };
}

function matchEscape(input: string, at: number, final: boolean): Match {
  const next = input[at + 1];
  const escape: Match = { length: 1, key: named("escape") };
  if (next === undefined) return final ? escape : "more";
  switch (next) {
    case "[":
      return matchControl(input, at, final);
    case "O": {
      const letter = input[at + 2];
      if (letter === undefined) return final ? escape : "more";
      const name = FINAL[letter];
      return { length: 3, ...(name === undefined ? {} : { key: named(name) }) };
    }
    case "]":
    case "P":
    case "_":
    case "^":
      return matchAnswer(input, at, final);
    case "b":
      return { length: 2, key: named("wordleft") };
    case "f":
      return { length: 2, key: named("wordright") };
    case "\x7f":
      return { length: 2, key: { name: "ctrl", text: "w" } };
    default:
      return escape;
  }
}

/** `ESC [`: parameters, then one letter that says what it is. */
function matchControl(input: string, at: number, final: boolean): Match {
  let end = at + 2;
  // The Linux console's function keys have a second bracket.
  if (input[end] === "[") end++;
  while (end < input.length && /[ -?]/.test(input[end] ?? "")) end++;
  if (end - at > MAX_SEQUENCE) return { length: end - at };
  const letter = input[end];
  if (letter === undefined) {
    if (!final) return "more";
    return input.length - at === 2
      ? { length: 1, key: named("escape") }
      : { length: end - at };
  }
  // Broken off by something that cannot be part of it, such as the next key's Esc.
  if (!/[@-~]/.test(letter)) return { length: end - at };
  const parameters = input.slice(at + 2, end);
  const length = end + 1 - at;
  if (parameters.startsWith("[")) return { length };
  const [first = "", modifier = ""] = parameters.split(";");
  if (letter === "~") {
    if (first === "200") return { length, key: named("paste") };
    const name = NUMBERED[first];
    return { length, ...(name === undefined ? {} : { key: named(name) }) };
  }
  const name = FINAL[letter];
  if (name === undefined) return { length };
  const byWord = modifier !== "" && (name === "left" || name === "right");
  return { length, key: named(byWord ? `word${name}` : name) };
}

/** A string the terminal sends, up to BEL or ESC \. */
function matchAnswer(input: string, at: number, final: boolean): Match {
  for (let end = at + 2; end < input.length; end++) {
    if (end - at > MAX_ANSWER) return { length: end - at };
    if (input[end] === "\x07") return { length: end + 1 - at };
    if (input[end] !== "\x1b") continue;
    if (input[end + 1] === "\\") return { length: end + 2 - at };
    if (input[end + 1] !== undefined) return { length: end - at };
  }
  return final ? { length: input.length - at } : "more";
}

function named(name: KeyName): Key {
  return { name, text: "" };
}
