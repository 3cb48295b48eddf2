/**
 * A connection: the one place where frames meet input and output.
 *
 * Reading, it cuts the stream into frames, has the session check each, and hands messages and data
 * to its owner, one at a time; as long as the owner has not finished with one, nothing more is
 * read, and TCP's back-pressure reaches the sender.
 *
 * Writing, it fills one buffer with the control frames that wait and with data pulled straight
 * from the bodies attached to it, in turn, and writes that buffer: control frames never wait
 * behind more than one buffer, small transfers share a write, and nothing is copied or allocated
 * per frame.
 */
import { asFailure, Failure } from "../failure.ts";
import {
  DATA_OVERHEAD_BYTES,
  decodeData,
  type TransferId,
  writeDataHead,
} from "../protocol/data.ts";
import { RemoteProtocolError } from "../protocol/errors.ts";
import { type Frame, FrameDecoder, FrameType } from "../protocol/frame.ts";
import { DATA_BYTES, MAX_CONTROL_BACKLOG_BYTES } from "../protocol/limits.ts";
import {
  decodeMessage,
  encodeMessage,
  type Message,
  sentenceOf,
} from "../protocol/message.ts";
import type { Session } from "../protocol/session.ts";
import type { Clock } from "../time/clock.ts";
import { formatSeconds } from "../time/deadline.ts";
import type { BodyReader, Digest } from "../transfer/transfer.ts";
import { giveBuffer, takeBuffer } from "./buffers.ts";
import { Heartbeat } from "./heartbeat.ts";

/** What a connection runs over: a TCP or TLS connection, or anything that behaves like one. */
export interface ByteStream {
  read(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  /** Ends the sending half; the other side reads to its end. */
  closeWrite?(): Promise<void>;
  close(): void;
}

/** What the owner of a connection does with what arrives. A promise holds up further reading. */
export interface Receiver {
  message(message: Message): void | Promise<void>;
  /** `bytes` is only valid until the returned promise settles (or the call returns). */
  data(id: TransferId, offset: number, bytes: Uint8Array): void | Promise<void>;
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

/** How a connection is tuned; durations in milliseconds. */
export interface ConnectionOptions {
  readonly clock: Clock;
  /** A write that moves no byte for so long ends the connection. */
  readonly idleMs: number;
}

/** A DATA frame smaller than this is not worth starting at the end of a buffer. */
const LEAST_DATA_BYTES = 4 * 1024;
/** How long a closing connection may take to get its last frames out and to see the other side close. */
const FLUSH_MS = 1_000;

/** What the runtime throws when a connection breaks, or is closed under a read or write. */
const SOCKET_ERRORS = new Set([
  "BadResource",
  "BrokenPipe",
  "ConnectionAborted",
  "ConnectionReset",
  "Interrupted",
  "NotConnected",
  "TimedOut",
  "UnexpectedEof",
]);

/** One connection, from its first byte to its last. */
export class Connection {
  readonly #stream: ByteStream;
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #decoder: FrameDecoder;
  readonly #heartbeat: Heartbeat;
  /** Control frames that wait to be written. */
  readonly #control: Uint8Array[] = [];
  #controlBytes = 0;
  readonly #outflows: Outflow[] = [];
  #turn = 0;
  #buffer: Uint8Array<ArrayBuffer> | undefined;
  /** Something changed since the writer last looked; it must not fall asleep. */
  #woken = false;
  #wakeWriter: (() => void) | undefined;
  #state: "open" | "closing" | "closed" = "open";
  #reason: Failure | undefined;
  #stopWaiting = () => {};
  #writingSince: number | undefined;
  #stopWatching: (() => void) | undefined;
  readonly #writer: Promise<void>;
  readonly #closed = Promise.withResolvers<void>();

  constructor(
    stream: ByteStream,
    readonly session: Session,
    options: ConnectionOptions,
  ) {
    this.#stream = stream;
    this.#clock = options.clock;
    this.#idleMs = options.idleMs;
    this.#decoder = new FrameDecoder(session.limits);
    this.#heartbeat = new Heartbeat(options.clock, {
      ping: (t1) => this.session.isOpen && this.send({ type: "ping", t1 }),
      dead: (failure) => this.abort(failure),
    });
    this.#writer = this.#write();
  }

  /** Whether frames can still be sent. */
  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Measures the round trip and asks for signs of life. */
  get heartbeat(): Heartbeat {
    return this.#heartbeat;
  }

  /**
   * Queues a control frame; it goes out before any further data. On a connection that is closing
   * this does nothing. Throws LocalProtocolError when the session does not allow the message.
   */
  send(message: Message): void {
    if (this.#state !== "open") return;
    this.session.send(message);
    const frame = encodeMessage(message);
    this.#controlBytes += frame.length;
    if (this.#controlBytes > MAX_CONTROL_BACKLOG_BYTES) {
      return this.abort(new Failure("disconnected", "it stopped reading"));
    }
    this.#control.push(frame);
    this.wake();
  }

  /** Starts sending a body whose OFFER was queued before. */
  attach(outflow: Outflow): void {
    if (this.#state !== "open") return outflow.reader.close();
    this.#outflows.push(outflow);
    this.wake();
  }

  /** Stops sending a body; the owner then says CANCEL. */
  detach(outflow: Outflow): void {
    const at = this.#outflows.indexOf(outflow);
    if (at >= 0) this.#outflows.splice(at, 1);
    outflow.reader.close();
  }

  /** Something can be sent that could not be before. */
  wake(): void {
    this.#woken = true;
    this.#wakeWriter?.();
  }

  /**
   * Reads until the connection ends. Resolves at a clean end (BYE, or the stream's end between
   * frames); rejects with the Failure that ended it. A breach of the protocol is told to the other
   * side first. The connection is closed when this settles.
   */
  async run(receiver: Receiver): Promise<void> {
    try {
      await this.#read(receiver);
    } catch (error) {
      const failure = lossOf(error);
      if (failure instanceof RemoteProtocolError) this.refuse(failure);
      else if (this.#state === "open") this.abort(failure);
    }
    this.#finish();
    await this.#drain();
    await this.#writer;
    this.#shut();
    if (this.#reason !== undefined) throw this.#reason;
  }

  /** Tells the other side why, then closes; `run` rejects with `failure`. */
  refuse(failure: Failure): void {
    if (this.#state !== "open") return;
    this.#reason ??= failure;
    this.send({
      type: "error",
      code: failure.code,
      scope: "connection",
      retryable: false,
      message: sentenceOf(failure.message),
    });
    this.#finish();
  }

  /** Sends what is queued, then closes; resolves when closed, after FLUSH_MS at the latest. */
  close(): Promise<void> {
    this.#finish();
    return this.#closed.promise;
  }

  /** Closes at once; `run` rejects with `failure`. */
  abort(failure: Failure): void {
    this.#reason ??= failure;
    this.#shut();
  }

  /** From here on only what is queued goes out, and what comes in is dropped. */
  #finish(): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.#dropOutflows();
    this.#stopWaiting = this.#clock.after(FLUSH_MS, () => this.#shut());
    this.wake();
  }

  #shut(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#heartbeat.stop();
    this.#stopWaiting();
    this.#stopWatching?.();
    this.#dropOutflows();
    try {
      this.#stream.close();
    } catch {
      // It was closed from the other side already.
    }
    this.wake();
    this.#closed.resolve();
  }

  #dropOutflows(): void {
    for (const outflow of this.#outflows.splice(0)) outflow.reader.close();
  }

  async #read(receiver: Receiver): Promise<void> {
    const decoder = this.#decoder;
    while (this.isOpen) {
      const count = await this.#stream.read(decoder.space());
      if (!this.isOpen) return;
      if (count === null) return decoder.end();
      this.#heartbeat.heard();
      decoder.filled(count);
      let frame;
      while (this.isOpen && (frame = decoder.next()) !== undefined) {
        const taken = frame.type === FrameType.DATA
          ? this.#takeData(frame, receiver)
          : this.#takeMessage(frame, receiver);
        if (taken !== undefined) await taken;
        if (this.session.isEnded) return;
      }
    }
  }

  #takeData(frame: Frame, receiver: Receiver): void | Promise<void> {
    const { id, offset, bytes } = decodeData(frame.payload);
    if (this.session.receiveData(id, offset, bytes.length) === "drop") return;
    return receiver.data(id, offset, bytes);
  }

  #takeMessage(frame: Frame, receiver: Receiver): void | Promise<void> {
    const message = decodeMessage(frame.type, frame.payload);
    if (message === undefined) return;
    this.session.receive(message);
    if (this.#heartbeat.handles(message, (pong) => this.send(pong))) return;
    return receiver.message(message);
  }

  /** Waits for the other side to close: closing over unread bytes would destroy our last frames on their way. */
  async #drain(): Promise<void> {
    const scrap = new Uint8Array(16 * 1024);
    try {
      while (
        this.#state !== "closed" && await this.#stream.read(scrap) !== null
      );
    } catch {
      // Closed; that is what was waited for.
    }
  }

  async #write(): Promise<void> {
    try {
      while (this.#state !== "closed") {
        this.#woken = false;
        const filled = await this.#fill();
        if (filled > 0) await this.#writeAll(filled);
        else if (this.#woken) continue;
        else if (this.#state === "closing") {
          return await this.#stream.closeWrite?.();
        } else await this.#sleep();
      }
    } catch (error) {
      if (this.isOpen) this.abort(lossOf(error));
      else this.#shut();
    } finally {
      this.#releaseBuffer();
    }
  }

  /** Puts what waits into the buffer and gives its length; 0 when nothing does. */
  async #fill(): Promise<number> {
    if (this.#control.length === 0 && this.#outflows.length === 0) return 0;
    const least = this.#control[0]?.length ?? 0;
    if (this.#buffer !== undefined && this.#buffer.length < least) {
      this.#releaseBuffer();
    }
    const buffer = this.#buffer ??= takeBuffer(least);
    let at = 0;
    for (let tries = this.#outflows.length; tries >= 0; tries--) {
      // Before each body: an OFFER that waits must go out ahead of its DATA.
      at = this.#takeControl(buffer, at);
      if (this.#control.length > 0 || tries === 0) break;
      if (buffer.length - at < DATA_OVERHEAD_BYTES + LEAST_DATA_BYTES) break;
      const outflow = this.#outflows[this.#turn++ % this.#outflows.length];
      if (outflow === undefined) break;
      at = await this.#takeFrom(outflow, buffer, at);
    }
    return at;
  }

  /** Moves queued control frames into the buffer from `at` on, as many as fit; gives the new end. */
  #takeControl(buffer: Uint8Array, at: number): number {
    let taken = 0;
    for (const frame of this.#control) {
      if (at + frame.length > buffer.length) break;
      buffer.set(frame, at);
      at += frame.length;
      this.#controlBytes -= frame.length;
      taken++;
    }
    this.#control.splice(0, taken);
    return at;
  }

  /** Pulls a frame's worth of a body, and its END when that was all, into the buffer; gives the new end. */
  async #takeFrom(
    outflow: Outflow,
    buffer: Uint8Array<ArrayBuffer>,
    at: number,
  ): Promise<number> {
    while (buffer.length - at > DATA_OVERHEAD_BYTES) {
      const start = at + DATA_OVERHEAD_BYTES;
      const room = buffer.subarray(
        start,
        Math.min(start + DATA_BYTES, buffer.length),
      );
      let count: number | null;
      try {
        count = await outflow.reader.pull(room);
      } catch (error) {
        if (!this.#outflows.includes(outflow)) return at;
        this.detach(outflow);
        outflow.broken(lossOf(error));
        return at;
      }
      // It may have been detached, or the connection closed, while the body was read.
      if (!this.#outflows.includes(outflow)) return at;
      if (count === null) {
        const digest = outflow.reader.digest();
        this.detach(outflow);
        this.send({ type: "end", id: outflow.id, ...digest });
        outflow.sent(digest);
        return at;
      }
      outflow.moved(count);
      if (count === 0) return at;
      this.session.sendData(outflow.id, outflow.offset, count);
      writeDataHead(buffer, at, outflow.id, outflow.offset, count);
      outflow.offset += count;
      at = start + count;
      if (outflow.offset !== outflow.size) return at;
    }
    return at;
  }

  async #writeAll(length: number): Promise<void> {
    const buffer = this.#buffer;
    for (let at = 0; buffer !== undefined && at < length;) {
      this.#writingSince = this.#clock.now();
      if (this.#stopWatching === undefined) this.#watchWrites(this.#idleMs);
      try {
        at += await this.#stream.write(buffer.subarray(at, length));
      } finally {
        this.#writingSince = undefined;
      }
    }
  }

  /** One timer for all writes: looks whether the one under way has lasted too long. */
  #watchWrites(ms: number): void {
    this.#stopWatching = this.#clock.after(ms, () => {
      this.#stopWatching = undefined;
      if (this.#writingSince === undefined) return;
      const left = this.#writingSince + this.#idleMs - this.#clock.now();
      if (left > 0) return this.#watchWrites(left);
      const limit = formatSeconds(this.#idleMs);
      const state = `no byte could be sent for ${limit}`;
      this.abort(new Failure("deadline.idle", state));
    });
  }

  async #sleep(): Promise<void> {
    this.#releaseBuffer();
    await new Promise<void>((resolve) => this.#wakeWriter = resolve);
    this.#wakeWriter = undefined;
  }

  #releaseBuffer(): void {
    if (this.#buffer !== undefined) giveBuffer(this.#buffer);
    this.#buffer = undefined;
  }
}

/** Words what went wrong with a socket; anything else that was thrown is a defect and says so itself. */
function lossOf(error: unknown): Failure {
  if (!(error instanceof Error) || !SOCKET_ERRORS.has(error.name)) {
    return asFailure(error);
  }
  return new Failure("disconnected", "the connection was lost", {
    cause: error,
  });
}
