// @core
/** What a document is made of: every distinct path with its types (`--paths`, `--stats`). */
import { formatKey } from "./path.ts";
import type { TokenKind, TokenTaker } from "./tokens.ts";

/** Distinct paths followed, at most; the rest are counted together. */
const MOST_PATHS = 50_000;

/** What stands at one path. */
export interface PathFacts {
  readonly path: string;
  count: number;
  readonly types: Map<string, number>;
  min: number;
  max: number;
  /** The extremes as their tokens wrote them. */
  minText: string;
  maxText: string;
}

/** Collects the paths of one or more documents; array indexes become `[]`. */
export class PathSurvey implements TokenTaker {
  readonly #facts = new Map<string, PathFacts>();
  /** The path of each open container, outermost first; `""` is the root. */
  readonly #open: { path: string; array: boolean }[] = [];
  #current = "";
  /** Values on paths beyond the limit. */
  unlisted = 0;
  keys = 0;
  deepest = 0;

  /** All paths, in order of appearance. */
  get facts(): PathFacts[] {
    return [...this.#facts.values()];
  }

  /** How many values of each type there are, in a fixed order. */
  totals(): [string, number][] {
    const order = ["object", "array", "string", "number", "boolean", "null"];
    return order.map((type) => [
      type,
      this.facts.reduce((sum, { types }) => sum + (types.get(type) ?? 0), 0),
    ]);
  }

  /** Takes one token. */
  token(kind: TokenKind, text: string): void {
    const top = this.#open.at(-1);
    if (kind === "key") {
      this.keys++;
      // Keys stay as their tokens wrote them, apart from the quotes: a path here is for reading.
      const key = formatKey(text.slice(1, -1), top?.path === "");
      this.#current = (top?.path ?? "") + key;
      return;
    }
    if (kind === "}" || kind === "]") {
      this.#open.pop();
      return;
    }
    const path = top === undefined
      ? ""
      : top.array
      ? `${top.path}[]`
      : this.#current;
    this.#count(path, kind, text);
    if (kind === "{" || kind === "[") {
      this.#open.push({ path, array: kind === "[" });
      this.deepest = Math.max(this.deepest, this.#open.length);
    }
  }

  #count(path: string, kind: TokenKind, text: string): void {
    let facts = this.#facts.get(path);
    if (facts === undefined) {
      if (this.#facts.size >= MOST_PATHS) {
        this.unlisted++;
        return;
      }
      facts = {
        path,
        count: 0,
        types: new Map(),
        min: Infinity,
        max: -Infinity,
        minText: "",
        maxText: "",
      };
      this.#facts.set(path, facts);
    }
    facts.count++;
    const type = typeOf(kind, text);
    facts.types.set(type, (facts.types.get(type) ?? 0) + 1);
    if (kind === "number") {
      const value = Number(text);
      if (value < facts.min) {
        facts.min = value;
        facts.minText = text;
      }
      if (value > facts.max) {
        facts.max = value;
        facts.maxText = text;
      }
    }
  }
}

function typeOf(kind: TokenKind, text: string): string {
  if (kind === "{") return "object";
  if (kind === "[") return "array";
  if (kind === "literal") return text === "null" ? "null" : "boolean";
  return kind;
}
