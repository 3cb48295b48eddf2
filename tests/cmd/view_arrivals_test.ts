/** `--view` on a terminal: what arrives stays on the screen with the line that names it. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { Reporter } from "../../cmd/report.ts";
import { ArrivalViews } from "../../cmd/view/arrivals.ts";
import type { TransferCompleted } from "../../lib/events.ts";
import { systemClock } from "../../lib/time/clock.ts";
import { fakeContext, type FakeWorld } from "../fake_context.ts";

const DATA = fromFileUrl(new URL("../../testdata/", import.meta.url));

function received(path: string): TransferCompleted {
  return {
    event: "transfer.completed",
    id: "1f",
    dir: "receive",
    from: "bob",
    to: "alice",
    name: "it",
    kind: "file",
    bytes: 1,
    sha256: "",
    saved: join(DATA, path),
    bytes_per_s: 1,
  };
}

/** Shows files on a terminal of 60 columns and 12 rows. */
async function shown(...paths: string[]): Promise<FakeWorld> {
  const world = fakeContext({
    terminal: true,
    columns: 60,
    rows: 12,
    clock: systemClock,
    env: { TERM: "xterm-256color" },
  });
  const voice = { json: false, quiet: false, verbose: false } as const;
  const reporter = new Reporter(world.context, {
    ...voice,
    color: "auto",
    progress: "none",
  });
  const globals = { color: "auto", json: false } as const;
  const views = new ArrivalViews(world.context, globals, reporter);
  for (const path of paths) views.report(received(path));
  await views.finish();
  return world;
}

Deno.test("view: arrivals fit the screen with their line, in order, and take no keys", async () => {
  const paths = ["demo/harbour.png", "demo/readings.csv", "demo/orders.json"];
  const world = await shown(...paths);
  const parts = world.stdout().split(/^received it ← bob.*\n/m);
  assertEquals(parts.length, 4);
  for (const part of parts.slice(1)) {
    const lines = part.split("\n").length - 1;
    assert(lines >= 8 && lines <= 9, `${lines} lines`);
  }
  assert(parts[1]?.includes("▀"));
  assert(parts[2]?.includes("celsius"));
  assert(parts[3]?.includes("created_at"));
  assertEquals(world.isRaw(), false);
  assert(!world.stdout().includes("\x1b[c"), "the terminal was asked");
});

Deno.test("view: an animation that arrives is a still picture", async () => {
  const world = await shown("view/image/disposal-1.gif");
  assert(!world.stdout().includes("\x1b[?25l"));
  assert(world.stdout().split("\n").length > 3);
});

Deno.test("view: a file that cannot be shown is a note, and no failure", async () => {
  const world = await shown("view/image/truncated.png", "LICENSE-not-there");
  assertEquals(world.stdout().split("\n").length, 3);
  assertEquals(world.stderr().split("\n").length, 3);
});
