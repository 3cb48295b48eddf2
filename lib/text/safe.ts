// @core
/**
 * The one way text from outside reaches a terminal: names, messages, cells and errors of a peer or
 * a file pass `safe()`, which makes every character that could move the cursor, change the
 * terminal's state or reorder the line visible instead.
 */

// C0, DEL and C1 controls; line and paragraph separators; bidirectional marks, embeddings,
// overrides and isolates (Unicode UAX #9); soft hyphen, zero-width space, joiner-less invisibles,
// byte-order mark, interlinear annotations, tag characters; lone surrogates.
const UNSAFE =
  /[\p{Cc}\p{Cs}\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

const NAMED: Record<string, string> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\x1b": "\\e",
};

/**
 * `text` with every unsafe character spelled out (`\n`, `\e`, `\u{202e}`). Printable text, combining
 * marks and emoji sequences pass unchanged; the result holds no control character at all.
 */
export function safe(text: string): string {
  return text.replace(
    UNSAFE,
    (char) => NAMED[char] ?? `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** `safe()` line by line: newlines stay (a text message may have several lines), tabs become spaces. */
export function safeLines(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll("\t", "    ").split("\n").map(
    safe,
  ).join("\n");
}
