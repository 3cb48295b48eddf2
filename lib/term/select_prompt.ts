// @core
/** A prompt for one or several of a list that may change while it is open. */
import type { Key } from "./decode.ts";
import {
  type Prompt,
  type PromptLine,
  promptLine,
  type Step,
  type View,
  wrapped,
} from "./prompt.ts";

/** One line of the list; texts are safe already. */
export interface Item {
  /** Tells items apart when the list changes. */
  readonly id: string;
  readonly label: string;
  /** Chooses it at once; the first nine without one have their number. */
  readonly key?: string;
}

/** How a choice is asked for. */
export interface SelectQuestion {
  readonly title: string;
  readonly items: readonly Item[];
  /** Several may be marked. */
  readonly several: boolean;
  readonly hint: string;
  /** What to say instead of an empty list. */
  readonly empty: string;
}

/** See SelectQuestion; answers with the ids chosen, in the order of the list. */
export class SelectPrompt implements Prompt<readonly string[]> {
  readonly draft = "";

  /** The id of the item the cursor stands on; empty when there is none. */
  readonly current: string;

  constructor(
    readonly question: SelectQuestion,
    current = "",
    readonly marked: ReadonlySet<string> = new Set(),
    readonly note: string = "",
  ) {
    const { items } = question;
    this.current = items.some(({ id }) => id === current)
      ? current
      : items[0]?.id ?? "";
  }

  press(key: Key): Step<readonly string[]> {
    const { items, several } = this.question;
    switch (key.name) {
      case "escape":
        return { is: "back" };
      case "enter":
        return this.#enter();
      case "up":
        return this.#go(this.#at - 1, true);
      case "down":
      case "tab":
        return this.#go(this.#at + 1, true);
      case "backtab":
        return this.#go(this.#at - 1, true);
      case "home":
        return this.#go(0);
      case "end":
        return this.#go(items.length - 1);
      case "pageup":
        return this.#go(this.#at - 10);
      case "pagedown":
        return this.#go(this.#at + 10);
      case "text":
        return several && (key.text === " " || key.text === "a")
          ? this.#mark(
            key.text === "a" ? items.map(({ id }) => id) : [this.current],
          )
          : this.#type(key.text);
      default:
        return open(this);
    }
  }

  /** The same prompt over another list: the cursor and the marks stay with their items. */
  withItems(items: readonly Item[], title: string): SelectPrompt {
    const ids = new Set(items.map(({ id }) => id));
    const place = Math.min(this.#at, items.length - 1);
    const current = ids.has(this.current)
      ? this.current
      : items[place]?.id ?? "";
    const marked = [...this.marked].filter((id) => ids.has(id));
    return new SelectPrompt(
      { ...this.question, items, title },
      current,
      new Set(marked),
      this.note,
    );
  }

  render(columns: number, rows: number): View {
    const { title, items, several, hint, empty } = this.question;
    const head = rows >= 3 ? wrapped(title, "title", columns).slice(0, 2) : [];
    const note = this.note !== ""
      ? wrapped(this.note, "problem", columns)
      : rows >= 6
      ? wrapped(hint, "hint", columns).slice(0, 2)
      : [];
    // One line at least is the list's.
    const foot = note.slice(0, Math.max(rows - head.length - 1, 0));
    if (items.length === 0) {
      const lines = [...head, ...wrapped(empty, "hint", columns), ...foot];
      return {
        lines: lines.slice(0, Math.max(rows, 1)),
        cursor: { row: head.length, column: 0 },
      };
    }
    const room = Math.max(rows - head.length - foot.length, 1);
    const first = Math.min(
      Math.max(this.#at - Math.floor(room / 2), 0),
      Math.max(items.length - room, 0),
    );
    const shown: PromptLine[] = items.slice(first, first + room).map(
      (item, i) => {
        const here = item.id === this.current;
        const key = keyOf(items, first + i);
        const box = several ? (this.marked.has(item.id) ? "[x] " : "[ ] ") : "";
        const text = `${here ? ">" : " "} ${
          key.padStart(1)
        } ${box}${item.label}`;
        return promptLine(text, here ? "chosen" : "plain", columns);
      },
    );
    return {
      lines: [...head, ...shown, ...foot],
      cursor: { row: head.length + this.#at - first, column: 0 },
    };
  }

  get #at(): number {
    return Math.max(
      this.question.items.findIndex(({ id }) => id === this.current),
      0,
    );
  }

  #enter(): Step<readonly string[]> {
    const { items } = this.question;
    const chosen = items.filter(({ id }) => this.marked.has(id)).map(({ id }) =>
      id
    );
    if (chosen.length > 0) return { is: "done", value: chosen };
    if (items.length === 0) return this.#say("there is nothing to choose");
    return { is: "done", value: [this.current] };
  }

  #type(text: string): Step<readonly string[]> {
    const { items, several } = this.question;
    const item = items.find((_, index) => keyOf(items, index) === text);
    if (item === undefined) {
      return /^[\p{L}\p{N}?]$/u.test(text)
        ? this.#say(`there is no ${text} to choose`)
        : open(this);
    }
    if (!several) return { is: "done", value: [item.id] };
    return new SelectPrompt(this.question, item.id, this.marked).#mark([
      item.id,
    ]);
  }

  /** Marks these, or takes the marks off when all of them have one. */
  #mark(ids: readonly string[]): Step<readonly string[]> {
    const marked = new Set(this.marked);
    const off = ids.every((id) => marked.has(id));
    for (const id of ids) {
      if (off) marked.delete(id);
      else if (id !== "") marked.add(id);
    }
    return open(new SelectPrompt(this.question, this.current, marked));
  }

  #go(to: number, around = false): Step<readonly string[]> {
    const { items } = this.question;
    const { length } = items;
    if (length === 0) return open(this);
    const at = around
      ? (to + length) % length
      : Math.min(Math.max(to, 0), length - 1);
    return open(
      new SelectPrompt(this.question, items[at]?.id ?? "", this.marked),
    );
  }

  #say(note: string): Step<readonly string[]> {
    return open(
      new SelectPrompt(this.question, this.current, this.marked, note),
    );
  }
}

/** What chooses the item at `index`: its own key, or its number among those without one. */
export function keyOf(items: readonly Item[], index: number): string {
  const own = items[index]?.key;
  if (own !== undefined) return own;
  const number =
    items.slice(0, index + 1).filter(({ key }) => key === undefined).length;
  return number <= 9 ? String(number) : " ";
}

function open(prompt: SelectPrompt): Step<readonly string[]> {
  return { is: "open", prompt };
}
