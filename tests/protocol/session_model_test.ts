/**
 * Two sessions wired to each other by two byte streams with arbitrary delay, doing arbitrary
 * things: as long as each only does what its own `send…` accepts, neither may ever find the other
 * in breach of the protocol, whatever crosses on the way.
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  DATA_OVERHEAD_BYTES,
  decodeData,
  writeDataHead,
} from "../../lib/protocol/data.ts";
import { LocalProtocolError } from "../../lib/protocol/errors.ts";
import { FrameDecoder, FrameType } from "../../lib/protocol/frame.ts";
import {
  decodeMessage,
  encodeMessage,
  type Message,
} from "../../lib/protocol/message.ts";
import { Session, type Side } from "../../lib/protocol/session.ts";
import {
  accept,
  BYE,
  cancel,
  delivered,
  end,
  ERROR,
  failed,
  HELLO,
  idOf,
  offer,
  PING,
  PONG,
  PRESENCE,
  PROGRESS,
  refusal,
  reject,
  request,
  response,
  stored,
  WELCOME,
} from "./samples.ts";

/** One end of the wire: a session, what it knows of its own transfers, and bytes still to be read. */
class End {
  readonly session: Session;
  readonly #decoder: FrameDecoder;
  /** Bytes on their way to this end. */
  readonly #inbox: number[] = [];
  /** Offset of the next byte of each transfer this end offers. */
  readonly #next = new Map<string, number>();
  /** Transfers offered to this end that it has a part of already. */
  readonly #midway = new Set<string>();
  peer: End | undefined;
  /** What this end has taken in, by kind. */
  readonly taken = new Map<string, number>();

  constructor(side: Side) {
    this.session = new Session(side);
    this.#decoder = new FrameDecoder(this.session.limits);
  }

  get waiting(): number {
    return this.#inbox.length;
  }

  nextOf(id: string): number {
    return this.#next.get(id) ?? 0;
  }

  /** Says `message` if this end's session lets it. */
  say(message: Message): void {
    if (!allowed(() => this.session.send(message))) return;
    if (message.type === "offer") this.#next.set(message.id, 0);
    if (message.type === "accept" && message.offset > 0) {
      this.#midway.add(message.id);
    }
    this.#emit(encodeMessage(message));
  }

  /** Sends DATA if this end's session lets it. */
  pour(id: string, offset: number, length: number): void {
    if (!allowed(() => this.session.sendData(id, offset, length))) return;
    const frame = new Uint8Array(DATA_OVERHEAD_BYTES + length);
    writeDataHead(frame, 0, id, offset, length);
    this.#next.set(id, offset + length);
    this.#emit(frame);
  }

  /** Reads up to `count` bytes of what is on its way, as a Connection does. */
  read(count: number): void {
    let left = Math.min(count, this.waiting);
    while (left > 0 && !this.session.isEnded) {
      const room = this.#decoder.space();
      const bytes = this.#inbox.splice(0, Math.min(left, room.length));
      room.set(bytes);
      this.#decoder.filled(bytes.length);
      left -= bytes.length;
      let frame;
      while (
        !this.session.isEnded && (frame = this.#decoder.next()) !== undefined
      ) this.#take(frame.type, frame.payload);
    }
    if (this.session.isEnded) this.#inbox.length = 0;
  }

  #take(type: number, payload: Uint8Array<ArrayBuffer>): void {
    if (type === FrameType.DATA) {
      const { id, offset, bytes } = decodeData(payload);
      const use = this.session.receiveData(id, offset, bytes.length);
      if (this.#midway.has(id)) this.#count("data after midway");
      return this.#count(`data ${use}`);
    }
    const message = decodeMessage(type, payload);
    assert(message !== undefined);
    const opens = message.type === "accept" &&
      this.session.isOutgoing(message.id) && this.nextOf(message.id) === 0;
    this.session.receive(message);
    if (opens) this.#next.set(message.id, message.offset);
    if (opens && message.offset > 0) this.#count("accept midway");
    if (message.type === "offer") this.#midway.delete(message.id);
    this.#count(
      message.type === "receipt"
        ? message.status
        : message.type === "cancel" && !this.session.isIncoming(message.id)
        ? "cancel last"
        : message.type,
    );
  }

  #count(kind: string): void {
    this.taken.set(kind, (this.taken.get(kind) ?? 0) + 1);
  }

  #emit(bytes: Uint8Array): void {
    const { peer } = this;
    if (peer === undefined || peer.session.isEnded) return;
    for (const byte of bytes) peer.#inbox.push(byte);
  }
}

/** Whether `step` passes our own session. */
function allowed(step: () => void): boolean {
  try {
    step();
    return true;
  } catch (error) {
    if (error instanceof LocalProtocolError) return false;
    throw error;
  }
}

/** Something one end may try to say; `pour` and `finish` go by where the transfer stands there. */
type Attempt =
  | { readonly say: Message }
  | { readonly pour: string; readonly bytes: number; readonly skip: number }
  | { readonly finish: string };
type Action =
  & { readonly who: Side }
  & (Attempt | { readonly read: number });

const IDS = [idOf(1), idOf(2)];
const id = fc.constantFrom(...IDS);
const recipient = fc.constantFrom("bob", "BOB", "carol");
const say = (arbitrary: fc.Arbitrary<Message>): fc.Arbitrary<Attempt> =>
  arbitrary.map((message) => ({ say: message }));

const offers = fc.record({
  id,
  size: fc.constantFrom(null, 0, 3, 8),
  inline: fc.boolean(),
  to: fc.uniqueArray(recipient, { minLength: 1, maxLength: 2 }),
}).map((fields) => offer(fields));

const number = fc.nat(2);

const attempts: fc.Arbitrary<Attempt> = fc.oneof(
  {
    weight: 3,
    arbitrary: say(
      fc.tuple(number, fc.constantFrom("list", "more")).map((args) =>
        request(...args)
      ),
    ),
  },
  {
    weight: 3,
    arbitrary: say(
      fc.tuple(number, fc.boolean()).map((args) => response(...args)),
    ),
  },
  { weight: 1, arbitrary: say(number.map(refusal)) },
  { weight: 4, arbitrary: say(offers) },
  {
    weight: 4,
    arbitrary: say(
      fc.tuple(fc.constantFrom(0, 0, 0, 2), id).map((args) => accept(...args)),
    ),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      pour: id,
      bytes: fc.integer({ min: 1, max: 6 }),
      skip: fc.constantFrom(0, 0, 0, 0, 1),
    }),
  },
  { weight: 5, arbitrary: fc.record({ finish: id }) },
  { weight: 1, arbitrary: say(id.map(cancel)) },
  { weight: 1, arbitrary: say(id.map(reject)) },
  {
    weight: 4,
    arbitrary: say(fc.tuple(recipient, id).map((args) => delivered(...args))),
  },
  {
    weight: 1,
    arbitrary: say(fc.tuple(recipient, id).map((args) => stored(...args))),
  },
  {
    weight: 1,
    arbitrary: say(fc.tuple(recipient, id).map((args) => failed(...args))),
  },
  {
    weight: 1,
    arbitrary: say(fc.constantFrom(
      HELLO,
      WELCOME,
      PRESENCE,
      PROGRESS,
      PING,
      PONG,
      { ...ERROR, scope: "transfer", id: idOf(1) } as Message,
    )),
  },
);

const who = fc.constantFrom<Side>("client", "hub");
const of = <T extends object>(arbitrary: fc.Arbitrary<T>) =>
  fc.tuple(who, arbitrary).map(([side, step]) => ({ who: side, ...step }));
const actions: fc.Arbitrary<Action> = fc.oneof(
  { weight: 60, arbitrary: of(attempts) },
  {
    weight: 40,
    arbitrary: of(
      fc.oneof(fc.integer({ min: 1, max: 600 }), fc.constant(Infinity))
        .map((read) => ({ read })),
    ),
  },
  { weight: 1, arbitrary: of(say(fc.constantFrom(BYE, ERROR))) },
);

function perform(action: Action, me: End): void {
  if ("read" in action) me.read(action.read);
  else if ("say" in action) me.say(action.say);
  else if ("finish" in action) {
    me.say(end(me.nextOf(action.finish), action.finish));
  } else {
    const { pour, bytes, skip } = action;
    me.pour(pour, me.nextOf(pour) + skip, bytes);
  }
}

function wire(): [client: End, hub: End] {
  const client = new End("client");
  const hub = new End("hub");
  client.peer = hub;
  hub.peer = client;
  return [client, hub];
}

/** Reads everything on its way to its end. */
function settle(...ends: End[]): void {
  while (ends.some((end) => end.waiting > 0)) {
    for (const one of ends) one.read(Infinity);
  }
}

Deno.test("two sessions that do only what send…() accepts never find each other in breach", () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(
      fc.constantFrom(true, true, true, false),
      fc.array(actions, { maxLength: 200, size: "max" }),
      (greeted, steps) => {
        const [client, hub] = wire();
        if (greeted) {
          client.say(HELLO);
          settle(hub);
          hub.say(WELCOME);
          settle(client);
        }
        for (const step of steps) {
          perform(step, step.who === "hub" ? hub : client);
        }
        settle(client, hub);
        for (const [kind, count] of [...client.taken, ...hub.taken]) {
          seen.set(kind, (seen.get(kind) ?? 0) + count);
        }
        if (client.session.isEnded || hub.session.isEnded) return;
        for (const one of IDS) {
          assertEquals(
            client.session.isOutgoing(one),
            hub.session.isIncoming(one),
            `both ends remember or both have forgotten ${one}, offered by the client`,
          );
          assertEquals(
            hub.session.isOutgoing(one),
            client.session.isIncoming(one),
            `both ends remember or both have forgotten ${one}, offered by the hub`,
          );
        }
      },
    ),
    { numRuns: 1500 },
  );
  const kinds = [
    ...["hello", "welcome", "offer", "accept", "reject", "data take"],
    ...["data drop", "end", "delivered", "stored", "failed"],
    ...["cancel", "cancel last", "accept midway", "data after midway"],
    ...["progress", "ping", "pong", "presence", "error", "bye"],
    ...["request", "response"],
  ];
  for (const kind of kinds) {
    assert((seen.get(kind) ?? 0) >= 5, `the property hardly saw ${kind}`);
  }
});
