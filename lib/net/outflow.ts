/** A body on its way out of a connection. */
import type { Failure } from "../failure.ts";
import type { TransferId } from "../protocol/data.ts";

/** Size and fingerprint of a whole body. */
export interface Digest {
  /** Bytes. */
  readonly size: number;
  /** 64 lower-case hexadecimal digits. */
  readonly sha256: string;
}

/** Goes through a body once. */
export interface BodyReader {
  /**
   * Puts the next bytes into `into` and gives their number; 0 when none are there yet (`wake` is
   * called later), null at the end, after which `digest()` may be asked. Throws Failure when the
   * body cannot be read to its end. Not called again before it has settled.
   */
  pull(into: Uint8Array): number | null | Promise<number | null>;
  /** The digest of the whole body; only after `pull` gave null. */
  digest(): Digest;
  /** Whether there is nothing to pull for a reason that is nobody's fault: a sender on its way back, a file being checked. */
  waits?(): boolean;
  /** Lets go of what the reader holds. May be called at any time, more than once. */
  close(): void;
}

/** A body on its way out; the callbacks belong to whoever attached it. */
export interface Outflow {
  readonly id: TransferId;
  readonly reader: BodyReader;
  /** Bytes of the whole body, or null when not known. */
  readonly size: number | null;
  /** Offset of the next byte to send. */
  offset: number;
  /** `bytes` more are on their way out; 0 when the body itself has none yet. */
  moved(bytes: number): void;
  /** The body and its END were handed to the socket. */
  sent(digest: Digest): void;
  /** The body could not be read to its end; nothing more of it will be sent. */
  broken(failure: Failure): void;
}
