/**
 * The dissector on the vectors of testdata/protocol, each in a TCP conversation of its own after a
 * greeting: whole, byte by byte, and cut and repeated in between. Also what it works out itself.
 */
import { assert, assertEquals } from "@std/assert";
import { idWithin } from "../../lib/protocol/bundle.ts";
import { encodeMessage, type Message } from "../../lib/protocol/message.ts";
import {
  bytesOf,
  concat,
  outcomeOf,
  type Vector,
  vectorsOf,
} from "../protocol/vectors.ts";
import { TempDir } from "../support/files.ts";
import { dataFrame, hello, offer, welcome } from "../support/raw.ts";
import { type Conversation, MOST_BYTES, Pcap } from "./pcap.ts";
import { BETWEEN, fieldsOf, missingTshark } from "./tshark.ts";

const why = await missingTshark("tests/capture/dissector_test.ts");
const PORT = 40_000;
/** Up to here a vector is also sent byte by byte. */
const SMALL_BYTES = 300;

function test(name: string, fn: (dir: TempDir) => Promise<void>): void {
  Deno.test({
    name: `dissector: ${name}`,
    ignore: why !== undefined,
    fn: async () => {
      using dir = new TempDir();
      await fn(dir);
    },
  });
}

function greet(talk: Conversation): void {
  talk.segment("client", encodeMessage(hello("alice")));
  talk.segment("hub", encodeMessage(welcome("alice")));
}

type Show = (object: Record<string, unknown>, at: number) => unknown;

/** What tshark prints for a boolean; only whether there is one, of what is concealed. */
function bit(value: unknown): unknown {
  return value === undefined ? value : value ? 1 : 0;
}

/** A field of all that a list in a message holds. */
function of(list: string, show: Show): Show {
  return (frame) => (frame[list] as Record<string, unknown>[] ?? []).map(show);
}

/** A field of the files in a bundle. */
function bundled(show: Show): Show {
  return (frame) => frame.type === "offer" ? of("files", show)(frame, 0) : [];
}

/** Where the frames of each type show a field of a message. */
const SHOWN: Record<string, Show> = {
  "ferry.transfer": ({ id }) => id,
  "ferry.size": ({ size }) => size,
  "ferry.from": ({ from, type }) => type === "offer" ? from : undefined,
  "ferry.to": ({ to }) => to,
  "ferry.kind": ({ kind }) => kind,
  "ferry.recipient": ({ recipient }) => recipient,
  "ferry.sha256": ({ sha256 }) => sha256,
  "ferry.status": ({ status }) => status,
  "ferry.code": ({ code }) => code,
  "ferry.offset": ({ offset }) => offset,
  "ferry.fingerprint": ({ fingerprint }) => fingerprint,
  "ferry.queue_ms": ({ queue_ms }) => queue_ms,
  "ferry.wait_ms": ({ wait_ms }) => wait_ms,
  "ferry.until": ({ until }) => until,
  "ferry.tree": ({ tree }) => tree,
  "ferry.modified": ({ modified_ms }) => modified_ms,
  "ferry.executable": ({ executable }) => bit(executable),
  "ferry.unchanged": ({ unchanged }) => bit(unchanged),
  "ferry.key": ({ key }) => key,
  "ferry.signature": ({ signature }) => bit(signature),
  "ferry.request": ({ request }) => request,
  "ferry.what": ({ what }) => what,
  "ferry.last": ({ last }) => bit(last),
  "ferry.delivery.id": of("transfers", ({ id }) => id),
  "ferry.delivery.size": of("transfers", ({ size }) => size),
  "ferry.delivery.to": of("transfers", ({ to }) => to),
  "ferry.delivery.ended": of("transfers", ({ ended }) => ended),
  "ferry.delivery.code": of("transfers", ({ code }) => code),
  "ferry.delivery.total_ms": of(
    "transfers",
    ({ latency_ms }) => (latency_ms as { total?: number } | undefined)?.total,
  ),
  "ferry.file.path": of("files", ({ path }) => path),
  "ferry.file.modified": (frame) =>
    frame.type === "response"
      ? of("files", ({ modified_ms }) => modified_ms)(frame, 0)
      : [],
  "ferry.bundled.name": bundled(({ name }) => name),
  "ferry.bundled.size": bundled(({ size }) => size),
  "ferry.bundled.modified": bundled(({ modified_ms }) => modified_ms),
  "ferry.bundled.executable": bundled(({ executable }) => bit(executable)),
  "ferry.bundled.id": ({ type, id, files }) =>
    type === "offer" && Array.isArray(files)
      ? files.map((_, n) => idWithin(String(id), n))
      : [],
  "ferry.missing.path": of("missing", ({ path }) => path),
  "ferry.missing.retryable": of("missing", ({ retryable }) => bit(retryable)),
  "ferry.bytes": ({ bytes, type }) => type === "data" ? undefined : bytes,
  "ferry.data": ({ bytes, type }) => type === "data" ? bytes : undefined,
  "ferry.t1": ({ t1 }) => t1,
  "ferry.role": ({ role }) => role,
  "ferry.capability": ({ capabilities }) => capabilities,
  "ferry.hub": ({ hub }) => hub,
  "ferry.client": ({ name, role, hub }) => role || hub ? name : undefined,
};

function flat(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(flat);
  return [String(value)];
}

test("gives the fields of every vector, however it is cut, and calls a breach what is one", async (dir) => {
  const pcap = new Pcap();
  const expected = new Map<number, { vector: Vector; how: string }>();
  const ways: Record<string, (talk: Conversation, all: Uint8Array) => void> = {
    "whole": (talk, all) => talk.say("client", all),
    "byte by byte": (talk, all) => talk.say("client", all, 1),
    "cut inside the header and repeated": (talk, all) => {
      talk.segment("client", all.subarray(0, 5));
      talk.again("client", all.subarray(0, 5), -5);
      talk.say("client", all.subarray(5), MOST_BYTES - 1);
    },
  };
  const vectors = ["messages", "frames", "data"].flatMap(vectorsOf);
  for (const vector of vectors) {
    // What the greeting forbids is the session's business.
    if (vector.at !== undefined) continue;
    const all = bytesOf(vector.bytes);
    for (const [how, say] of Object.entries(ways)) {
      if (how === "byte by byte" && all.length > SMALL_BYTES) continue;
      expected.set(expected.size, { vector, how });
      const talk = pcap.open(PORT);
      greet(talk);
      say(talk, all);
    }
  }
  await pcap.save(dir.at("v.pcap"));
  const names = Object.keys(SHOWN);
  const rows = await fieldsOf(dir.at("v.pcap"), "ferry", [
    "tcp.stream",
    "ferry.breach",
    "ferry.defect",
    "ferry.unsynced",
    "_ws.malformed",
    "_ws.expert.message",
    ...names,
  ]);
  const seen = new Map<number, { words: string[]; fields: string[][] }>();
  for (const row of rows) {
    const [stream, breach, defect, unsynced, malformed, words] = row;
    assertEquals([defect, unsynced, malformed], ["", "", ""], words);
    const one = seen.get(Number(stream)) ??
      { words: [], fields: names.map(() => []) };
    seen.set(Number(stream), one);
    if (breach) one.words.push(words ?? "");
    names.forEach((_, at) => {
      const text = row[6 + at] ?? "";
      if (text !== "") one.fields[at]?.push(...text.split(BETWEEN));
    });
  }
  assertEquals(seen.size, expected.size);
  const greeting: Record<string, unknown>[] = [
    { ...hello("alice") },
    { ...welcome("alice") },
  ];
  for (const [stream, { vector, how }] of expected) {
    const { words, fields } = seen.get(stream) ?? { words: [], fields: [] };
    const what = `${vector.name}, ${how}`;
    assertEquals(words.length > 0, vector.error !== undefined, what);
    const [, field] = / ([\w.]+) is missing or wrong$/.exec(
      vector.error ?? "",
    ) ?? [];
    if (field !== undefined && field !== "payload") {
      assert(words[0]?.includes(`: ${field} is missing`), `${what}: ${words}`);
    }
    const frames = [...greeting, ...outcomeOf(vector).frames];
    names.forEach((name, at) => {
      const wanted = frames.flatMap((frame) => flat(SHOWN[name]?.(frame, 0)));
      const got = fields[at] ?? [];
      // What precedes the error is shown; a frame in error shows what of it is right.
      assertEquals(
        vector.error === undefined ? got : got.slice(0, wanted.length),
        wanted,
        `${what}: ${name}`,
      );
    });
  }
});

test("knows every field of the vectors, and shows one it does not know", async (dir) => {
  const pcap = new Pcap();
  const talk = pcap.open(PORT);
  greet(talk);
  const good = vectorsOf("messages").filter(({ error }) => error === undefined);
  for (const { bytes } of good) talk.say("client", bytesOf(bytes));
  const odd = { type: "bye", shade: 7 } as Message;
  talk.segment("client", encodeMessage(odd));
  await pcap.save(dir.at("known.pcap"));
  const others = await fieldsOf(dir.at("known.pcap"), "ferry.other", [
    "ferry.other",
  ]);
  assertEquals(others, [
    // Vectors with fields that nobody knows.
    ["[0]: good~t1: x"],
    ["[0]: …"],
    ["shade: 7"],
  ]);
});

const OFFER = offer({ id: "00000000000000aa", name: "a.txt", size: 8 });
const BODY = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
const OFFER_FRAME = encodeMessage({ type: "offer", ...OFFER });
const END = encodeMessage({
  type: "end",
  id: OFFER.id,
  size: 8,
  sha256: "0".repeat(64),
});
const RECEIPT = { type: "receipt", id: OFFER.id, recipient: "bob" } as const;
const DELIVERED = encodeMessage({
  ...RECEIPT,
  status: "delivered",
  verify_ms: 1,
});
const ACCEPT = encodeMessage({ type: "accept", id: OFFER.id, offset: 0 });

/** A whole transfer: packets 6 to 12 of a capture that begins with its connection. */
function transfer(talk: Conversation): void {
  talk.segment("client", OFFER_FRAME);
  talk.segment("hub", ACCEPT);
  const first = dataFrame(OFFER.id, 0, BODY.subarray(0, 4));
  const second = dataFrame(OFFER.id, 4, BODY.subarray(4));
  talk.segment("client", concat([first, second.subarray(0, 3)]));
  talk.segment("client", concat([second.subarray(3), END]));
  talk.segment("hub", encodeMessage({ type: "ping", t1: 5 }));
  talk.segment(
    "client",
    encodeMessage({ type: "pong", t1: 5, t2: 7, t3: 7 }),
  );
  talk.segment("hub", DELIVERED);
}

const LINKS = [
  "frame.number",
  "ferry.offer_in",
  "ferry.answer_in",
  "ferry.end_in",
  "ferry.receipt_in",
  "ferry.ping_in",
  "ferry.pong_in",
];

test("links what belongs together and takes the times, in one pass and in two", async (dir) => {
  const pcap = new Pcap();
  const talk = pcap.open(PORT);
  greet(talk);
  transfer(talk);
  await pcap.save(dir.at("t.pcap"));
  const back = [
    ["6", "", "", "", "", "", ""],
    ["7", "6", "", "", "", "", ""],
    ["8", "6", "", "", "", "", ""],
    ["9", "6~6", "7", "", "", "", ""],
    ["10", "", "", "", "", "", ""],
    ["11", "", "", "", "", "10", ""],
    ["12", "6", "7", "9", "", "", ""],
  ];
  const forth = [
    ["6", "", "7", "9", "12", "", ""],
    ["7", "6", "", "9", "", "", ""],
    ["8", "6", "", "", "", "", ""],
    ["9", "6~6", "7", "", "12", "", ""],
    ["10", "", "", "", "", "", "11"],
    ["11", "", "", "", "", "10", ""],
    ["12", "6", "7", "9", "", "", ""],
  ];
  const pad = (rows: string[][]) =>
    rows.map((row) => LINKS.map((_, at) => row[at] ?? ""));
  const file = dir.at("t.pcap");
  const filter = "ferry && frame.number > 5";
  assertEquals(pad(await fieldsOf(file, filter, LINKS)), back);
  assertEquals(pad(await fieldsOf(file, filter, LINKS, ["-2"])), forth);
  // A millisecond lies between two packets.
  assertEquals(
    await fieldsOf(file, "ferry.latency || ferry.rtt", [
      "ferry.latency",
      "ferry.latency.offer",
      "ferry.latency.transfer",
      "ferry.latency.receipt",
      "ferry.rtt",
      "ferry.name",
    ]),
    [
      ["", "", "", "", "0.001000000", ""],
      ["0.006000000", "0.001000000", "0.001000000", "0.003000000", "", "a.txt"],
    ],
  );
  assertEquals(
    await fieldsOf(file, 'ferry.name == "a.txt" && ferry.captured', [
      "ferry.captured",
      "ferry.hop",
    ]),
    [["8", "1~1"]],
  );
});

/** What it says of frames after a greeting and a transfer's OFFER. */
async function said(
  dir: TempDir,
  ...say: ((talk: Conversation) => void)[]
): Promise<string[]> {
  const pcap = new Pcap();
  const talk = pcap.open(PORT);
  greet(talk);
  talk.segment("client", OFFER_FRAME);
  talk.segment("hub", ACCEPT);
  for (const one of say) one(talk);
  await pcap.save(dir.at("said.pcap"));
  const rows = await fieldsOf(
    dir.at("said.pcap"),
    "ferry.breach || ferry.gap || ferry.defect || ferry.unsynced",
    ["_ws.expert.message"],
  );
  return rows.map(([words = ""]) => words);
}

const client = (bytes: Uint8Array) => (talk: Conversation) =>
  talk.segment("client", bytes);
const hub = (bytes: Uint8Array) => (talk: Conversation) =>
  talk.segment("hub", bytes);

test("names what breaks the rules of a transfer", async (dir) => {
  const data = (at: number) => dataFrame(OFFER.id, at, BODY.subarray(0, 4));
  assertEquals(await said(dir, client(data(0)), client(data(0))), [
    "DATA: offset 0 where 4 comes next",
  ]);
  assertEquals(await said(dir, client(data(4))), [
    "DATA: 4 bytes before it are missing: not captured, or not sent",
  ]);
  assertEquals(
    await said(dir, client(data(0)), client(dataFrame(OFFER.id, 4, BODY))),
    ["DATA: 8 bytes go past the size of 8"],
  );
  assertEquals(await said(dir, client(data(0)), client(END)), [
    "END: size 8 where 4 bytes were sent",
  ]);
  assertEquals(await said(dir, client(OFFER_FRAME)), [
    "OFFER: the transfer id is in use",
  ]);
  assertEquals(
    await said(dir, client(data(0)), client(data(4)), client(END), (talk) => {
      talk.segment("hub", DELIVERED);
      talk.segment("client", data(4));
    }),
    ["DATA: the body is closed"],
  );
  // For its sender a recipient is settled by either.
  const until = 1_767_928_104_567;
  const stored = { ...RECEIPT, status: "stored", until } as unknown as Message;
  assertEquals(
    await said(dir, client(data(0)), client(data(4)), client(END), (talk) => {
      talk.segment("hub", encodeMessage(stored));
      talk.segment("hub", DELIVERED);
      talk.segment("client", data(4));
    }),
    ["RECEIPT: a second receipt for bob", "DATA: the body is closed"],
  );
  const stranger: Message = {
    type: "accept",
    id: "00000000000000bb",
    offset: 0,
  };
  assertEquals(await said(dir, hub(encodeMessage(stranger))), [
    "ACCEPT: its OFFER is missing: not captured, or not sent",
  ]);
});

test("shows a bundle by the number of its files, and the id each is logged under", async (dir) => {
  const pcap = new Pcap();
  const talk = pcap.open(PORT);
  greet(talk);
  // Nearly as long as it may be.
  const path = (n: number) => `src/${n} ${"é".repeat(500)}`;
  const files = Array.from({ length: 128 }, (_, n) => ({
    name: path(n),
    size: n % 2,
  }));
  const id = "00000000fffffffe";
  const many = offer({ id, name: "src", size: 64, inline: true });
  const one = offer({ id: "00000000000000ff", name: "src", size: 0 });
  for (
    const bundle of [{ ...many, files }, { ...one, files: files.slice(0, 1) }]
  ) {
    talk.say(
      "client",
      encodeMessage({
        ...{ type: "offer", ...bundle, kind: "bundle", tree: OFFER.id },
      }),
    );
  }
  talk.segment("client", dataFrame(id, 0, new Uint8Array(64)));
  await pcap.save(dir.at("bundle.pcap"));
  const rows = await fieldsOf(dir.at("bundle.pcap"), "ferry.transfer", [
    ...["_ws.col.Info", "ferry.bundled.count", "ferry.bundled.id"],
    ...["ferry.bundled.name", "ferry.record", "ferry.breach"],
  ]);
  assertEquals(rows.map(([info = "", count = ""]) => [info, count]), [
    ["OFFER src (bundle of 128 files) 64 B alice → bob", "128"],
    ["OFFER src (bundle of 1 file) 0 B alice → bob", "1"],
    ["DATA src (bundle of 128 files) 64 B at 0", ""],
  ]);
  const [, , ids = "", names = "", record = "", breach] = rows[0] ?? [];
  const all = ids.split(BETWEEN);
  assertEquals(all.slice(0, 3), [
    ...["00000000fffffffe", "00000000ffffffff", "0000000000000000"],
  ]);
  assertEquals(all, files.map((_, n) => idWithin(id, n)));
  assertEquals(names.split(BETWEEN), files.map(({ name }) => name));
  assertEquals(JSON.parse(record).message.files, files);
  assertEquals(breach, "");
});

test("puts together what is out of order, and finds its way after what was not captured", async (dir) => {
  const data = (at: number) =>
    dataFrame(OFFER.id, at, BODY.subarray(at, at + 4));
  const [first, second] = [data(0), data(4)];
  assertEquals(
    await said(dir, (talk) => {
      talk.again("client", second, first.length);
      talk.segment("client", first);
      talk.lose("client", second.length);
      talk.segment("client", END);
      talk.segment("hub", DELIVERED);
    }),
    [],
  );
});

test("stays calm on noise, also in a greeted connection and on the known port", async (dir) => {
  const pcap = new Pcap();
  let seed = 7;
  const noise = (length: number) =>
    Uint8Array.from({ length }, () => {
      seed = Math.imul(seed, 1103515245) + 12345;
      return seed >>> 16 & 255;
    });
  for (const port of [7788, PORT]) {
    for (let n = 0; n < 40; n++) {
      const talk = pcap.open(port);
      if (n % 2 === 0) greet(talk);
      for (let m = 0; m < 6; m++) {
        const bytes = n % 4 < 2 ? noise(200) : OFFER_FRAME.slice();
        for (const at of noise(n % 4 < 2 ? 0 : 3)) {
          bytes[at % bytes.length] = noise(1)[0] ?? 0;
        }
        // Whatever is in it, some of it looks like a frame.
        if (n % 4 === 1) bytes.set([0, 0, 0, 192, 3 + m, 0, 0, 0]);
        talk.segment(m % 3 === 2 ? "hub" : "client", bytes);
      }
    }
  }
  await pcap.save(dir.at("noise.pcap"));
  for (const passes of [[], ["-2"]]) {
    const rows = await fieldsOf(
      dir.at("noise.pcap"),
      "ferry.defect || _ws.lua.error",
      ["frame.number", "_ws.expert.message"],
      passes,
    );
    assertEquals(rows, []);
  }
});

test("shows a secret as present, never itself", async (dir) => {
  const pcap = new Pcap();
  const talk = pcap.open(PORT);
  const text = JSON.stringify({
    ...hello("alice"),
    type: undefined,
    secret: "hush-hush",
    token: "also-hush",
  });
  const payload = new TextEncoder().encode(text);
  const head = [0, 0, payload.length >> 8, payload.length & 255, 1, 0, 0, 0];
  talk.segment("client", concat([new Uint8Array(head), payload]));
  await pcap.save(dir.at("secret.pcap"));
  const [row] = await fieldsOf(dir.at("secret.pcap"), "ferry.secret", [
    "ferry.secret",
    "ferry.token",
    "ferry.json",
  ]);
  const [secret, token, json = ""] = row ?? [];
  assertEquals([secret, token], ["1", "1"]);
  assertEquals(json.includes("hush"), false);
  assert(json.includes('"alice"'));
});

test("shows the captured session as docs/wireshark.md prints it", async () => {
  const here = (path: string) =>
    new URL(`../../${path}`, import.meta.url).pathname;
  const text = await Deno.readTextFile(here("docs/wireshark.md"));
  const [, printed = ""] = /^\$ tshark .*\n([^`]+)```/m.exec(text) ?? [];
  const rows = await fieldsOf(
    here("testdata/capture/session.pcap"),
    'ferry.name == "numbers.txt"',
    ["frame.number", "frame.time_relative", "tcp.stream", "_ws.col.Info"],
  );
  assertEquals(
    rows.map((row) => row.join("\t")).join("\n"),
    printed.trimEnd(),
  );
  const script = await Deno.readTextFile(here("testdata/cli/reconcile.txt"));
  const [, table = ""] = /^\$ ferry reconcile .*\n([^`]+)```/m.exec(text) ?? [];
  for (const line of table.trimEnd().split("\n")) {
    assert(script.includes(`> ${line}\n`), line);
  }
});
