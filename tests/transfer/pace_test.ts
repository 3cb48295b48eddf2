/** File operations in place while quick, on a thread where not. */
import { assertEquals } from "@std/assert";
import { Pace, PacedFile } from "../../lib/transfer/pace.ts";
import { pattern, TempDir } from "../support/files.ts";

/** Keeps the processor busy for a while, as a slow disk would hold up the caller. */
function busyFor(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

Deno.test("Pace leaves a slow spell to threads, then tries in place again", () => {
  const pace = new Pace(0.5);
  assertEquals(pace.isQuick(), true);
  pace.timed(() => busyFor(8));
  const answers = Array.from({ length: 65 }, () => pace.isQuick());
  assertEquals(answers.indexOf(true), 64);
});

Deno.test("Pace tries ever more seldom while every try is slow", () => {
  const pace = new Pace(0.5);
  const spells: number[] = [];
  for (let tries = 0; tries < 9; tries++) {
    pace.timed(() => busyFor(8));
    let spell = 0;
    while (!pace.isQuick()) spell++;
    spells.push(spell);
  }
  assertEquals(spells, [64, 128, 256, 512, 1024, 2048, 4096, 4096, 4096]);
  // The average comes down first; then it is in place for good, and the next spell short again.
  for (let quick = 0; quick < 64; quick++) {
    pace.timed(() => {});
    while (!pace.isQuick());
  }
  pace.timed(() => busyFor(8));
  assertEquals(
    Array.from({ length: 65 }, () => pace.isQuick()).indexOf(true),
    64,
  );
});

Deno.test("Pace forgives a single short delay", () => {
  const pace = new Pace(50);
  pace.timed(() => busyFor(2));
  assertEquals(pace.isQuick(), true);
});

Deno.test("PacedFile reads back what it wrote, in place and on a thread", async () => {
  using dir = new TempDir();
  const bytes = pattern(3_000_000);
  const out = PacedFile.open(dir.at("file"), { write: true, createNew: true });
  await out.write(bytes.subarray(0, 1_000_000));
  out.writeNow(bytes.subarray(1_000_000));
  await out.sync();
  out.close();
  const file = PacedFile.open(dir.at("file"), { read: true });
  file.seek(500_000);
  const read = new Uint8Array(2_500_000);
  for (let at = 0; at < read.length;) {
    at += await file.read(read.subarray(at, at + 70_001)) ?? 0;
  }
  assertEquals(await file.read(new Uint8Array(1)), null);
  file.close();
  assertEquals(read, bytes.subarray(500_000));
});
