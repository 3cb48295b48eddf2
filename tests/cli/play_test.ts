/** The scripts' own player: what it must find wrong, it finds. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { InterruptKind } from "../../cmd/context.ts";
import { difference, flawOf } from "./expect.ts";
import { play } from "./play.ts";
import { type Below, parseScript, wordsOf } from "./script.ts";
import { Printed, type Start, type World } from "./world.ts";

/** Commands that do what their arguments say. */
const puppets: World = {
  hostname: "here",
  start({ args, cwd, stdin }: Start) {
    const printed = new Printed();
    const status = Promise.withResolvers<number>();
    const [verb, text = ""] = args;
    if (verb === "out") printed.add("stdout", `${text}\n`);
    if (verb === "err") printed.add("stderr", `${text}\n`);
    if (verb === "cat") printed.add("stdout", new TextDecoder().decode(stdin));
    if (verb === "touch") Deno.writeTextFileSync(`${cwd}/${text}`, "");
    if (verb !== "stay") status.resolve(verb === "exit" ? Number(text) : 0);
    return {
      printed,
      status: status.promise,
      signal: (kind: InterruptKind) => {
        printed.add("stderr", `${kind}\n`);
        status.resolve(kind === "sigint" || text === "stubborn" ? 130 : 143);
      },
      hangUp: () => Promise.resolve(),
    };
  },
};

for (
  const [what, script, complaint] of [
    ["a wrong line of stdout", "$ ferry out a\n> b", "stdout: it differs"],
    ["a line too many", "$ ferry out a", "stdout: it differs"],
    ["a missing line", "$ ferry out a\n> a\n> b", "stdout: it differs"],
    ["a line of stderr", "$ ferry err a", "stderr: it differs"],
    ["a wrong status", "$ ferry exit 3", "exit: 0 is expected"],
    ["a status of 0", "$ ferry out a\n> a\nexit 1", "exit: 1 is expected"],
    ["an escape", '$ ferry out "\\u001b[m"\n> ...', "a control character"],
    ["a file left behind", "$ ferry touch x", "files are left behind"],
    ["other content", "write a\n| x\nholds a\n| y", "line 3: holds a"],
    ["files that differ", "write a 9\nwrite b 8\nsame a b", "the files differ"],
    ["a stubborn command", "& x: ferry stay stubborn", "it did not stop"],
    ["an unknown step", "dance x", "there is no such step"],
    [
      "an unknown variable",
      "$ ferry out $nobody",
      "$nobody stands for nothing",
    ],
    ["a stray expectation", "mkdir x\n> y", "says nothing below it"],
    [
      "a line that never comes",
      "& x: ferry out a\nwait x b",
      "it ended before",
    ],
  ] as const
) {
  Deno.test(`script player: notices ${what}`, async () => {
    await assertRejects(() => play(script, puppets), Error, complaint);
  });
}

Deno.test("script player: plays what is as it should be", async () => {
  await play(
    [
      "# A comment.",
      "write in.txt",
      "| hello",
      "$ ferry cat < in.txt",
      "> hello",
      "& x: ferry stay",
      "signal x sigint",
      "wait x sigint",
      "end x",
      "2> sigint",
      "exit 130",
      "& y: ferry stay",
      "$ ferry touch made",
      "holds made",
    ].join("\n"),
    puppets,
  );
});

Deno.test("script words: quotes, escapes and variables", () => {
  const words = wordsOf(
    `a 'b  $x' "c\\n$x" d$x e'f'"g" ''`,
    (name) => `<${name}>`,
  );
  assertEquals(words, ["a", "b  $x", "c\n<x>", "d<x>", "efg", ""]);
  assertThrows(() => wordsOf("'open", () => ""), Error, "a quote");
  assertThrows(() => parseScript("$"), Error, "line 1 is no step");
});

Deno.test("script expectations: any order, any lines, placeholders", () => {
  const expected = (...lines: string[]): Below[] =>
    lines.map((line) => ({
      mark: line.startsWith("*") ? ">*" : ">",
      text: line.replace(/^\*/, ""),
    }));
  const fits = (text: string, ...lines: string[]) =>
    difference(text, expected(...lines)) === undefined;
  assertEquals(fits("b\na\nc\n", "*a", "*b", "c"), true);
  assertEquals(fits("b\nb\nc\n", "*a", "*b", "c"), false);
  assertEquals(fits("c\na\nb\n", "*a", "*b", "c"), false);
  assertEquals(fits("a\nb\nc\n", "...", "c"), true);
  assertEquals(fits("a\nb\n", "...", "c"), false);
  assertEquals(fits("12.5 ms, 3 kB (+)\n", "<time>, <size> (+)"), true);
  assertEquals(fits("twelve ms\n", "<time>"), false);
  assertEquals(fits("no end", "no end"), false);
});

Deno.test("script invariants: --json prints events and ends with its status", () => {
  const flaw = (text: string, status: number) => {
    const printed = new Printed();
    printed.add("stdout", text);
    return flawOf(["--json"], printed, status);
  };
  const summary = '{"v":1,"ts":"x","event":"summary","exit":3}\n';
  assertEquals(flaw(summary, 3), undefined);
  assertEquals(flaw(summary, 0), "summary says 3, but it ended with 0");
  assertEquals(flaw(`${summary}words\n`, 3), "not a line of JSON: words");
  assertEquals(flaw('{"event":"summary"}\n', 3)?.startsWith("no event"), true);
  assertEquals(flaw("", 0), "its last event is not summary");
});
