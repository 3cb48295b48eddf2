// @core
/**
 * What may be said when on one connection: the greeting, then transfers in both directions
 * (offered.ts) and requests (requests.ts), and the farewell. No sockets, no files.
 *
 * Every message and every DATA frame passes a Session twice: the side that sends asks `send…`
 * (a breach is our defect: LocalProtocolError), the side that receives asks `receive…` (a breach
 * is theirs: RemoteProtocolError, which ends the connection).
 */
import { type Breach, ours, theirs } from "./errors.ts";
import { FrameType, limitOf } from "./frame.ts";
import type { TransferId } from "./data.ts";
import { MAX_TRANSFERS } from "./limits.ts";
import type { Message } from "./message.ts";
import { Offered } from "./offered.ts";
import { Requests } from "./requests.ts";

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
  readonly #incoming = new Offered(theirs, ours);
  /** Transfers we offered to the other side. */
  readonly #outgoing = new Offered(ours, theirs);
  readonly #requests: Requests;

  constructor(readonly side: Side) {
    this.#requests = side === "client"
      ? new Requests(ours, theirs)
      : new Requests(theirs, ours);
  }

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
      throw ours(`Cannot take ${title(message)}: the conversation has ended`);
    }
    if (isFarewell(message)) this.#left = true;
    else if (this.side === "hub" && message.type === "welcome") {
      this.#greet(message, "greeting", "open", ours);
    } else if (this.side === "client" && message.type === "hello") {
      this.#greet(message, "new", "greeting", ours);
    } else this.#step(message, this.#outgoing, this.#incoming, ours);
  }

  /** Checks a message of theirs and moves the state. Throws RemoteProtocolError. */
  receive(message: Message): void {
    if (this.#ended) {
      throw theirs(`Cannot take ${title(message)}: the conversation has ended`);
    }
    if (isFarewell(message)) this.#ended = true;
    else if (this.side === "hub" && message.type === "hello") {
      this.#greet(message, "new", "greeting", theirs);
    } else if (this.side === "client" && message.type === "welcome") {
      this.#greet(message, "greeting", "open", theirs);
      this.#mayOpen = Math.min(message.limits.transfers, MAX_TRANSFERS);
    } else this.#step(message, this.#incoming, this.#outgoing, theirs);
  }

  /** Checks that a DATA frame of ours may go out and moves the offset. Throws LocalProtocolError. */
  sendData(id: TransferId, offset: number, length: number): void {
    if (this.#left) throw this.#outgoing.notOpen(id, "send");
    this.#outgoing.data(id, offset, length, "send");
  }

  /** Checks a DATA frame of theirs and says what to do with it. Throws RemoteProtocolError. */
  receiveData(id: TransferId, offset: number, length: number): DataUse {
    if (this.#ended) throw this.#incoming.notOpen(id, "take");
    return this.#incoming.data(id, offset, length, "take") ? "take" : "drop";
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
    made: Offered,
    met: Offered,
    breach: Breach,
  ): void {
    if (!this.isOpen) {
      throw breach(`Cannot take ${title(message)}: the greeting comes first`);
    }
    const byHub = (breach === ours) === (this.side === "hub");
    switch (message.type) {
      case "offer":
        return made.offer(message);
      case "end":
        return made.end(message);
      case "cancel":
        return made.cancel(message);
      case "accept":
        return met.accept(message);
      case "reject":
        return met.reject(message);
      case "receipt":
        return met.receipt(message);
      case "hello":
      case "welcome":
        throw breach(
          `Cannot take ${title(message)}: it is for the other side to say`,
        );
      case "presence":
        if (byHub) return;
        throw breach("Cannot take PRESENCE: only a hub tells it");
      case "request":
        if (!byHub) return this.#requests.ask(message);
        throw breach("Cannot take REQUEST: only a client asks");
      case "response":
        if (byHub) return this.#requests.answer(message);
        throw breach("Cannot take RESPONSE: only a hub answers");
      case "progress":
      case "ping":
      case "pong":
      case "error":
      case "bye":
        return;
    }
  }
}

/** Whether nothing may follow `message`. */
function isFarewell(message: Message): boolean {
  return message.type === "bye" ||
    (message.type === "error" && message.scope === "connection");
}

function title(message: Message): string {
  return message.type.toUpperCase();
}
