// @core
/**
 * One line of NDJSON looked through as bytes: whether it is JSON, and where the value of one field
 * stands. The inner loop of the date filter: nothing is allocated, nothing is decoded.
 */

/** Levels that are followed; a line nested deeper is left to the tokenizer, which says so. */
const DEEPEST = 1000;

const VALUE = 0;
const VALUE_OR_CLOSE = 1;
const KEY = 2;
const KEY_OR_CLOSE = 3;
const COMMA_OR_CLOSE = 4;
const END = 5;

const utf8 = new TextEncoder();
const decoder = new TextDecoder();

/** Finds the value at a path of keys. One line after the other; the findings are of the last. */
export class LineScanner {
  /** What stands at the path: nothing (or no string or number), a string, a number. */
  found: "" | "string" | "number" = "";
  /** The value's bytes, of a string without its quotes. */
  start = 0;
  end = 0;
  /** Whether the string holds escapes, so that its bytes are not its text. */
  escaped = false;

  readonly #keys: Uint8Array[];
  readonly #names: readonly string[];
  readonly #objects = new Uint8Array(DEEPEST);
  #stringEscaped = false;

  /** @param path Keys from the record to the value; none to only check the lines. */
  constructor(path: readonly string[]) {
    this.#names = path;
    this.#keys = path.map((key) => utf8.encode(key));
  }

  /** Looks through `bytes[from..end)`; false when that is not exactly one JSON value. */
  scan(bytes: Uint8Array, from: number, end: number): boolean {
    this.found = "";
    const wanted = this.#keys.length;
    const objects = this.#objects;
    let at = from;
    let depth = 0;
    let state = VALUE;
    // Keys of the path matched by the containers open now; whether the next value's key matched.
    let matched = 0;
    let hit = false;
    for (;;) {
      let code = bytes[at] as number;
      while (
        at < end &&
        (code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a)
      ) code = bytes[++at] as number;
      if (at >= end) return state === END;
      if (state === COMMA_OR_CLOSE) {
        if (code === 0x2c) {
          at++;
          state = objects[depth - 1] === 1 ? KEY : VALUE;
          continue;
        }
        if (code !== (objects[depth - 1] === 1 ? 0x7d : 0x5d)) return false;
      } else if (state === KEY || state === KEY_OR_CLOSE) {
        if (code === 0x22) {
          const close = this.#string(bytes, at + 1, end);
          if (close < 0) return false;
          hit = depth - 1 === matched && depth <= wanted &&
            this.#isKey(depth - 1, bytes, at + 1, close);
          at = close + 1;
          code = bytes[at] as number;
          while (
            at < end &&
            (code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a)
          ) code = bytes[++at] as number;
          if (at >= end || code !== 0x3a) return false;
          at++;
          state = VALUE;
          continue;
        }
        if (code !== 0x7d || state === KEY) return false;
      } else if (state === VALUE || state === VALUE_OR_CLOSE) {
        const target = hit && depth === wanted;
        // A repeated key counts with its last value: what an earlier one held is void.
        if (hit) this.found = "";
        if (code === 0x22) {
          const close = this.#string(bytes, at + 1, end);
          if (close < 0) return false;
          if (target) {
            this.found = "string";
            this.start = at + 1;
            this.end = close;
            this.escaped = this.#stringEscaped;
          }
          at = close + 1;
        } else if (code === 0x7b || code === 0x5b) {
          if (depth === DEEPEST) return false;
          if (code === 0x7b && hit && !target) matched = depth;
          objects[depth++] = code === 0x7b ? 1 : 0;
          state = code === 0x7b ? KEY_OR_CLOSE : VALUE_OR_CLOSE;
          hit = false;
          at++;
          continue;
        } else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) {
          const stop = number(bytes, at, end);
          if (stop < 0) return false;
          if (target) {
            this.found = "number";
            this.start = at;
            this.end = stop;
            this.escaped = false;
          }
          at = stop;
        } else if (code === 0x5d && state === VALUE_OR_CLOSE) {
          state = COMMA_OR_CLOSE;
          depth--;
          at++;
          if (depth === 0) state = END;
          continue;
        } else {
          const length = word(bytes, at, end);
          if (length === 0) return false;
          at += length;
        }
        hit = false;
        state = depth === 0 ? END : COMMA_OR_CLOSE;
        continue;
      } else return false;
      // A container closes here.
      if (matched > 0 && depth === matched + 1) matched--;
      depth--;
      at++;
      state = depth === 0 ? END : COMMA_OR_CLOSE;
    }
  }

  /** The text of the value found. */
  text(bytes: Uint8Array): string {
    const text = decoder.decode(bytes.subarray(this.start, this.end));
    return this.escaped ? String(JSON.parse(`"${text}"`)) : text;
  }

  #isKey(
    index: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    if (this.#stringEscaped) {
      const text = decoder.decode(bytes.subarray(start, end));
      return JSON.parse(`"${text}"`) === this.#names[index];
    }
    const key = this.#keys[index] as Uint8Array;
    if (end - start !== key.length) return false;
    for (let i = 0; i < key.length; i++) {
      if (bytes[start + i] !== key[i]) return false;
    }
    return true;
  }

  /** The position of the closing quote, -1 when there is none or the string is not JSON. */
  #string(bytes: Uint8Array, from: number, end: number): number {
    this.#stringEscaped = false;
    let at = from;
    while (at < end) {
      const code = bytes[at] as number;
      if (code === 0x22) return at;
      if (code < 0x20) return -1;
      if (code === 0x5c) {
        this.#stringEscaped = true;
        const next = bytes[at + 1] as number;
        if (at + 1 >= end) return -1;
        if (next === 0x75) {
          if (at + 6 > end) return -1;
          for (let i = at + 2; i < at + 6; i++) {
            if (!isHex(bytes[i] as number)) return -1;
          }
          at += 6;
        } else if (isEscape(next)) at += 2;
        else return -1;
      } else at++;
    }
    return -1;
  }
}

function isHex(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x46) ||
    (code >= 0x61 && code <= 0x66);
}

/** `"`, `\`, `/`, `b`, `f`, `n`, `r`, `t`. */
function isEscape(code: number): boolean {
  return code === 0x22 || code === 0x5c || code === 0x2f || code === 0x62 ||
    code === 0x66 || code === 0x6e || code === 0x72 || code === 0x74;
}

function digitsEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const code = bytes[at] as number;
    if (code < 0x30 || code > 0x39) break;
    at++;
  }
  return at;
}

/** Where a number that begins at `from` ends, -1 when it is none. */
function number(bytes: Uint8Array, from: number, end: number): number {
  const first = bytes[from] === 0x2d ? from + 1 : from;
  let at = digitsEnd(bytes, first, end);
  if (at === first || (bytes[first] === 0x30 && at > first + 1)) return -1;
  if (at < end && bytes[at] === 0x2e) {
    const fraction = at + 1;
    at = digitsEnd(bytes, fraction, end);
    if (at === fraction) return -1;
  }
  if (at < end && (bytes[at] === 0x65 || bytes[at] === 0x45)) {
    at++;
    if (at < end && (bytes[at] === 0x2b || bytes[at] === 0x2d)) at++;
    const exponent = at;
    at = digitsEnd(bytes, exponent, end);
    if (at === exponent) return -1;
  }
  return at;
}

const WORDS = ["true", "false", "null"].map((text) => utf8.encode(text));

/** The length of `true`, `false` or `null` at `from`, 0 when there is none of them. */
function word(bytes: Uint8Array, from: number, end: number): number {
  for (const letters of WORDS) {
    let i = 0;
    while (
      i < letters.length && from + i < end && bytes[from + i] === letters[i]
    ) i++;
    if (i === letters.length) return i;
  }
  return 0;
}
