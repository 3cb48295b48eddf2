/** Asks the person at the terminal about offers, one after the other. */
import { safe } from "../lib/text/safe.ts";
import { formatBytes } from "../lib/text/units.ts";
import type { Offer } from "../lib/transfer/transfer.ts";
import type { Context } from "./context.ts";

/** Asks on standard error, reads answers from standard input. */
export class Asker {
  readonly #context: Context;
  #lines: AsyncIterator<string> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(context: Context) {
    this.#context = context;
  }

  /** What the person says to an offer; no when standard input ends, or `signal` is aborted first. */
  ask(offer: Offer, signal: AbortSignal): Promise<boolean> {
    const answer = this.#last.then(() =>
      signal.aborted ? false : this.#askNow(offer)
    );
    this.#last = answer;
    return answer;
  }

  async #askNow({ from, name, kind, size }: Offer): Promise<boolean> {
    this.#lines ??= linesOf(this.#context.stdin.stream());
    const bytes = kind === "directory"
      ? "/ with all in it"
      : size === null
      ? ""
      : ` (${formatBytes(size)})`;
    await this.#context.stderr.write(
      `Accept ${safe(name)}${bytes} from ${safe(from)}? [y/N] `,
    );
    const { value, done } = await this.#lines.next();
    return !done && /^\s*y(es)?\s*$/i.test(value);
  }
}

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
