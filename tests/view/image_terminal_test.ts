/** Finding out what a terminal can draw: its environment, its answers, and answers that come late. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { openCanvas } from "../../lib/view/image/canvas.ts";
import { probe } from "../../lib/view/image/probe.ts";
import { environmentHint } from "../../lib/view/image/protocol.ts";
import { QUERIES, ReplyReader } from "../../lib/view/image/replies.ts";
import { ManualClock, ManualKeys, recording } from "./image_support.ts";

const ENVIRONMENTS: readonly [
  variables: Record<string, string>,
  protocol: string,
  certain: boolean,
  colours: string,
][] = [
  [{ TERM: "xterm-kitty", KITTY_WINDOW_ID: "1" }, "kitty", true, "truecolor"],
  [{ TERM: "xterm-256color", KITTY_WINDOW_ID: "1" }, "kitty", true, "256"],
  [{ TERM: "xterm-ghostty" }, "kitty", true, "truecolor"],
  [
    { TERM: "xterm-256color", TERM_PROGRAM: "ghostty" },
    "kitty",
    true,
    "truecolor",
  ],
  [
    { TERM: "xterm-256color", TERM_PROGRAM: "iTerm.app" },
    "iterm",
    true,
    "truecolor",
  ],
  [
    { TERM: "xterm-256color", TERM_PROGRAM: "WezTerm" },
    "iterm",
    true,
    "truecolor",
  ],
  [
    { TERM: "xterm-256color", TERM_PROGRAM: "Apple_Terminal" },
    "blocks",
    true,
    "256",
  ],
  [
    { TERM: "xterm-256color", COLORTERM: "truecolor" },
    "blocks",
    false,
    "truecolor",
  ],
  [{ TERM: "xterm-256color" }, "blocks", false, "256"],
  [{ TERM: "xterm" }, "blocks", false, "256"],
  [{ TERM: "tmux-256color", TMUX: "/x" }, "blocks", true, "truecolor"],
  // The terminal around tmux leaves its traces in the environment; tmux decides.
  [
    { TERM: "screen-256color", TMUX: "/x", KITTY_WINDOW_ID: "1" },
    "blocks",
    true,
    "truecolor",
  ],
  [{ TERM: "screen", STY: "1" }, "blocks", true, "256"],
  [{ TERM: "linux" }, "blocks", true, "256"],
  [{ TERM: "dumb" }, "ascii", true, "none"],
  [{ TERM: "vt100" }, "ascii", true, "none"],
  [{}, "ascii", true, "none"],
  [{ TERM: "xterm-256color", TMUX: "", STY: "" }, "blocks", false, "256"],
  [{ WT_SESSION: "1" }, "blocks", false, "truecolor"],
];

Deno.test("known environments imply protocol and colours", () => {
  for (const [variables, protocol, certain, colours] of ENVIRONMENTS) {
    const hint = environmentHint((name) => variables[name]);
    assertEquals(
      [hint.protocol, hint.certain, hint.colours],
      [protocol, certain, colours],
      JSON.stringify(variables),
    );
  }
});

const KITTY = "\x1b_Gi=31;OK\x1b\\";
const CELL = "\x1b[6;18;9t";
const BACKGROUND = "\x1b]11;rgb:1e1e/2020/ffff\x1b\\";
const NAME = "\x1bP>|WezTerm 20240203\x1b\\";
const DA1 = "\x1b[?62;4;22c";
const ALL = KITTY + CELL + BACKGROUND + NAME + DA1;

function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function text(typed: Uint8Array): string {
  return String.fromCharCode(...typed);
}

Deno.test("answers are read whole, byte by byte, and apart from what is typed", () => {
  const expected = {
    kitty: true,
    sixel: true,
    iterm: true,
    cell: { width: 9, height: 18 },
    background: [0x1e, 0x20, 0xff] as const,
    complete: true,
  };
  const whole = new ReplyReader();
  assertEquals(text(whole.feed(bytes(`a${ALL}b`))), "ab");
  assertEquals(whole.answers, expected);
  const dripped = new ReplyReader();
  let typed = "";
  for (
    const byte of bytes(`x${KITTY}y${CELL}${BACKGROUND}${NAME}z${DA1}\x1b[A`)
  ) {
    typed += text(dripped.feed(Uint8Array.of(byte)));
  }
  assertEquals(dripped.answers, expected);
  assertEquals(typed, "xyz\x1b[A");
});

Deno.test("keys are never taken for answers", () => {
  for (
    const key of [
      "q",
      "\x1b\x1b[A",
      "\x1b[A",
      "\x1b[6~",
      "\x1bOP",
      "\x1bb",
      "\x03",
    ]
  ) {
    const reader = new ReplyReader();
    assertEquals(text(reader.feed(bytes(key))), key);
    assertEquals(reader.answers.complete, false);
  }
  // An Escape may be the first byte of an answer: the next byte tells.
  const reader = new ReplyReader();
  assertEquals(text(reader.feed(bytes("\x1b"))), "");
  assertEquals(text(reader.feed(bytes("q"))), "\x1bq");
  reader.feed(bytes(DA1));
  assertEquals(text(reader.feed(bytes("\x1b"))), "\x1b");
});

Deno.test("an answer that says no, or nonsense, is no yes", () => {
  const reader = new ReplyReader();
  const typed = reader.feed(bytes(
    "\x1b_Gi=31;EINVAL:no\x1b\\\x1b_Gi=9;OK\x1b\\\x1b[6;0;9t\x1b[6;9999;9t" +
      "\x1b]11;red\x07\x1bP>|foot(1.16)\x1b\\\x1b[?64;22;40c",
  ));
  assertEquals(text(typed), "");
  assertEquals(reader.answers, {
    kitty: false,
    sixel: false,
    iterm: false,
    complete: true,
  });
});

Deno.test("an endless answer is given up as typing", () => {
  const reader = new ReplyReader();
  const junk = `\x1b_G${"a".repeat(5000)}`;
  assertEquals(text(reader.feed(bytes(junk))), junk);
});

Deno.test("the terminal is asked in one write that ends with the fence", async () => {
  const keys = new ManualKeys();
  const clock = new ManualClock();
  const writes: string[] = [];
  const asking = probe(keys, false, {
    clock,
    signal: new AbortController().signal,
    write: (bytes) => {
      writes.push(text(bytes));
      return Promise.resolve();
    },
  });
  await clock.timer(250);
  keys.send(ALL);
  const asked = await asking;
  assertEquals(writes, [QUERIES]);
  assert(QUERIES.endsWith("\x1b[c"));
  assertEquals(asked.answers.cell, { width: 9, height: 18 });
  await asked.end();
  assertEquals(keys.listeners.size, 0);
  assertEquals(clock.pending, []);
});

Deno.test("a silent terminal costs 250 ms, one over SSH a second", async () => {
  for (const [remote, ms] of [[false, 250], [true, 1000]] as const) {
    const keys = new ManualKeys();
    const clock = new ManualClock();
    const asking = probe(keys, remote, { ...recording({ clock }) });
    await clock.timer(ms);
    clock.pass(ms);
    const asked = await asking;
    assertEquals(asked.answers.complete, false);
    const ending = asked.end();
    await clock.timer(2000 - ms);
    clock.pass(2000 - ms);
    await ending;
    assertEquals(keys.listeners.size, 0);
  }
});

Deno.test("answers after the deadline are swallowed before the terminal is given back", async () => {
  const keys = new ManualKeys();
  const clock = new ManualClock();
  const asking = probe(keys, false, { ...recording({ clock }) });
  await clock.timer(250);
  keys.send("\x1b_Gi=31;O");
  clock.pass(250);
  const asked = await asking;
  const pressed: string[] = [];
  const release = asked.keys.listen((key) => pressed.push(text(key)));
  keys.send("K\x1b\\");
  keys.send("q");
  release();
  let over = false;
  const ending = asked.end().then(() => over = true);
  await clock.timer(1750);
  assertEquals(keys.listeners.size, 1, "the terminal is still held");
  assertEquals(over, false);
  keys.send(CELL + DA1);
  await ending;
  // The late answer is no key; the key is.
  assertEquals(pressed, ["q"]);
  assertEquals(keys.listeners.size, 0);
  assertEquals(clock.pending, []);
});

Deno.test("the signal ends the questions and gives the terminal back at once", async () => {
  const keys = new ManualKeys();
  const clock = new ManualClock();
  const control = new AbortController();
  const context = recording({ clock, signal: control.signal });
  const asking = probe(keys, false, context);
  await clock.timer(250);
  const reason = new Failure("sigint", "Cancelled");
  control.abort(reason);
  assertEquals(await assertRejects(() => asking, Failure), reason);
  assertEquals(keys.listeners.size, 0);
  assertEquals(clock.pending, []);
});

const SCREEN = { columns: 100, rows: 30, colour: true };

/** The canvas of a terminal with that environment which gives those answers; and what was asked. */
async function canvasOf(
  variables: Record<string, string>,
  answers: string,
  wanted: Parameters<typeof openCanvas>[0] = "auto",
) {
  const keys = new ManualKeys();
  const context = recording({
    keys,
    terminal: SCREEN,
    clock: new ManualClock(),
    variables,
  });
  const opening = openCanvas(wanted, "auto", context);
  keys.send(answers);
  const canvas = await opening;
  await canvas.end();
  assertEquals(keys.listeners.size, 0);
  return { canvas, asked: context.output() === QUERIES };
}

Deno.test("an open question is put to the terminal, and the best answer wins", async () => {
  const open = { TERM: "xterm-256color", COLORTERM: "truecolor" };
  const cases = [
    [ALL, "kitty"],
    [NAME + DA1, "iterm"],
    [DA1, "sixel"],
    ["\x1b[?62;22c", "blocks"],
  ] as const;
  for (const [answers, protocol] of cases) {
    const { canvas, asked } = await canvasOf(open, answers);
    assertEquals([canvas.protocol, asked], [protocol, true]);
  }
  const { canvas } = await canvasOf(open, ALL);
  assertEquals(canvas.room.cell, { width: 9, height: 18 });
  assertEquals(canvas.background, [0x1e, 0x20, 0xff]);
  assertEquals(canvas.guessedCell, false);
  assertEquals(canvas.room.rows, 29);
});

Deno.test("nothing is asked where the environment settles it", async () => {
  const tmux = await canvasOf({ TERM: "screen", TMUX: "/x" }, "");
  assertEquals([tmux.canvas.protocol, tmux.asked], ["blocks", false]);
  const dumb = await canvasOf({ TERM: "dumb" }, "");
  assertEquals([dumb.canvas.protocol, dumb.asked], ["ascii", false]);
  const told = await canvasOf({ TERM: "xterm" }, "", "ascii");
  assertEquals([told.canvas.protocol, told.asked], ["ascii", false]);
});

Deno.test("a graphics protocol that is settled is only asked the size of a cell", async () => {
  const { canvas, asked } = await canvasOf(
    { TERM: "xterm" },
    CELL + DA1,
    "kitty",
  );
  assertEquals([canvas.protocol, asked], ["kitty", true]);
  assertEquals(canvas.dots, { width: 9, height: 18 });
});

Deno.test("without colour pictures are ASCII, without keys nothing is asked", async () => {
  const plain = recording({
    terminal: { ...SCREEN, colour: false },
    keys: new ManualKeys(),
    variables: { TERM: "xterm-kitty" },
  });
  assertEquals((await openCanvas("auto", "auto", plain)).protocol, "ascii");
  const mute = recording({ terminal: SCREEN, variables: { TERM: "xterm" } });
  const canvas = await openCanvas("auto", "auto", mute);
  assertEquals([canvas.protocol, canvas.colours], ["blocks", "256"]);
  assertEquals(mute.output() + plain.output(), "");
});
