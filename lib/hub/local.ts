/** The hub's own inbox as a recipient: reads the spool as any peer does, without a connection between. */
import { asFailure, Failure, isRetryable } from "../failure.ts";
import type { Admission, Held, Inbox } from "../inbox/inbox.ts";
import { giveBuffer, takeBuffer, takeSmallBuffer } from "../net/buffers.ts";
import { INLINE_BYTES } from "../protocol/limits.ts";
import type { Clock } from "../time/clock.ts";
import { formatSeconds } from "../time/deadline.ts";
import type {
  Body,
  BodyReader,
  Cancel,
  Carrier,
  Offer,
  TransferListener,
} from "../transfer/transfer.ts";

/** What is sent to the hub itself. */
export class LocalRecipient implements Carrier {
  readonly #inbox: Inbox;
  readonly #clock: Clock;

  constructor(inbox: Inbox, clock: Clock) {
    this.#inbox = inbox;
    this.#clock = clock;
  }

  carry(
    offer: Offer,
    body: Body,
    listener: TransferListener,
  ): { cancel(reason: Cancel): void } {
    const name = offer.to[0] ?? "hub";
    const over = new AbortController();
    const fail = (failure: Failure) => {
      const { code, message } = failure;
      listener.settled(name, {
        status: "failed",
        code,
        message,
        retryable: isRetryable(code),
      });
    };
    let admission: Admission | Held;
    try {
      admission = this.#inbox.admit(offer, over.signal);
    } catch (error) {
      fail(asFailure(error));
      return { cancel: () => {} };
    }
    if (admission.held) {
      const delivered = { status: "delivered", verifyMs: 0, hopMs: 0 } as const;
      listener.settled(name, { ...delivered, unchanged: true });
      return { cancel: () => {} };
    }
    const { arrival } = admission;
    this.#receive(offer, admission, body, listener, over.signal).catch(
      (error) => {
        const failure = asFailure(error);
        // Given up by its sender's user: nobody wants the rest. Otherwise it may be gone on with.
        const keep = over.signal.aborted && failure.code !== "cancelled";
        over.abort(failure);
        const retryable = isRetryable(failure.code);
        arrival.abort(failure, retryable, keep);
        fail(failure);
      },
    );
    return {
      cancel: ({ code, message }) => over.abort(new Failure(code, message)),
    };
  }

  async #receive(
    offer: Offer,
    { arrival, agreed }: Admission,
    body: Body,
    listener: TransferListener,
    signal: AbortSignal,
  ): Promise<void> {
    const name = offer.to[0] ?? "hub";
    if (agreed !== true) await agreed;
    const tell = (bytes: number) => listener.progress(name, bytes);
    const offset = await arrival.prepare(tell);
    if (signal.aborted) throw signal.reason;
    listener.started(offset);
    let woken = Promise.withResolvers<void>();
    const wake = () => woken.resolve();
    signal.addEventListener("abort", wake);
    const reader = body.read(offset, wake);
    try {
      while (true) {
        const count = await take(reader, arrival, offer.size, tell);
        if (signal.aborted) throw signal.reason;
        if (count === null) break;
        if (count === 0) {
          await this.#within(woken.promise, offer, reader);
          woken = Promise.withResolvers<void>();
        }
      }
      await this.#commit(reader, arrival, name, listener);
    } finally {
      reader.close();
      signal.removeEventListener("abort", wake);
    }
  }

  /** Waits for more of the body; of a file only as long as the idle deadline, of a pipe for ever. */
  async #within(
    more: Promise<void>,
    offer: Offer,
    reader: BodyReader,
  ): Promise<void> {
    if (offer.size === null) return await more;
    const { idle_ms } = offer.deadlines;
    const idle = Promise.withResolvers<never>();
    const state = `no byte moved for ${formatSeconds(idle_ms)}`;
    let stop = () => {};
    const watch = () => {
      stop = this.#clock.after(idle_ms, () => {
        if (reader.waits?.()) return watch();
        idle.reject(new Failure("deadline.idle", state));
      });
    };
    watch();
    try {
      await Promise.race([more, idle.promise]);
    } finally {
      stop();
    }
  }

  async #commit(
    reader: BodyReader,
    arrival: Admission["arrival"],
    name: string,
    listener: TransferListener,
  ): Promise<void> {
    const arrivedAt = this.#clock.now();
    const digest = reader.digest();
    listener.sent(digest);
    const { unchanged } = await arrival.commit(digest);
    listener.settled(name, {
      status: "delivered",
      verifyMs: this.#clock.now() - arrivedAt,
      hopMs: 0,
      ...(unchanged ? { unchanged } : {}),
    });
  }
}

/** Moves what is there of a body into its arrival; a buffer is held only meanwhile, however many bodies wait for more. */
async function take(
  reader: BodyReader,
  arrival: Admission["arrival"],
  size: number | null,
  tell: (bytes: number) => void,
): Promise<number | null> {
  // Many small bodies are under way at once: each gets not much more than it needs.
  const small = size !== null && size <= INLINE_BYTES;
  const room = small ? takeSmallBuffer() : takeBuffer(0);
  try {
    const count = await reader.pull(room);
    if (count !== null && count > 0) {
      await arrival.write(room.subarray(0, count), tell);
    }
    return count;
  } finally {
    giveBuffer(room);
  }
}
