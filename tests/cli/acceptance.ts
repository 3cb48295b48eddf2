/**
 * Plays the scripts of testdata/cli against an executable, each command a process of its own, as many
 * scripts at once as there are processors:
 * `deno task acceptance [--only TEXT] COMMAND…`. Exit 1 when one fails.
 */
import { resolve } from "@std/path";
import { play } from "./play.ts";
import { readScripts, type Script } from "./scripts.ts";
import { asProcesses } from "./world.ts";

const args = Deno.args[0] === "--" ? Deno.args.slice(1) : [...Deno.args];
const only = args[0] === "--only" ? args.splice(0, 2)[1] : undefined;
if (args.length === 0) {
  say("usage: deno task acceptance [--only TEXT] COMMAND…");
  Deno.exit(2);
}

// A portable executable unpacks itself at its first start: once here, not once in each script.
const cache = Deno.makeTempDirSync({ prefix: "ferry-cache-" });
const world = asProcesses(args.map(absolute), { XDG_CACHE_HOME: cache });
let failed = 0;
let passed = 0;
const waiting = readScripts().filter(({ name }) =>
  only === undefined || name.includes(only)
);
await Promise.all(
  Array.from({ length: navigator.hardwareConcurrency }, async () => {
    for (let one = waiting.shift(); one; one = waiting.shift()) {
      await perform(one);
    }
  }),
);
Deno.removeSync(cache, { recursive: true });
say(`${passed} passed, ${failed} failed`);
Deno.exit(failed > 0 || passed === 0 ? 1 : 0);

async function perform({ name, source, lacks }: Script): Promise<void> {
  if (lacks !== undefined) return say(`skipped ${name}: ${lacks}`);
  try {
    await play(source, world);
    passed++;
    say(`ok      ${name}`);
  } catch (error) {
    failed++;
    const message = error instanceof Error ? error.message : String(error);
    say(`FAILED  ${name}.txt ${message.replaceAll("\n", "\n        ")}`);
  }
}

/** Scripts run elsewhere: what names a file here must go on naming it. */
function absolute(word: string): string {
  try {
    return Deno.statSync(word).isFile ? resolve(word) : word;
  } catch {
    return word;
  }
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
