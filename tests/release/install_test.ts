/** The install script for Linux and macOS, against a server of this test. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { digestOf, TempDir } from "../support/files.ts";

const SCRIPT = fromFileUrl(
  new URL("../../release/install.sh", import.meta.url),
);
const ARCH = Deno.build.arch === "aarch64" ? "arm64" : "x64";
const NAME = `ferry-${Deno.build.os === "darwin" ? "macos" : "linux"}-${ARCH}`;
const FERRY = "#!/bin/sh\necho ferry 1.2.3\n";

interface Installed {
  code: number;
  stdout: string;
  stderr: string;
  /** What is in the folder it installs into. */
  files: string[];
}

/** Runs the script against a server that has these files. */
async function install(
  files: Record<string, string>,
  dir: TempDir,
  env: Record<string, string> = {},
): Promise<Installed> {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      const text = files[new URL(request.url).pathname.slice("/dl/".length)];
      return new Response(text ?? null, {
        status: text === undefined ? 404 : 200,
      });
    },
  );
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: [SCRIPT],
    clearEnv: true,
    env: {
      PATH: Deno.env.get("PATH") ?? "",
      HOME: dir.path,
      TMPDIR: dir.path,
      FERRY_BASE_URL: `http://127.0.0.1:${server.addr.port}/dl`,
      ...env,
    },
  }).output();
  const text = new TextDecoder();
  return {
    code,
    stdout: text.decode(stdout),
    stderr: text.decode(stderr),
    files: dir.list(".local", "bin"),
  };
}

function sums(name: string, content: string): string {
  const { sha256 } = digestOf(new TextEncoder().encode(content));
  return `${"0".repeat(64)}  ferry-other\n${sha256}  ${name}\n`;
}

function test(name: string, body: (dir: TempDir) => Promise<void>): void {
  Deno.test({
    name: `install.sh: ${name}`,
    ignore: Deno.build.os === "windows",
    fn: async () => {
      using dir = new TempDir();
      await body(dir);
      assertEquals(dir.list().filter((name) => name !== ".local"), []);
    },
  });
}

test("installs the executable for this machine and says where", async (dir) => {
  const files = { [NAME]: FERRY, SHA256SUMS: sums(NAME, FERRY) };
  for (let times = 0; times < 2; times++) {
    const done = await install(files, dir);
    assertEquals([done.code, done.stderr, done.files], [0, "", ["ferry"]]);
    assertStringIncludes(
      done.stdout,
      `Installed ferry 1.2.3 as ${
        dir.at(".local", "bin", "ferry")
      }, its SHA-256 checked\n`,
    );
    assertStringIncludes(done.stdout, "is not in your PATH");
  }
  const { mode } = Deno.statSync(dir.at(".local", "bin", "ferry"));
  assertEquals((mode ?? 0) & 0o777, 0o755);
});

test("installs where it is told to", async (dir) => {
  const files = { [NAME]: FERRY, SHA256SUMS: sums(NAME, FERRY) };
  const place = dir.at(".local", "other place");
  const done = await install(files, dir, { FERRY_INSTALL_DIR: place });
  assertEquals([done.code, dir.list(".local", "other place")], [0, ["ferry"]]);
});

test("refuses what does not have the right hash, and leaves nothing", async (dir) => {
  const files = { [NAME]: `${FERRY}#`, SHA256SUMS: sums(NAME, FERRY) };
  const { code, stderr, files: left } = await install(files, dir);
  assertEquals([code, left], [1, []]);
  assertStringIncludes(
    stderr,
    "error: Cannot install ferry: the download is not what SHA256SUMS says",
  );
});

test("keeps what was installed before when the download is wrong", async (dir) => {
  await install({ [NAME]: FERRY, SHA256SUMS: sums(NAME, FERRY) }, dir);
  await install({ [NAME]: "wrong", SHA256SUMS: sums(NAME, FERRY) }, dir);
  assertEquals(Deno.readTextFileSync(dir.at(".local", "bin", "ferry")), FERRY);
});

test("says what is missing", async (dir) => {
  const cases: [Record<string, string>, string][] = [
    [{}, "SHA256SUMS cannot be downloaded"],
    [{ SHA256SUMS: sums("ferry-else", FERRY) }, "there is no executable for"],
    [{ SHA256SUMS: sums(NAME, FERRY) }, `${NAME} cannot be downloaded`],
  ];
  for (const [files, words] of cases) {
    const { code, stderr, files: left } = await install(files, dir);
    assertEquals([code, left], [1, []]);
    assertStringIncludes(stderr, words);
  }
});

test("a copy that knows no address says what to set", async (dir) => {
  const { code, stderr } = await install({}, dir, { FERRY_BASE_URL: "" });
  assertEquals(code, 1);
  assertStringIncludes(stderr, "set FERRY_BASE_URL");
});
