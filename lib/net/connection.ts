/**
 * A connection: the one place where frames meet input and output.
 *
 * Reading, it cuts the stream into frames, has the session check each, and hands messages and data
 * to its owner, one at a time; as long as the owner has not finished with one, nothing more is
 * read, and TCP's back-pressure reaches the sender. What it sends waits in a batch (batch.ts) that a
 * writer (writer.ts) empties.
 */
import { asFailure, Failure, isRetryable } from "../failure.ts";
import { decodeData, type TransferId } from "../protocol/data.ts";
import { RemoteProtocolError } from "../protocol/errors.ts";
import { type Frame, FrameDecoder, FrameType } from "../protocol/frame.ts";
import { MAX_CONTROL_BACKLOG_BYTES } from "../protocol/limits.ts";
import {
  decodeMessage,
  encodeMessage,
  type Message,
  sentenceOf,
} from "../protocol/message.ts";
import type { Session } from "../protocol/session.ts";
import type { Clock } from "../time/clock.ts";
import { Batch } from "./batch.ts";
import { Heartbeat } from "./heartbeat.ts";
import { lossOf } from "./loss.ts";
import type { Outflow } from "./outflow.ts";
import { Rate } from "./rate.ts";
import { Writer } from "./writer.ts";

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

/** How a connection is tuned; durations in milliseconds. */
export interface ConnectionOptions {
  readonly clock: Clock;
  /** A write that moves no byte for so long ends the connection. */
  readonly idleMs: number;
  /** Control frames the other side may send a second; as many as it likes unless said. */
  readonly maxMessagesPerS?: number;
}

/** How long a closing connection may take to get its last frames out and to see the other side close. */
const FLUSH_MS = 1_000;

/** One connection, from its first byte to its last. */
export class Connection {
  readonly #stream: ByteStream;
  readonly #clock: Clock;
  readonly #decoder: FrameDecoder;
  readonly #heartbeat: Heartbeat;
  readonly #batch: Batch;
  /** Called when something that waited has been written. */
  onWritten: (() => void) | undefined;
  #heard = false;
  #state: "open" | "closing" | "closed" = "open";
  #reason: Failure | undefined;
  readonly #rate: Rate | undefined;
  #stopWaiting = () => {};
  readonly #writer: Writer;
  readonly #closed = Promise.withResolvers<void>();

  constructor(
    stream: ByteStream,
    readonly session: Session,
    options: ConnectionOptions,
  ) {
    this.#stream = stream;
    this.#clock = options.clock;
    this.#decoder = new FrameDecoder(session.limits);
    if (options.maxMessagesPerS !== undefined) {
      this.#rate = new Rate(options.maxMessagesPerS);
    }
    this.#batch = new Batch(
      session,
      (id, digest) =>
        this.send({ type: "end", id, ...digest, sent_ms: this.#clock.now() }),
    );
    this.#heartbeat = new Heartbeat(options.clock, {
      ping: (t1) => this.session.isOpen && this.send({ type: "ping", t1 }),
      dead: (failure) => this.abort(failure),
    });
    this.#writer = new Writer(stream, this.#batch, options, {
      written: () => this.onWritten?.(),
      broken: (error) => {
        if (this.isOpen) this.abort(lossOf(error));
        else this.#shut();
      },
      stalled: (failure) => this.abort(failure),
    });
  }

  /** Whether frames can still be sent. */
  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Whether nothing is left of it. */
  get isClosed(): boolean {
    return this.#state === "closed";
  }

  /** Whether the other side has said anything at all. */
  get heard(): boolean {
    return this.#heard;
  }

  /** Bytes of control frames that wait to be written. */
  get backlog(): number {
    return this.#batch.backlog;
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
    this.#batch.queue(encodeMessage(message));
    if (this.#batch.backlog > MAX_CONTROL_BACKLOG_BYTES) {
      return this.abort(new Failure("disconnected", "it stopped reading"));
    }
    this.wake();
  }

  /** Starts sending a body whose OFFER was queued before. */
  attach(outflow: Outflow): void {
    if (this.#state !== "open") return outflow.reader.close();
    this.#batch.attach(outflow);
    this.wake();
  }

  /** Stops sending a body; the owner then says CANCEL. */
  detach(outflow: Outflow): void {
    this.#batch.detach(outflow);
  }

  /** Something can be sent that could not be before. */
  wake(): void {
    this.#writer.wake();
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
    await this.#writer.finished;
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
      retryable: isRetryable(failure.code),
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
    this.#batch.detachAll();
    this.#stopWaiting = this.#clock.after(FLUSH_MS, () => this.#shut());
    this.#writer.finish();
  }

  #shut(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#heartbeat.stop();
    this.#stopWaiting();
    this.#batch.detachAll();
    try {
      this.#stream.close();
    } catch {
      // It was closed from the other side already.
    }
    this.#writer.stop();
    this.#closed.resolve();
  }

  async #read(receiver: Receiver): Promise<void> {
    const decoder = this.#decoder;
    while (this.isOpen) {
      const count = await this.#stream.read(decoder.space());
      if (!this.isOpen) return;
      if (count === null) return this.#ended();
      this.#heard = true;
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

  /** The stream has ended. In the middle of a frame, that is a connection that broke, not a breach. */
  #ended(): void {
    try {
      this.#decoder.end();
    } catch (error) {
      const { message } = asFailure(error);
      throw this.session.isOpen ? new Failure("disconnected", message) : error;
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
    if (this.#rate?.take(this.#clock.now()) === false) {
      const { perSecond } = this.#rate;
      const state = `more than ${perSecond} messages came in a second`;
      return this.refuse(new Failure("limit", `Cannot go on: ${state}`));
    }
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
}
