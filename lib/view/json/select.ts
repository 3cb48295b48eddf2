// @core
/** The part of a document that `--path` names. */
import { formatKey, type Path, samePath, Trail } from "./path.ts";
import type { TokenKind, TokenTaker } from "./tokens.ts";

/** Passes on the first value that stands at a path, and nothing else. */
export class Selector implements TokenTaker {
  readonly #trail = new Trail();
  readonly #path: Path;
  readonly #next: TokenTaker;
  #level = 0;
  #state: "before" | "inside" | "after" = "before";
  /** The deepest place on the way to the path that exists, and the steps seen there. */
  #reached = 0;
  #steps = new Set<string>();

  constructor(path: Path, next: TokenTaker) {
    this.#path = path;
    this.#next = next;
  }

  /** Whether the value has gone by whole. */
  get done(): boolean {
    return this.#state === "after";
  }

  /** What stands at the last place reached, for the hint of "nothing there". */
  get alternatives(): string[] {
    return [...this.#steps];
  }

  /** Starts over with the next document. */
  restart(): void {
    this.#state = "before";
    this.#reached = 0;
    this.#steps.clear();
  }

  /** Takes one token of the document. */
  token(kind: TokenKind, text: string): void {
    this.#trail.before(kind, text);
    const closes = kind === "}" || kind === "]";
    if (closes) this.#level--;
    if (this.#state === "before") {
      if (kind === "key" || closes) this.#note(kind === "key");
      else if (samePath(this.#path, this.#trail.steps)) {
        this.#state = "inside";
        this.#level = 0;
      }
    }
    if (this.#state === "inside") {
      this.#next.token(kind, text);
      if (kind === "{" || kind === "[") this.#level++;
      if (this.#level === 0 && kind !== "key") this.#state = "after";
    }
    this.#trail.after(kind);
  }

  #note(key: boolean): void {
    const { steps } = this.#trail;
    const depth = steps.length - 1;
    if (!key || depth < this.#reached || depth >= this.#path.length) return;
    for (let i = 0; i < depth; i++) if (steps[i] !== this.#path[i]) return;
    if (depth > this.#reached) this.#steps.clear();
    this.#reached = depth;
    if (this.#steps.size < 20) {
      this.#steps.add(formatKey(String(steps[depth]), true));
    }
  }
}
