/** Offers that wait for an answer: one after the other, each until its time is over. */
import type { Offer } from "../../lib/transfer/transfer.ts";
import type { Question } from "./ui.ts";
import { offerQuestion, unanswered } from "./words.ts";

/** See above. */
export class Questions {
  readonly #waiting = new Set<Question>();
  #changed: () => void = () => {};
  #say: (line: string) => void = () => {};

  /** How many wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** The one that waits longest. */
  get first(): Question | undefined {
    return this.#waiting.values().next().value;
  }

  /** Whether this one still waits. */
  has(question: Question): boolean {
    return this.#waiting.has(question);
  }

  /** Says where to tell that the number has changed, and that one was not answered. */
  show(changed: () => void, say: (line: string) => void): void {
    this.#changed = changed;
    this.#say = say;
  }

  /** Resolves with the answer; never when `signal` is aborted first, whose reason then stands. */
  ask(offer: Offer, signal: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const gone = Promise.withResolvers<void>();
    const end = () => {
      signal.removeEventListener("abort", late);
      gone.resolve();
      if (this.#waiting.delete(question)) this.#changed();
    };
    const late = () => {
      this.#say(unanswered(offer, signal.reason));
      end();
    };
    const question: Question = {
      text: offerQuestion(offer),
      answer: (yes) => {
        resolve(yes);
        end();
      },
      gone: gone.promise,
    };
    signal.addEventListener("abort", late);
    if (signal.aborted) late();
    else {
      this.#waiting.add(question);
      this.#changed();
    }
    return promise;
  }
}
