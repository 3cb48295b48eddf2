// @core
/** What a file is: by its first bytes, then by its content, then by the extension of its name. */
import { Failure } from "../failure.ts";
import { safe } from "../text/safe.ts";
import { guessDelimiter } from "./csv/dialect.ts";
import { encodingOf } from "./encoding.ts";
import { JsonTokenizer } from "./json/tokenizer.ts";

/** What `ferry view` can show. */
export type ViewType = "image" | "csv" | "json" | "ndjson";

/** The first bytes that detection wants to see. */
export const DETECTION_BYTES = 32 << 10;

/**
 * The type of a file.
 *
 * @param head The first `DETECTION_BYTES` bytes, or all of them when the file is shorter.
 * @throws Failure `bad-data` for an empty file and for one of no known type.
 */
export function detectType(head: Uint8Array, name: string): ViewType {
  if (head.length === 0) {
    throw new Failure("bad-data", `Cannot view ${safe(name)}: it is empty`);
  }
  if (isImage(head)) return "image";
  const extension = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? "";
  const encoding = encodingOf(head);
  const utf16 = encoding === "utf-16le" || encoding === "utf-16be";
  const found = !utf16 && isBinary(head)
    ? undefined
    : byContent(new TextDecoder(encoding).decode(head), extension, head.length);
  if (found !== undefined) return found;
  throw new Failure(
    "bad-data",
    `Cannot view ${safe(name)}: it is no image, CSV or JSON that Ferry knows`,
    { hint: "If it is one of them, say which with --type" },
  );
}

/** The magic bytes of PNG, JPEG, GIF and WebP. */
function isImage(head: Uint8Array): boolean {
  const starts = (bytes: readonly number[], at = 0) =>
    bytes.every((byte, i) => head[at + i] === byte);
  return starts([0x89, 0x50, 0x4e, 0x47]) || starts([0xff, 0xd8, 0xff]) ||
    starts([0x47, 0x49, 0x46, 0x38]) ||
    (starts([0x52, 0x49, 0x46, 0x46]) && starts([0x57, 0x45, 0x42, 0x50], 8));
}

/** Text holds no NUL and hardly any other control character. */
function isBinary(head: Uint8Array): boolean {
  const start = head.subarray(0, 4096);
  let controls = 0;
  for (const byte of start) {
    if (byte === 0) return true;
    if (byte < 0x20 && (byte < 0x09 || byte > 0x0d)) controls++;
  }
  return controls > start.length / 10;
}

function byContent(
  text: string,
  extension: string,
  size: number,
): ViewType | undefined {
  const start = text.trimStart();
  const table = ["csv", "tsv", "tab", "psv"].includes(extension);
  const lines = ["ndjson", "jsonl", "ldjson"].includes(extension);
  if (/^[{[]/.test(start)) {
    const json = jsonKind(start, lines);
    if (json !== undefined) return json;
    // Not JSON from its first lines on: a table may begin with a bracket, too.
    if (!table) return lines ? "ndjson" : "json";
  }
  if (table) return "csv";
  if (lines) return "ndjson";
  if (extension === "json" || extension === "geojson") return "json";
  // One line with a comma in it is a sentence as well as a table.
  if (!start.trimEnd().includes("\n")) return undefined;
  const whole = size < DETECTION_BYTES;
  return guessDelimiter(text, whole).confidence >= 0.8 ? "csv" : undefined;
}

/**
 * NDJSON when the first line is a whole document and others follow (or the name says so); JSON when
 * the text is the beginning of a document; undefined when it is neither.
 */
function jsonKind(text: string, lines: boolean): ViewType | undefined {
  const end = text.indexOf("\n");
  const first = end < 0 ? text : text.slice(0, end);
  const documents = (part: string): number | undefined => {
    const tokenizer = new JsonTokenizer({ token() {} }, { name: "" });
    try {
      tokenizer.feed(part);
      return tokenizer.depth === 0 ? tokenizer.documents : 0;
    } catch {
      return undefined;
    }
  };
  const alone = documents(first);
  if (alone === 1) {
    return lines || text.slice(first.length).trim() !== "" ? "ndjson" : "json";
  }
  return documents(text) === undefined ? undefined : lines ? "ndjson" : "json";
}
