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
 * The value of a JSON text, its numbers as opaque tokens that `JSON.stringify` prints exactly as
 * they stood. Throws a `bad-data` failure for anything that is not JSON or is nested too deep.
 */
export function parseExact(text: string): unknown {
  if (depthOf(text) > MAX_DEPTH) {
    throw new Failure(
      "bad-data",
      `Cannot read JSON: nesting exceeds the limit of ${MAX_DEPTH}`,
    );
  }
  try {
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

/** How deep arrays and objects nest at most; strings are skipped. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (quoted) {
      if (char === 0x5c) at++;
      else if (char === 0x22) quoted = false;
    } else if (char === 0x22) quoted = true;
    else if (char === 0x5b || char === 0x7b) {
      deepest = Math.max(deepest, ++depth);
    } else if (char === 0x5d || char === 0x7d) depth--;
  }
  return deepest;
}
