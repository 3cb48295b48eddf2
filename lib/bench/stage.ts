/** Where `ferry bench` plays: a hub of its own unless another is named, and peers of its own. */
import { doorOf } from "../hub/admission/door.ts";
import { Hub } from "../hub/hub.ts";
import type { HubOptions } from "../hub/hub_options.ts";
import { LocalRecipient } from "../hub/local.ts";
import { Inbox } from "../inbox/inbox.ts";
import type { Address } from "../net/address.ts";
import type { ByteStream } from "../net/connection.ts";
import { SecureListener } from "../net/listen.ts";
import { Client, type ClientOptions } from "../peer/client.ts";
import type { HubIdentity } from "../state/hub_identity.ts";
import type { Clock } from "../time/clock.ts";

/** Past the pings of a young connection (lib/net/heartbeat.ts). */
const SETTLE_MS = 400;

/** How to set a stage; durations in milliseconds. */
export interface StageOptions {
  /** A directory of the stage's own; it fills and empties it, and does not remove it. */
  readonly dir: string;
  readonly clock: Clock;
  readonly software: string;
  readonly windows: boolean;
  readonly handshakeMs: number;
  readonly idleMs: number;
  readonly signal: AbortSignal;
}

/** A hub and peers of the measurement, and what they received. */
export class Stage implements AsyncDisposable {
  readonly #options: StageOptions;
  readonly #peers: Client[] = [];
  readonly #inboxes: Inbox[] = [];
  readonly #saved: string[] = [];
  #hub: Hub | undefined;

  constructor(options: StageOptions) {
    this.#options = options;
  }

  /** Starts a hub on the loopback, on a free port, with TLS if it has an identity; where it listens. */
  serve(identity: HubIdentity | undefined): Address {
    const { dir, clock, software, handshakeMs, idleMs } = this.#options;
    this.#hub = new Hub({
      ...entrance(identity),
      name: "bench",
      software,
      clock,
      spoolDir: `${dir}/spool`,
      handshakeMs,
      idleMs,
      inbox: new LocalRecipient(this.#inbox("hub", () => "hub"), clock),
    });
    return this.#hub.addr;
  }

  /** Lets a peer join over `stream`, with an inbox of its own; the name the hub gives it. */
  async join(
    stream: ByteStream,
    credentials: Pick<ClientOptions, "secret" | "proves">,
  ): Promise<string> {
    const { clock, software, handshakeMs, idleMs, signal } = this.#options;
    const wanted = `bench-${this.#peers.length + 1}`;
    let name = wanted;
    const client = await Client.greet(stream, {
      ...credentials,
      role: "peer",
      name: wanted,
      adapt: true,
      software,
      clock,
      handshakeMs,
      idleMs,
      signal,
      inbox: this.#inbox(wanted, () => name),
    });
    name = client.name;
    this.#peers.push(client);
    return name;
  }

  /** Waits until hub and peers know their round trips, which are part of what is measured. */
  async settle(): Promise<void> {
    const { clock, signal } = this.#options;
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = clock.after(SETTLE_MS, resolve);
    signal.addEventListener("abort", () => resolve());
    await promise;
    stop();
    signal.throwIfAborted();
  }

  /** Removes what has arrived, between measurements: the disk holds one round, not all. */
  sweep(): void {
    for (const path of this.#saved.splice(0)) Deno.removeSync(path);
  }

  /** Ends hub and peers. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#peers.map((peer) => peer.close()));
    await this.#hub?.shutdown();
    for (const inbox of this.#inboxes) inbox.close();
  }

  #inbox(dir: string, name: () => string): Inbox {
    const inbox = new Inbox({
      dir: `${this.#options.dir}/in/${dir}`,
      name,
      accept: { kind: "all" },
      onConflict: "rename",
      // As with any peer: messages are shown, files kept.
      keepMessages: false,
      windows: this.#options.windows,
      clock: this.#options.clock,
      emit: (event) => {
        if (event.event === "transfer.completed" && event.saved !== undefined) {
          this.#saved.push(event.saved);
        }
      },
    });
    this.#inboxes.push(inbox);
    return inbox;
  }
}

function entrance(
  identity: HubIdentity | undefined,
): Pick<HubOptions, "listener" | "door"> {
  const place = { hostname: "127.0.0.1", port: 0 };
  if (identity === undefined) return { listener: Deno.listen(place) };
  const { certificate: cert, key } = identity;
  return {
    listener: new SecureListener({ ...place, cert, key }),
    door: doorOf(() => identity),
  };
}
