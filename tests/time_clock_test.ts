import { assertEquals } from "@std/assert";
import { systemClock } from "../lib/time/clock.ts";

Deno.test("systemClock.after() does not fire at once for more than a timer can hold", async () => {
  let fired = false;
  const cancel = systemClock.after(2 ** 31 + 1000, () => fired = true);
  // An overflowing timer is due after 1 ms, so before this one, which is set later and as long.
  await new Promise<void>((resolve) => systemClock.after(1, resolve));
  await new Promise<void>((resolve) => systemClock.after(1, resolve));
  cancel();
  assertEquals(fired, false);
});

Deno.test("systemClock.after() fires once and can be taken back", async () => {
  let fired = 0;
  systemClock.after(0, () => fired++)();
  systemClock.after(0, () => fired++);
  await new Promise<void>((resolve) => systemClock.after(1, resolve));
  assertEquals(fired, 1);
});
