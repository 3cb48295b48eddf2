/** `ferry bench` as a process: stopped in the middle, it leaves nothing in the directory for such things. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { listOf, TempDir } from "../support/files.ts";

const MAIN = fromFileUrl(new URL("../../main.ts", import.meta.url));

Deno.test({
  name: "bench: stopped while it measures, it leaves no file behind",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    using dir = new TempDir();
    const tmp = dir.at("tmp");
    Deno.mkdirSync(tmp);
    const args = ["bench", "file/peer", "--size", "8MiB", "--repeat", "100000"];
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", MAIN, ...args],
      env: { TMPDIR: tmp, FERRY_CONFIG: "" },
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = child.stdout.getReader();
    // Its first words: the stage is set.
    await reader.read();
    assert(listOf(tmp).length > 0, "it works elsewhere");
    child.kill("SIGINT");
    assertEquals((await child.status).code, 130);
    while (!(await reader.read()).done);
    assertEquals(listOf(tmp), []);
  },
});
