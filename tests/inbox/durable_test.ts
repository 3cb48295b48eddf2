/** Small files share the disk's rounds, and one that fails holds nobody up. */
import { assertEquals, assertRejects } from "@std/assert";
import { Rounds } from "../../lib/inbox/durable.ts";

/** A file whose sync ends when it is told to. */
function heldFile(log: string[], name: string) {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const sync = () => {
    log.push(name);
    return promise;
  };
  return { sync, resolve, reject };
}

Deno.test("Rounds syncs together what came while a round was under way", async () => {
  const log: string[] = [];
  const rounds = new Rounds();
  const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => heldFile(log, name));
  if (!a || !b || !c || !d) throw new Error("four files");
  const first = rounds.sync(a);
  const second = rounds.sync(b);
  const third = rounds.sync(c);
  await Promise.resolve();
  assertEquals(log, ["a"]);
  a.resolve();
  await first;
  await Promise.resolve();
  assertEquals(log, ["a", "b", "c"]);
  const fourth = rounds.sync(d);
  b.reject(new Error("the disk broke"));
  await assertRejects(() => second, Error, "the disk broke");
  assertEquals(log, ["a", "b", "c"]);
  c.resolve();
  await third;
  await Promise.resolve();
  assertEquals(log, ["a", "b", "c", "d"]);
  d.resolve();
  await fourth;
});
