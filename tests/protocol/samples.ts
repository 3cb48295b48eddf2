/** Messages and arbitraries the protocol's tests share. */
import fc from "fast-check";
import {
  MAX_NAME_LENGTH,
  MAX_SENTENCE_LENGTH,
} from "../../lib/protocol/limits.ts";
import type { Message, MessageOf } from "../../lib/protocol/message.ts";

/** A SHA-256, of nothing in particular. */
export const SHA256 = "0123456789abcdef".repeat(4);
/** Deadlines of an offer. */
export const DEADLINES = {
  accept_ms: 60_000,
  idle_ms: 30_000,
  receipt_ms: 60_000,
};

/** The `n`th transfer id. */
export function idOf(n: number): string {
  return n.toString(16).padStart(16, "0");
}

/** A HELLO of a peer. */
export const HELLO: MessageOf<"hello"> = {
  type: "hello",
  version: { min: 1, max: 1 },
  capabilities: ["presence", "progress"],
  role: "peer",
  name: "alice",
  adapt: false,
  software: "ferry/0.1.0",
};

/** A hub's answer to it. */
export const WELCOME: MessageOf<"welcome"> = {
  type: "welcome",
  version: 1,
  capabilities: ["presence", "progress"],
  hub: "depot",
  name: "alice",
  token: "t-1",
  peers: [],
  limits: { transfers: 1024, inline: 65536 },
  software: "ferry/0.1.0",
};

/** An OFFER of `size` bytes to bob, not inline, unless said otherwise. */
export function offer(
  fields: Partial<MessageOf<"offer">> = {},
): MessageOf<"offer"> {
  return {
    type: "offer",
    id: idOf(1),
    name: "a.csv",
    kind: "file",
    size: 10,
    from: "alice",
    to: ["bob"],
    inline: false,
    deadlines: DEADLINES,
    ...fields,
  };
}

/** ACCEPT of transfer 1. */
export function accept(offset = 0, id = idOf(1)): Message {
  return { type: "accept", id, offset };
}

/** REJECT of transfer 1. */
export function reject(id = idOf(1)): Message {
  return {
    type: "reject",
    id,
    code: "declined",
    message: "the offer was declined",
    retryable: false,
  };
}

/** END of transfer 1. */
export function end(size = 10, id = idOf(1)): Message {
  return { type: "end", id, size, sha256: SHA256 };
}

/** CANCEL of transfer 1. */
export function cancel(id = idOf(1)): Message {
  return { type: "cancel", id, code: "sigint", message: "it was interrupted" };
}

/** `delivered` for transfer 1. */
export function delivered(recipient = "bob", id = idOf(1)): Message {
  return {
    type: "receipt",
    status: "delivered",
    id,
    recipient,
    verify_ms: 1.5,
  };
}

/** `delivered` for transfer 1, which was there already. */
export function unchanged(): Message {
  return { ...delivered(), unchanged: true } as Message;
}

/** `stored` for transfer 1. */
export function stored(recipient = "bob", id = idOf(1)): Message {
  return { type: "receipt", status: "stored", id, recipient, until: 1e12 };
}

/** `failed` for transfer 1. */
export function failed(recipient = "bob", id = idOf(1)): Message {
  return {
    type: "receipt",
    status: "failed",
    id,
    recipient,
    code: "disk-full",
    message: "no space left",
    retryable: true,
  };
}

/** BYE. */
export const BYE: Message = { type: "bye" };

/** A connection-wide ERROR. */
export const ERROR: Message = {
  type: "error",
  code: "name-taken",
  scope: "connection",
  retryable: false,
  message: "Cannot join as alice: the name is already held",
};

/** PRESENCE of bob. */
export const PRESENCE: Message = {
  type: "presence",
  change: "joined",
  peer: { name: "bob", since: 1_767_323_045_678, address: "192.0.2.7" },
};

/** PROGRESS of transfer 1. */
export const PROGRESS: Message = {
  type: "progress",
  id: idOf(1),
  recipient: "bob",
  bytes: 5,
};

/** A client asks for the list of files. */
export function request(request = 0, what = "list"): Message {
  return { type: "request", request, what };
}

/** A part of the answer. */
export function response(request = 0, last = true): Message {
  return { type: "response", status: "part", request, last, files: [] };
}

/** The answer that there is none. */
export function refusal(request = 0): Message {
  return {
    type: "response",
    status: "failed",
    request,
    code: "declined",
    message: "the hub shares no files",
    retryable: false,
  };
}

/** PING. */
export const PING: Message = { type: "ping", t1: 12.5 };

/** PONG. */
export const PONG: Message = { type: "pong", t1: 12.5, t2: 99, t3: 99.25 };

const count = fc.maxSafeNat();
const time = fc.maxSafeNat().map((ms) => ms % 8_640_000_000_000_001);
const milliseconds = fc.double({
  min: 0,
  max: 1e12,
  noNaN: true,
}).map((ms) => ms + 0);
const word = fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/);
const code = fc.stringMatching(/^[a-z][a-z.-]{0,63}$/);
const id = fc.stringMatching(/^[0-9a-f]{16}$/);
const sha256 = fc.stringMatching(/^[0-9a-f]{64}$/);
// Lone surrogates have no UTF-8 form; what a name from a file system may hold otherwise can come.
const text = (maxLength: number) =>
  fc.string({ unit: "grapheme-composite", maxLength: Math.min(maxLength, 200) })
    .filter((one) => one.length <= maxLength);
const sentence = text(MAX_SENTENCE_LENGTH);
const version = fc.nat(65535);
const capabilities = fc.array(text(64), { maxLength: 8 });
const peer = fc.record({ name: word, since: time, address: text(128) });

const path = text(MAX_NAME_LENGTH).filter((one) => one !== "");
const past = fc.record({
  id,
  name: path,
  kind: text(32),
  size: fc.option(count),
  from: word,
  to: word,
  status: fc.constantFrom(
    ...(["open", "stored", "delivered", "failed"] as const),
  ),
  at: time,
  ended: time,
  sha256,
  latency_ms: fc.record({
    total: milliseconds,
    queue: milliseconds,
    offer: milliseconds,
    transfer: milliseconds,
    verify: milliseconds,
    ack: milliseconds,
  }),
});
const shared = fc.record({
  path,
  kind: fc.constantFrom("file" as const, "directory" as const),
  size: count,
  modified_ms: time,
});

/** Any message that fits its schema. */
export const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    type: fc.constant("hello" as const),
    version: fc.record({ min: version, max: version }),
    capabilities,
    role: fc.constantFrom("peer" as const, "oneshot" as const),
    name: word,
    adapt: fc.boolean(),
    token: text(64),
    software: text(128),
  }),
  fc.record({
    type: fc.constant("welcome" as const),
    version,
    capabilities,
    hub: word,
    name: word,
    token: text(64),
    peers: fc.array(peer, { maxLength: 5 }),
    limits: fc.record({ transfers: count, inline: count }),
    software: text(128),
  }),
  fc.record({
    type: fc.constant("presence" as const),
    change: fc.constantFrom("joined" as const, "left" as const),
    peer,
  }),
  fc.record({
    type: fc.constant("offer" as const),
    id,
    name: text(MAX_NAME_LENGTH).filter((name) => name !== ""),
    kind: fc.constantFrom(
      "file" as const,
      "text" as const,
      "json" as const,
      "directory" as const,
    ),
    tree: id,
    modified_ms: fc.integer({ min: -8.64e15, max: 8.64e15 }),
    executable: fc.boolean(),
    size: fc.option(count),
    from: word,
    to: fc.array(word, { minLength: 1, maxLength: 5 }),
    inline: fc.boolean(),
    deadlines: fc.record({
      accept_ms: milliseconds,
      idle_ms: milliseconds,
      receipt_ms: milliseconds,
    }),
    fingerprint: text(64),
    queue_ms: milliseconds,
    wait_ms: milliseconds,
  }),
  fc.record({ type: fc.constant("accept" as const), id, offset: count }),
  fc.record({
    type: fc.constant("reject" as const),
    id,
    code,
    message: sentence,
    retryable: fc.boolean(),
  }),
  fc.record({ type: fc.constant("end" as const), id, size: count, sha256 }),
  fc.record({
    type: fc.constant("end" as const),
    id,
    size: count,
    sha256,
    sent_ms: milliseconds,
  }),
  fc.record({
    type: fc.constant("receipt" as const),
    status: fc.constant("delivered" as const),
    id,
    recipient: word,
    verify_ms: milliseconds,
    rtt_ms: milliseconds,
    unchanged: fc.boolean(),
  }),
  fc.record({
    type: fc.constant("receipt" as const),
    status: fc.constant("stored" as const),
    id,
    recipient: word,
    until: time,
  }),
  fc.record({
    type: fc.constant("receipt" as const),
    status: fc.constant("failed" as const),
    id,
    recipient: word,
    code,
    message: sentence,
    retryable: fc.boolean(),
  }),
  fc.record({
    type: fc.constant("cancel" as const),
    id,
    code,
    message: sentence,
  }),
  fc.record({
    type: fc.constant("progress" as const),
    id,
    recipient: word,
    bytes: count,
  }),
  fc.record({ type: fc.constant("ping" as const), t1: milliseconds }),
  fc.record({
    type: fc.constant("pong" as const),
    t1: milliseconds,
    t2: milliseconds,
    t3: milliseconds,
  }),
  fc.record({
    type: fc.constant("error" as const),
    code,
    scope: fc.constantFrom("connection" as const, "transfer" as const),
    id,
    retryable: fc.boolean(),
    message: sentence,
  }),
  fc.record({ type: fc.constant("bye" as const), code, message: sentence }),
  fc.record({
    type: fc.constant("request" as const),
    request: count,
    what: text(32),
    path,
    recursive: fc.boolean(),
    peer: word,
    since: count,
    limit: count,
  }),
  fc.record({
    type: fc.constant("response" as const),
    status: fc.constant("part" as const),
    request: count,
    last: fc.boolean(),
    transfers: fc.array(past, { maxLength: 3 }),
    files: fc.array(shared, { maxLength: 3 }),
    missing: fc.array(
      fc.record({ path, code, message: sentence, retryable: fc.boolean() }),
      { maxLength: 3 },
    ),
  }),
  fc.record({
    type: fc.constant("response" as const),
    status: fc.constant("failed" as const),
    request: count,
    code,
    message: sentence,
    retryable: fc.boolean(),
  }),
  fc.constant(BYE),
);
