/** Guards the hand-written declarations: without them every @std import is `any` and this fails to compile. */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";

Deno.test("@std imports are typed: a wrong use is a compile error", () => {
  // @ts-expect-error -- join() gives a string, never a number
  const path: number = join("a", "b");
  assertEquals(String(path), "a/b");
});
