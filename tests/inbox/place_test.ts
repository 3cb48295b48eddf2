/** Putting a file in place when that does not work out. */
import { assertEquals, assertThrows } from "@std/assert";
import { place } from "../../lib/inbox/place.ts";
import { TempDir } from "../support/files.ts";

Deno.test("a file that has vanished leaves nothing under the final name", () => {
  using dir = new TempDir();
  assertThrows(
    () => place(dir.at("gone.part"), dir.path, "report.csv", "rename"),
    Deno.errors.NotFound,
  );
  assertEquals(dir.list(), []);
});
