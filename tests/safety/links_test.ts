/** Row: symlinks swapped under the writer (rsync CVE-2024-12747, 3.4.3). */
import { assert, assertEquals } from "@std/assert";
import { pattern, TempDir } from "../support/files.ts";
import { codeOf, Hosted } from "../support/hosted.ts";
import type { ConflictPolicy } from "../../lib/inbox/policy.ts";

const ROW = "safety: symlinks swapped under the writer";
const BODY = pattern(300_000);
const WINDOWS = Deno.build.os === "windows";

/** Sends half of a body, lets `swap` do its worst, sends the rest; how it ended. */
async function swapped(
  bob: Hosted,
  swap: (partial: string) => void,
): Promise<string> {
  const { id } = await bob.offer({ size: BODY.length });
  await bob.hub.expect("accept");
  await bob.hub.data(id, 0, BODY.subarray(0, 150_000));
  await bob.hub.send({ type: "ping", t1: 1 });
  await bob.hub.expect("pong");
  const partial = bob.peer.files().find((name) => name.endsWith(".part"));
  assert(partial !== undefined, "no partial file");
  swap(`${bob.peer.inboxDir}/${partial}`);
  await bob.hub.data(id, 150_000, BODY.subarray(150_000));
  const { digestOf } = await import("../support/files.ts");
  await bob.hub.send({ type: "end", id, ...digestOf(BODY) });
  return codeOf(await bob.hub.expect("receipt"));
}

for (
  const onConflict of [
    "rename",
    "overwrite",
    "fail",
    "skip",
  ] as ConflictPolicy[]
) {
  Deno.test({
    name:
      `${ROW}: a link put in place of the partial file gets no byte (${onConflict})`,
    ignore: WINDOWS,
    async fn() {
      using outside = new TempDir();
      Deno.writeTextFileSync(outside.at("victim"), "was here before");
      await using bob = await Hosted.join({ onConflict });
      await swapped(bob, (partial) => {
        Deno.removeSync(partial);
        Deno.symlinkSync(outside.at("victim"), partial);
      });
      assertEquals(
        Deno.readTextFileSync(outside.at("victim")),
        "was here before",
      );
      assertEquals(outside.list(), ["victim"]);
    },
  });

  Deno.test({
    name:
      `${ROW}: a link put at the final name is not followed (${onConflict})`,
    ignore: WINDOWS,
    async fn() {
      using outside = new TempDir();
      Deno.writeTextFileSync(outside.at("victim"), "was here before");
      await using bob = await Hosted.join({ onConflict });
      await swapped(bob, () =>
        Deno.symlinkSync(
          outside.at("victim"),
          `${bob.peer.inboxDir}/report.csv`,
        ));
      assertEquals(
        Deno.readTextFileSync(outside.at("victim")),
        "was here before",
      );
      for (const name of bob.peer.files()) {
        const path = `${bob.peer.inboxDir}/${name}`;
        if (!Deno.lstatSync(path).isSymlink) {
          assertEquals(Deno.readFileSync(path), BODY);
        }
      }
    },
  });

  Deno.test({
    name:
      `${ROW}: an inbox swapped for a link elsewhere overwrites nothing there (${onConflict})`,
    ignore: WINDOWS,
    async fn() {
      using outside = new TempDir();
      Deno.writeTextFileSync(outside.at("report.csv"), "was here before");
      await using bob = await Hosted.join({ onConflict });
      const code = await swapped(bob, () => {
        Deno.renameSync(bob.peer.inboxDir, bob.peer.dir.at("moved"));
        Deno.symlinkSync(outside.path, bob.peer.inboxDir);
      });
      // Its partial file is not where it was: nothing can be put in place.
      assert(code !== "delivered", code);
      assertEquals(outside.list(), ["report.csv"]);
      const text = Deno.readTextFileSync(outside.at("report.csv"));
      assertEquals(text, "was here before");
    },
  });
}
