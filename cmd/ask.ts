/** Asks the person at the terminal about offers, one after the other. */
import type { Offer } from "../lib/transfer/transfer.ts";
import type { Context } from "./context.ts";
import { offerQuestion, unanswered } from "./menu/words.ts";

/** Asks on standard error, reads answers from standard input. */
export class Asker {
  readonly #context: Context;
  #lines: AsyncIterator<string> | undefined;
  /** The line being waited for; a question that ends unanswered leaves it to the next one. */
  #line: Promise<string | undefined> | undefined;
  #asking = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(context: Context) {
    this.#context = context;
  }

  /**
   * What the person says to an offer; no when standard input ends, or when `signal` is aborted
   * first, which is told below the question.
   */
  ask(offer: Offer, signal: AbortSignal): Promise<boolean> {
    const answer = this.#last.then(() =>
      signal.aborted ? false : this.#askNow(offer, signal)
    );
    this.#last = answer;
    return answer;
  }

  async #askNow(offer: Offer, signal: AbortSignal): Promise<boolean> {
    const { stderr } = this.#context;
    const late = Promise.withResolvers<typeof LATE>();
    const expire = () => late.resolve(LATE);
    signal.addEventListener("abort", expire);
    this.#asking = true;
    try {
      await stderr.write(`${offerQuestion(offer)} [y/N] `);
      const line = await Promise.race([this.#nextLine(), late.promise]);
      if (line === LATE) {
        await stderr.write(`\n${unanswered(offer, signal.reason)}\n`);
        return false;
      }
      this.#line = undefined;
      return line !== undefined && /^\s*y(es)?\s*$/i.test(line);
    } finally {
      this.#asking = false;
      signal.removeEventListener("abort", expire);
    }
  }

  #nextLine(): Promise<string | undefined> {
    this.#lines ??= linesOf(this.#context.stdin.stream());
    return this.#line ??= this.#lines.next().then(({ value, done }) => {
      // An answer that comes when its question is gone must not answer the next one.
      if (!this.#asking) this.#line = undefined;
      return done ? undefined : value;
    });
  }
}

const LATE = Symbol("the question expired");

async function* linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    rest += chunk;
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
