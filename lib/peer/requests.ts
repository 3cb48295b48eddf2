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

/** The requests of one connection. */
export class Requests {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #awaited = new Map<number, PromiseWithResolvers<Response>>();
  #next = 0;
  #lost: Failure | undefined;

  /** An answer that does not come within `idleMs` milliseconds is waited for no longer. */
  constructor(connection: Connection, clock: Clock, idleMs: number) {
    this.#connection = connection;
    this.#clock = clock;
    this.#idleMs = idleMs;
  }

  /**
   * Asks, and asks for more as long as parts are taken. `alive` says whether something else of the
   * answer has come since it was last asked, such as a file. Throws Failure: what the hub answered,
   * `deadline.idle`, or what ended the connection.
   */
  async *ask(
    question: Request,
    alive: () => boolean = () => false,
  ): AsyncGenerator<ResponsePart> {
    const request = this.#next++;
    let asked: Request = question;
    while (true) {
      const response = await this.#round(request, asked, alive);
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
  lost(failure: Failure): void {
    this.#lost = failure;
    for (const { reject } of this.#awaited.values()) reject(failure);
  }

  async #round(
    request: number,
    asked: Request,
    alive: () => boolean,
  ): Promise<Response> {
    if (this.#lost !== undefined) throw this.#lost;
    const answer = Promise.withResolvers<Response>();
    this.#awaited.set(request, answer);
    let stop = () => {};
    const wait = () => {
      stop = this.#clock.after(this.#idleMs, () => {
        if (alive()) return wait();
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
