/** What a hub shares: nothing outside of it can be reached, and nothing hidden, whatever is asked for. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { Share } from "../../lib/hub/sharing/share.ts";
import { TempDir } from "../support/files.ts";

/** A shared directory beside a secret. */
class Shared implements Disposable {
  readonly dir = new TempDir();
  readonly share: Share;

  constructor() {
    const at = (...names: string[]) => this.dir.at("share", ...names);
    for (const dir of [[], ["docs"], ["docs", "deep"], [".git"], ["empty"]]) {
      Deno.mkdirSync(at(...dir), { recursive: true });
    }
    Deno.mkdirSync(this.dir.at("share-2"));
    Deno.writeTextFileSync(this.dir.at("secret"), "secret");
    Deno.writeTextFileSync(this.dir.at("share-2", "secret"), "secret");
    Deno.writeTextFileSync(at("a.txt"), "hello");
    Deno.writeTextFileSync(at("docs", "b.txt"), "b");
    Deno.writeTextFileSync(at("docs", "deep", "c.txt"), "cc");
    Deno.writeTextFileSync(at(".env"), "secret");
    Deno.writeTextFileSync(at(".git", "config"), "secret");
    this.share = Share.open(at(), "share");
  }

  at(...names: string[]): string {
    return this.dir.at("share", ...names);
  }

  link(target: string, ...names: string[]): void {
    Deno.symlinkSync(target, this.at(...names));
  }

  async list(path?: string, recursive = false): Promise<string[]> {
    const found: string[] = [];
    for await (const one of this.share.list(path, recursive)) {
      found.push(one.path + (one.kind === "directory" ? "/" : ""));
    }
    return found;
  }

  async read(path: string): Promise<string> {
    const { file } = await this.share.open(path);
    return await new Response(file.readable).text();
  }

  [Symbol.dispose](): void {
    this.dir[Symbol.dispose]();
  }
}

async function assertUnshared(shared: Shared, path: string): Promise<void> {
  const state = "the hub does not share it";
  await assertRejects(() => shared.list(path), Failure, state, path);
  await assertRejects(() => shared.share.open(path), Failure, state, path);
}

Deno.test("a shared directory is listed in the order of names, hidden things left out", async () => {
  using shared = new Shared();
  assertEquals(await shared.list(), ["a.txt", "docs/", "empty/"]);
  assertEquals(await shared.list("docs"), ["docs/b.txt", "docs/deep/"]);
  assertEquals(await shared.list("a.txt"), ["a.txt"]);
  assertEquals(await shared.list("empty"), []);
  assertEquals(await shared.list(undefined, true), [
    ...["a.txt", "docs/", "docs/b.txt", "docs/deep/", "docs/deep/c.txt"],
    "empty/",
  ]);
  for await (const { size, modified_ms } of shared.share.list("a.txt", false)) {
    assertEquals(size, 5);
    const { mtime } = Deno.statSync(shared.at("a.txt"));
    assertEquals(modified_ms, mtime?.getTime());
  }
  assertEquals(await shared.read("docs/deep/c.txt"), "cc");
});

const HOSTILE = [
  ...["..", "../secret", "docs/../../secret", "docs/..", "./a.txt", "."],
  ...["/etc/passwd", "/", "//etc/passwd", "docs//b.txt", "docs/", ""],
  ...[".env", ".git", ".git/config", "docs/.", "../share-2/secret"],
  ...["a.txt/", "a.txt/..", "nothing", "docs/nothing", "a\0.txt", "\0"],
  ...["~/x", "a.txt\n", "C:\\x", "..\\secret", "a".repeat(4096)],
];

for (const path of HOSTILE) {
  Deno.test(`${JSON.stringify(path.slice(0, 40))} leads nowhere`, async () => {
    using shared = new Shared();
    await assertUnshared(shared, path);
  });
}

Deno.test("links are followed only where what they lead to is shared", async () => {
  if (Deno.build.os === "windows") return;
  using shared = new Shared();
  shared.link("../secret", "out");
  shared.link(shared.dir.path, "above");
  shared.link("../share-2", "sibling");
  shared.link(".git/config", "hidden");
  shared.link("nowhere", "dangling");
  shared.link("self", "self");
  for (const path of ["out", "above", "above/secret"]) {
    await assertUnshared(shared, path);
  }
  for (const path of ["sibling/secret", "hidden", "dangling", "self"]) {
    await assertUnshared(shared, path);
  }
  shared.link("../a.txt", "docs", "inside");
  shared.link("..", "docs", "up");
  assertEquals(await shared.read("docs/inside"), "hello");
  assertEquals(await shared.read("docs/up/docs/b.txt"), "b");
  const all = await shared.list(undefined, true);
  assert(all.includes("docs/inside"));
  assert(all.includes("docs/up/"), "listed");
  assert(!all.some((path) => path.startsWith("docs/up/d")), "not gone into");
  assert(!all.some((path) => /out|above|sibling|hidden|self/.test(path)));
});

Deno.test("pipes and sockets are not shared", async () => {
  if (Deno.build.os === "windows") return;
  using shared = new Shared();
  const made = await new Deno.Command("mkfifo", { args: [shared.at("pipe")] })
    .output();
  assert(made.success);
  using _socket = Deno.listen({ transport: "unix", path: shared.at("sock") });
  await assertUnshared(shared, "pipe");
  await assertUnshared(shared, "sock");
  assertEquals(await shared.list(), ["a.txt", "docs/", "empty/"]);
});

Deno.test("what changes under a list does not break it", async () => {
  using shared = new Shared();
  const listing = shared.share.list(undefined, true);
  assertEquals((await listing.next()).value?.path, "a.txt");
  Deno.removeSync(shared.at("docs"), { recursive: true });
  Deno.writeTextFileSync(shared.at("empty", "late"), "");
  const rest: string[] = [];
  for await (const { path } of listing) rest.push(path);
  assertEquals(rest.filter((path) => path !== "docs"), ["empty", "empty/late"]);
});

Deno.test("a file swapped for a link between the check and the opening is not handed out", async () => {
  if (Deno.build.os === "windows") return;
  using shared = new Shared();
  const { open } = Deno;
  let read = "";
  Object.defineProperty(Deno, "open", {
    configurable: true,
    value: async (path: string, options: Deno.OpenOptions) => {
      Deno.removeSync(path);
      Deno.symlinkSync("../secret", path);
      const file = await open(path, options);
      const bytes = new Uint8Array(6);
      file.readSync(bytes);
      read = new TextDecoder().decode(bytes);
      return file;
    },
  });
  try {
    const state = "the hub does not share it";
    await assertRejects(() => shared.share.open("a.txt"), Failure, state);
    assertEquals(read, "secret", "the swap was made in time");
  } finally {
    Object.defineProperty(Deno, "open", { configurable: true, value: open });
  }
});

Deno.test("only a directory can be shared", () => {
  using shared = new Shared();
  const open = (...names: string[]) => () =>
    Share.open(shared.at(...names), "it");
  assertThrows(
    open("a.txt"),
    Failure,
    "Cannot share it: it is not a directory",
  );
  assertThrows(open("nothing"), Failure, "Cannot share it: it does not exist");
});
