import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { run } from "../../cmd/run.ts";
import { fakeContext } from "../fake_context.ts";
import { ENDINGS, recordingSend } from "./fake_commands.ts";

/** Runs `send` with arguments, variables and a config file; what it got, or how it was refused. */
async function sendWith(
  args: string[],
  { env = {}, config, named = false }: {
    env?: Record<string, string>;
    config?: string;
    named?: boolean;
  } = {},
) {
  const home = await Deno.makeTempDir();
  try {
    const path = join(home, "ferry", "config.json");
    if (config !== undefined) {
      await Deno.mkdir(join(home, "ferry"));
      await Deno.writeTextFile(path, config);
    }
    const world = fakeContext({
      env: named ? env : { XDG_CONFIG_HOME: home, ...env },
    });
    let got: Record<string, unknown> = {};
    const send = recordingSend((invocation) => {
      got = invocation as Record<string, unknown>;
    });
    const status = await run(
      ["send", ...named ? ["--config", path] : [], ...args],
      world.context,
      [send, ...ENDINGS],
    );
    const stderr = world.stderr().replaceAll(path, "CONFIG");
    return {
      status,
      stderr,
      got,
      globals: got["globals"] as Record<string, unknown>,
    };
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("settings: without any source options have their defaults", async () => {
  const { got, globals } = await sendWith([]);
  assertEquals(
    [
      got["to"],
      got["wait"],
      got["keepMessages"],
      got["onConflict"],
      got["queue"],
    ],
    [undefined, 5000, false, "rename", undefined],
  );
  assertEquals(
    [
      globals["timeout"],
      globals["connectTimeout"],
      globals["acceptTimeout"],
      globals["idleTimeout"],
    ],
    [undefined, 10_000, 60_000, 30_000],
  );
});

Deno.test("settings: flag, then variable, then config file", async () => {
  const config = '{"wait": "3s"}';
  const env = { FERRY_WAIT: "2s" };
  assertEquals(
    (await sendWith(["--wait", "1s"], { env, config })).got["wait"],
    1000,
  );
  assertEquals((await sendWith([], { env, config })).got["wait"], 2000);
  assertEquals((await sendWith([], { config })).got["wait"], 3000);
});

Deno.test("settings: a command's section goes before the top of the file", async () => {
  const config = '{"wait": "3s", "idle-timeout": "9s", "send": {"wait": "4s"}}';
  const { got, globals } = await sendWith([], { config });
  assertEquals([got["wait"], globals["idleTimeout"]], [4000, 9000]);
});

Deno.test("settings: variables switch flags and fill lists", async () => {
  const { got, globals } = await sendWith([], {
    env: {
      FERRY_KEEP_MESSAGES: "1",
      FERRY_TO: "a, b",
      FERRY_QUIET: "false",
      FERRY_QUEUE: "2h",
      FERRY_TIMEOUT: "",
    },
  });
  assertEquals(got["keepMessages"], true);
  assertEquals(got["to"], ["a", "b"]);
  assertEquals(got["queue"], 7_200_000);
  assertEquals([globals["quiet"], globals["timeout"]], [false, undefined]);
});

Deno.test("settings: the config file holds switches, numbers and lists", async () => {
  const config =
    '{"keep-messages": true, "count": 3, "to": ["a", "b"], "queue": true, "quiet": false}';
  const { got } = await sendWith([], { config });
  assertEquals(
    [got["keepMessages"], got["count"], got["to"], got["queue"]],
    [true, 3, ["a", "b"], true],
  );
});

const BAD: [
  string,
  string[],
  Parameters<typeof sendWith>[1],
  number,
  string,
][] = [
  [
    "a bad flag value",
    ["--wait", "soon"],
    {},
    2,
    'Cannot use --wait: "soon" is not a duration',
  ],
  [
    "a choice that is none",
    ["--on-conflict=eat"],
    {},
    2,
    'Cannot use --on-conflict: "eat" is not one of rename, skip',
  ],
  [
    "a count out of bounds",
    ["-n", "10"],
    {},
    2,
    'Cannot use --count: "10" is not a whole number from 1 to 9',
  ],
  [
    "an empty list entry",
    ["--to", "a,,b"],
    {},
    2,
    'Cannot use --to: "a,,b" has an empty entry',
  ],
  [
    "a bad variable",
    [],
    { env: { FERRY_WAIT: "soon" } },
    2,
    'Cannot use FERRY_WAIT: "soon" is not a duration',
  ],
  [
    "a bad switch in a variable",
    [],
    { env: { FERRY_QUIET: "maybe" } },
    2,
    'Cannot use FERRY_QUIET: "maybe" is not 1, true, 0 or false',
  ],
  [
    "a bad value in the file",
    [],
    { config: '{"wait": 5}' },
    2,
    'Cannot use "wait" in CONFIG: "5" has no unit',
  ],
  [
    "a bad value in a section",
    [],
    { config: '{"send": {"wait": "x"}}' },
    2,
    'Cannot use "send.wait" in CONFIG: "x" is not a duration',
  ],
  [
    "a list for a single value",
    [],
    { config: '{"wait": ["1s", "2s"]}' },
    2,
    'Cannot use "wait" in CONFIG: it is a list',
  ],
  [
    "an object for a value",
    [],
    { config: '{"to": [{}]}' },
    2,
    'Cannot use "to" in CONFIG',
  ],
  [
    "an unknown key",
    [],
    { config: '{"idel-timeout": "1s"}' },
    2,
    'unknown key "idel-timeout"\nhint: did you mean idle-timeout?',
  ],
  [
    "an unknown key in a section",
    [],
    { config: '{"send": {"wiat": "1s"}}' },
    2,
    'unknown key "send.wiat"\nhint: did you mean wait?',
  ],
  [
    "__proto__ as a key",
    [],
    { config: '{"__proto__": {"wait": "1s"}}' },
    2,
    'unknown key "__proto__"',
  ],
  [
    "a command line option in the file",
    [],
    { config: '{"help": true}' },
    2,
    'unknown key "help"',
  ],
  ["bad JSON", [], { config: "{" }, 2, "Cannot read config file CONFIG: "],
  [
    "JSON that is no object",
    [],
    { config: "[1]" },
    2,
    "it does not hold a JSON object",
  ],
  [
    "a named file that is missing",
    [],
    { named: true },
    3,
    "Cannot read config file CONFIG: the file does not exist",
  ],
];

for (const [name, args, world, status, message] of BAD) {
  Deno.test(`settings: ${name} is refused and named`, async () => {
    const result = await sendWith(args, world);
    assertStringIncludes(result.stderr, message);
    assertEquals(result.status, status);
    assertEquals(result.got, {}, "the command ran");
  });
}

Deno.test("settings: --help does not need a sound config file", async () => {
  const { status, stderr } = await sendWith(["--help"], { config: "{" });
  assertEquals([status, stderr], [0, ""]);
});

Deno.test("settings: a key of another command is known", async () => {
  const { status } = await sendWith([], { config: '{"good": {}, "count": 2}' });
  assert(status === 0);
});
