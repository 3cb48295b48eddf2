import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { helpText } from "../../cmd/help.ts";
import { GLOBALS } from "../../cmd/globals.ts";
import { flagName } from "../../cmd/option.ts";
import { run } from "../../cmd/run.ts";
import { TABLE } from "../../cmd/table.ts";
import { TOPICS } from "../../cmd/topics.ts";
import { EXIT } from "../../lib/failure.ts";
import { fakeContext } from "../fake_context.ts";
import { ENDINGS, recordingSend } from "./fake_commands.ts";

const SEND = recordingSend(() => {});

async function shown(...args: string[]) {
  const world = fakeContext();
  const status = await run(args, world.context);
  return { status, stdout: world.stdout(), stderr: world.stderr() };
}

Deno.test("help: --help, -h and help print the same overview on stdout", async () => {
  const { status, stdout, stderr } = await shown("--help");
  assertEquals([status, stderr], [0, ""]);
  for (const row of TABLE) assertStringIncludes(stdout, `  ${row.name} `);
  for (const topic of TOPICS) assertStringIncludes(stdout, `  ${topic.name} `);
  assertEquals((await shown("-h")).stdout, stdout);
  assertEquals((await shown("help")).stdout, stdout);
});

Deno.test("help: the help of every command shows its usage, options and examples", async () => {
  for (const row of TABLE) {
    const text = await helpText(row.name, 80, TABLE);
    const { command } = await row.load();
    for (const usage of command.usage) {
      assertStringIncludes(text, `  ferry ${usage}\n`);
    }
    for (const key of Object.keys({ ...command.options, ...GLOBALS })) {
      assertStringIncludes(text, `--${flagName(key)}`);
    }
    for (const { line, does } of command.examples) {
      assertStringIncludes(text, `  ${line}\n      ${does.slice(0, 60)}`);
    }
  }
});

Deno.test("help: ferry CMD --help is ferry help CMD", async () => {
  assertEquals(await shown("help", "--help"), await shown("help", "help"));
});

Deno.test("help: options are aligned and show value and default", async () => {
  const text = await helpText("send", 80, [SEND]);
  const start = text.indexOf("Options:\n");
  assertEquals(
    text.slice(start, text.indexOf("\n\n", start)),
    [
      "Options:",
      "      --to NAME                  Who gets it",
      "      --text TEXT                Send a message",
      "      --queue [TTL]              Keep it for an absent recipient",
      "      --wait DURATION            Wait for a recipient (default 5s)",
      "  -k, --keep-messages            Keep messages as files",
      "      --on-conflict rename|skip  When the name is taken (default rename)",
      "  -n, --count N                  Stop after N",
    ].join("\n"),
  );
});

Deno.test("help: no line is wider than the terminal", async () => {
  const names = [
    undefined,
    ...TABLE.map((row) => row.name),
    // The manual page is for a formatter.
    ...TOPICS.map((topic) => topic.name).filter((name) => name !== "man"),
  ];
  for (const width of [40, 80, 200]) {
    for (const name of names) {
      const lines = (await helpText(name, width, TABLE)).split("\n");
      const words = lines.filter((line) =>
        line.trim().includes(" ") && !/^ {2}.*\bferry /.test(line)
      );
      for (const line of words) {
        // A name that leaves no room beside it stands alone.
        assert(
          line.length <= width || /^ +\S+( \S+){0,2}$/.test(line),
          `${width}: ${line}`,
        );
      }
    }
  }
});

Deno.test("help: exit-codes lists every status", async () => {
  const { stdout } = await shown("help", "exit-codes");
  for (const status of Object.values(EXIT)) {
    assertStringIncludes(stdout, `\n  ${status} `);
  }
});

Deno.test("help: environment lists a variable for every option that has one", async () => {
  const { stdout } = await shown("help", "environment");
  assertStringIncludes(stdout, "FERRY_IDLE_TIMEOUT");
  assertStringIncludes(stdout, "NO_COLOR");
  assert(!stdout.includes("FERRY_HELP"));
});

Deno.test("help: an unknown topic is refused with the closest one", async () => {
  const { status, stderr } = await shown("help", "exitcodes");
  assertEquals(status, 2);
  assertStringIncludes(stderr, "hint: did you mean exit-codes?\n");
  assertEquals((await shown("help", "help", "help")).status, 2);
});

Deno.test("table: names are unique and options fit beside the global ones", async () => {
  const rows = [...TABLE, ...ENDINGS];
  assertEquals(new Set(rows.map((row) => row.name)).size, rows.length);
  const globalShorts = Object.values(GLOBALS).map((option) => option.short);
  for (const row of rows) {
    const { options } = (await row.load()).command;
    for (const [key, option] of Object.entries(options)) {
      assert(
        !Object.hasOwn(GLOBALS, key),
        `${row.name}: ${key} is a global option`,
      );
      assert(
        option.short === undefined || !globalShorts.includes(option.short),
        `${row.name}: -${option.short} is taken`,
      );
      // parseArgs reads --no-x=value as x; only a bare switch may be called so.
      assert(
        option.takes === "nothing" || !flagName(key).startsWith("no-"),
        `${row.name}: ${key}`,
      );
    }
  }
});
