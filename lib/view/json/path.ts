// @core
/** Paths into JSON: `a.b[0]["odd key"]`, read, written, and followed while tokens go by. */
import { Failure } from "../../failure.ts";
import { safe } from "../../text/safe.ts";
import { textOf, type TokenKind } from "./tokens.ts";

/** The steps from the root to a value: keys and array indexes. */
export type Path = readonly (string | number)[];

const STEP =
  /(?:^|\.)(?:([^.[\]"]+)|"((?:[^"\\]|\\.)*)")|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]/y;

/**
 * Reads a path. A leading `$` or `.` is allowed; `""`, `.` and `$` name the root.
 *
 * @throws Failure `usage` for text that is no path.
 */
export function parsePath(text: string): Path {
  const steps: (string | number)[] = [];
  const body = text.replace(/^\$/, "").replace(/^\.(?=\[|$)/, "");
  STEP.lastIndex = 0;
  while (STEP.lastIndex < body.length) {
    const match = STEP.exec(body);
    if (match === null) {
      throw new Failure(
        "usage",
        `Cannot use path "${safe(text)}": not a path`,
        {
          hint: 'Write it like items[0].name, or items[0]["odd.key"]',
        },
      );
    }
    const [, plain, quoted, index, bracketed] = match;
    const odd = quoted ?? bracketed;
    if (plain !== undefined) steps.push(plain);
    else if (index !== undefined) steps.push(Number(index));
    else steps.push(unquote(odd ?? "", text));
  }
  return steps;
}

function unquote(inner: string, whole: string): string {
  try {
    return String(JSON.parse(`"${inner}"`));
  } catch {
    throw new Failure(
      "usage",
      `Cannot use path "${safe(whole)}": a quoted key is not a JSON string`,
    );
  }
}

/** Writes a path so that `parsePath` reads it back; the root is `.`. */
export function formatPath(path: Path): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else text += formatKey(step, text === "");
  }
  return text === "" ? "." : text;
}

/** One key as a step of a written path. */
export function formatKey(key: string, first: boolean): string {
  if (key === "" || /[.[\]"$\s\\]/.test(key)) {
    return `[${JSON.stringify(key)}]`;
  }
  return first ? key : `.${key}`;
}

/** Knows, while the tokens of a document go by, where in it the current one is. */
export class Trail {
  /** The step to the value at each level: for an array the index, for an object the key. */
  readonly steps: (string | number)[] = [];

  /**
   * Call before handling a token: afterwards `steps` leads to the value that the token is, or
   * begins, or ends, or (for a key) to the value that follows.
   */
  before(kind: TokenKind, text: string): void {
    const last = this.steps.length - 1;
    if (kind === "key") this.steps[last] = textOf(text);
    else if (kind === "}" || kind === "]") this.steps.pop();
    else {
      const step = this.steps[last];
      if (typeof step === "number") this.steps[last] = step + 1;
    }
  }

  /** Call after handling a token. */
  after(kind: TokenKind): void {
    if (kind === "{") this.steps.push("");
    else if (kind === "[") this.steps.push(-1);
  }
}

/** Whether `path` is `steps`. */
export function samePath(path: Path, steps: Path): boolean {
  if (path.length !== steps.length) return false;
  for (let i = path.length - 1; i >= 0; i--) {
    if (path[i] !== steps[i]) return false;
  }
  return true;
}
