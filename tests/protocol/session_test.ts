/** What may be said when: every rule of a Session, seen from the side that sends and from the side that receives. */
import { assertEquals, assertThrows } from "@std/assert";
import {
  LocalProtocolError,
  RemoteProtocolError,
} from "../../lib/protocol/errors.ts";
import { FrameType, limitOf } from "../../lib/protocol/frame.ts";
import {
  INLINE_BYTES,
  MAX_REQUESTS,
  MAX_TRANSFERS,
} from "../../lib/protocol/limits.ts";
import type { Message } from "../../lib/protocol/message.ts";
import { commonVersion, Session } from "../../lib/protocol/session.ts";
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
  unchanged,
  WELCOME,
} from "./samples.ts";

/** DATA of transfer 1: offset and length. */
interface Data {
  readonly offset: number;
  readonly length: number;
}

/** One thing that travels: `s` is the side that offers transfer 1, `r` the other. */
type Step = readonly ["s" | "r", Message | Data];

const data = (offset: number, length: number): Data => ({ offset, length });
const s = (what: Message | Data): Step => ["s", what];
const r = (what: Message | Data): Step => ["r", what];

class Wire {
  readonly client = new Session("client");
  readonly hub = new Session("hub");

  /** `sender` is who stands for `s`. */
  constructor(readonly sender: "client" | "hub", greeted = true) {
    if (!greeted) return;
    this.pass(["client", HELLO]);
    this.pass(["hub", WELCOME]);
  }

  pass(step: readonly ["client" | "hub" | "s" | "r", Message | Data]): void {
    const [from, to] = this.ends(step[0]);
    speak(from, step[1]);
    hear(to, step[1]);
  }

  ends(who: "client" | "hub" | "s" | "r"): [from: Session, to: Session] {
    const byClient = who === "client" ||
      (who === "s") === (this.sender === "client") && who !== "hub";
    return byClient ? [this.client, this.hub] : [this.hub, this.client];
  }
}

function speak(session: Session, what: Message | Data): void {
  if ("type" in what) session.send(what);
  else session.sendData(idOf(1), what.offset, what.length);
}

function hear(session: Session, what: Message | Data): void {
  if ("type" in what) session.receive(what);
  else session.receiveData(idOf(1), what.offset, what.length);
}

const INLINE = s(offer({ inline: true }));
const OFFER = s(offer());
const TWO = s(offer({ to: ["bob", "carol"] }));

const LEGAL: [name: string, steps: Step[], remembered: boolean][] = [
  [
    "offered, accepted, sent and delivered",
    [
      OFFER,
      r(accept()),
      s(data(0, 4)),
      s(data(4, 6)),
      s(end()),
      r(delivered()),
    ],
    false,
  ],
  [
    "a body behind its offer, never accepted",
    [INLINE, s(data(0, 10)), s(end()), r(delivered())],
    false,
  ],
  [
    "an inline body accepted all the same",
    [INLINE, s(data(0, 10)), r(accept()), s(end()), r(delivered())],
    false,
  ],
  ["an empty inline body", [
    s(offer({ inline: true, size: 0 })),
    s(end(0)),
    r(delivered()),
  ], false],
  [
    "what was there already, before a byte of it",
    [OFFER, r(unchanged())],
    false,
  ],
  [
    "what was there already, while its body is on its way",
    [INLINE, r(unchanged()), s(data(0, 10)), s(cancel())],
    false,
  ],
  [
    "a body of unknown size",
    [s(offer({ size: null })), r(accept()), s(data(0, 7)), s(end(7))],
    true,
  ],
  [
    "a body resumed at an offset",
    [OFFER, r(accept(6)), s(data(6, 4)), s(end()), r(delivered())],
    false,
  ],
  [
    "a second ACCEPT changes nothing",
    [OFFER, r(accept(6)), r(accept(0)), s(data(6, 4)), s(end())],
    true,
  ],
  ["REJECT before the body", [OFFER, r(reject())], false],
  ["REJECT leaves a begun body to be closed", [INLINE, r(reject())], true],
  [
    "a rejected body is drained and ended",
    [INLINE, s(data(0, 4)), r(reject()), s(data(4, 6)), s(end())],
    false,
  ],
  [
    "a rejected body is drained and cancelled",
    [INLINE, r(reject()), s(data(0, 4)), s(cancel())],
    false,
  ],
  ["REJECT after END", [
    OFFER,
    r(accept()),
    s(data(0, 10)),
    s(end()),
    r(reject()),
  ], false],
  ["a failed receipt before any answer", [OFFER, r(failed())], false],
  [
    "a failed receipt while bytes flow",
    [OFFER, r(accept()), s(data(0, 4)), r(failed()), s(cancel())],
    false,
  ],
  [
    "one recipient fails, the other gets all",
    [
      TWO,
      r(accept()),
      r(failed("bob")),
      s(data(0, 10)),
      s(end()),
      r(delivered("carol")),
    ],
    false,
  ],
  ["a receipt for one of two keeps the transfer", [TWO, r(failed())], true],
  ["REJECT after a receipt ends it for the rest", [
    TWO,
    r(failed("bob")),
    r(reject()),
  ], false],
  ["recipients are told apart without regard to case", [
    OFFER,
    r(failed("BOB")),
  ], false],
  [
    "CANCEL is answered with receipts",
    [OFFER, s(cancel()), r(failed())],
    false,
  ],
  ["CANCEL alone settles nothing", [OFFER, s(cancel())], true],
  [
    "CANCEL after END may still meet a delivery",
    [INLINE, s(data(0, 10)), s(end()), s(cancel()), r(delivered())],
    false,
  ],
  ["ACCEPT after CANCEL is harmless", [
    OFFER,
    s(cancel()),
    r(accept()),
    r(failed()),
  ], false],
  ["an id can be used again once it is forgotten", [
    OFFER,
    r(reject()),
    OFFER,
    r(accept()),
  ], true],
  ["both sides may use one id", [OFFER, r(offer()), r(accept())], true],
  ["signs of life both ways", [s(PING), r(PONG), r(PING), s(PONG)], false],
  ["PROGRESS of anything, at any time", [r(PROGRESS), s(PROGRESS)], false],
];

for (const sender of ["client", "hub"] as const) {
  for (const [name, steps, remembered] of LEGAL) {
    Deno.test(`a session allows, offered by the ${sender}: ${name}`, () => {
      const wire = new Wire(sender);
      for (const step of steps) wire.pass(step);
      const [from, to] = wire.ends("s");
      assertEquals(from.isOutgoing(idOf(1)), remembered);
      assertEquals(to.isIncoming(idOf(1)), remembered);
    });
  }
}

/** Each row's last step is a breach. */
const ILLEGAL: [name: string, steps: Step[], message: string][] = [
  ["an id already in use", [OFFER, OFFER], "its id is in use"],
  [
    "an id whose body is still being drained",
    [INLINE, r(reject()), OFFER],
    "its id is in use",
  ],
  [
    "an inline body over the limit",
    [s(offer({ inline: true, size: INLINE_BYTES + 1 }))],
    "too large to ride behind the offer",
  ],
  [
    "an inline body of unknown size",
    [s(offer({ inline: true, size: null }))],
    "too large to ride behind the offer",
  ],
  ["DATA of an unknown transfer", [s(data(0, 1))], "is not open"],
  ["DATA before ACCEPT", [OFFER, s(data(0, 1))], "is not open"],
  ["DATA after REJECT", [OFFER, r(reject()), s(data(0, 1))], "is not open"],
  [
    "DATA after END",
    [INLINE, s(data(0, 10)), s(end()), s(data(10, 1))],
    "is not open",
  ],
  ["DATA after CANCEL", [INLINE, s(cancel()), s(data(0, 1))], "is not open"],
  [
    "DATA after the transfer was settled",
    [INLINE, s(data(0, 10)), s(end()), r(delivered()), s(data(0, 10))],
    "is not open",
  ],
  ["DATA from the receiving side", [INLINE, r(data(0, 1))], "is not open"],
  [
    "DATA that leaves a gap",
    [INLINE, s(data(0, 4)), s(data(5, 1))],
    "offset 5, expected 4",
  ],
  [
    "DATA sent again",
    [INLINE, s(data(0, 4)), s(data(0, 4))],
    "offset 0, expected 4",
  ],
  [
    "DATA elsewhere than accepted",
    [OFFER, r(accept(6)), s(data(0, 4))],
    "offset 0, expected 6",
  ],
  [
    "more bytes than offered",
    [INLINE, s(data(0, 11))],
    "more than the 10 bytes offered",
  ],
  [
    "one byte more than offered",
    [INLINE, s(data(0, 10)), s(data(10, 1))],
    "more than the 10 bytes offered",
  ],
  [
    "more bytes than offered, after REJECT",
    [INLINE, r(reject()), s(data(0, 11))],
    "more than the 10 bytes offered",
  ],
  [
    "a wrong offset after REJECT",
    [INLINE, r(reject()), s(data(3, 1))],
    "offset 3, expected 0",
  ],
  ["END of an unknown transfer", [s(end())], "it is not open"],
  ["END before ACCEPT", [OFFER, s(end())], "it is not open"],
  [
    "END said twice",
    [INLINE, s(data(0, 10)), s(end()), s(end())],
    "it is not open",
  ],
  ["END after CANCEL", [INLINE, s(cancel()), s(end())], "it is not open"],
  [
    "END with fewer bytes than offered",
    [INLINE, s(data(0, 4)), s(end(4))],
    "4 bytes of the 10 offered",
  ],
  [
    "END that claims more than was sent",
    [INLINE, s(data(0, 4)), s(end(10))],
    "its size is 10, but 4 bytes were sent",
  ],
  ["END from the receiving side", [INLINE, r(end(0))], "it is not open"],
  ["ACCEPT of an unknown transfer", [r(accept())], "it was not offered"],
  ["ACCEPT by the sender itself", [OFFER, s(accept())], "it was not offered"],
  [
    "ACCEPT after REJECT",
    [INLINE, r(reject()), r(accept())],
    "it was not offered",
  ],
  [
    "ACCEPT past the end",
    [OFFER, r(accept(11))],
    "offset 11 is past its end",
  ],
  [
    "ACCEPT inside a body of unknown size",
    [s(offer({ size: null })), r(accept(1))],
    "offset 1 is past its end",
  ],
  ["REJECT of an unknown transfer", [r(reject())], "it was not offered"],
  [
    "REJECT said twice",
    [INLINE, r(reject()), r(reject())],
    "it was not offered",
  ],
  [
    "REJECT after the last receipt",
    [INLINE, r(failed()), r(reject())],
    "it was not offered",
  ],
  ["a receipt for an unknown transfer", [r(failed())], "none is awaited"],
  [
    "a receipt for someone else",
    [OFFER, r(failed("carol"))],
    "none is awaited",
  ],
  [
    "a second receipt of one recipient",
    [TWO, r(failed("bob")), r(failed("Bob"))],
    "none is awaited",
  ],
  [
    "a receipt after REJECT",
    [INLINE, r(reject()), r(failed())],
    "none is awaited",
  ],
  ["unchanged twice", [
    OFFER,
    r(unchanged()),
    r(unchanged()),
  ], "none is awaited"],
  [
    "DATA after unchanged",
    [OFFER, r(unchanged()), s(data(0, 10))],
    "is not open",
  ],
  ["delivered before the body", [OFFER, r(delivered())], "it has not ended"],
  [
    "delivered before END",
    [INLINE, s(data(0, 10)), r(delivered())],
    "it has not ended",
  ],
  [
    "delivered after CANCEL",
    [INLINE, s(data(0, 10)), s(cancel()), r(delivered())],
    "it has not ended",
  ],
  ["anything after BYE", [s(BYE), s(PING)], "the conversation has ended"],
  [
    "anything after ERROR",
    [r(ERROR), r(offer())],
    "the conversation has ended",
  ],
  ["BYE said twice", [s(BYE), s(BYE)], "the conversation has ended"],
  ["DATA after BYE", [INLINE, s(BYE), s(data(0, 1))], "is not open"],
];

for (const sender of ["client", "hub"] as const) {
  for (const [name, steps, message] of ILLEGAL) {
    Deno.test(`a session refuses, offered by the ${sender}: ${name}`, () => {
      const wire = new Wire(sender);
      for (const step of steps.slice(0, -1)) wire.pass(step);
      const [who, breach] = steps.at(-1) ?? s(BYE);
      const [from, to] = wire.ends(who);
      assertThrows(() => speak(from, breach), LocalProtocolError, message);
      assertThrows(() => hear(to, breach), RemoteProtocolError, message);
    });
  }
}

Deno.test("a refused receipt leaves the transfer as it was", () => {
  const wire = new Wire("client");
  wire.pass(INLINE);
  assertThrows(() => wire.hub.send(delivered()), LocalProtocolError);
  wire.pass(s(data(0, 10)));
  wire.pass(s(end()));
  wire.pass(r(delivered()));
  assertEquals(wire.hub.isIncoming(idOf(1)), false);
});

type Said = readonly ["client" | "hub", Message];
const GREETING: [name: string, steps: Said[], message: string][] = [
  ["anything before HELLO", [["client", offer()]], "the greeting comes first"],
  [
    "anything between HELLO and WELCOME",
    [["client", HELLO], ["client", PING]],
    "the greeting comes first",
  ],
  [
    "a transfer's ERROR before WELCOME",
    [["client", HELLO], ["hub", {
      ...ERROR,
      scope: "transfer",
      id: idOf(1),
    } as Message]],
    "the greeting comes first",
  ],
  ["HELLO said twice", [["client", HELLO], ["client", HELLO]], "said before"],
  [
    "HELLO after WELCOME",
    [["client", HELLO], ["hub", WELCOME], ["client", HELLO]],
    "said before",
  ],
  ["WELCOME before HELLO", [["hub", WELCOME]], "HELLO comes first"],
  [
    "WELCOME said twice",
    [["client", HELLO], ["hub", WELCOME], ["hub", WELCOME]],
    "said before",
  ],
  [
    "HELLO from a hub",
    [["client", HELLO], ["hub", WELCOME], ["hub", HELLO]],
    "it is for the other side to say",
  ],
  [
    "WELCOME from a client",
    [["client", HELLO], ["hub", WELCOME], ["client", WELCOME]],
    "it is for the other side to say",
  ],
  [
    "PRESENCE from a client",
    [["client", HELLO], ["hub", WELCOME], ["client", PRESENCE]],
    "only a hub tells it",
  ],
];

for (const [name, steps, message] of GREETING) {
  Deno.test(`a session refuses ${name}`, () => {
    const wire = new Wire("client", false);
    for (const step of steps.slice(0, -1)) wire.pass(step);
    const [who, breach] = steps.at(-1) ?? ["hub", BYE];
    const [from, to] = wire.ends(who);
    assertThrows(() => from.send(breach), LocalProtocolError, message);
    assertThrows(() => to.receive(breach), RemoteProtocolError, message);
  });
}

Deno.test("either side may say BYE or ERROR before the greeting is over", () => {
  for (const farewell of [BYE, ERROR]) {
    for (const who of ["client", "hub"] as const) {
      const wire = new Wire("client", false);
      wire.pass([who, farewell]);
      assertEquals(wire.ends(who)[1].isEnded, true);
      assertEquals(wire.ends(who)[0].isEnded, false);
    }
  }
});

Deno.test("an ERROR about one transfer does not end the conversation", () => {
  const wire = new Wire("client");
  wire.pass(["hub", { ...ERROR, scope: "transfer", id: idOf(1) } as Message]);
  assertEquals(wire.client.isEnded, false);
  wire.pass(["hub", PING]);
});

Deno.test("PRESENCE is the hub's to tell", () => {
  new Wire("client").pass(["hub", PRESENCE]);
});

Deno.test("a CANCEL that crosses the last receipt means nothing", () => {
  const wire = new Wire("client");
  wire.pass(OFFER);
  wire.client.send(cancel());
  wire.hub.send(reject());
  wire.hub.receive(cancel());
  wire.client.receive(reject());
  assertEquals(wire.client.isOutgoing(idOf(1)), false);
  assertEquals(wire.hub.isIncoming(idOf(1)), false);
});

Deno.test("a CANCEL of ours for a transfer that is over is our defect", () => {
  const wire = new Wire("client");
  wire.pass(OFFER);
  wire.pass(r(reject()));
  assertThrows(() => wire.client.send(cancel()), LocalProtocolError);
});

Deno.test("an ACCEPT that crosses CANCEL is taken", () => {
  const wire = new Wire("client");
  wire.pass(OFFER);
  wire.client.send(cancel());
  wire.hub.send(accept());
  wire.client.receive(accept());
  wire.hub.receive(cancel());
  wire.pass(r(failed()));
  assertEquals(wire.client.isOutgoing(idOf(1)), false);
});

Deno.test("a REJECT that crosses DATA and END is taken, and the bytes are dropped", () => {
  const wire = new Wire("client");
  wire.pass(INLINE);
  wire.client.sendData(idOf(1), 0, 10);
  wire.client.send(end());
  wire.hub.send(reject());
  assertEquals(wire.hub.receiveData(idOf(1), 0, 10), "drop");
  wire.hub.receive(end());
  wire.client.receive(reject());
  assertEquals(wire.client.isOutgoing(idOf(1)), false);
  assertEquals(wire.hub.isIncoming(idOf(1)), false);
});

Deno.test("receiveData() drops bytes only once no recipient is left", () => {
  const wire = new Wire("client");
  wire.pass(TWO);
  wire.pass(r(accept()));
  assertEquals(wire.hub.receiveData(idOf(1), 0, 2), "take");
  wire.hub.send(failed("bob"));
  assertEquals(wire.hub.receiveData(idOf(1), 2, 2), "take");
  wire.hub.send(failed("carol"));
  assertEquals(wire.hub.receiveData(idOf(1), 4, 2), "drop");
});

Deno.test("a session refuses one transfer over MAX_TRANSFERS, and takes it when one has ended", () => {
  const wire = new Wire("client");
  for (let n = 1; n <= MAX_TRANSFERS; n++) {
    wire.pass(["client", offer({ id: idOf(n) })]);
  }
  const more = offer({ id: idOf(MAX_TRANSFERS + 1) });
  assertThrows(() => wire.client.send(more), LocalProtocolError, "1024 are");
  assertThrows(() => wire.hub.receive(more), RemoteProtocolError, "1024 are");
  wire.pass(["hub", offer({ id: idOf(1) })]);
  wire.pass(["hub", reject(idOf(7))]);
  wire.pass(["client", more]);
});

Deno.test("limits() admits only the greeting's frames until it is over", () => {
  const wire = new Wire("client", false);
  const admitted = (session: Session) =>
    Array.from({ length: 256 }, (_, type) => type).filter((type) =>
      session.limits(type) !== undefined
    );
  const { HELLO: hello, WELCOME: welcome, ERROR: error, BYE: bye } = FrameType;
  assertEquals(admitted(wire.hub), [hello, error, bye]);
  assertEquals(admitted(wire.client), [welcome, error, bye]);
  wire.pass(["client", HELLO]);
  wire.pass(["hub", WELCOME]);
  for (const session of [wire.hub, wire.client]) {
    assertEquals(
      admitted(session),
      Array.from({ length: 256 }, (_, type) => type).filter((type) =>
        limitOf(type) !== undefined
      ),
    );
  }
});

const VERSIONS: [ours: [number, number], theirs: [number, number], number?][] =
  [
    [[1, 1], [1, 1], 1],
    [[1, 3], [2, 5], 3],
    [[2, 5], [1, 3], 3],
    [[1, 1], [2, 3]],
    [[2, 3], [1, 1]],
    [[1, 3], [3, 1]],
  ];
for (const [ours, theirs, expected] of VERSIONS) {
  Deno.test(`commonVersion() of ${ours} and ${theirs} is ${expected}`, () => {
    const range = ([min, max]: [number, number]) => ({ min, max });
    assertEquals(commonVersion(range(ours), range(theirs)), expected);
  });
}

/** What is said on a greeted connection, `c` by the client and `h` by the hub, up to the last, which breaks a rule. */
const REQUEST_BREACHES: readonly [
  rule: string,
  said: readonly (readonly ["client" | "hub", Message])[],
  message: string,
][] = [
  ["a hub does not ask", [["hub", request()]], "only a client asks"],
  [
    "a client does not answer",
    [["client", request()], ["client", response()]],
    "only a hub answers",
  ],
  ["nothing is answered unasked", [["hub", response()]], "was not asked for"],
  [
    "nothing is answered twice",
    [["client", request()], ["hub", response()], ["hub", response()]],
    "was not asked for",
  ],
  [
    "a part follows only when more was asked for",
    [
      ["client", request()],
      ["hub", response(0, false)],
      ["hub", response(0, false)],
    ],
    "was not asked for",
  ],
  ["there is no more of nothing", [["client", request(0, "more")]], "nothing"],
  [
    "there is no more of what was refused",
    [["client", request()], ["hub", refusal()], ["client", request(0, "more")]],
    "nothing was asked before",
  ],
  [
    "more is asked for once",
    [["client", request()], ["client", request(0, "more")]],
    "it is in use",
  ],
  [
    "a number in use is not used again",
    [["client", request()], ["hub", response(0, false)], ["client", request()]],
    "it is in use",
  ],
  [
    "requests open at once are limited",
    Array.from(
      { length: MAX_REQUESTS + 1 },
      (_, n) => ["client", request(n)] as const,
    ),
    `${MAX_REQUESTS} are open already`,
  ],
];

for (const [rule, said, message] of REQUEST_BREACHES) {
  Deno.test(`requests: ${rule}`, () => {
    const wire = new Wire("client");
    const last = said.at(-1);
    for (const step of said.slice(0, -1)) wire.pass(step);
    if (last === undefined) return;
    const [from, to] = wire.ends(last[0]);
    assertThrows(() => from.send(last[1]), LocalProtocolError, message);
    assertThrows(() => to.receive(last[1]), RemoteProtocolError, message);
  });
}

Deno.test("requests: parts, then the number is free again", () => {
  const wire = new Wire("client");
  for (let round = 0; round < 2; round++) {
    wire.pass(["client", request(7)]);
    wire.pass(["client", request(8)]);
    wire.pass(["hub", response(7, false)]);
    wire.pass(["hub", refusal(8)]);
    wire.pass(["client", request(7, "more")]);
    wire.pass(["hub", response(7)]);
  }
});
