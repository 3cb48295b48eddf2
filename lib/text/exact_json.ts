// @core
/** JSON whose number tokens survive: 12345678901234567890 and 1.0 come out as they went in. */
import { Failure } from "../failure.ts";

/** Deeper documents are refused: reading and printing them would exhaust the stack. */
const MAX_DEPTH = 1000;

// V8 has both halves of the proposal "JSON.parse source text access"; TypeScript knows neither.
interface SourceTextJson {
  parse(
    text: string,
    reviver: (
      key: string,
      value: unknown,
      context: { source?: string },
    ) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
}
const json = JSON as unknown as SourceTextJson;

/**
 * The value of a JSON text whose numbers `JSON.stringify` prints exactly as they stood: those that a
 * double holds to the letter are numbers, all others opaque tokens. Throws a `bad-data` failure for
 * anything that is not JSON or is nested too deep.
 */
export function parseExact(text: string): unknown {
  const { depth, plain } = survey(text);
  if (depth > MAX_DEPTH) {
    throw new Failure(
      "bad-data",
      `Cannot read JSON: nesting exceeds the limit of ${MAX_DEPTH}`,
    );
  }
  try {
    // A reviver makes parsing ten times as slow.
    if (plain) return JSON.parse(text);
    return json.parse(
      text,
      (_, value, { source }) =>
        typeof value === "number" && source !== undefined
          ? json.rawJSON(source)
          : value,
    );
  } catch (cause) {
    const state = cause instanceof Error ? cause.message : String(cause);
    throw new Failure("bad-data", `Cannot read JSON: ${state}`, { cause });
  }
}

/** How deep arrays and objects nest at most, and whether every number prints as it stands; strings are skipped. */
function survey(text: string): { depth: number; plain: boolean } {
  let depth = 0;
  let deepest = 0;
  let plain = true;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 0x22) at = endOfString(text, at);
    else if (char === 0x5b || char === 0x7b) {
      deepest = Math.max(deepest, ++depth);
    } else if (char === 0x5d || char === 0x7d) depth--;
    else if (char === 0x2d || isDigit(char)) {
      const from = at;
      while (isOfNumber(text.charCodeAt(at + 1))) at++;
      const token = text.slice(from, at + 1);
      plain &&= String(Number(token)) === token;
    }
  }
  return { depth: deepest, plain };
}

/** Where the quotation mark is that ends the string which begins at `at`; the text's end without one. */
function endOfString(text: string, at: number): number {
  for (at++; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 0x22) break;
    if (char === 0x5c) at++;
  }
  return at;
}

function isDigit(char: number): boolean {
  return char >= 0x30 && char <= 0x39;
}

/** Digits, and what else may stand in a number: `+`, `-`, `.`, `E`, `e`. */
function isOfNumber(char: number): boolean {
  return isDigit(char) || char === 0x2b || char === 0x2d || char === 0x2e ||
    char === 0x45 || char === 0x65;
}
