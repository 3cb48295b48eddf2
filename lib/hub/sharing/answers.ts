/**
 * The hub's side of REQUEST and RESPONSE: each request is a sequence of bounded parts, and the next
 * is worked out while the client reads the last, never sooner. So a list of any length costs the
 * hub one part of it.
 */
import { asFailure, Failure, isRetryable } from "../../failure.ts";
import type { Connection } from "../../net/connection.ts";
import { RESPONSE_BYTES } from "../../protocol/limits.ts";
import { type MessageOf, sentenceOf } from "../../protocol/message.ts";

/** What a client asks. */
export type Question = Omit<MessageOf<"request">, "type" | "request">;

type Part = Extract<MessageOf<"response">, { status: "part" }>;

/** What one RESPONSE carries. */
export type Answer = Pick<Part, "transfers" | "files" | "missing">;

/** Answers a question in parts, each small enough for a frame; throws Failure when it cannot. */
export type Answering = (
  question: Question,
  signal: AbortSignal,
) => AsyncIterable<Answer>;

interface Open {
  readonly parts: AsyncIterator<Answer>;
  /** The next part, under way. */
  next: Promise<IteratorResult<Answer>>;
}

/** The requests of one connection. */
export class Answers {
  readonly #connection: Connection;
  readonly #answering: Answering;
  readonly #open = new Map<number, Open>();
  readonly #over = new AbortController();

  constructor(connection: Connection, answering: Answering) {
    this.#connection = connection;
    this.#answering = answering;
  }

  /** Answers a request; the session has checked that it may come. */
  receive({ type: _, request, ...question }: MessageOf<"request">): void {
    let open = this.#open.get(request);
    if (open === undefined) {
      const parts = this.#answering(question, this.#over.signal)
        [Symbol.asyncIterator]();
      open = { parts, next: parts.next() };
      this.#open.set(request, open);
    }
    this.#answer(request, open);
  }

  /** The connection has ended: nobody wants the rest. */
  lost(): void {
    this.#over.abort(new Failure("absent", "who asked for it has left"));
    for (const { parts, next } of this.#open.values()) {
      next.catch(() => {});
      parts.return?.().catch(() => {});
    }
    this.#open.clear();
  }

  async #answer(request: number, open: Open): Promise<void> {
    try {
      const { value, done } = await open.next;
      if (done) return this.#say(request, {}, true);
      open.next = open.parts.next();
      // A failure of the next part is told in its turn.
      open.next.catch(() => {});
      this.#say(request, value, false);
    } catch (error) {
      if (!this.#open.delete(request)) return;
      const { code, message } = asFailure(error);
      this.#connection.send({
        type: "response",
        status: "failed",
        request,
        code,
        message: sentenceOf(message),
        retryable: isRetryable(code),
      });
    }
  }

  #say(request: number, answer: Answer, last: boolean): void {
    if (!this.#open.has(request)) return;
    if (last) this.#open.delete(request);
    this.#connection.send({
      type: "response",
      status: "part",
      request,
      last,
      ...answer,
    });
  }
}

const encoder = new TextEncoder();

/** Gathers items until they fill a RESPONSE. */
export async function* inParts<T>(
  items: Iterable<T> | AsyncIterable<T>,
): AsyncGenerator<T[]> {
  let part: T[] = [];
  let bytes = 0;
  for await (const item of items) {
    const more = encoder.encode(JSON.stringify(item)).length + 1;
    if (bytes + more > RESPONSE_BYTES && part.length > 0) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(item);
    bytes += more;
  }
  if (part.length > 0) yield part;
}
