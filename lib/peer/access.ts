/** A way into a hub: where it is, what it is recognised by, and what it lets the client in with. */
import { asFailure, Failure } from "../failure.ts";
import type { Address } from "../net/address.ts";
import type { ByteStream } from "../net/connection.ts";
import { dial, type DialOptions } from "../net/dial.ts";
import { dialSecure, noTicket, type Pin } from "../net/secure.ts";
import type { KnownHub } from "../state/hubs.ts";

/** Addresses of one hub are tried one after the other, the next after this long. Milliseconds. */
const STAGGER_MS = 300;

/** How a hub is entered over TLS. */
export interface Credentials extends Pin {
  readonly secret: string;
}

/** Nothing tells the hub from another, or lets us in: enough to say that it is there, or not. */
export const NO_CREDENTIALS = "none";

/** A connection, and where it leads. */
export interface Opened {
  readonly stream: ByteStream;
  readonly address: Address;
}

/** See above. The same one serves for every connection to the hub. */
export class Access {
  #certificate: string | undefined;

  readonly #credentials: Credentials | undefined;

  /** With `insecure` in place of credentials, connections are plain. */
  constructor(
    readonly addresses: readonly Address[],
    credentials: Credentials | typeof NO_CREDENTIALS | "insecure",
  ) {
    this.secure = credentials !== "insecure";
    if (typeof credentials === "string") return;
    this.#credentials = credentials;
    this.#certificate = credentials.certificate;
  }

  /** Whether connections are encrypted and both ends authenticated. */
  readonly secure: boolean;

  /** What HELLO says; undefined on a plain connection. */
  get secret(): string | undefined {
    return this.#credentials?.secret;
  }

  /** SHA-256 of the hub's certificate, 64 hexadecimal digits; undefined on a plain connection. */
  get fingerprint(): string | undefined {
    return this.#credentials?.fingerprint;
  }

  /** What to remember of a hub that was joined with a ticket; undefined where nothing is new. */
  get learned(): KnownHub | undefined {
    const certificate = this.#certificate;
    if (certificate === undefined || this.#credentials === undefined) {
      return undefined;
    }
    const { fingerprint, secret, from } = this.#credentials;
    return from === "ticket" ? { certificate, fingerprint, secret } : undefined;
  }

  /**
   * Connects to whichever address answers first. Throws Failure: as `dial` and `dialSecure` do, and
   * `auth` for a hub that is there, when there are no credentials for it.
   */
  async open(options: DialOptions): Promise<Opened> {
    const over = new AbortController();
    const signal = options.signal === undefined
      ? over.signal
      : AbortSignal.any([options.signal, over.signal]);
    const failures: Failure[] = [];
    const won = Promise.withResolvers<Opened>();
    let isWon = false;
    let pending = this.addresses.length;
    const attempt = async (address: Address) => {
      try {
        const stream = await this.#dial(address, { ...options, signal });
        if (isWon) return stream.close();
        isWon = true;
        won.resolve({ stream, address });
      } catch (error) {
        failures.push(asFailure(error));
      } finally {
        if (--pending === 0 && !isWon) won.reject(tellingOf(failures));
      }
    };
    const starts = this.#starter(attempt, options);
    try {
      return await won.promise;
    } finally {
      starts.stop();
      over.abort(new Failure("cancelled", "another address answered first"));
      await starts.settled();
    }
  }

  /** Starts an attempt at each address: the next when one has failed, or has not succeeded for a while. */
  #starter(
    attempt: (address: Address) => Promise<void>,
    { clock }: DialOptions,
  ): { stop(): void; settled(): Promise<unknown> } {
    const running: Promise<void>[] = [];
    let at = 0;
    let stopped = false;
    let stopTimer = () => {};
    const next = () => {
      stopTimer();
      const address = this.addresses[at++];
      if (stopped || address === undefined) return;
      stopTimer = clock.after(STAGGER_MS, next);
      running.push(attempt(address).then(next));
    };
    next();
    return {
      stop: () => {
        stopped = true;
        stopTimer();
      },
      settled: () => Promise.all(running),
    };
  }

  async #dial(address: Address, options: DialOptions): Promise<ByteStream> {
    if (this.#credentials === undefined) {
      const conn = await dial(address, options);
      if (!this.secure) return conn;
      conn.close();
      throw noTicket(address);
    }
    const pin = { ...this.#credentials, certificate: this.#certificate };
    const { stream, certificate } = await dialSecure(address, pin, options);
    this.#certificate = certificate;
    return stream;
  }
}

/** Of several failures the one that says most: somebody was there, and it was the wrong one. */
function tellingOf(failures: readonly Failure[]): Failure {
  return failures.find(({ code }) => code === "auth") ?? failures[0] ??
    new Failure("unreachable", "Cannot reach the hub: it has no address");
}
