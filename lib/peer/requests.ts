/** A client's side of REQUEST and RESPONSE: what it asks of its hub, and the answers part by part. */
import { Failure, failureCode } from "../failure.ts";
import type { Connection } from "../net/connection.ts";
import type { MessageOf } from "../protocol/message.ts";
import type { Clock } from "../time/clock.ts";
import { formatSeconds } from "../time/deadline.ts";

type Response = MessageOf<"response">;

/** What a client asks of its hub; see REQUEST in PROTOCOL.md. */
export type Request = Omit<MessageOf<"request">, "type" | "request">;

/** A part of an answer. */
export type ResponsePart = Extract<Response, { status: "part" }>;

/** How a connection has ended. */
export interface Loss {
  readonly failure: Failure;
  /** The hub may be there again: neither side has taken its leave for good. */
  readonly mayReturn: boolean;
}

/** The requests of one connection. */
export class Requests {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #awaited = new Map<number, PromiseWithResolvers<Response>>();
  #next = 0;
  #lost: Loss | undefined;

  /** An answer that does not come within `idleMs` milliseconds is waited for no longer. */
  constructor(connection: Connection, clock: Clock, idleMs: number) {
    this.#connection = connection;
    this.#clock = clock;
    this.#idleMs = idleMs;
  }

  /**
   * Asks, and asks for more as long as parts are taken. `heard` counts what else of the answer has
   * come, such as files: while it grows, the answer is waited for. Throws Failure: what the hub
   * answered, `deadline.idle`, or what ended the connection.
   */
  async *ask(
    question: Request,
    heard: () => number = () => 0,
  ): AsyncGenerator<ResponsePart> {
    const request = this.#next++;
    let asked: Request = question;
    while (true) {
      const response = await this.#round(request, asked, heard);
      if (response.status === "failed") {
        throw new Failure(failureCode(response.code), response.message);
      }
      yield response;
      if (response.last) return;
      asked = { what: "more" };
    }
  }

  /** Takes in an answer; the session has checked that it may come. */
  receive(response: Response): void {
    this.#awaited.get(response.request)?.resolve(response);
  }

  /** The connection has ended. */
  lost(loss: Loss): void {
    this.#lost = loss;
    for (const { reject } of this.#awaited.values()) reject(loss.failure);
  }

  /** How the connection has ended, if it has. */
  get loss(): Loss | undefined {
    return this.#lost;
  }

  async #round(
    request: number,
    asked: Request,
    heard: () => number,
  ): Promise<Response> {
    if (this.#lost !== undefined) throw this.#lost.failure;
    const answer = Promise.withResolvers<Response>();
    this.#awaited.set(request, answer);
    let stop = () => {};
    const wait = () => {
      const before = heard();
      stop = this.#clock.after(this.#idleMs, () => {
        if (heard() !== before) return wait();
        const limit = formatSeconds(this.#idleMs);
        const state = `the hub did not answer within ${limit}`;
        answer.reject(new Failure("deadline.idle", state));
      });
    };
    wait();
    try {
      this.#connection.send({ type: "request", request, ...asked });
      return await answer.promise;
    } finally {
      stop();
      this.#awaited.delete(request);
    }
  }
}
