import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Key, KeyDecoder } from "../../lib/term/decode.ts";

const encoder = new TextEncoder();

/** Keys in short: text as it is, others in angle brackets. */
function shown(keys: readonly Key[]): string {
  return keys.map(({ name, text }) =>
    name === "text" ? text : text === "" ? `<${name}>` : `<${name} ${text}>`
  ).join("");
}

function decoded(input: string, flush = true): string {
  const decoder = new KeyDecoder();
  const keys = decoder.push(encoder.encode(input));
  return shown(flush ? [...keys, ...decoder.flush()] : keys);
}

const CASES: [input: string, keys: string][] = [
  ["abc 1", "abc 1"],
  ["héß 日本 👩‍👩‍👧", "héß 日本 👩‍👩‍👧"],
  ["\r\n\t\x7f\b", "<enter><enter><tab><backspace><backspace>"],
  [
    "\x01\x05\x15\x17\x0b\x03\x04",
    "<ctrl a><ctrl e><ctrl u><ctrl w><ctrl k><ctrl c><ctrl d>",
  ],
  ["\x1b[A\x1b[B\x1b[C\x1b[D", "<up><down><right><left>"],
  ["\x1bOA\x1bOH\x1bOF", "<up><home><end>"],
  [
    "\x1b[H\x1b[F\x1b[1~\x1b[4~\x1b[7~\x1b[8~",
    "<home><end><home><end><home><end>",
  ],
  ["\x1b[3~\x1b[5~\x1b[6~\x1b[Z", "<delete><pageup><pagedown><backtab>"],
  [
    "\x1b[1;5C\x1b[1;5D\x1bb\x1bf\x1b\x7f",
    "<wordright><wordleft><wordleft><wordright><ctrl w>",
  ],
  ["\x1b", "<escape>"],
  ["\x1b\x1b", "<escape><escape>"],
  ["\x1b[", "<escape>["],
  ["\x1bx", "<escape>x"],
  ["\x1b[200~two\nlines\x1b[Aend\x1b[201~x", "<paste two\nlines\x1b[Aend>x"],
  // Function keys, focus, mouse, answers of the terminal: nothing.
  ["\x1b[15~\x1b[I\x1b[<0;1;2M\x1b[[A\x1bOP.", "."],
  ["\x1b]11;rgb:0/0/0\x07\x1bP1$r\x1b\\\x1b_Gi=1;OK\x1b\\.", "."],
  ["\x1b[1\x1b[A", "<up>"],
  ["\x00\x1c\x1f\x80", ""],
];

Deno.test("keys are told apart", () => {
  for (const [input, keys] of CASES) {
    assertEquals(decoded(input), keys, JSON.stringify(input));
  }
});

Deno.test("a lone Esc waits for what may follow, and only then", () => {
  const decoder = new KeyDecoder();
  assertEquals(decoder.push(encoder.encode("a\x1b")).length, 1);
  assert(decoder.waiting);
  assertEquals(shown(decoder.push(encoder.encode("[A"))), "<up>");
  assert(!decoder.waiting);
  decoder.push(encoder.encode("\x1b"));
  assertEquals(shown(decoder.flush()), "<escape>");
  decoder.push(encoder.encode("\x1b[200~ab"));
  assert(!decoder.waiting, "a paste is not cut short");
});

/** Input in which sequences are likely. */
const input = fc.array(fc.oneof(
  fc.constantFrom(
    ...CASES.map(([input]) => input),
    "\x1b[",
    "\x1b]",
    "\x1bO",
    "201~",
    "é",
    "日",
    "👧",
  ),
  fc.string({ unit: "binary", maxLength: 4 }),
  fc.constant("9".repeat(70)),
)).map((parts) => encoder.encode(parts.join("")));

Deno.test("keys do not depend on how the bytes are split", () => {
  fc.assert(fc.property(
    fc.oneof(input, fc.uint8Array({ maxLength: 200 })),
    fc.array(fc.nat(200)),
    (bytes, cuts) => {
      const whole = new KeyDecoder();
      const expected = shown(whole.push(bytes));
      const parts = new KeyDecoder();
      const keys: Key[] = [];
      let from = 0;
      for (const cut of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
        if (cut < from) continue;
        keys.push(...parts.push(bytes.subarray(from, cut)));
        from = Math.min(cut, bytes.length);
      }
      assertEquals(shown(keys), expected);
    },
  ));
});

Deno.test("typed text never holds a control character, and no input is kept for ever", () => {
  fc.assert(fc.property(input, (bytes) => {
    const decoder = new KeyDecoder();
    const keys = [
      ...decoder.push(bytes),
      ...decoder.flush(),
      ...decoder.flush(),
    ];
    for (const { name, text } of keys) {
      if (name === "text") assert(!/\p{Cc}/u.test(text), JSON.stringify(text));
    }
    assert(!decoder.waiting);
  }));
});

Deno.test("a paste larger than anyone reads is cut, and its end still found", () => {
  const decoder = new KeyDecoder();
  const keys = decoder.push(
    encoder.encode(`\x1b[200~${"x".repeat(2 << 20)}\x1b[201~y`),
  );
  assertEquals(keys.map(({ text }) => text.length), [1 << 20, 1]);
});
