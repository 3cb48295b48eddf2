/** What has gone wrong in programs like this one: each has its tests, named after it. */
import { assert } from "@std/assert";
import { fromFileUrl } from "@std/path";

const TESTS = fromFileUrl(new URL("..", import.meta.url));

/** The rows; what stands first in the names of their tests, behind `safety: `. */
const ROWS = [
  "names from a peer left the inbox",
  "symlinks swapped under the writer",
  "a receiver took what it had not agreed to",
  "escape sequences",
  "image parsers fed bombs",
  "lengths trusted before they were checked",
  "half-open greetings and silent connections",
  "drip-fed bytes and greedy senders",
  "secrets in argv or in clear text",
  "an alias taken for an identity",
  "a receiver that fell out of step wrote the wrong stream",
  "exit 0 after a failure or a refusal",
  "the disk filled up",
  "a stale partial replaced a newer file",
];

function* sources(dir: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(dir)) {
    if (isDirectory) yield* sources(`${dir}/${name}`);
    else if (name.endsWith("_test.ts")) yield `${dir}/${name}`;
  }
}

Deno.test("everything that went wrong elsewhere has tests named after it", () => {
  const texts = [...sources(TESTS)].filter((path) =>
    !path.endsWith("rows_test.ts")
  ).map((path) => Deno.readTextFileSync(path));
  for (const row of ROWS) {
    // Named in full, or by a constant that the names of a file begin with.
    const named = texts.filter((text) =>
      /Deno\.test\(\s*[`"]/.test(text) || text.includes("Deno.test({")
    ).some((text) => text.includes(`safety: ${row}`));
    assert(named, `no test is named "safety: ${row}: …"`);
  }
});
