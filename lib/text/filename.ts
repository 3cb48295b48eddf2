// @core
/**
 * The one way a name from outside reaches the disk: `safeFileName()` gives a single path component
 * that cannot leave the directory it is put in, hide there, or mean a device, or refuses it.
 */
import { Failure } from "../failure.ts";

/** Longest name common file systems take, in bytes of UTF-8; room is left for ` (999)` and the like. */
const MAX_BYTES = 240;

/** Device names Windows reserves, with or without spaces and an extension ("Naming Files, Paths, and Namespaces"). */
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\.|$)/i;

const encoder = new TextEncoder();

/**
 * `name` as the name of one file. A leading dot gets an underscore before it, so that nothing a
 * peer sends is hidden or read as configuration. Throws Failure `bad-name`, without repeating the
 * name, for path separators, control or reordering characters, `.` and `..`, names too long, and
 * with `windows` also for what that system reads differently: reserved characters and devices,
 * alternate streams, trailing dots and spaces.
 */
export function safeFileName(name: string, windows: boolean): string {
  const shown = name.startsWith(".") ? `_${name}` : name;
  const reason = flaw(name, windows) ?? tooLong(shown);
  if (reason !== undefined) {
    throw new Failure("bad-name", `its file name is refused: ${reason}`);
  }
  return shown;
}

/**
 * The path of something in a directory that is being sent, as the names to walk: the first as
 * `safeFileName()` gives it, so that nothing hidden appears in the inbox itself; those below keep a
 * leading dot, for what a directory holds is of its sender's making (`project/.gitignore`). Throws
 * Failure `bad-name`, without repeating the path, when any of them is refused.
 */
export function safeTreePath(path: string, windows: boolean): string[] {
  const [first = "", ...below] = path.split("/");
  for (const name of below) {
    const reason = flaw(name, windows) ?? tooLong(name);
    if (reason !== undefined) {
      throw new Failure(
        "bad-name",
        `a name in its path is refused: ${reason}`,
      );
    }
  }
  return [safeFileName(first, windows), ...below];
}

function flaw(name: string, windows: boolean): string | undefined {
  if (name === "" || name === "." || name === "..") return "it names no file";
  if (/[/\\]/.test(name)) return "it contains a path separator";
  if (/[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069\u200e\u200f]/u.test(name)) {
    return "it contains control characters";
  }
  if (!windows) return undefined;
  if (/[<>:"|?*]/.test(name)) return "it contains characters reserved here";
  if (/[. ]$/.test(name)) return "it ends with a dot or a space";
  if (DEVICE.test(name)) return "it names a device";
  return undefined;
}

function tooLong(name: string): string | undefined {
  // No unit takes more than three bytes.
  return 3 * name.length > MAX_BYTES && encoder.encode(name).length > MAX_BYTES
    ? `it is longer than ${MAX_BYTES} bytes`
    : undefined;
}

/** `report.csv` → `report (2).csv`: the `n`th name to try when earlier ones are taken. */
export function numberedName(name: string, n: number): string {
  const dot = name.lastIndexOf(".");
  const at = dot > 0 ? dot : name.length;
  return `${name.slice(0, at)} (${n})${name.slice(at)}`;
}
