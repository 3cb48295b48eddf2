// @core
/** The requests a client has made of its hub, and for each who has the word. */
import type { Breach } from "./errors.ts";
import { MAX_REQUESTS } from "./limits.ts";
import type { MessageOf } from "./message.ts";

/** The requests of one connection; what must not be said now is thrown as a breach of whoever said it. */
export class Requests {
  /** Those not answered to their end; whether the hub has the word. */
  readonly #open = new Map<number, boolean>();
  readonly #client: Breach;
  readonly #hub: Breach;

  /** The breaches of the side that asks and of the side that answers. */
  constructor(client: Breach, hub: Breach) {
    this.#client = client;
    this.#hub = hub;
  }

  /** The client asks anew, or for more of what it was given a part of. */
  ask({ request, what }: MessageOf<"request">): void {
    const owed = this.#open.get(request);
    if (owed !== (what === "more" ? false : undefined)) {
      throw this.#client(
        `Cannot take REQUEST ${request}: ${
          owed === undefined ? "nothing was asked before" : "it is in use"
        }`,
      );
    }
    if (owed === undefined && this.#open.size >= MAX_REQUESTS) {
      throw this.#client(
        `Cannot take REQUEST ${request}: ${MAX_REQUESTS} are open already`,
      );
    }
    this.#open.set(request, true);
  }

  /** The hub answers once, then again only when it is asked for more. */
  answer(message: MessageOf<"response">): void {
    const { request, status } = message;
    if (this.#open.get(request) !== true) {
      throw this.#hub(`Cannot take RESPONSE ${request}: it was not asked for`);
    }
    if (status === "failed" || message.last) this.#open.delete(request);
    else this.#open.set(request, false);
  }
}
