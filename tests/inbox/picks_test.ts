/** What is got in several goes is told of as one, whatever ended badly in between. */
import { assertEquals, assertThrows } from "@std/assert";
import type { FerryEvent, TransferFacts } from "../../lib/events.ts";
import { Failure } from "../../lib/failure.ts";
import { Picks } from "../../lib/inbox/picks.ts";
import { MAX_TRANSFERS } from "../../lib/protocol/limits.ts";
import type { SingleOffer } from "../../lib/protocol/bundle.ts";
import { offer } from "../support/raw.ts";

const ID = "00000000000000a1";
const NEXT = "00000000000000a2";

function facts({ id, name, size }: SingleOffer): TransferFacts {
  const kind = "file";
  return {
    id,
    dir: "receive",
    from: "hub",
    to: "bob",
    name,
    kind,
    bytes: size,
  };
}

function failed(offered: SingleOffer, code = "disconnected"): FerryEvent {
  const message = "it was lost";
  const event = "transfer.failed";
  return { event, ...facts(offered), code, message, retryable: true };
}

/** Picks that were asked for `base`, and what they told. */
function picking(base: string) {
  const told: FerryEvent[] = [];
  const picks = new Picks((event) => told.push(event));
  picks.ask(base);
  return { picks, told };
}

/** What an inbox makes of an offer. */
function taken(picks: Picks, offered: SingleOffer): SingleOffer {
  const take = picks.take(offered);
  if (take === "held") throw new Error("it is held");
  picks.hear({ event: "transfer.offered", ...facts(take) });
  return take;
}

Deno.test("what is gone on with keeps its id and is told of once", () => {
  const { picks, told } = picking("a.bin");
  const first = taken(picks, offer({ from: "hub", name: "a.bin", id: ID }));
  picks.hear(failed(first));
  const again = taken(picks, offer({ from: "hub", name: "a.bin", id: NEXT }));
  assertEquals(again.id, ID);
  const done = { event: "transfer.completed", bytes_per_s: 1 } as const;
  picks.hear({ ...facts(again), ...done });
  assertEquals(told.map(({ event }) => event), [
    "transfer.offered",
    "transfer.completed",
  ]);
  assertEquals([picks.hasCome("a.bin"), picks.givenUp("a.bin")], [true, null]);
});

Deno.test("what is not offered again has failed once the hub has answered", () => {
  const { picks, told } = picking("a.bin");
  picks.hear(failed(taken(picks, offer({ from: "hub", name: "a.bin" }))));
  assertEquals(told.length, 1);
  picks.answered("a.bin");
  assertEquals(told[1]?.event, "transfer.failed");
});

Deno.test("what arrived wrong is offered once more: that is said, and is no failure", () => {
  const { picks, told } = picking("a.bin");
  const offered = offer({ from: "hub", name: "a.bin" });
  picks.hear(failed(taken(picks, offered), "integrity"));
  taken(picks, offered);
  const last = told.at(-1);
  assertEquals(
    last?.event === "warning" && last.message,
    "Starting over with a.bin: it was lost",
  );
});

Deno.test("of a directory that is given up, itself is told of, and the large files that were begun", () => {
  const { picks, told } = picking("docs");
  const tree = ID;
  const root = { name: "docs", kind: "directory", size: 0, id: tree } as const;
  taken(picks, offer({ from: "hub", ...root, tree }));
  for (const [name, size] of [["small", 10], ["large", 1_000_000]] as const) {
    const part = { name: `docs/${name}`, size, tree, id: NEXT };
    const { id } = taken(picks, offer({ from: "hub", ...part }));
    picks.hear({ ...failed(offer({ ...part, id })), tree } as FerryEvent);
  }
  const before = told.length;
  assertEquals(picks.givenUp("docs"), {
    ...{ name: "docs", kind: "directory", id: tree },
  });
  const names = told.slice(before).map((one) => "name" in one && one.name);
  assertEquals(names, ["docs/large"]);
});

Deno.test("a directory begun again goes on under its first id, without what has come", () => {
  const { picks } = picking("docs");
  const root = (id: string) =>
    offer({
      ...{ from: "hub", name: "docs", kind: "directory", size: 0 },
      ...{ id, tree: id },
    });
  const part = (tree: string) =>
    offer({ from: "hub", name: "docs/a", size: 9, modified_ms: 5, tree });
  taken(picks, root(ID));
  const come = { ...facts(taken(picks, part(ID))), tree: ID, bytes_per_s: 1 };
  picks.hear({ event: "transfer.completed", ...come });
  assertEquals(picks.take(root(NEXT)), "held");
  assertEquals(picks.take(part(NEXT)), "held");
  const changed = { ...part(NEXT), modified_ms: 6 };
  assertEquals(taken(picks, changed).tree, ID);
});

Deno.test("what was refused is refused again for the same reason", () => {
  const { picks } = picking("a.bin");
  const offered = offer({ from: "hub", name: "a.bin" });
  picks.refused(offered, new Failure("conflict", "it exists"));
  assertEquals(picks.refusal(offered)?.message, "it exists");
  assertThrows(() => picks.take(offer({ name: "b.bin" })), Failure);
});

Deno.test("a hub that lets ever more fail is not remembered for ever", () => {
  const { picks, told } = picking("docs");
  for (let n = 0; n < MAX_TRANSFERS + 50; n++) {
    const part = { name: `docs/${n}`, tree: ID };
    picks.hear(failed(taken(picks, offer({ from: "hub", ...part }))));
  }
  const said = told.filter(({ event }) => event === "transfer.failed");
  assertEquals(said.length, 50);
});
