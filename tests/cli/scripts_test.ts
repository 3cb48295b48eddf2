/** Plays every script of testdata/cli inside this process. */
import { assert } from "@std/assert";
import { play } from "./play.ts";
import { readScripts } from "./scripts.ts";
import { inProcess } from "./world.ts";

const SCRIPTS = readScripts();

Deno.test("cli: there are scripts", () => assert(SCRIPTS.length > 1));

for (const { name, source, lacks } of SCRIPTS) {
  if (lacks !== undefined) {
    const line = `testdata/cli/${name}.txt is skipped: ${lacks}\n`;
    Deno.stderr.writeSync(new TextEncoder().encode(line));
  }
  Deno.test({
    name: `cli: ${name}`,
    ignore: lacks !== undefined,
    fn: () => play(source, inProcess),
  });
}
