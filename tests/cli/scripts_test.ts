/** Plays every script of testdata/cli inside this process. */
import { assert } from "@std/assert";
import { play } from "./play.ts";
import { readScripts } from "./scripts.ts";
import { inProcess } from "./world.ts";

const SCRIPTS = readScripts();

Deno.test("cli: there are scripts", () => assert(SCRIPTS.length > 1));

for (const { name, source } of SCRIPTS) {
  Deno.test(`cli: ${name}`, () => play(source, inProcess));
}
