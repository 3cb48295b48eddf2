/** What a release is made of: targets, versions, and what the program opens at run time. */
import { assert, assertEquals } from "@std/assert";
import { referencesIn } from "../../release/assets.ts";
import { tarOf } from "../../release/tar.ts";
import { fileName, findTarget, TARGETS } from "../../release/target.ts";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));

Deno.test("release: the workflow builds every target, and the install scripts find them by name", () => {
  const workflow = read(".github/workflows/release.yml");
  for (const { name } of TARGETS) {
    assert(workflow.includes(name), `release.yml does not build ${name}`);
  }
  assert(read("release/install.ps1").includes("'ferry-windows-x64.exe'"));
});

Deno.test("release: one version of Deno everywhere", () => {
  const versions = [
    ".ci/run",
    ".github/workflows/ci.yml",
    ".github/workflows/release.yml",
    "README.md",
    "CONTRIBUTING.md",
  ].flatMap((path) => read(path).match(/deno@[\d.]*\d/g) ?? []);
  assertEquals([...new Set(versions)].length, 1, String(versions));
});

Deno.test("release: a target is known by its name and by Deno's", () => {
  assertEquals(findTarget("linux-x64"), findTarget("x86_64-unknown-linux-gnu"));
  assertEquals(findTarget("plan9"), undefined);
  const windows = findTarget("windows-x64");
  assert(windows !== undefined);
  assertEquals(fileName("dist/ferry", windows), "dist/ferry.exe");
  assertEquals(fileName("dist/ferry.exe", windows), "dist/ferry.exe");
});

Deno.test("release: what the program opens at run time is found in its sources", () => {
  const found = referencesIn(read("lib/view/image/decode_worker.ts"));
  assertEquals(found.map(({ kind }) => kind), Array(3).fill("package"));
  assertEquals(
    referencesIn(`
      new Worker(new URL("./a.ts", import.meta.url), {});
      new URL(
        "../b.txt",
        import.meta.url,
      );
      import.meta.resolve("c/d.wasm")`)
      .map(({ specifier, kind }) => `${kind} ${specifier}`),
    ["worker ./a.ts", "file ../b.txt", "package c/d.wasm"],
  );
});

Deno.test({
  name: "release: tar unpacks what was packed",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const dir = Deno.makeTempDirSync();
    try {
      const files = ["", "x".repeat(512), "y".repeat(1000)];
      const entries = files.map((text, n) => ({
        name: `file${n}`,
        bytes: new TextEncoder().encode(text),
        executable: n === 1,
      }));
      const child = new Deno.Command("tar", {
        args: ["-xf", "-"],
        cwd: dir,
        stdin: "piped",
      }).spawn();
      const archive = await new Response(ReadableStream.from(tarOf(entries)))
        .bytes();
      const writer = child.stdin.getWriter();
      await writer.write(archive);
      await writer.close();
      assertEquals((await child.status).code, 0);
      for (const [n, text] of files.entries()) {
        assertEquals(Deno.readTextFileSync(`${dir}/file${n}`), text);
        const { mode } = Deno.statSync(`${dir}/file${n}`);
        assertEquals((mode ?? 0) & 0o100, n === 1 ? 0o100 : 0);
      }
    } finally {
      Deno.removeSync(dir, { recursive: true });
    }
  },
});
