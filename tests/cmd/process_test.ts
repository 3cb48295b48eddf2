/** What only a real process shows: closed pipes, signals, the full device. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";

const PROGRAM = fromFileUrl(new URL("./process_program.ts", import.meta.url));
const MAIN = fromFileUrl(new URL("../../main.ts", import.meta.url));

function start(...args: string[]) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", PROGRAM, ...args],
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  return {
    child,
    stdout: child.stdout.getReader(),
    stderr: child.stderr.getReader(),
  };
}

async function rest(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    text += decoder.decode(next.value, { stream: true });
  }
  return text;
}

for (const [command, status] of [["flood", 0], ["flood-partly", 10]] as const) {
  Deno.test(`process: ${command} ends quietly when its stdout is closed, with ${status}`, async () => {
    const { child, stdout, stderr } = start(command);
    await stdout.read();
    await stdout.cancel();
    assertEquals([await rest(stderr), (await child.status).code], ["", status]);
  });
}

const POSIX = Deno.build.os !== "windows";

for (const [signal, status] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test({
    name: `process: ${signal} cancels with a word and status ${status}`,
    ignore: !POSIX,
    fn: async () => {
      const { child, stdout, stderr } = start("obeys");
      await stdout.read();
      child.kill(signal);
      const { code } = await child.status;
      assertEquals([await rest(stderr), code], [
        "Cancelling… press Ctrl-C again to force\n",
        status,
      ]);
      await stdout.cancel();
    },
  });
}

Deno.test({
  name: "process: a second Ctrl-C ends at once",
  ignore: !POSIX,
  fn: async () => {
    const { child, stdout, stderr } = start("hangs");
    await stdout.read();
    child.kill("SIGINT");
    await stderr.read();
    const since = performance.now();
    child.kill("SIGINT");
    assertEquals((await child.status).code, 130);
    assertEquals(
      performance.now() - since < 1_000,
      true,
      "it waited for the grace time",
    );
    await Promise.all([stdout.cancel(), rest(stderr)]);
  },
});

Deno.test({
  name: "process: SIGTERM ends a command whose output nobody reads",
  ignore: !POSIX,
  fn: async () => {
    const { child, stdout, stderr } = start("stalls");
    await stderr.read();
    const since = performance.now();
    child.kill("SIGTERM");
    assertEquals((await child.status).code, 143);
    assertEquals(performance.now() - since < 3_000, true, "it hung");
    await Promise.all([stdout.cancel(), rest(stderr)]);
  },
});

Deno.test({
  name: "process: a full device under stdout is exit 10 and said",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const { code, stderr } = await new Deno.Command("sh", {
      args: [
        "-c",
        '"$0" run -A --quiet "$1" --version > /dev/full',
        Deno.execPath(),
        MAIN,
      ],
      env: { NO_COLOR: "1" },
    }).output();
    assertStringIncludes(
      new TextDecoder().decode(stderr),
      "error: Cannot write output: ",
    );
    assertEquals(code, 10);
  },
});

Deno.test("process: --help and --version load nothing heavy", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", MAIN],
  }).output();
  const { modules, roots } = JSON.parse(new TextDecoder().decode(stdout)) as {
    roots: string[];
    modules: {
      specifier: string;
      dependencies?: {
        specifier: string;
        code?: { specifier: string };
        isDynamic?: boolean;
      }[];
    }[];
  };
  const loaded = new Set<string>();
  const queue = [...roots];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    if (loaded.has(at)) continue;
    loaded.add(at);
    const module = modules.find(({ specifier }) => specifier === at);
    for (const { specifier, code, isDynamic } of module?.dependencies ?? []) {
      if (isDynamic) continue;
      for (const heavy of ["@std/path", "node:", "valibot", "string-width"]) {
        assertEquals(
          specifier.startsWith(heavy),
          false,
          `${at} loads ${specifier}`,
        );
      }
      if (code !== undefined) queue.push(code.specifier);
    }
  }
  assertEquals(loaded.size > 10, true, "the module graph was not read");
});
