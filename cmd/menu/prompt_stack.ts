/** The prompts that are open, one over the other, and the keys pressed before the next one opens. */
import type { Key } from "../../lib/term/decode.ts";
import type { Prompt } from "../../lib/term/prompt.ts";
import { type Open, openPrompt, type PromptUse } from "./open_prompt.ts";

/** Keys kept for the next prompt. */
const MAX_AHEAD = 1_000;

/** Keys go to the prompt on top. */
export class PromptStack {
  readonly #open: Open[] = [];
  readonly #ahead: Key[] = [];
  readonly #changed: () => void;
  readonly #names: (typed: string) => Promise<readonly string[]>;

  /** `changed` is called when there is something else to show; `names` gives the paths that begin so. */
  constructor(
    changed: () => void,
    names: (typed: string) => Promise<readonly string[]>,
  ) {
    this.#changed = changed;
    this.#names = names;
  }

  /** The prompt on top. */
  get top(): Open | undefined {
    return this.#open.at(-1);
  }

  /** Puts a prompt on top until it is answered, left (undefined), or `until` resolves (undefined). */
  add<T>(first: Prompt<T>, how: PromptUse<T>): Promise<T | undefined> {
    const { open, answer } = openPrompt(first, how, {
      changed: this.#changed,
      closed: () => {
        const at = this.#open.indexOf(open);
        if (at >= 0) this.#open.splice(at, 1);
        this.#changed();
      },
      names: this.#names,
    });
    this.#open.push(open);
    this.#changed();
    return answer;
  }

  /** What the prompts list may have changed. */
  refresh(): void {
    for (const open of this.#open) open.refresh();
  }

  /** Closes all; whoever waits for an answer gets the reason. */
  reject(reason: unknown): void {
    for (const open of [...this.#open]) open.reject(reason);
  }

  /** Keeps a key for the prompt that is about to open. */
  typeAhead(key: Key): void {
    if (this.#ahead.length < MAX_AHEAD) this.#ahead.push(key);
  }

  /** The keys that were kept; they are kept no longer. */
  takeAhead(): readonly Key[] {
    return this.#ahead.splice(0);
  }
}
