/**
 * A connection to a hub from the other end: greets, then sends, receives and hears who comes and
 * goes. Peers and one-shot commands both are clients.
 */
import { asFailure, Failure, failureCode } from "../failure.ts";
import type { Identity } from "../identity/identity.ts";
import { helloProof } from "../identity/proof.ts";
import { Inbound } from "../inbox/inbound.ts";
import type { Inbox } from "../inbox/inbox.ts";
import { type ByteStream, Connection } from "../net/connection.ts";
import { RemoteProtocolError } from "../protocol/errors.ts";
import {
  MAX_CONTROL_BACKLOG_BYTES,
  MAX_LISTED_PEERS,
} from "../protocol/limits.ts";
import type { Message, MessageOf } from "../protocol/message.ts";
import { CAPABILITIES, Session, VERSION } from "../protocol/session.ts";
import type { Clock } from "../time/clock.ts";
import { pause } from "../time/pause.ts";
import { formatSeconds } from "../time/deadline.ts";
import { Outbound } from "../transfer/outbound.ts";
import { isAnswer } from "../transfer/outgoing.ts";
import {
  type Loss,
  type Request,
  Requests,
  type ResponsePart,
} from "./requests.ts";

/** A sender leaves the hub, which is nearer the recipient, this long to speak first. Milliseconds. */
const GRACE_MS = 2_000;

/** Who is on the hub, as the hub tells it. */
export type Peer = MessageOf<"presence">["peer"];

/** Hears that someone joined or left. */
export type PresenceListener = (change: "joined" | "left", peer: Peer) => void;

/** How a client greets; durations in milliseconds. */
export interface ClientOptions {
  /** `peer` holds its name on the hub and can be sent to; `oneshot` only sends. */
  readonly role: "peer" | "oneshot";
  readonly name: string;
  /** The hub may make the name unique. */
  readonly adapt: boolean;
  /** From the WELCOME of an earlier connection of the same peer. */
  readonly token?: string;
  /** Lets the client in, where the connection is secure. */
  readonly secret?: string;
  readonly software: string;
  readonly clock: Clock;
  readonly handshakeMs: number;
  readonly idleMs: number;
  /** Takes what is sent to this client; without one, offers are declined. */
  readonly inbox?: Inbox;
  /** Who it is, on a hub with a certificate: its key, and the certificate's SHA-256 as pinned. */
  readonly proves?: {
    readonly identity: Identity;
    readonly fingerprint: Uint8Array;
  };
  readonly signal?: AbortSignal;
}

/** A greeted connection to a hub. */
export class Client {
  /** Takes transfers to the hub. */
  readonly outbound: Outbound;
  /** Who is connected to the hub now, by lower-case name; kept up to date. */
  readonly peers: Map<string, Peer>;
  /** Resolves when the connection has ended: with what ended it, or undefined after BYE. */
  readonly finished: Promise<Failure | undefined>;

  private constructor(
    readonly connection: Connection,
    readonly welcome: MessageOf<"welcome">,
    outbound: Outbound,
    peers: Map<string, Peer>,
    private readonly listeners: Set<PresenceListener>,
    private readonly leave: () => void,
    finished: Promise<Failure | undefined>,
    readonly inbound: Inbound | undefined,
    private readonly requests: Requests,
  ) {
    this.outbound = outbound;
    this.peers = peers;
    this.finished = finished;
  }

  /** Calls `listener` when someone joins or leaves, after `peers` has changed; returns the way to stop. */
  onPresence(listener: PresenceListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Asks the hub something; see Requests.ask. */
  ask(
    question: Request,
    heard?: () => number,
  ): AsyncGenerator<ResponsePart> {
    return this.requests.ask(question, heard);
  }

  /** How the connection has ended, once it has. */
  get loss(): Loss | undefined {
    return this.requests.loss;
  }

  /** The name the hub knows this client by. */
  get name(): string {
    return this.welcome.name;
  }

  /** Smallest round trip to the hub, in milliseconds. */
  get roundTripMs(): number {
    return this.connection.heartbeat.roundTripMs ?? 0;
  }

  /** Says BYE, once what has arrived and was begun with is in place, and closes. */
  async close(): Promise<void> {
    this.inbound?.leave();
    await this.inbound?.settled();
    this.leave();
    this.connection.send({ type: "bye" });
    await this.connection.close();
    await this.finished;
  }

  /**
   * Greets over `stream`. Throws Failure: what the hub refused with (`name-taken`, `version`,
   * `limit` …), `deadline.handshake`, `disconnected`, `protocol`, or the signal's reason.
   */
  static async greet(
    stream: ByteStream,
    options: ClientOptions,
  ): Promise<Client> {
    const { clock, idleMs, handshakeMs, signal } = options;
    const proof = options.proves && await proofOf(options.proves, options);
    const connection = new Connection(stream, new Session("client"), {
      clock,
      idleMs,
    });
    const outbound = new Outbound(connection, {
      clock,
      graceMs: GRACE_MS,
      maxBacklogBytes: MAX_CONTROL_BACKLOG_BYTES,
    });
    const requests = new Requests(connection, clock, idleMs);
    const peers = new Map<string, Peer>();
    const listeners = new Set<PresenceListener>();
    const welcomed = Promise.withResolvers<MessageOf<"welcome">>();
    let inbound: Inbound | undefined;
    let told: Failure | undefined;
    let stops = false;

    const receive = (message: Message): void | Promise<void> => {
      if (isAnswer(message)) return outbound.receive(message);
      switch (message.type) {
        case "welcome":
          for (const peer of message.peers) {
            peers.set(peer.name.toLowerCase(), peer);
          }
          if (options.inbox !== undefined) {
            inbound = new Inbound(
              connection,
              options.inbox,
              message.name,
              clock,
            );
          }
          welcomed.resolve(message);
          // What waited for this peer may be offered in the same breath: its owner comes first.
          return pause();
        case "presence": {
          const key = message.peer.name.toLowerCase();
          if (message.change === "left") peers.delete(key);
          else if (peers.has(key) || peers.size < MAX_LISTED_PEERS) {
            peers.set(key, message.peer);
          } else {
            throw new RemoteProtocolError(
              `Cannot take PRESENCE: more than ${MAX_LISTED_PEERS} peers`,
            );
          }
          for (const listener of listeners) {
            listener(message.change, message.peer);
          }
          return;
        }
        case "offer":
          if (inbound !== undefined) return inbound.offer(message);
          return connection.send({
            type: "reject",
            id: message.id,
            code: "declined",
            message: "it receives nothing",
            retryable: false,
          });
        case "response":
          return requests.receive(message);
        case "end":
          return inbound?.end(message);
        case "cancel":
          return inbound?.cancel(message);
        case "error":
          if (message.scope === "transfer") return;
          told = new Failure(failureCode(message.code), message.message);
          return;
        case "bye":
          stops = message.code === "shutdown";
          if (message.code !== undefined) {
            told = new Failure(
              failureCode(message.code),
              message.message ?? "the hub said goodbye",
            );
          }
          return;
        default:
          return;
      }
    };

    let leaving = false;
    const finished = connection.run({
      message: receive,
      data: (id, _offset, bytes) => inbound?.data(id, bytes),
    }).then(() => told, (error) => told ?? asFailure(error)).then((failure) => {
      const reason = failure ??
        (leaving
          ? new Failure("cancelled", "it was cancelled")
          : new Failure("disconnected", "the hub closed the connection"));
      // A hub that stops may be back; one that says anything else means it.
      const mayReturn = !leaving && (stops || !connection.session.isOver);
      const { code, state: message } = reason;
      outbound.lost({ code, message }, mayReturn);
      inbound?.lost({ code, message });
      requests.lost({ failure: reason, mayReturn });
      welcomed.reject(reason);
      return failure;
    });

    const stop = clock.after(handshakeMs, () => {
      const limit = formatSeconds(handshakeMs);
      connection.abort(
        new Failure(
          "deadline.handshake",
          `Cannot join: the hub did not greet within ${limit}`,
        ),
      );
    });
    const aborted = () => connection.abort(asFailure(signal?.reason));
    signal?.addEventListener("abort", aborted);
    const sentAt = clock.now();
    connection.send({
      type: "hello",
      version: VERSION,
      capabilities: [...CAPABILITIES],
      role: options.role,
      name: options.name,
      adapt: options.adapt,
      ...(options.token === undefined ? {} : { token: options.token }),
      ...proof,
      ...(options.secret === undefined ? {} : { secret: options.secret }),
      software: options.software,
    });
    try {
      if (signal?.aborted) aborted();
      const welcome = await welcomed.promise;
      connection.heartbeat.measured(clock.now() - sentAt);
      return new Client(
        connection,
        welcome,
        outbound,
        peers,
        listeners,
        () => leaving = true,
        finished,
        inbound,
        requests,
      );
    } catch (error) {
      await finished;
      throw error;
    } finally {
      stop();
      signal?.removeEventListener("abort", aborted);
    }
  }
}

/** The fields of HELLO that show who the client is. */
async function proofOf(
  { identity, fingerprint }: NonNullable<ClientOptions["proves"]>,
  { role, name }: ClientOptions,
): Promise<{ key: string; signature: string }> {
  const proof = helloProof(fingerprint, { role, name });
  return { key: identity.key, signature: await identity.sign(proof) };
}
