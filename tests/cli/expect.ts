/** Compares what was printed with what a script expects. */
import type { Below } from "./script.ts";
import type { Printed } from "./world.ts";

const PLACEHOLDERS: Record<string, string> = {
  "id": "[0-9a-f]{16}",
  "sha256": "[0-9a-f]{64}",
  "ts": "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z",
  "n": "\\d+(?:\\.\\d+)?",
  "time": "\\d+(?:\\.\\d+)? (?:ms|s)",
  "size": "\\d+(?:\\.\\d+)? [kMG]?B",
  "rate": "\\d+(?:\\.\\d+)? [kMG]?B/s",
  "port": "\\d{1,5}",
  "version": "\\d+\\.\\d+\\.\\d+",
  "*": ".*",
};

/** An expected text as an expression: placeholders stand for values, everything else for itself. */
export function patternOf(text: string): string {
  return text.split(/(<(?:[a-z0-9]+|\*)>)/).map((part) => {
    const placeholder = /^<(.+)>$/.exec(part)?.[1] ?? "";
    return PLACEHOLDERS[placeholder] ??
      part.replace(/[\\^$.*+?()[\]{}|\/]/g, "\\$&");
  }).join("");
}

/** What differs between a stream's text and its expected lines, or undefined. */
export function difference(
  actual: string,
  expected: readonly Below[],
): string | undefined {
  if (actual !== "" && !actual.endsWith("\n")) {
    return "the last line does not end";
  }
  const lines = actual.split("\n").slice(0, -1);
  const wanted = expected.map(({ mark, text }): Wanted => ({
    text,
    anyOrder: mark.endsWith("*"),
    matches: text === "..."
      ? undefined
      : new RegExp(`^${patternOf(text)}$`, "u"),
  }));
  return fits(lines, wanted) ? undefined : "it differs from what is expected";
}

interface Wanted {
  readonly text: string;
  readonly anyOrder: boolean;
  /** Undefined for any number of lines. */
  readonly matches: RegExp | undefined;
}

function fits(lines: readonly string[], wanted: readonly Wanted[]): boolean {
  const [first, ...rest] = wanted;
  if (first === undefined) return lines.length === 0;
  if (first.matches === undefined) {
    return lines.some((_, at) => fits(lines.slice(at), rest)) || fits([], rest);
  }
  const [line, ...after] = lines;
  if (line === undefined) return false;
  const end = wanted.findIndex((one) => !one.anyOrder);
  const choices = first.anyOrder
    ? wanted.slice(0, end < 0 ? wanted.length : end)
    : [first];
  return choices.some((choice, at) =>
    choice.matches?.test(line) && fits(after, wanted.toSpliced(at, 1))
  );
}

/** What is wrong with the output of any command, whatever a script expects; undefined when nothing is. */
export function flawOf(
  args: readonly string[],
  { stdout, stderr, isWhole }: Printed,
  status: number,
): string | undefined {
  // Colour, asked for by name, is the one reason to print control characters.
  const unsafe = args.includes("--color")
    ? undefined
    : /(?!\n)\p{Cc}/u.exec(stdout + stderr)?.[0];
  if (unsafe !== undefined) {
    return `it printed a control character: ${JSON.stringify(unsafe)}`;
  }
  if (stderr.includes("a defect in Ferry")) return "it reported a defect";
  return args.includes("--json") && isWhole
    ? jsonFlaw(stdout, status)
    : undefined;
}

function jsonFlaw(stdout: string, status: number): string | undefined {
  let last: Record<string, unknown> = {};
  for (const line of stdout.split("\n").slice(0, -1)) {
    try {
      last = JSON.parse(line);
    } catch {
      return `not a line of JSON: ${line}`;
    }
    const head = Object.keys(last).slice(0, 3).join();
    if (head !== "v,ts,event" || last.v !== 1) {
      return `no event: ${line}`;
    }
  }
  if (last.event === "help" || last.event === "version") return undefined;
  if (last.event !== "summary") return "its last event is not summary";
  return last.exit === status
    ? undefined
    : `summary says ${last.exit}, but it ended with ${status}`;
}
