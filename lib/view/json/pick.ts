// @core
/** Which records of a document stay: by their dates, and no more than so many. */
import type { DateFilter } from "../dates/filter.ts";
import { parsePath, type Path, samePath } from "./path.ts";
import {
  dateText,
  KEYS,
  type RecordHooks,
  type RecordsPlace,
  RecordWalker,
} from "./records.ts";
import type { TokenKind, TokenTaker } from "./tokens.ts";

/** Calls `take` with the date text of each record: the value at a path, or the record's own key. */
export function valuesAt(
  path: Path | undefined,
  take: (value: string | undefined) => void,
  start?: () => void,
): RecordHooks {
  let value: string | undefined;
  return {
    start(key) {
      value = path === undefined ? key : undefined;
      start?.();
    },
    scalar(kind, text, steps, from) {
      if (path === undefined || steps.length - from !== path.length) return;
      if (samePath(path, steps.slice(from))) value = dateText(kind, text);
    },
    end: () => take(value),
  };
}

/** Passes on the records that stay, and everything around them. */
export class RecordPicker implements TokenTaker {
  readonly #place: RecordsPlace;
  readonly #filter: DateFilter | undefined;
  readonly #limit: number;
  readonly #next: TokenTaker;
  readonly #walker: RecordWalker;
  /** The tokens of the current record, until its end tells whether it stays. */
  #held: [TokenKind, string][] | undefined;
  #kept = 0;
  #full = false;

  constructor(
    place: RecordsPlace,
    filter: DateFilter | undefined,
    limit: number | undefined,
    next: TokenTaker,
  ) {
    this.#place = place;
    this.#filter = filter;
    this.#limit = limit ?? Infinity;
    this.#next = next;
    const name = filter?.field.name;
    const path = name === undefined || name === KEYS
      ? undefined
      : parsePath(name);
    this.#walker = new RecordWalker(
      place,
      valuesAt(path, (value) => this.#end(value), () => this.#held = []),
      {
        token: (kind, text) => {
          if (this.#held === undefined) next.token(kind, text);
          else this.#held.push([kind, text]);
        },
      },
    );
  }

  /** Records passed on so far. */
  get kept(): number {
    return this.#kept;
  }

  /** Whether nothing more will be passed on, the document being closed already. */
  get full(): boolean {
    return this.#full;
  }

  /** Takes one token of the document. */
  token(kind: TokenKind, text: string): void {
    if (!this.#full) this.#walker.token(kind, text);
  }

  #end(value: string | undefined): void {
    const record = this.#held ?? [];
    this.#held = undefined;
    const { kind, path } = this.#place;
    const stays = this.#filter?.keeps(value) ?? true;
    if (stays && this.#kept < this.#limit) {
      this.#kept++;
      for (const [kind, text] of record) this.#next.token(kind, text);
    } else if (kind === "one") {
      // The document was its one record: without it, an empty list is left.
      if (path.length > 0) this.#next.token("literal", "null");
      else {
        this.#next.token("[", "[");
        this.#next.token("]", "]");
      }
    }
    if (this.#kept >= this.#limit && kind === "items" && path.length === 0) {
      // Behind the last record wanted nothing is left of a root array but its end.
      this.#full = true;
      this.#next.token("]", "]");
    }
  }
}
