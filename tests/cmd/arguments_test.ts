import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { findCommand, parseArguments } from "../../cmd/arguments.ts";
import { GLOBALS } from "../../cmd/globals.ts";
import { Failure } from "../../lib/failure.ts";
import { SEND_OPTIONS } from "./fake_commands.ts";

const OPTIONS = { ...GLOBALS, ...SEND_OPTIONS };

function parse(...args: string[]) {
  const { texts, positionals } = parseArguments(args, OPTIONS);
  return { ...Object.fromEntries(texts), positionals };
}

function failure(...args: string[]): Failure {
  return assertThrows(() => parseArguments(args, OPTIONS), Failure);
}

const ACCEPTED: [string, string[], Record<string, unknown>][] = [
  ["a value behind its flag", ["--to", "bob"], {
    to: ["bob"],
    positionals: [],
  }],
  ["a value written to its flag", ["--to=bob"], {
    to: ["bob"],
    positionals: [],
  }],
  ["a value with = in it", ["--text=a=b"], { text: ["a=b"], positionals: [] }],
  ["a value with line breaks", ["--text", "a\nb"], {
    text: ["a\nb"],
    positionals: [],
  }],
  ["an empty value", ["--text="], { text: [""], positionals: [] }],
  ["a value that begins with a dash", ["--text", "-5 degrees"], {
    text: ["-5 degrees"],
    positionals: [],
  }],
  ["a lone dash as a value", ["--text", "-"], { text: ["-"], positionals: [] }],
  ["a repeated list", ["--to", "a,b", "--to", "c"], {
    to: ["a,b", "c"],
    positionals: [],
  }],
  ["a lone dash as a positional", ["-"], { positionals: ["-"] }],
  ["numbers as they are typed", ["007", "1e3", "0x10"], {
    positionals: ["007", "1e3", "0x10"],
  }],
  ["true after a switch as a positional", ["--json", "true"], {
    json: ["true"],
    positionals: ["true"],
  }],
  ["a switch that begins with no-", ["--no-input", "a"], {
    noInput: ["true"],
    positionals: ["a"],
  }],
  ["short switches together", ["-qvk"], {
    quiet: ["true"],
    verbose: ["true"],
    keepMessages: ["true"],
    positionals: [],
  }],
  ["a short flag with its value", ["-n5", "a"], {
    count: ["5"],
    positionals: ["a"],
  }],
  ["a short flag with = and its value", ["-n=5"], {
    count: ["5"],
    positionals: [],
  }],
  ["a short flag with its value behind", ["-qn", "5"], {
    quiet: ["true"],
    count: ["5"],
    positionals: [],
  }],
  ["the end of flags", ["a", "--", "--to", "--"], {
    positionals: ["a", "--to", "--"],
  }],
  ["a bare --queue before a path", ["--queue", "7days.csv"], {
    queue: [""],
    positionals: ["7days.csv"],
  }],
  ["a --queue with its time", ["--queue", "7d", "a"], {
    queue: ["7d"],
    positionals: ["a"],
  }],
  ["a repeated switch", ["--json", "--json"], {
    json: ["true"],
    positionals: [],
  }],
];

for (const [name, args, expected] of ACCEPTED) {
  Deno.test(`parseArguments() takes ${name}`, () =>
    assertEquals(parse(...args), expected));
}

const REFUSED: [string, string[], string][] = [
  ["an unknown flag", ["--tmieout", "5s"], "Unknown flag --tmieout"],
  ["an unknown flag with a value", ["--tmieout=5s"], "Unknown flag --tmieout"],
  ["an unknown short flag", ["-qz"], "Unknown flag -z"],
  ["a dash inside short flags", ["-q-"], "Unknown flag --"],
  ["dotted keys", ["--a.b=1"], "Unknown flag --a.b"],
  ["__proto__", ["--__proto__=1"], "Unknown flag --__proto__"],
  ["constructor", ["--constructor", "x"], "Unknown flag --constructor"],
  ["a missing value", ["--to"], "Cannot use --to: the value is missing"],
  [
    "a flag where a value should be",
    ["--to", "--json"],
    "Cannot use --to: the value is missing",
  ],
  [
    "the end of flags where a value should be",
    ["--to", "--", "x"],
    "Cannot use --to: the value is missing",
  ],
  [
    "a single flag given twice",
    ["--wait", "1s", "--wait=2s"],
    "Cannot use --wait: it is given twice",
  ],
  [
    "a value on a switch",
    ["--json=maybe"],
    "Cannot use --json: it takes no value",
  ],
  ["a value on a short switch", ["-q=1"], "Cannot use -q: it takes no value"],
];

for (const [name, args, message] of REFUSED) {
  Deno.test(`parseArguments() refuses ${name}`, () => {
    const { code, message: found } = failure(...args);
    assertEquals([code, found], ["usage", message]);
  });
}

Deno.test("parseArguments() suggests a near flag and nothing far off", () => {
  assertEquals(failure("--tmieout").hint, "did you mean --timeout?");
  assertEquals(failure("--keepmessages").hint, "did you mean --keep-messages?");
  assertEquals(failure("--xyzzy").hint, undefined);
});

Deno.test("findCommand() looks past flags on either side", () => {
  const cases: [string[], string | undefined, string[]][] = [
    [["send", "a"], "send", ["a"]],
    [["--json", "send", "a"], "send", ["--json", "a"]],
    [["--timeout", "5s", "send"], "send", ["--timeout", "5s"]],
    [["--timeout=5s", "-qv", "send"], "send", ["--timeout=5s", "-qv"]],
    [["--to", "alice", "send", "a"], "send", ["--to", "alice", "a"]],
    [["--to", "send", "send", "a"], "send", ["--to", "send", "a"]],
    [["--color", "send", "send"], "send", ["--color", "send"]],
    [["--", "send", "--x"], "send", ["--", "--x"]],
    [["--json"], undefined, ["--json"]],
    [[], undefined, []],
  ];
  for (const [args, name, rest] of cases) {
    const found = findCommand(args, GLOBALS, ["send", "peers"]);
    // A flag's value that is itself a command's name leaves the same line behind, whichever was taken.
    assertEquals(found, { name, rest }, args.join(" "));
  }
});

Deno.test("findCommand() suggests the closest command", () => {
  for (const args of [["sned", "a"], ["--to", "bob", "sned"], ["-q", "sned"]]) {
    const failure = assertThrows(
      () => findCommand(args, GLOBALS, ["send", "peers"]),
      Failure,
    );
    assertEquals(failure.message, 'Unknown command "sned"');
    assertEquals(failure.hint, "did you mean send?");
  }
});

Deno.test("arbitrary arguments throw nothing but usage failures", () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom("--", "-", "--to", "--json", "-n", "-q", "--queue", "7d"),
    fc.string().map((text) => `--${text}`),
    fc.string().map((text) => `-${text}`),
    fc.constantFrom(...Object.keys(Object.prototype), "__proto__").map((key) =>
      `--${key}`
    ),
  );
  fc.assert(
    fc.property(fc.array(word), (args) => {
      for (
        const read of [
          () => parseArguments(args, OPTIONS),
          () => findCommand(args, GLOBALS, ["send"]),
        ]
      ) {
        try {
          read();
        } catch (error) {
          assert(error instanceof Failure, String(error));
          assertEquals(error.code, "usage");
        }
      }
    }),
  );
});

Deno.test("behind -- every argument is a positional as it stands", () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (args) => {
      assertEquals(parse("--json", "--", ...args).positionals, args);
    }),
  );
});
