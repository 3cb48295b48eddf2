// @core
/**
 * Control messages: JSON objects checked against a schema. Unknown fields are ignored; a missing
 * or wrong field is a RemoteProtocolError that names it.
 */
import * as v from "valibot";
import { isBundleRight } from "./bundle.ts";
import { RemoteProtocolError } from "./errors.ts";
import { encodeFrame, FrameType } from "./frame.ts";
import {
  MAX_BUNDLE_FILES,
  MAX_LISTED_PEERS,
  MAX_NAME_LENGTH,
  MAX_SENTENCE_LENGTH,
} from "./limits.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** The last moment a Date can hold. */
const LAST_MOMENT = 8.64e15;
const milliseconds = v.pipe(v.number(), v.finite(), v.minValue(0));
/** Milliseconds since the Unix epoch, as far as a Date reaches either way. */
const moment = v.pipe(
  v.number(),
  v.safeInteger(),
  v.minValue(-LAST_MOMENT),
  v.maxValue(LAST_MOMENT),
);
/** One that is not before the epoch. */
const time = v.pipe(count, v.maxValue(LAST_MOMENT));
const sentence = v.pipe(v.string(), v.maxLength(MAX_SENTENCE_LENGTH));
const code = v.pipe(v.string(), v.regex(/^[a-z][a-z.-]{0,63}$/));
const id = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/));
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
/** A name on the hub: 1 to 64 letters, digits, `.`, `_`, `-`. */
const name = v.pipe(v.string(), v.regex(/^[A-Za-z0-9._-]{1,64}$/));
const capabilities = v.pipe(
  v.array(v.pipe(v.string(), v.maxLength(64))),
  v.maxLength(64),
);
const version = v.pipe(count, v.maxValue(65535));

const peer = v.object({
  name,
  /** When it joined, ms since the Unix epoch on the hub's clock. */
  since: time,
  address: v.pipe(v.string(), v.maxLength(128)),
});

const path = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(MAX_NAME_LENGTH),
);

/** One delivery of a transfer, as the hub's ledger has it. */
const past = v.object({
  id,
  name: path,
  kind: v.pipe(v.string(), v.maxLength(32)),
  size: v.nullable(count),
  from: name,
  to: name,
  status: v.picklist(["open", "stored", "delivered", "failed"]),
  /** When it was offered to the hub, and when it ended: ms since the Unix epoch on the hub's clock. */
  at: time,
  ended: v.optional(time),
  sha256: v.optional(sha256),
  code: v.optional(code),
  message: v.optional(sentence),
  retryable: v.optional(v.boolean()),
  /** On the hub's clock, from the OFFER's arrival at the hub until the receipt's. */
  latency_ms: v.optional(v.object({
    total: milliseconds,
    queue: milliseconds,
    offer: milliseconds,
    transfer: milliseconds,
    verify: milliseconds,
    ack: milliseconds,
  })),
});

/** A file or directory the hub shares; `path` is relative to what it shares, with `/`. */
const shared = v.object({
  path,
  kind: v.picklist(["file", "directory"]),
  size: count,
  /** ms since the Unix epoch; 0 where nobody knows. */
  modified_ms: time,
});

/** Something asked for that could not be offered. */
const missing = v.object({
  path,
  code,
  message: sentence,
  retryable: v.boolean(),
});

/** A file in a bundle; the fields mean what they do in an OFFER of its own. */
const bundled = v.object({
  name: path,
  size: count,
  modified_ms: v.optional(moment),
  executable: v.optional(v.boolean()),
});

const schemas = {
  hello: v.object({
    version: v.object({ min: version, max: version }),
    capabilities,
    role: v.picklist(["peer", "oneshot"]),
    name,
    /** The hub may change the name to make it unique. */
    adapt: v.optional(v.boolean(), false),
    /** From an earlier WELCOME: this is the same peer come back, its old connection may be dropped. */
    token: v.optional(v.pipe(v.string(), v.maxLength(64))),
    /** The client's raw Ed25519 public key, base64url; `signature` shows that it has the private one. */
    key: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/))),
    signature: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{86}$/))),
    /** From a ticket, or the hub's own: lets the client in. */
    secret: v.optional(v.pipe(v.string(), v.maxLength(64))),
    software: v.pipe(v.string(), v.maxLength(128)),
  }),
  welcome: v.object({
    version,
    capabilities,
    hub: name,
    name,
    token: v.pipe(v.string(), v.maxLength(64)),
    peers: v.pipe(v.array(peer), v.maxLength(MAX_LISTED_PEERS)),
    limits: v.object({ transfers: count, inline: count }),
    software: v.pipe(v.string(), v.maxLength(128)),
  }),
  presence: v.object({ change: v.picklist(["joined", "left"]), peer }),
  offer: v.pipe(
    v.object({
      id,
      name: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_NAME_LENGTH)),
      kind: v.picklist(["file", "text", "json", "directory", "bundle"]),
      /** Bytes, or null when the sender does not know yet (a pipe). */
      size: v.nullable(count),
      from: name,
      to: v.pipe(v.array(name), v.minLength(1), v.maxLength(MAX_LISTED_PEERS)),
      /** The body follows at once, before any answer. */
      inline: v.boolean(),
      /**
       * The directory it is sent as a part of: the id of that directory's first offer, which names
       * itself. Only then is `name` a path.
       */
      tree: v.optional(id),
      /** When it was modified, ms since the Unix epoch. */
      modified_ms: v.optional(moment),
      /** Its owner may run it. */
      executable: v.optional(v.boolean()),
      deadlines: v.object({
        accept_ms: milliseconds,
        idle_ms: milliseconds,
        receipt_ms: milliseconds,
      }),
      /** Equal as long as the content is: what was kept of an earlier offer may be gone on with. */
      fingerprint: v.optional(v.pipe(v.string(), v.maxLength(64))),
      /** The hub keeps it so long for recipients that are away. */
      queue_ms: v.optional(milliseconds),
      /** A recipient that is not connected is waited for so long before it is absent. */
      wait_ms: v.optional(milliseconds),
      /** What is in a bundle, in the order of the body. */
      files: v.optional(
        v.pipe(v.array(bundled), v.minLength(1), v.maxLength(MAX_BUNDLE_FILES)),
      ),
    }),
    v.forward(v.check((offer) => isBundleRight(offer)), ["files"]),
  ),
  accept: v.object({ id, offset: count }),
  reject: v.object({ id, code, message: sentence, retryable: v.boolean() }),
  end: v.object({
    id,
    size: count,
    sha256,
    /** The clock of whoever says it, when it was handed to the connection. */
    sent_ms: v.optional(milliseconds),
  }),
  receipt: v.variant("status", [
    v.object({
      status: v.literal("delivered"),
      id,
      recipient: name,
      /** Recipient's clock: last byte arrived → file in place. */
      verify_ms: milliseconds,
      /** Smallest round trip hub ↔ recipient; the hub adds it. */
      rtt_ms: v.optional(milliseconds),
      /** It was there already, and no byte of it was needed. */
      unchanged: v.optional(v.boolean()),
    }),
    v.object({
      status: v.literal("stored"),
      id,
      recipient: name,
      /** Until when the hub keeps it for the recipient, ms since the Unix epoch on its clock. */
      until: time,
    }),
    v.object({
      status: v.literal("failed"),
      id,
      recipient: name,
      code,
      message: sentence,
      retryable: v.boolean(),
    }),
  ]),
  cancel: v.object({ id, code, message: sentence }),
  progress: v.object({ id, recipient: name, bytes: count }),
  ping: v.object({ t1: milliseconds }),
  pong: v.object({ t1: milliseconds, t2: milliseconds, t3: milliseconds }),
  error: v.object({
    code,
    scope: v.picklist(["connection", "transfer"]),
    id: v.optional(id),
    retryable: v.boolean(),
    message: sentence,
  }),
  bye: v.object({ code: v.optional(code), message: v.optional(sentence) }),
  request: v.object({
    /** Chosen by the client; the answer bears it. */
    request: count,
    /** `history`, `list`, `get`, or `more` of a request made before. */
    what: v.pipe(v.string(), v.maxLength(32)),
    /** `list`, `get`: of what is shared; the whole when absent. */
    path: v.optional(path),
    /** `list`: with everything below. */
    recursive: v.optional(v.boolean()),
    /** `history`: only transfers from or to it. */
    peer: v.optional(name),
    /** `history`: only those offered since, ms since the Unix epoch. */
    since: v.optional(count),
    /** `history`: the newest so many. */
    limit: v.optional(count),
  }),
  response: v.variant("status", [
    v.object({
      status: v.literal("part"),
      request: count,
      /** Nothing more is to come; else the client asks for more. */
      last: v.boolean(),
      transfers: v.optional(v.array(past)),
      files: v.optional(v.array(shared)),
      missing: v.optional(v.array(missing)),
    }),
    v.object({
      status: v.literal("failed"),
      request: count,
      code,
      message: sentence,
      retryable: v.boolean(),
    }),
  ]),
};

type Schemas = typeof schemas;

/** The kinds of control message. */
export type MessageType = keyof Schemas;

/** The fields of a message of one kind. */
export type Fields<T extends MessageType> = v.InferOutput<Schemas[T]>;

/** A control message: its kind beside its fields. */
export type Message = {
  [T in MessageType]: { readonly type: T } & Fields<T>;
}[MessageType];

/** A message of one kind. */
export type MessageOf<T extends MessageType> = Extract<Message, { type: T }>;

const FRAME_TYPES: Record<MessageType, number> = {
  hello: FrameType.HELLO,
  welcome: FrameType.WELCOME,
  presence: FrameType.PRESENCE,
  offer: FrameType.OFFER,
  accept: FrameType.ACCEPT,
  reject: FrameType.REJECT,
  end: FrameType.END,
  receipt: FrameType.RECEIPT,
  cancel: FrameType.CANCEL,
  progress: FrameType.PROGRESS,
  ping: FrameType.PING,
  pong: FrameType.PONG,
  error: FrameType.ERROR,
  bye: FrameType.BYE,
  request: FrameType.REQUEST,
  response: FrameType.RESPONSE,
};

const BY_FRAME_TYPE = new Map<number, MessageType>(
  Object.entries(FRAME_TYPES).map((
    [type, frame],
  ) => [frame, type as MessageType]),
);

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** A message as a whole frame. Throws LocalProtocolError when it is over its type's limit. */
export function encodeMessage(message: Message): Uint8Array<ArrayBuffer> {
  const { type, ...fields } = message;
  return encodeFrame(FRAME_TYPES[type], encoder.encode(JSON.stringify(fields)));
}

/**
 * The message in a control frame, or undefined for an optional type this version does not know.
 * Throws RemoteProtocolError for anything but a JSON object that fits the schema.
 */
export function decodeMessage(
  frameType: number,
  payload: Uint8Array,
): Message | undefined {
  const type = BY_FRAME_TYPE.get(frameType);
  if (type === undefined) return undefined;
  const title = type.toUpperCase();
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(payload));
  } catch {
    throw new RemoteProtocolError(
      `Cannot read ${title}: the payload is not JSON in UTF-8`,
    );
  }
  // The schemas take an array for an object without fields.
  const result = v.safeParse(
    schemas[type],
    Array.isArray(value) ? undefined : value,
  );
  if (!result.success) {
    const issue = result.issues[0];
    const field = v.getDotPath(issue) ?? "the payload";
    throw new RemoteProtocolError(
      `Cannot read ${title}: ${field} is missing or wrong`,
    );
  }
  return { type, ...result.output } as Message;
}

/** One delivery as the hub's ledger tells it. */
export type PastDelivery = v.InferOutput<typeof past>;

/** A file in a bundle. */
export type BundledFile = v.InferOutput<typeof bundled>;

/** A file or directory the hub shares. */
export type SharedFile = v.InferOutput<typeof shared>;

/** Something asked for that could not be offered. */
export type MissingFile = v.InferOutput<typeof missing>;

/** Shortens `text` to what a message may carry. */
export function sentenceOf(text: string): string {
  return text.length <= MAX_SENTENCE_LENGTH
    ? text
    : text.slice(0, MAX_SENTENCE_LENGTH - 1) + "…";
}

/** Whether `text` can be a name on a hub: 1 to 64 letters, digits, `.`, `_`, `-`. */
export function isName(text: string): boolean {
  return v.is(name, text);
}
