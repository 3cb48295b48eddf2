/** What a hub is set up with, and what it reports while it runs. */
import type { FerryEvent } from "../events.ts";
import type { Failure } from "../failure.ts";
import type { ByteStream } from "../net/connection.ts";
import type { Clock } from "../time/clock.ts";
import type { Carrier } from "../transfer/transfer.ts";
import type { Door } from "./admission/door.ts";
import type { History } from "./sharing/giving.ts";
import type { PeerInfo } from "./member.ts";
import type { NameBook } from "./admission/names.ts";
import type { RouteEvents } from "./routing/route_events.ts";
import type { Share } from "./sharing/share.ts";

/** Where connections come from; `Deno.listen` and `Deno.listenTls` give one. */
export interface Listener {
  readonly addr: { hostname: string; port: number };
  accept(): Promise<ByteStream & { remoteAddr?: unknown }>;
  close(): void;
}

/** What a hub reports while it runs. */
export interface HubEvents {
  joined?(peer: PeerInfo): void;
  left?(peer: PeerInfo): void;
  /** A connection ended badly; `who` is its name or address. */
  trouble?(who: string, failure: Failure): void;
  /** What goes through, for a record of it. */
  readonly routes?: RouteEvents;
  /** Something shared is got. */
  given?(event: FerryEvent): void;
}

/** How a hub is set up; durations in milliseconds, sizes in bytes. */
export interface HubOptions {
  readonly listener: Listener;
  readonly name: string;
  readonly software: string;
  readonly clock: Clock;
  /** Directory for bodies too large for memory. */
  readonly spoolDir: string;
  readonly spoolLimit?: number;
  readonly maxPeers?: number;
  /** Peers and one-shots together. */
  readonly maxConnections?: number;
  /** Whose names are whose, and the SHA-256 of the hub's certificate; without it names belong to nobody. */
  readonly identities?: {
    readonly fingerprint: Uint8Array;
    readonly names: NameBook;
  };
  /** How long a new connection may take to greet. */
  readonly handshakeMs?: number;
  /** How long transfers under way may go on when the hub is told to stop. */
  readonly graceMs?: number;
  /** A connection that takes no byte for so long is ended. */
  readonly idleMs?: number;
  /** Who may join: for a listener with TLS. Without one everybody may, and nobody is the operator. */
  readonly door?: Door;
  /** Takes what is sent to the hub itself. */
  readonly inbox?: Carrier;
  /** What was recorded, where requests for it are to be answered. */
  readonly history?: History;
  /** What clients may get. */
  readonly share?: Share;
  /** Whether everyone may see the transfers of others: where names prove nothing. Yes unless said otherwise. */
  readonly openHistory?: boolean;
  readonly events?: HubEvents;
}
