/** How many transfers a hub keeps queued: for one sender, for all, and again when some are over. */
import { assertEquals, assertThrows } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { QueueCount } from "../../lib/hub/queue/queue_count.ts";
import { MAX_QUEUED, MAX_QUEUED_BY_ONE } from "../../lib/protocol/limits.ts";
import { offer } from "../support/raw.ts";

const queued = (from: string) => offer({ from, queue_ms: 1 });

Deno.test("one sender may queue half of what the hub keeps, under any case of its name; others go on", () => {
  const count = new QueueCount();
  for (let n = 0; n < MAX_QUEUED_BY_ONE; n++) {
    count.assertRoom(queued("alice"));
    count.add(queued(n % 2 === 0 ? "alice" : "ALICE"));
  }
  const refused = assertThrows(
    () => count.assertRoom(queued("Alice")),
    Failure,
  );
  assertEquals(refused.code, "limit");
  count.assertRoom(queued("bob"));
  count.assertRoom(offer({ from: "alice" }));
  count.remove(queued("alice"));
  count.assertRoom(queued("alice"));
});

Deno.test("a hub keeps so many queued transfers in all, and sends that are not queued go on", () => {
  const count = new QueueCount();
  for (let n = 0; n < MAX_QUEUED; n++) {
    count.assertRoom(queued(`peer${n % 4}`));
    count.add(queued(`peer${n % 4}`));
  }
  const refused = assertThrows(
    () => count.assertRoom(queued("carol")),
    Failure,
  );
  assertEquals(refused.code, "limit");
  count.assertRoom(offer({ from: "carol" }));
  count.remove(queued("peer1"));
  count.assertRoom(queued("carol"));
});
