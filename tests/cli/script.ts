/** Reads acceptance scripts; testdata/cli/README.md describes them. */

/** A line of a script and the marked lines below it. */
export interface Step {
  /** The line's number, from 1. */
  readonly at: number;
  /** `$`, `&` or a word such as `write`. */
  readonly verb: string;
  readonly rest: string;
  readonly below: readonly Below[];
}

/** A marked line below a step. */
export interface Below {
  readonly mark: ">" | "2>" | ">*" | "2>*" | "|" | "exit";
  readonly text: string;
}

const MARKED = /^(2?>\*?|\||exit)(?: (.*))?$/;
const STEP = /^([$&]|[a-z-]+) (.+)$/;

/** Takes a script apart. Throws an Error that names the line for one that is neither. */
export function parseScript(source: string): Step[] {
  const steps: (Step & { below: Below[] })[] = [];
  for (const [index, line] of source.split("\n").entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [, mark, text = ""] = MARKED.exec(line) ?? [];
    const above = steps.at(-1);
    if (mark !== undefined && above !== undefined) {
      above.below.push({ mark: mark as Below["mark"], text });
      continue;
    }
    const [, verb, rest] = STEP.exec(line) ?? [];
    if (verb === undefined || rest === undefined) {
      throw new Error(`line ${index + 1} is no step: ${line}`);
    }
    steps.push({ at: index + 1, verb, rest, below: [] });
  }
  return steps;
}

/** Gives the value of `$name`; throws for one there is not. */
export type Lookup = (name: string) => string;

const WORD = /'([^']*)'|("(?:[^"\\]|\\.)*")|([^\s'"]+)/y;

/** The words of a line: quotes taken off, escapes and variables put in. */
export function wordsOf(line: string, lookup: Lookup): string[] {
  const words: string[] = [];
  let open = false;
  for (let at = 0; at < line.length; at = WORD.lastIndex) {
    WORD.lastIndex = at;
    const [, plain, quoted, bare] = WORD.exec(line) ?? [];
    if (plain === undefined && quoted === undefined && bare === undefined) {
      if (line[at] !== " ") throw new Error(`a quote is not closed: ${line}`);
      open = false;
      WORD.lastIndex = at + 1;
      continue;
    }
    const text = plain ??
      expand(quoted === undefined ? bare ?? "" : JSON.parse(quoted), lookup);
    if (open) words.push((words.pop() ?? "") + text);
    else words.push(text);
    open = true;
  }
  return words;
}

/** `text` with every `$name` replaced. */
export function expand(text: string, lookup: Lookup): string {
  return text.replace(
    /\$([A-Za-z][A-Za-z0-9]*)/g,
    (_, name: string) => lookup(name),
  );
}
