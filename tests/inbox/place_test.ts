/** Putting a file in place: whole or not at all, never over another, with the system's one call and without. */
import { assertEquals, assertThrows } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { Placer } from "../../lib/inbox/place.ts";
import { TempDir } from "../support/files.ts";

for (const ffi of [true, false]) {
  const permissions = { ffi, read: true, write: true };
  const how = ffi ? "in one call" : "by a link where the call may not be made";

  Deno.test({
    name:
      `a file is moved to a free name, and keeps off one that is taken, ${how}`,
    permissions,
    fn() {
      using dir = new TempDir();
      const placer = new Placer();
      const put = (text: string, policy: "rename" | "overwrite" | "skip") => {
        Deno.writeTextFileSync(dir.at("part"), text);
        return placer.place(dir.at("part"), dir.path, "größe.csv", policy);
      };
      assertEquals(put("1", "rename"), dir.at("größe.csv"));
      assertEquals(put("2", "rename"), dir.at("größe (2).csv"));
      assertEquals(put("3", "skip"), undefined);
      assertEquals(dir.list(), ["größe (2).csv", "größe.csv"]);
      assertEquals(Deno.readTextFileSync(dir.at("größe.csv")), "1");
      assertEquals(put("4", "overwrite"), dir.at("größe.csv"));
      assertEquals(Deno.readTextFileSync(dir.at("größe.csv")), "4");
      Deno.writeTextFileSync(dir.at("part"), "5");
      const fail = () =>
        placer.place(dir.at("part"), dir.path, "größe.csv", "fail");
      assertEquals(assertThrows(fail, Failure).code, "conflict");
      Deno.removeSync(dir.at("part"));
      Deno.symlinkSync("nowhere", dir.at("link.csv"));
      Deno.writeTextFileSync(dir.at("part"), "6");
      const beside = placer.place(
        ...[dir.at("part"), dir.path] as const,
        ...["link.csv", "rename"] as const,
      );
      assertEquals(beside, dir.at("link (2).csv"));
      placer.close();
    },
  });

  Deno.test({
    name:
      `a file that has vanished leaves nothing under the final name, ${how}`,
    permissions,
    fn() {
      using dir = new TempDir();
      const placer = new Placer();
      assertThrows(
        () => placer.place(dir.at("gone"), dir.path, "report.csv", "rename"),
        Deno.errors.NotFound,
      );
      assertEquals(dir.list(), []);
      placer.close();
    },
  });
}
