// @core
/**
 * The transfers one side of a connection has offered the other, and for each who may say what next.
 *
 *     sender    OFFER ──────────────► DATA … DATA  END | CANCEL
 *     receiver         ACCEPT | REJECT                          RECEIPT per recipient
 *
 * - With `inline`, DATA follows at once and ACCEPT may be left out.
 * - REJECT ends the transfer for all its recipients, a RECEIPT for one. A `failed` RECEIPT may come
 *   at any time, and so may a `delivered` that says `unchanged`: it was there already. Any other
 *   `delivered`, and `stored`, come only after END.
 * - ACCEPT names where the body begins: what the receiver has of it from before is not sent again.
 * - The sender always closes a body it has begun, with END or CANCEL; what it still sent after the
 *   last RECEIPT (or REJECT) is counted and dropped by the receiver. A CANCEL may cross the last
 *   RECEIPT: for a transfer the receiver has forgotten it means nothing.
 */
import type { TransferId } from "./data.ts";
import { type Breach, theirs } from "./errors.ts";
import { INLINE_BYTES, MAX_TRANSFERS } from "./limits.ts";
import type { MessageOf } from "./message.ts";

/** How the body of a transfer stands on this hop. `open`: DATA may flow. `closed`: END or CANCEL was said. */
type BodyState = "offered" | "open" | "closed";

interface Track {
  readonly size: number | null;
  /** Recipients whose RECEIPT is still to come; empty once REJECT was said. */
  readonly awaited: Set<string>;
  body: BodyState;
  /** END was said: the body is whole. */
  complete: boolean;
  /** Offset the next DATA must have. */
  next: number;
}

/**
 * The transfers of one direction. Every method checks what is said (or the DATA that is sent) and
 * moves the state; what must not be said now is thrown as a breach of whoever said it.
 */
export class Offered {
  readonly #tracks = new Map<TransferId, Track>();
  readonly #sender: Breach;
  readonly #receiver: Breach;

  /** The breaches of the side that offers and of the side that is offered to. */
  constructor(sender: Breach, receiver: Breach) {
    this.#sender = sender;
    this.#receiver = receiver;
  }

  /** The number of transfers about which something may still be said. */
  get size(): number {
    return this.#tracks.size;
  }

  /** Whether something about this transfer may still be said. */
  has(id: TransferId): boolean {
    return this.#tracks.has(id);
  }

  /** The sender says OFFER. */
  offer(offer: MessageOf<"offer">): void {
    const { id, size } = offer;
    if (this.#tracks.has(id)) {
      throw this.#sender(`Cannot offer transfer ${id}: its id is in use`);
    }
    if (this.#tracks.size >= MAX_TRANSFERS) {
      throw this.#sender(
        `Cannot offer transfer ${id}: ${MAX_TRANSFERS} are open already`,
      );
    }
    if (offer.inline && (size === null || size > INLINE_BYTES)) {
      throw this.#sender(
        `Cannot offer transfer ${id}: its body is too large to ride behind the offer`,
      );
    }
    this.#tracks.set(id, {
      size,
      awaited: new Set(offer.to.map((name) => name.toLowerCase())),
      body: offer.inline ? "open" : "offered",
      complete: false,
      next: 0,
    });
  }

  /** The sender sends DATA; whether anyone still wants the bytes. `doing` is what a breach says of it. */
  data(
    id: TransferId,
    offset: number,
    length: number,
    doing: "send" | "take",
  ): boolean {
    const track = this.#tracks.get(id);
    if (track?.body !== "open") throw this.notOpen(id, doing);
    if (offset !== track.next) {
      throw this.#sender(
        `Cannot take DATA of transfer ${id}: offset ${offset}, expected ${track.next}`,
      );
    }
    if (track.size !== null && offset + length > track.size) {
      throw this.#sender(
        `Cannot take DATA of transfer ${id}: more than the ${track.size} bytes offered`,
      );
    }
    track.next += length;
    return track.awaited.size > 0;
  }

  /** The breach that DATA is when its transfer is not open. */
  notOpen(id: TransferId, doing: "send" | "take"): Error {
    return this.#sender(`Cannot ${doing} DATA: transfer ${id} is not open`);
  }

  /** The sender says END. */
  end({ id, size }: MessageOf<"end">): void {
    const track = this.#tracks.get(id);
    if (track?.body !== "open") {
      throw this.#sender(`Cannot end transfer ${id}: it is not open`);
    }
    if (size !== track.next) {
      throw this.#sender(
        `Cannot end transfer ${id}: its size is ${size}, but ${track.next} bytes were sent`,
      );
    }
    if (track.size !== null && track.size !== size) {
      throw this.#sender(
        `Cannot end transfer ${id}: ${size} bytes of the ${track.size} offered`,
      );
    }
    track.body = "closed";
    track.complete = true;
    this.#settle(id, track);
  }

  /** The sender says CANCEL. */
  cancel({ id }: MessageOf<"cancel">): void {
    const track = this.#tracks.get(id);
    if (track === undefined) {
      // Theirs may have crossed our last receipt; ours never has that excuse.
      if (this.#sender === theirs) return;
      throw this.#sender(`Cannot cancel transfer ${id}: it is not open`);
    }
    track.body = "closed";
    this.#settle(id, track);
  }

  /** The receiver says ACCEPT. */
  accept({ id, offset }: MessageOf<"accept">): void {
    const track = this.#tracks.get(id);
    if (track === undefined || track.awaited.size === 0) {
      throw this.#receiver(`Cannot accept transfer ${id}: it was not offered`);
    }
    if (track.body !== "offered") return;
    if (offset > (track.size ?? 0)) {
      throw this.#receiver(
        `Cannot accept transfer ${id}: offset ${offset} is past its end`,
      );
    }
    track.next = offset;
    track.body = "open";
  }

  /** The receiver says REJECT. */
  reject({ id }: MessageOf<"reject">): void {
    const track = this.#tracks.get(id);
    if (track === undefined || track.awaited.size === 0) {
      throw this.#receiver(`Cannot reject transfer ${id}: it was not offered`);
    }
    track.awaited.clear();
    this.#settle(id, track);
  }

  /** The receiver says RECEIPT. */
  receipt(receipt: MessageOf<"receipt">): void {
    const { id, status } = receipt;
    const track = this.#tracks.get(id);
    const recipient = receipt.recipient.toLowerCase();
    if (track === undefined || !track.awaited.has(recipient)) {
      throw this.#receiver(
        `Cannot take a receipt for transfer ${id}: none is awaited`,
      );
    }
    const early = status === "failed" ||
      (status === "delivered" && receipt.unchanged === true);
    if (!early && !track.complete) {
      throw this.#receiver(
        `Cannot take a receipt for transfer ${id}: it has not ended`,
      );
    }
    track.awaited.delete(recipient);
    this.#settle(id, track);
  }

  /** Forgets a transfer once every recipient is settled and its body is closed or was never begun. */
  #settle(id: TransferId, track: Track): void {
    if (track.awaited.size > 0) return;
    if (track.body !== "open") this.#tracks.delete(id);
  }
}
