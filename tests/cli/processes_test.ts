/** Plays a few scripts with real processes: signals, exit statuses and pipes as the system has them. */
import { assert } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { play } from "./play.ts";
import { readScripts } from "./scripts.ts";
import { asProcesses } from "./world.ts";

const MAIN = fromFileUrl(new URL("../../main.ts", import.meta.url));
const world = asProcesses([Deno.execPath(), "run", "-A", "--quiet", MAIN]);

for (const name of ["interrupt_send", "closed_pipe", "once_and_count"]) {
  Deno.test({
    name: `cli as processes: ${name}`,
    ignore: Deno.build.os === "windows",
    fn: async () => {
      const script = readScripts().find((script) => script.name === name);
      assert(script !== undefined, "there is no such script");
      await play(script.source, world);
    },
  });
}
