// @core
/**
 * What may be said when: the greeting, and for every transfer open on one connection which side
 * may say what next. Everything that affects that state lives here; no sockets, no files.
 *
 * Every message and every DATA frame passes a Session twice: the side that sends asks `send…`
 * (a breach is our defect: LocalProtocolError), the side that receives asks `receive…` (a breach
 * is theirs: RemoteProtocolError, which ends the connection).
 *
 * A transfer on one hop:
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
import { LocalProtocolError, RemoteProtocolError } from "./errors.ts";
import { FrameType, limitOf } from "./frame.ts";
import type { TransferId } from "./data.ts";
import { INLINE_BYTES, MAX_REQUESTS, MAX_TRANSFERS } from "./limits.ts";
import type { Message, MessageOf } from "./message.ts";

/** Protocol versions this code speaks. */
export const VERSION = { min: 1, max: 1 } as const;

/** What this code can do beyond the base protocol; both sides use the intersection. */
export const CAPABILITIES: readonly string[] = [
  "presence",
  "progress",
  "bundle",
];

/** Which end of the connection a session stands for. */
export type Side = "hub" | "client";

/** The highest version both ranges hold, or undefined when they do not meet. */
export function commonVersion(
  ours: { min: number; max: number },
  theirs: { min: number; max: number },
): number | undefined {
  const version = Math.min(ours.max, theirs.max);
  return version >= Math.max(ours.min, theirs.min) ? version : undefined;
}

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

type Breach = (message: string) => Error;
const remote: Breach = (message) => new RemoteProtocolError(message);
const local: Breach = (message) => new LocalProtocolError(message);

/** What to do with the bytes of a DATA frame: use them, or drop them because the transfer was refused. */
export type DataUse = "take" | "drop";

/** The state of one connection. */
export class Session {
  /** `greeting`: HELLO was said, WELCOME not yet. */
  #stage: "new" | "greeting" | "open" = "new";
  /** The other side has said BYE or ERROR. */
  #ended = false;
  /** We have. */
  #left = false;
  /** Transfers we may have open at once: what the hub says in WELCOME, never more than our own bound. */
  #mayOpen = MAX_TRANSFERS;
  /** Transfers the other side offered to us. */
  readonly #incoming = new Map<TransferId, Track>();
  /** Transfers we offered to the other side. */
  readonly #outgoing = new Map<TransferId, Track>();

  /** Requests of the client not answered to their end; whether the hub has the word. */
  readonly #requests = new Map<number, boolean>();

  constructor(readonly side: Side) {}

  /** Whether the greeting is over. */
  get isOpen(): boolean {
    return this.#stage === "open";
  }

  /** Whether the other side has said BYE or ERROR: nothing more is to come. */
  get isEnded(): boolean {
    return this.#ended;
  }

  /** Whether either side has taken its leave: the connection was not just lost. */
  get isOver(): boolean {
    return this.#ended || this.#left;
  }

  /** Payload limits now in force: before the greeting is over only its own frames may appear. */
  readonly limits = (type: number): number | undefined => {
    if (this.isOpen || type === FrameType.ERROR || type === FrameType.BYE) {
      return limitOf(type);
    }
    const greeting = this.side === "hub" ? FrameType.HELLO : FrameType.WELCOME;
    return type === greeting ? limitOf(type) : undefined;
  };

  /** Checks a message of ours and moves the state. Throws LocalProtocolError. */
  send(message: Message): void {
    if (this.#left) {
      throw local(`Cannot take ${title(message)}: the conversation has ended`);
    }
    if (isFarewell(message)) this.#left = true;
    else if (this.side === "hub" && message.type === "welcome") {
      this.#greet(message, "greeting", "open", local);
    } else if (this.side === "client" && message.type === "hello") {
      this.#greet(message, "new", "greeting", local);
    } else this.#step(message, this.#outgoing, this.#incoming, local);
  }

  /** Checks a message of theirs and moves the state. Throws RemoteProtocolError. */
  receive(message: Message): void {
    if (this.#ended) {
      throw remote(`Cannot take ${title(message)}: the conversation has ended`);
    }
    if (isFarewell(message)) this.#ended = true;
    else if (this.side === "hub" && message.type === "hello") {
      this.#greet(message, "new", "greeting", remote);
    } else if (this.side === "client" && message.type === "welcome") {
      this.#greet(message, "greeting", "open", remote);
      this.#mayOpen = Math.min(message.limits.transfers, MAX_TRANSFERS);
    } else this.#step(message, this.#incoming, this.#outgoing, remote);
  }

  /** Checks that a DATA frame of ours may go out and moves the offset. Throws LocalProtocolError. */
  sendData(id: TransferId, offset: number, length: number): void {
    const track = this.#outgoing.get(id);
    if (this.#left || track?.body !== "open") {
      throw local(`Cannot send DATA: transfer ${id} is not open`);
    }
    advance(track, id, offset, length, local);
  }

  /** Checks a DATA frame of theirs and says what to do with it. Throws RemoteProtocolError. */
  receiveData(id: TransferId, offset: number, length: number): DataUse {
    const track = this.#incoming.get(id);
    if (this.#ended || track?.body !== "open") {
      throw remote(`Cannot take DATA: transfer ${id} is not open`);
    }
    advance(track, id, offset, length, remote);
    return track.awaited.size > 0 ? "take" : "drop";
  }

  /** Whether we may offer another transfer now. */
  get mayOffer(): boolean {
    return this.#outgoing.size < this.#mayOpen;
  }

  /** Whether we offered this transfer and something about it may still be said. */
  isOutgoing(id: TransferId): boolean {
    return this.#outgoing.has(id);
  }

  /** Whether the other side offered this transfer and something about it may still be said. */
  isIncoming(id: TransferId): boolean {
    return this.#incoming.has(id);
  }

  #greet(
    message: Message,
    from: "new" | "greeting",
    to: "greeting" | "open",
    breach: Breach,
  ): void {
    if (this.#stage !== from) {
      throw breach(
        `Cannot take ${title(message)}: ${
          this.#stage === "new" ? "HELLO comes first" : "it was said before"
        }`,
      );
    }
    this.#stage = to;
  }

  /** `made` holds the transfers offered by whoever says `message`, `met` those offered to them. */
  #step(
    message: Message,
    made: Map<TransferId, Track>,
    met: Map<TransferId, Track>,
    breach: Breach,
  ): void {
    if (!this.isOpen) {
      throw breach(`Cannot take ${title(message)}: the greeting comes first`);
    }
    switch (message.type) {
      case "offer":
        return this.#offer(message, made, breach);
      case "end": {
        const track = made.get(message.id);
        if (track?.body !== "open") {
          throw breach(`Cannot end transfer ${message.id}: it is not open`);
        }
        if (message.size !== track.next) {
          throw breach(
            `Cannot end transfer ${message.id}: its size is ${message.size}, but ${track.next} bytes were sent`,
          );
        }
        if (track.size !== null && track.size !== message.size) {
          throw breach(
            `Cannot end transfer ${message.id}: ${message.size} bytes of the ${track.size} offered`,
          );
        }
        track.body = "closed";
        track.complete = true;
        return settle(made, message.id, track);
      }
      case "cancel": {
        const track = made.get(message.id);
        // Theirs may have crossed our last receipt; ours never has that excuse.
        if (track === undefined && breach === remote) return;
        if (track === undefined) {
          throw breach(`Cannot cancel transfer ${message.id}: it is not open`);
        }
        track.body = "closed";
        return settle(made, message.id, track);
      }
      case "accept": {
        const track = met.get(message.id);
        if (track === undefined || track.awaited.size === 0) {
          throw breach(
            `Cannot accept transfer ${message.id}: it was not offered`,
          );
        }
        if (track.body === "offered") {
          if (message.offset > (track.size ?? 0)) {
            throw breach(
              `Cannot accept transfer ${message.id}: offset ${message.offset} is past its end`,
            );
          }
          track.next = message.offset;
          track.body = "open";
        }
        return;
      }
      case "reject": {
        const track = met.get(message.id);
        if (track === undefined || track.awaited.size === 0) {
          throw breach(
            `Cannot reject transfer ${message.id}: it was not offered`,
          );
        }
        track.awaited.clear();
        return settle(met, message.id, track);
      }
      case "receipt": {
        const track = met.get(message.id);
        const recipient = message.recipient.toLowerCase();
        if (track === undefined || !track.awaited.has(recipient)) {
          throw breach(
            `Cannot take a receipt for transfer ${message.id}: none is awaited`,
          );
        }
        if (
          message.status !== "failed" && !track.complete &&
          !(message.status === "delivered" && message.unchanged === true)
        ) {
          throw breach(
            `Cannot take a receipt for transfer ${message.id}: it has not ended`,
          );
        }
        track.awaited.delete(recipient);
        return settle(met, message.id, track);
      }
      case "hello":
      case "welcome":
        throw breach(
          `Cannot take ${title(message)}: it is for the other side to say`,
        );
      case "presence":
        if ((breach === remote) === (this.side === "hub")) {
          throw breach("Cannot take PRESENCE: only a hub tells it");
        }
        return;
      case "request":
        if ((breach === remote) === (this.side === "client")) {
          throw breach("Cannot take REQUEST: only a client asks");
        }
        return this.#ask(message, breach);
      case "response":
        if ((breach === remote) === (this.side === "hub")) {
          throw breach("Cannot take RESPONSE: only a hub answers");
        }
        return this.#answer(message, breach);
      case "progress":
      case "ping":
      case "pong":
      case "error":
      case "bye":
        return;
    }
  }

  /** A client asks anew, or for more of what it was given a part of. */
  #ask({ request, what }: MessageOf<"request">, breach: Breach): void {
    const owed = this.#requests.get(request);
    if (owed !== (what === "more" ? false : undefined)) {
      throw breach(
        `Cannot take REQUEST ${request}: ${
          owed === undefined ? "nothing was asked before" : "it is in use"
        }`,
      );
    }
    if (owed === undefined && this.#requests.size >= MAX_REQUESTS) {
      throw breach(
        `Cannot take REQUEST ${request}: ${MAX_REQUESTS} are open already`,
      );
    }
    this.#requests.set(request, true);
  }

  /** A hub answers once, then again only when it is asked for more. */
  #answer(message: MessageOf<"response">, breach: Breach): void {
    const { request, status } = message;
    if (this.#requests.get(request) !== true) {
      throw breach(`Cannot take RESPONSE ${request}: it was not asked for`);
    }
    if (status === "failed" || message.last) this.#requests.delete(request);
    else this.#requests.set(request, false);
  }

  #offer(
    offer: MessageOf<"offer">,
    made: Map<TransferId, Track>,
    breach: Breach,
  ): void {
    if (made.has(offer.id)) {
      throw breach(`Cannot offer transfer ${offer.id}: its id is in use`);
    }
    if (made.size >= MAX_TRANSFERS) {
      throw breach(
        `Cannot offer transfer ${offer.id}: ${MAX_TRANSFERS} are open already`,
      );
    }
    if (offer.inline && (offer.size === null || offer.size > INLINE_BYTES)) {
      throw breach(
        `Cannot offer transfer ${offer.id}: its body is too large to ride behind the offer`,
      );
    }
    made.set(offer.id, {
      size: offer.size,
      awaited: new Set(offer.to.map((name) => name.toLowerCase())),
      body: offer.inline ? "open" : "offered",
      complete: false,
      next: 0,
    });
  }
}

function advance(
  track: Track,
  id: TransferId,
  offset: number,
  length: number,
  breach: Breach,
) {
  if (offset !== track.next) {
    throw breach(
      `Cannot take DATA of transfer ${id}: offset ${offset}, expected ${track.next}`,
    );
  }
  if (track.size !== null && offset + length > track.size) {
    throw breach(
      `Cannot take DATA of transfer ${id}: more than the ${track.size} bytes offered`,
    );
  }
  track.next += length;
}

/** Forgets a transfer once every recipient is settled and its body is closed or was never begun. */
function settle(
  tracks: Map<TransferId, Track>,
  id: TransferId,
  track: Track,
): void {
  if (track.awaited.size > 0) return;
  if (track.body !== "open") tracks.delete(id);
}

/** Whether nothing may follow `message`. */
function isFarewell(message: Message): boolean {
  return message.type === "bye" ||
    (message.type === "error" && message.scope === "connection");
}

function title(message: Message): string {
  return message.type.toUpperCase();
}
