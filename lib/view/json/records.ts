// @core
/**
 * Where a document's records are, and walking over them: a root array; an object keyed by dates;
 * the largest array of objects within three steps of the root; else the document is one record.
 */
import { ColumnSample } from "../dates/column.ts";
import { FieldSample, SAMPLE_RECORDS } from "../dates/field.ts";
import { formatPath, type Path, samePath, Trail } from "./path.ts";
import { textOf, type TokenKind, type TokenTaker } from "./tokens.ts";

/** Steps from the root within which arrays of records are looked for. */
const REACH = 3;
/** Levels within a record at which fields are looked for. */
const FIELD_DEPTH = 5;

/** What the records are: the items of an array, the entries of an object, or one value. */
export interface RecordsPlace {
  readonly kind: "items" | "entries" | "one";
  readonly path: Path;
}

/** Finds the place of the records while a whole document goes by. */
export class RecordsFinder implements TokenTaker {
  readonly #trail = new Trail();
  readonly #wanted: Path | undefined;
  readonly #arrays: { path: Path; objects: number }[] = [];
  readonly #keyed: { path: Path; keys: number; sample: ColumnSample }[] = [];
  /** The path lengths of `#arrays` and `#keyed` entries open now, to pair closes with opens. */
  readonly #openKinds: ("array" | "keyed" | "other")[] = [];
  #bestArray: { path: Path; objects: number } | undefined;
  #bestKeyed: { path: Path; keys: number } | undefined;
  #decided: RecordsPlace | undefined;

  /** @param wanted The path given with `--records-at`. */
  constructor(wanted?: Path) {
    this.#wanted = wanted;
  }

  /** Whether the rest of the document cannot change the answer. */
  get decided(): boolean {
    return this.#decided !== undefined;
  }

  /** The answer; undefined when `wanted` is not in the document. Ask after the last token. */
  place(): RecordsPlace | undefined {
    if (this.#decided !== undefined) return this.#decided;
    if (this.#wanted !== undefined) return undefined;
    const { path: keyed } = this.#bestKeyed ?? {};
    if (keyed?.length === 0) return { kind: "entries", path: keyed };
    if (this.#bestArray !== undefined) {
      return { kind: "items", path: this.#bestArray.path };
    }
    if (keyed !== undefined) return { kind: "entries", path: keyed };
    return { kind: "one", path: [] };
  }

  /** Takes one token of the document. */
  token(kind: TokenKind, text: string): void {
    if (this.#decided !== undefined) return;
    this.#trail.before(kind, text);
    if (kind === "[") this.#openArray();
    else if (kind === "{") this.#openObject();
    else if (kind === "key") {
      const keyed = this.#keyed.at(-1);
      if (this.#openKinds.at(-1) === "keyed" && keyed !== undefined) {
        if (keyed.keys++ < SAMPLE_RECORDS) keyed.sample.add(textOf(text));
      }
    } else if (kind === "]" || kind === "}") this.#close();
    else if (this.#atWanted()) {
      this.#decided = { kind: "one", path: this.#wanted ?? [] };
    }
    this.#trail.after(kind);
  }

  #atWanted(): boolean {
    return this.#wanted !== undefined &&
      samePath(this.#wanted, this.#trail.steps);
  }

  #openArray(): void {
    const { steps } = this.#trail;
    const anywhere = this.#wanted === undefined;
    if (this.#atWanted() || (anywhere && steps.length === 0)) {
      this.#decided = { kind: "items", path: [...steps] };
    } else if (anywhere && steps.length <= REACH) {
      this.#arrays.push({ path: [...steps], objects: 0 });
      this.#openKinds.push("array");
    } else this.#openKinds.push("other");
  }

  #openObject(): void {
    const { steps } = this.#trail;
    const array = this.#arrays.at(-1);
    if (this.#openKinds.at(-1) === "array" && array !== undefined) {
      array.objects++;
    }
    const follow = this.#wanted === undefined
      ? steps.length <= REACH && steps.every((s) => typeof s === "string")
      : this.#atWanted();
    if (follow) {
      this.#keyed.push({
        path: [...steps],
        keys: 0,
        sample: new ColumnSample(),
      });
    }
    this.#openKinds.push(follow ? "keyed" : "other");
  }

  #close(): void {
    const kind = this.#openKinds.pop();
    if (kind === "array") {
      const array = this.#arrays.pop();
      if (
        array !== undefined && array.objects > (this.#bestArray?.objects ?? 0)
      ) {
        this.#bestArray = array;
      }
    } else if (kind === "keyed") {
      const object = this.#keyed.pop();
      if (object === undefined) return;
      const dated = datedKeys(
        object.sample,
        Math.min(object.keys, SAMPLE_RECORDS),
      );
      if (this.#wanted !== undefined) {
        this.#decided = { kind: dated ? "entries" : "one", path: object.path };
      } else if (
        dated &&
        (object.path.length === 0 || object.keys > (this.#bestKeyed?.keys ?? 0))
      ) this.#bestKeyed = object;
    }
  }
}

/** Whether at least four in five of the keys are dates. */
function datedKeys(sample: ColumnSample, keys: number): boolean {
  const { numbers } = sample.decide({});
  const dates = sample.written +
    (numbers === "compact" || numbers === "year" ? sample.numbers : 0);
  return keys > 0 && dates >= keys * 0.8;
}

/** What happens at the records as they go by. */
export interface RecordHooks {
  /** A record begins; for an entry of an object, `key` is its key. */
  start(key?: string): void;
  /** A value in the record that is no container, with the steps to it from the record. */
  scalar(kind: TokenKind, text: string, steps: Path, from: number): void;
  end(): void;
}

/** Walks over the records of a document and passes every token on. */
export class RecordWalker implements TokenTaker {
  readonly #trail = new Trail();
  #level = 0;
  /** The level at which records begin; -1 outside the records. */
  #recordsLevel = -1;
  /** Steps from the root to the current record; -1 between records. */
  #from = -1;
  #found = false;

  constructor(
    readonly place: RecordsPlace,
    readonly hooks: RecordHooks,
    readonly next: TokenTaker | undefined,
  ) {}

  /** Takes one token of the document. */
  token(kind: TokenKind, text: string): void {
    const trail = this.#trail;
    const opens = kind === "{" || kind === "[";
    const closes = kind === "}" || kind === "]";
    trail.before(kind, text);
    if (closes) {
      this.#level--;
      if (this.#from < 0 && this.#level < this.#recordsLevel) {
        this.#recordsLevel = -1;
      }
    }
    if (this.#from < 0 && !closes) this.#mayStart(kind, text);
    this.next?.token(kind, text);
    if (this.#from >= 0) {
      if (!opens && !closes && kind !== "key") {
        this.hooks.scalar(kind, text, trail.steps, this.#from);
      }
      const ends = kind !== "key" && !opens &&
        trail.steps.length === this.#from;
      if (ends) {
        this.#from = -1;
        this.hooks.end();
      }
    }
    if (opens) {
      this.#level++;
      if (
        !this.#found && this.#from < 0 && this.place.kind !== "one" &&
        samePath(this.place.path, trail.steps)
      ) {
        this.#found = true;
        this.#recordsLevel = this.#level;
      }
    }
    trail.after(kind);
  }

  #mayStart(kind: TokenKind, text: string): void {
    const { steps } = this.#trail;
    const { kind: place, path } = this.place;
    const starts = place === "one"
      ? !this.#found && kind !== "key" && samePath(path, steps)
      : this.#level === this.#recordsLevel &&
        (place === "entries" ? kind === "key" : true);
    if (!starts) return;
    if (place === "one") this.#found = true;
    this.#from = steps.length;
    this.hooks.start(place === "entries" ? textOf(text) : undefined);
  }
}

/** The value of a token as the date code reads it; undefined for true, false and null. */
export function dateText(kind: TokenKind, text: string): string | undefined {
  if (kind === "string") return textOf(text);
  return kind === "number" ? text : undefined;
}

/**
 * Feeds the fields of records into a sample.
 *
 * @param items Whether values inside arrays of a record count as fields too (`tags[0].date`).
 */
export function sampling(sample: FieldSample, items: boolean): RecordHooks {
  return {
    start(key) {
      sample.record();
      if (key !== undefined) sample.add(KEYS, "date", 0, key);
    },
    scalar(kind, text, steps, from) {
      const depth = steps.length - from;
      if (depth > FIELD_DEPTH) return;
      const path = steps.slice(from);
      if (!items && path.some((step) => typeof step === "number")) return;
      const name = formatPath(path);
      const leaf = String(path.at(-1) ?? name);
      const value = dateText(kind, text);
      if (value === undefined || value === "") sample.seen(name, leaf, depth);
      else sample.add(name, leaf, depth, value);
    },
    end() {},
  };
}

/** What the announcement calls the keys of an object keyed by dates. */
export const KEYS = "(keys)";
