/**
 * A way to ask a hub that mends itself: when the connection is lost in the middle of an answer it
 * connects anew, for as long as it may, and asks again.
 */
import { Failure } from "../failure.ts";
import type { Client } from "./client.ts";
import { comeBack, LASTING, type ReturnOptions } from "./return.ts";

/** How a line is mended. */
export interface LineOptions extends ReturnOptions {
  /** Counts what has come but bytes. */
  readonly heard: () => number;
  /** The connection was lost, and is to be mended. */
  readonly lost: (failure: Failure) => void;
}

/** A connection to a hub, made anew when it is lost. */
export class Line {
  readonly #options: LineOptions;
  #client: Client;
  #mending: Promise<boolean> | undefined;
  /** Until then, on the clock, it may try: a loss after which nothing came gets no time of its own. */
  #tryUntil = -Infinity;
  #heard = -1;
  #isOver = false;

  constructor(client: Client, options: LineOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** The connection now, or the last there was. */
  get client(): Client {
    return this.#client;
  }

  /**
   * Does what `act` does with a connection, again with the next when it was lost meanwhile. Throws
   * what `act` throws otherwise, and what ended the connection when it cannot be mended.
   */
  async ask<T>(act: (client: Client) => Promise<T>): Promise<T> {
    while (true) {
      await this.#mending;
      const client = this.#client;
      try {
        return await act(client);
      } catch (error) {
        const { loss } = client;
        if (loss === undefined) throw error;
        const { code } = loss.failure;
        const final = !loss.mayReturn || this.#isOver ||
          this.#options.signal.aborted || LASTING.has(code) ||
          code === "declined";
        if (final) throw error;
        if (this.#client !== client) continue;
        this.#mending ??= this.#mend(client, loss.failure).finally(() =>
          this.#mending = undefined
        );
        if (!await this.#mending) throw error;
      }
    }
  }

  /** Gives up mending, says BYE and closes. */
  async close(): Promise<void> {
    this.#isOver = true;
    await this.#mending;
    await this.#client.close();
  }

  async #mend(before: Client, reason: Failure): Promise<boolean> {
    const { clock, signal, tryMs, heard, lost } = this.#options;
    lost(reason);
    // What had arrived whole is not asked for again.
    await before.inbound?.settled();
    const count = heard();
    if (count !== this.#heard || before.inbound?.received !== 0) {
      this.#tryUntil = clock.now() + tryMs;
    }
    this.#heard = count;
    const client = await comeBack({
      ...this.#options,
      tryMs: Math.max(this.#tryUntil - clock.now(), 0),
      isOver: () => this.#isOver || signal.aborted,
    });
    this.#isOver ||= client === undefined;
    if (client !== undefined) this.#client = client;
    return client !== undefined;
  }
}
