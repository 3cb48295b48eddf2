/** The portable executable's own part, its script, around a stand-in for runtime and program. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { bundle, writePortable } from "../../release/portable.ts";
import { filesIn, Stage } from "../../release/stage.ts";
import { TempDir } from "../support/files.ts";

/** Says where it was unpacked and how it was called; ends or waits as it is told. */
const RUNTIME = `#!/bin/sh
echo "$0"
for arg; do echo "$arg"; done
echo "pid $$"
case $ACT in
  exit) exit 7 ;;
  cat) cat ;;
  wait) trap 'echo stopped; exit 5' TERM; while :; do sleep 0.05; done ;;
esac
`;

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** A portable executable and an empty home. */
class Portable implements Disposable {
  readonly dir = new TempDir();
  readonly home = this.dir.at("home");
  readonly file = this.dir.at("ferry");

  static async make(): Promise<Portable> {
    const made = new Portable();
    Deno.mkdirSync(made.home);
    const bytes = (text: string) => new TextEncoder().encode(text);
    await writePortable([
      { name: "ferry", bytes: bytes(RUNTIME), executable: true },
      { name: "main.js", bytes: bytes("// program"), executable: false },
    ], made.file);
    return made;
  }

  command(env: Record<string, string>, ...args: string[]): Deno.Command {
    return new Deno.Command(this.file, {
      args,
      clearEnv: true,
      env: {
        PATH: "/usr/local/bin:/usr/bin:/bin",
        HOME: this.home,
        TMPDIR: this.dir.path,
        ...env,
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    });
  }

  async run(env: Record<string, string>, ...args: string[]): Promise<Ran> {
    const child = this.command(env, ...args).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode("from stdin\n")).catch(
      () => {},
    );
    await writer.close().catch(() => {});
    const { code, stdout, stderr } = await child.output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout), stderr: text(stderr) };
  }

  /** The folder it unpacked itself into. */
  place(base = `${this.home}/${CACHE}/ferry`): string {
    const [entry, ...more] = [...Deno.readDirSync(base)].map((e) => e.name);
    assertEquals(more, [], "one folder, and nothing left of the unpacking");
    return `${base}/${entry}`;
  }

  [Symbol.dispose](): void {
    this.dir[Symbol.dispose]();
  }
}

const CACHE = Deno.build.os === "darwin" ? "Library/Caches" : ".cache";

function test(name: string, body: (made: Portable) => Promise<void>): void {
  Deno.test({
    name: `portable executable: ${name}`,
    ignore: Deno.build.os === "windows",
    fn: async () => {
      using made = await Portable.make();
      await body(made);
    },
  });
}

test("passes arguments, stdin and the exit status through, and is the process the caller started", async (made) => {
  const child = made.command({}, "send", "two words", "", "*").spawn();
  await child.stdin.close();
  const { stdout } = await child.output();
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  assertEquals(lines[0], `${made.place()}/ferry`);
  assertEquals(lines.slice(-6), [
    `${made.place()}/main.js`,
    "send",
    "two words",
    "",
    "*",
    `pid ${child.pid}`,
  ]);
  assertEquals((await made.run({ ACT: "exit" })).code, 7);
  const cat = await made.run({ ACT: "cat" });
  assert(cat.stdout.endsWith("from stdin\n"));
  assertEquals(cat.stderr, "");
});

test("hands signals to the program", async (made) => {
  const child = made.command({ ACT: "wait" }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let printed = "";
  const until = async (word: string) => {
    while (!printed.includes(word)) {
      const { value, done } = await reader.read();
      assert(!done, printed);
      printed += value;
    }
  };
  await until("pid");
  // The stand-in sets its trap right behind that line; a signal before it ends the process as well.
  child.kill("SIGTERM");
  const { code, signal } = await child.status;
  assert(code === 5 || signal === "SIGTERM");
  await reader.cancel();
  await child.stdin.close();
  await child.stderr.cancel();
});

test("keeps what it unpacks to the user", async (made) => {
  await made.run({});
  const mode = (path: string) => (Deno.statSync(path).mode ?? 0) & 0o777;
  assertEquals(mode(made.place()), 0o700);
  assertEquals(mode(`${made.place()}/ferry`), 0o700);
  assertEquals(mode(`${made.place()}/main.js`), 0o600);
});

test("first starts at one moment unpack it once, whole", async (made) => {
  const starts = Array.from({ length: 6 }, () => made.run({}, "x"));
  for (const { code, stdout, stderr } of await Promise.all(starts)) {
    assertEquals(stderr, "");
    assertEquals(code, 0);
    assertStringIncludes(stdout, `${made.place()}/main.js\nx\n`);
  }
  const left = [...Deno.readDirSync(made.place())].map(({ name }) => name);
  assertEquals(left.sort(), ["cache", "ferry", "main.js"]);
});

test("goes elsewhere when others may write to its folder", async (made) => {
  await made.run({});
  const base = `${made.home}/${CACHE}/ferry`;
  for (const [path, mode] of [[made.place(), 0o770], [base, 0o702]] as const) {
    Deno.chmodSync(path, mode);
    const { code, stdout } = await made.run({});
    assertEquals(code, 0);
    assertEquals(stdout.includes(base), false, stdout);
    Deno.chmodSync(path, 0o700);
  }
});

test("does not run where it cannot find out who may write", async (made) => {
  await made.run({});
  const bin = made.dir.at("bin");
  Deno.mkdirSync(bin);
  Deno.writeTextFileSync(`${bin}/ls`, "#!/bin/sh\nexit 2\n", { mode: 0o755 });
  const { code, stdout } = await made.run({ PATH: `${bin}:/usr/bin:/bin` });
  assertEquals({ code, stdout }, { code: 10, stdout: "" });
});

test("does not follow a link in place of its folder", async (made) => {
  Deno.mkdirSync(`${made.home}/${CACHE}`, { recursive: true });
  Deno.mkdirSync(made.dir.at("elsewhere"), { mode: 0o700 });
  Deno.symlinkSync(made.dir.at("elsewhere"), `${made.home}/${CACHE}/ferry`);
  const { code } = await made.run({});
  assertEquals(code, 0);
  assertEquals([...Deno.readDirSync(made.dir.at("elsewhere"))], []);
});

test("starts without a home it can write to", async (made) => {
  Deno.writeTextFileSync(made.dir.at("file"), "");
  for (const HOME of ["", made.dir.at("file")]) {
    const { code, stdout, stderr } = await made.run({ HOME });
    assertEquals(code, 0, stderr);
    assertStringIncludes(stdout, made.dir.at(`ferry-${Deno.uid()}`));
  }
});

test("says so when there is nowhere to unpack", async (made) => {
  Deno.writeTextFileSync(made.dir.at("file"), "");
  const nowhere = { HOME: made.dir.at("file"), TMPDIR: made.dir.at("file") };
  const { code, stderr } = await made.run(nowhere);
  assertEquals(code, 10);
  assertStringIncludes(
    stderr,
    "error: Cannot start ferry: there is no place to unpack it\nhint: ",
  );
});

test("does not run when its file is damaged", async (made) => {
  const bytes = Deno.readFileSync(made.file);
  bytes[bytes.length - 20] = (bytes.at(-20) ?? 0) ^ 1;
  for (const damaged of [bytes, bytes.subarray(0, -40)]) {
    Deno.writeFileSync(made.file, damaged);
    const { code, stdout, stderr } = await made.run({});
    assertEquals({ code, stdout }, { code: 8, stdout: "" });
    assertEquals(
      stderr,
      "error: Cannot start ferry: its own file is damaged\nhint: download it again\n",
    );
  }
});

test("unpacks again what was thinned out", async (made) => {
  await made.run({});
  Deno.removeSync(`${made.place()}/main.js`);
  assertEquals((await made.run({})).code, 0);
  Deno.statSync(`${made.place()}/main.js`);
});

test("the same files make the same executable", async (made) => {
  using other = await Portable.make();
  assertEquals(Deno.readFileSync(made.file), Deno.readFileSync(other.file));
});

Deno.test({
  name:
    "portable executable: what a start reads is a small part of the program",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    using stage = Stage.open("portable");
    await bundle(stage);
    const { modules }: { modules: { size?: number }[] } = JSON.parse(
      await stage.deno("info", "--no-config", "--json", "program/main.js"),
    );
    const read = modules.reduce((sum, { size = 0 }) => sum + size, 0);
    const whole = filesIn(stage.at("program"), ".")
      .filter((name) => name.endsWith(".js"))
      .reduce(
        (sum, at) => sum + Deno.statSync(stage.at(`program/${at}`)).size,
        0,
      );
    assert(read < whole / 10, `${read} of ${whole} bytes`);
  },
});
