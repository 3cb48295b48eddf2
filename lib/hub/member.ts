/** One connection as the hub sees it: the greeting, then what its other end sends and is sent. */
import { asFailure, Failure, failureCode, isRetryable } from "../failure.ts";
import { isSignedBy } from "../identity/identity.ts";
import { helloProof } from "../identity/proof.ts";
import { type ByteStream, Connection } from "../net/connection.ts";
import { apart, offerOf } from "../protocol/bundle.ts";
import type { TransferId } from "../protocol/data.ts";
import { RemoteProtocolError } from "../protocol/errors.ts";
import {
  INLINE_BYTES,
  MAX_MESSAGES_PER_S,
  MAX_OTHERS_BACKLOG_BYTES,
  MAX_TRANSFERS,
  MIN_BODY_RATE,
} from "../protocol/limits.ts";
import {
  type Message,
  type MessageOf,
  sentenceOf,
} from "../protocol/message.ts";
import {
  CAPABILITIES,
  commonVersion,
  Session,
  VERSION,
} from "../protocol/session.ts";
import type { Clock } from "../time/clock.ts";
import { formatSeconds } from "../time/deadline.ts";
import { Outbound } from "../transfer/outbound.ts";
import { failedOutcome, isAnswer } from "../transfer/outgoing.ts";
import type { Carrier, Offer, TransferListener } from "../transfer/transfer.ts";
import { DripWatch } from "./admission/drip.ts";
import type { Door } from "./admission/door.ts";
import { type Answering, Answers } from "./sharing/answers.ts";
import type { Incoming } from "./routing/incoming.ts";
import type { Router } from "./routing/router.ts";

/** Who is connected, as everyone on the hub may know. */
export interface PeerInfo {
  readonly name: string;
  /** ms since the Unix epoch, on the hub's clock. */
  readonly since: number;
  /** The address it connects from. */
  readonly address: string;
}

/** What a member needs of its hub. */
export interface MemberHub {
  readonly clock: Clock;
  readonly name: string;
  readonly software: string;
  readonly router: Router;
  readonly handshakeMs: number;
  readonly idleMs: number;
  /** SHA-256 of the hub's certificate; undefined where names belong to nobody (`--insecure`). */
  readonly fingerprint: Uint8Array | undefined;
  /** Lets the member in, or throws Failure `auth`. */
  readonly door: Door;
  /** The name the member gets; throws Failure when it cannot join. */
  join(member: Member, hello: MessageOf<"hello">): string;
  peers(): PeerInfo[];
  /** What a member that has greeted is answered. */
  answering(member: Member): Answering;
  /** The greeting is over. */
  joined(member: Member): void;
}

/** One connection of a hub. */
export class Member {
  readonly connection: Connection;
  /** Takes transfers to this member. */
  readonly outbound: Outbound;
  readonly #hub: MemberHub;
  readonly #incoming = new Map<TransferId, Incoming>();
  readonly #drip: DripWatch;
  #answers: Answers | undefined;
  #stopGreeting: () => void;
  /** Set by the greeting. */
  info: PeerInfo | undefined;
  /** Proves that a later connection is the same peer. */
  readonly token = crypto.randomUUID();
  /** The key it has shown in its greeting. */
  key: string | undefined;
  /** Whether it is the user the hub runs as, on the hub's machine. Set by the greeting. */
  operator = false;
  #capabilities: readonly string[] = [];

  constructor(stream: ByteStream, readonly address: string, hub: MemberHub) {
    this.#hub = hub;
    const { clock, idleMs } = hub;
    this.connection = new Connection(stream, new Session("hub"), {
      clock,
      idleMs,
      maxMessagesPerS: MAX_MESSAGES_PER_S,
    });
    this.#drip = new DripWatch(clock, (id) =>
      this.#incoming.get(id)?.abandon({
        code: "deadline.idle",
        message: `fewer than ${MIN_BODY_RATE} bytes a second came`,
      }));
    this.outbound = new Outbound(this.connection, {
      clock,
      graceMs: 0,
      maxBacklogBytes: MAX_OTHERS_BACKLOG_BYTES,
    });
    this.#stopGreeting = clock.after(hub.handshakeMs, () => {
      const limit = formatSeconds(hub.handshakeMs);
      this.connection.refuse(
        new Failure(
          "deadline.handshake",
          `Cannot join: no greeting came within ${limit}`,
        ),
      );
    });
  }

  /** Whether both sides know what `capability` adds. */
  can(capability: string): boolean {
    return this.#capabilities.includes(capability);
  }

  /** Takes transfers to this member, in the form it knows. */
  readonly carrier: Carrier = {
    carry: (offer, body, listener) => {
      if (offer.kind !== "bundle" || this.can("bundle")) {
        return this.outbound.carry(offer, body, listener);
      }
      const { code, message } = apart();
      const outcome = failedOutcome({ code, message });
      for (const name of offer.to) listener.settled(name, outcome);
      return { cancel: () => {} };
    },
  };

  /** Serves the connection to its end; rejects with what ended it, if that was not BYE. */
  async run(): Promise<void> {
    let reason: Failure | undefined;
    try {
      await this.connection.run({
        message: (message) => this.#message(message),
        data: (id, offset, bytes) => {
          this.#drip.came(id, bytes.length);
          return this.#incoming.get(id)?.append(offset, bytes);
        },
      });
    } catch (error) {
      reason = asFailure(error);
      throw error;
    } finally {
      this.#stopGreeting();
      this.#drip.stop();
      const name = this.info?.name ?? "the peer";
      // Whoever takes leave does not come back by itself; a connection that broke may.
      const left = this.connection.session.isOver;
      // A deadline keeps its own code: the sender is told which wait it was that ended.
      this.outbound.lost(
        reason?.code.startsWith("deadline.") ? reason : {
          code: "absent",
          message: `${name} disconnected before its receipt`,
        },
        !left,
      );
      for (const incoming of [...this.#incoming.values()]) incoming.lost(left);
      this.#incoming.clear();
      this.#answers?.lost();
    }
  }

  #message(message: Message): void | Promise<void> {
    if (isAnswer(message)) {
      return this.outbound.receive(this.#withRoundTrip(message));
    }
    switch (message.type) {
      case "hello":
        return this.#greet(message);
      case "offer":
        return this.#take(message);
      case "end":
        this.#drip.over(message.id);
        this.#incoming.get(message.id)?.finish({
          size: message.size,
          sha256: message.sha256,
        });
        return this.#forget(message.id);
      case "cancel":
        this.#incoming.get(message.id)?.abandon({
          code: failureCode(message.code),
          message: message.message,
        });
        return this.#forget(message.id);
      case "request":
        this.#answers ??= new Answers(
          this.connection,
          this.#hub.answering(this),
        );
        return this.#answers.receive(message);
      default:
        return;
    }
  }

  /** The hub fills in what only it can know: how far the recipient is. */
  #withRoundTrip<T extends Message>(message: T): T {
    const rtt = this.connection.heartbeat.roundTripMs;
    return message.type === "receipt" && message.status === "delivered" &&
        rtt !== undefined
      ? { ...message, rtt_ms: rtt }
      : message;
  }

  #greet(hello: MessageOf<"hello">): void | Promise<void> {
    const version = commonVersion(VERSION, hello.version);
    if (version === undefined) {
      const ours = `${VERSION.min} to ${VERSION.max}`;
      const theirs = `${hello.version.min} to ${hello.version.max}`;
      throw new RemoteProtocolError(
        `Cannot join: this hub speaks protocol version ${ours}, the peer ${theirs}`,
        "version",
      );
    }
    this.#capabilities = CAPABILITIES.filter((one) =>
      hello.capabilities.includes(one)
    );
    const { fingerprint, door } = this.#hub;
    try {
      // First of all: of a stranger nothing else is looked at.
      this.operator = door(hello.secret).operator;
    } catch (error) {
      return this.#refuse(error);
    }
    if (fingerprint === undefined) return this.#join(hello, version);
    return this.#identify(hello, fingerprint).then((failure) => {
      if (failure === undefined) this.#join(hello, version);
      else this.connection.refuse(failure);
    });
  }

  /** Takes in the key a client shows; why it cannot join, if its signature is not that key's. */
  async #identify(
    hello: MessageOf<"hello">,
    fingerprint: Uint8Array,
  ): Promise<Failure | undefined> {
    const { role, name, key, signature } = hello;
    // A one-shot without a key sends under a name that belongs to nobody.
    if (key === undefined && role === "oneshot") return;
    if (key === undefined || signature === undefined) {
      return new Failure("auth", `Cannot join as ${name}: it shows no key`);
    }
    const proof = helloProof(fingerprint, hello);
    if (await isSignedBy(key, signature, proof)) this.key = key;
    else {
      const state = "its signature is not of the key it shows";
      return new Failure("auth", `Cannot join as ${name}: ${state}`);
    }
  }

  #join(hello: MessageOf<"hello">, version: number): void {
    // It may have ended while its signature was checked.
    if (!this.connection.isOpen) return;
    const hub = this.#hub;
    try {
      this.info = {
        name: hub.join(this, hello),
        since: Math.round(hub.clock.date()),
        address: this.address,
      };
    } catch (error) {
      return this.#refuse(error);
    }
    this.#stopGreeting();
    this.connection.send({
      type: "welcome",
      version,
      capabilities: [...this.#capabilities],
      hub: hub.name,
      name: this.info.name,
      token: this.token,
      peers: hub.peers(),
      limits: { transfers: MAX_TRANSFERS, inline: INLINE_BYTES },
      software: hub.software,
    });
    this.connection.send({ type: "ping", t1: hub.clock.now() });
    if (hello.role === "peer") hub.joined(this);
  }

  #refuse(error: unknown): void {
    if (!(error instanceof Failure)) throw error;
    this.connection.refuse(error);
  }

  #take(message: MessageOf<"offer">): void {
    const { id } = message;
    const from = this.info?.name ?? message.from;
    const offer: Offer = { ...offerOf(message), from };
    const listener: TransferListener = {
      started: (offset) => {
        if (!offer.inline && this.connection.session.isIncoming(id)) {
          const { size } = offer;
          this.#drip.began(id, size === null ? null : size - offset);
          this.connection.send({ type: "accept", id, offset });
        }
      },
      sent: () => {},
      progress: (recipient, bytes) => {
        const { session, backlog } = this.connection;
        if (
          this.can("progress") && session.isIncoming(id) &&
          backlog <= MAX_OTHERS_BACKLOG_BYTES
        ) {
          this.connection.send({ type: "progress", id, recipient, bytes });
        }
      },
      settled: (recipient, outcome) => {
        if (!this.connection.isOpen) return;
        this.connection.send(
          outcome.status === "delivered"
            ? {
              type: "receipt",
              status: "delivered",
              id,
              recipient,
              verify_ms: outcome.verifyMs,
              rtt_ms: outcome.hopMs,
              ...(outcome.unchanged === true ? { unchanged: true } : {}),
            }
            : outcome.status === "stored"
            ? {
              type: "receipt",
              status: "stored",
              id,
              recipient,
              until: outcome.until,
            }
            : {
              type: "receipt",
              status: "failed",
              id,
              recipient,
              code: outcome.code,
              message: sentenceOf(outcome.message),
              retryable: outcome.retryable,
            },
        );
        this.#forget(id);
      },
    };
    if (offer.inline) this.#drip.began(id, offer.size);
    try {
      const { router } = this.#hub;
      this.#incoming.set(id, router.take(offer, listener, this.key));
      this.#forget(id);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const { code, message } = error;
      // The BYE that follows says so, and that it may be offered again.
      if (code === "shutdown") return;
      const retryable = isRetryable(code);
      this.connection.send({ type: "reject", id, code, message, retryable });
    }
  }

  /** Lets go of a transfer about which nothing more can be said. */
  #forget(id: TransferId): void {
    if (this.connection.session.isIncoming(id)) return;
    this.#incoming.delete(id);
    this.#drip.over(id);
  }
}
