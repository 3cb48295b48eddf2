/** One end of a connection that speaks frames by hand: says what a test tells it to, right or wrong. */
import {
  encodeFrame,
  FrameDecoder,
  FrameType,
} from "../../lib/protocol/frame.ts";
import {
  DATA_OVERHEAD_BYTES,
  decodeData,
  writeDataHead,
} from "../../lib/protocol/data.ts";
import {
  decodeMessage,
  encodeMessage,
  type Fields,
  type Message,
  type MessageOf,
  type MessageType,
} from "../../lib/protocol/message.ts";
import type { SingleOffer } from "../../lib/protocol/bundle.ts";
import { within } from "./within.ts";

/** A DATA frame. */
export interface DataFrame {
  readonly type: "data";
  readonly id: string;
  readonly offset: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

type Heard = Message | DataFrame;

/** Frames that come by themselves; passed over unless a test asks for them. */
const UNASKED: readonly string[] = ["ping", "pong", "presence", "progress"];

/** A connection spoken by hand. It reads only when told to. */
export class RawEnd implements Disposable {
  readonly #decoder = new FrameDecoder();

  constructor(readonly conn: Deno.TcpConn) {
    conn.setNoDelay();
  }

  /** Connects to a port of this machine. */
  static async connect(port: number): Promise<RawEnd> {
    return new RawEnd(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  /** Connects and greets as a peer of that name; gives the WELCOME too. */
  static async join(
    port: number,
    name: string,
    fields: Partial<Fields<"hello">> = {},
  ): Promise<RawEnd & { welcome: MessageOf<"welcome"> }> {
    const end = await RawEnd.connect(port);
    try {
      await end.send(hello(name, fields));
      return Object.assign(end, { welcome: await end.expect("welcome") });
    } catch (error) {
      end[Symbol.dispose]();
      throw error;
    }
  }

  /** Sends bytes as they are. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      at += await this.conn.write(bytes.subarray(at));
    }
  }

  /** Sends a message, whether or not it is its turn. */
  send(message: Message): Promise<void> {
    return this.write(encodeMessage(message));
  }

  /** Sends messages in one write. */
  async sendTogether(...messages: Message[]): Promise<void> {
    const frames = messages.map(encodeMessage);
    await this.write(await new Blob(frames).bytes());
  }

  /** Sends a control frame with any payload. */
  frame(type: keyof typeof FrameType, payload: string): Promise<void> {
    const bytes = new TextEncoder().encode(payload);
    return this.write(encodeFrame(FrameType[type], bytes));
  }

  /** Sends a DATA frame. */
  data(id: string, offset: number, bytes: Uint8Array): Promise<void> {
    return this.write(dataFrame(id, offset, bytes));
  }

  /** The next frame of any kind; undefined at the end of the stream. */
  async next(): Promise<Heard | undefined> {
    while (true) {
      const frame = this.#decoder.next();
      if (frame === undefined) {
        const count = await within(
          this.conn.read(this.#decoder.space()),
          "something to read",
        );
        if (count === null) return undefined;
        this.#decoder.filled(count);
      } else if (frame.type === FrameType.DATA) {
        const { id, offset, bytes } = decodeData(frame.payload);
        return { type: "data", id, offset, bytes: bytes.slice() };
      } else {
        const message = decodeMessage(frame.type, frame.payload);
        if (message !== undefined) return message;
      }
    }
  }

  /** The next frame but for those that come by themselves; it must be of this type. */
  async expect<T extends MessageType>(type: T): Promise<MessageOf<T>> {
    const heard = await this.#asked(type);
    if (heard?.type === type) return heard as MessageOf<T>;
    throw new Error(`Expected ${type}, got ${JSON.stringify(heard)}`);
  }

  /** The next frame but for those that come by themselves, which must be DATA. */
  async expectData(): Promise<DataFrame> {
    const heard = await this.#asked();
    if (heard?.type === "data") return heard;
    throw new Error(`Expected data, got ${JSON.stringify(heard)}`);
  }

  /** Reads DATA of a transfer up to and with its END; the body in one piece. */
  async body(
    id: string,
  ): Promise<{ bytes: Uint8Array; end: MessageOf<"end"> }> {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    while (true) {
      const heard = await this.#asked();
      if (heard?.type === "data" && heard.id === id) parts.push(heard.bytes);
      else if (heard?.type === "end" && heard.id === id) {
        return { bytes: await new Blob(parts).bytes(), end: heard };
      } else throw new Error(`Expected ${id}, got ${JSON.stringify(heard)}`);
    }
  }

  /** The ERROR (or BYE) the other side ends with; whatever comes before is passed over. */
  async farewell(): Promise<MessageOf<"error" | "bye"> | undefined> {
    while (true) {
      const heard = await this.next();
      if (
        heard === undefined || heard.type === "error" || heard.type === "bye"
      ) return heard;
    }
  }

  /** Resolves at the end of the stream, whatever comes before. */
  async ended(): Promise<void> {
    while (await this.next() !== undefined);
  }

  [Symbol.dispose](): void {
    try {
      this.conn.close();
    } catch {
      // The test has closed it.
    }
  }

  async #asked(but?: string): Promise<Heard | undefined> {
    let heard;
    do heard = await this.next(); while (
      heard !== undefined && heard.type !== but && UNASKED.includes(heard.type)
    );
    return heard;
  }
}

/** Listens on a free port and hands out its first connection as one end spoken by hand. */
export class RawListener implements Disposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });

  get port(): number {
    return this.#listener.addr.port;
  }

  async accept(): Promise<RawEnd> {
    return new RawEnd(await within(this.#listener.accept(), "a connection"));
  }

  [Symbol.dispose](): void {
    this.#listener.close();
  }
}

/** A DATA frame as bytes. */
export function dataFrame(
  id: string,
  offset: number,
  bytes: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(DATA_OVERHEAD_BYTES + bytes.length);
  writeDataHead(frame, 0, id, offset, bytes.length);
  frame.set(bytes, DATA_OVERHEAD_BYTES);
  return frame;
}

/** A HELLO. */
export function hello(
  name: string,
  fields: Partial<Fields<"hello">> = {},
): MessageOf<"hello"> {
  return {
    type: "hello",
    version: { min: 1, max: 1 },
    capabilities: ["presence", "progress"],
    role: "peer",
    name,
    adapt: false,
    software: "test",
    ...fields,
  };
}

/** A WELCOME. */
export function welcome(
  name: string,
  fields: Partial<Fields<"welcome">> = {},
): MessageOf<"welcome"> {
  return {
    type: "welcome",
    version: 1,
    capabilities: ["presence", "progress"],
    hub: "testhub",
    name,
    token: "token-1",
    peers: [],
    limits: { transfers: 1024, inline: 65536 },
    software: "test",
    ...fields,
  };
}

let ids = 0;

/** An offer with an id of its own: a file of 4 bytes from alice to bob unless told otherwise. */
export function offer(fields: Partial<SingleOffer> = {}): SingleOffer {
  return {
    id: (++ids).toString(16).padStart(16, "0"),
    name: "report.csv",
    kind: "file",
    size: 4,
    from: "alice",
    to: ["bob"],
    inline: false,
    deadlines: { accept_ms: 60_000, idle_ms: 30_000, receipt_ms: 60_000 },
    ...fields,
  };
}
