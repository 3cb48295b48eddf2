/** What was typed at a question before: answers to choose again, drafts to go on with. */

/** Earlier answers kept for each question. */
const MAX_HISTORY = 50;

/** By the key of the question. */
export class TypedBefore {
  readonly #drafts = new Map<string, string>();
  readonly #answers = new Map<string, readonly string[]>();

  /** What was typed when the question was left without an answer. */
  draft(key: string): string | undefined {
    return this.#drafts.get(key);
  }

  /** Earlier answers, the latest last. */
  answers(key: string): readonly string[] {
    return this.#answers.get(key) ?? [];
  }

  /** The question was left. */
  left(key: string, draft: string): void {
    this.#drafts.set(key, draft);
  }

  /** The question was answered. */
  answered(key: string, answer: string): void {
    this.#drafts.delete(key);
    const kept = this.answers(key).filter((one) => one !== answer);
    this.#answers.set(key, [...kept, answer].slice(-MAX_HISTORY));
  }
}
