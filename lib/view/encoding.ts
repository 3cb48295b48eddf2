// @core
/** The character encoding of a text file, from its first bytes. */

/** An encoding's label, as TextDecoder takes it. */
export type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";

/** UTF-8 or UTF-16 by the byte-order mark, UTF-8 when it is valid, else Windows-1252. */
export function encodingOf(head: Uint8Array): Encoding {
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be";
  try {
    // As a stream, so that a sequence cut by the end of the head is no error.
    new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true });
    return "utf-8";
  } catch {
    return "windows-1252";
  }
}
