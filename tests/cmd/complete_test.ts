/** What can stand at the end of a command line, from the table alone. */
import { assert, assertEquals } from "@std/assert";
import { complete } from "../../cmd/complete.ts";
import { TABLE } from "../../cmd/table.ts";
import { run } from "../../cmd/run.ts";
import { fakeContext } from "../fake_context.ts";

async function values(...words: string[]): Promise<string[]> {
  const { candidates } = await complete(words, TABLE);
  return candidates.map(({ value }) => value);
}

async function answer(...words: string[]): Promise<string[]> {
  const world = fakeContext();
  await run(["completions", ...words], world.context);
  return world.stdout().trimEnd().split("\n");
}

Deno.test("completions: every command, and after it every flag it takes", async () => {
  assertEquals(await values(""), TABLE.map(({ name }) => name));
  assertEquals(await values("--json", "se"), ["serve", "send"]);
  for (const { name, load } of TABLE) {
    const { command } = await load();
    const flags = await values(name, "--");
    assert(flags.includes("--json"), name);
    assert(flags.length >= Object.keys(command.options).length, name);
  }
});

Deno.test("completions: choices, behind a space, an equals sign and in a list", async () => {
  assertEquals(await values("send", "--color", ""), [
    "auto",
    "always",
    "never",
  ]);
  assertEquals(await values("send", "--color=al"), ["--color=always"]);
  assertEquals(await values("serve", "--accept", "n"), ["none"]);
  assertEquals(await values("completions", "z"), ["zsh"]);
  assertEquals(await values("help", "exit"), ["exit-codes"]);
});

Deno.test("completions: a flag is offered once, unless it can be repeated", async () => {
  const flags = await values("send", "--json", "--to", "bob", "--");
  assertEquals([flags.includes("--json"), flags.includes("--to")], [
    false,
    true,
  ]);
});

Deno.test("completions: files and folders where they belong", async () => {
  const paths = async (...words: string[]) =>
    (await complete(words, TABLE)).paths;
  assertEquals(await paths("send", "--to", "bob", ""), "files");
  assertEquals(await paths("view", "--", "-"), "files");
  assertEquals(await paths("--config", ""), "files");
  assertEquals(await paths("connect", "--inbox", ""), "directories");
  assertEquals(await paths("peers", ""), "none");
});

Deno.test("completions: peers are asked for by name lists only", async () => {
  const live = async (...words: string[]) =>
    (await complete(words, TABLE)).live;
  assertEquals(await live("send", "--to", ""), { names: "peers", before: "" });
  assertEquals(await live("send", "--to", "bob,a"), {
    names: "peers",
    before: "bob,",
  });
  assertEquals(await live("broadcast", "--except=b"), {
    names: "peers",
    before: "--except=",
  });
  assertEquals(await live("send", "--name", ""), undefined);
});

Deno.test("completions: bash gets the part of --flag=value that it takes for a word", async () => {
  const words = ["bash", "--", "send", "--color", "="];
  assertEquals(await answer(...words), ["none", "auto", "always", "never"]);
  assertEquals(await answer(...words, "n"), ["none", "never"]);
});

Deno.test("completions: the answer for each shell", async () => {
  const words = ["--", "view", "--de"];
  assertEquals(await answer("bash", ...words), [
    "none",
    "--delimiter",
    "--depth",
  ]);
  assertEquals(
    (await answer("fish", ...words))[2],
    "--depth\tJSON: fold what is nested deeper",
  );
  assertEquals(
    (await answer("zsh", ...words))[1],
    "--delimiter:CSV: comma, semicolon, tab, pipe or any character",
  );
  assertEquals(await answer("powershell", "--", "=pe"), [
    "none",
    "peers\tList who is connected",
  ]);
});

Deno.test("completions: without a hub there are no names, and no word about it", async () => {
  const world = fakeContext({ env: { HOME: "/nonexistent" } });
  const status = await run(
    ["completions", "bash", "--", "send", "--to", ""],
    world.context,
  );
  assertEquals([status, world.stdout(), world.stderr()], [
    0,
    "none\nhub\n",
    "",
  ]);
});

Deno.test("completions: a shell there is no script for is a usage error", async () => {
  for (const args of [["completions"], ["completions", "tcsh"]]) {
    assertEquals(await run(args, fakeContext().context), 2);
  }
});
