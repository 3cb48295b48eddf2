import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { latencyOf } from "../lib/transfer/latency.ts";

Deno.test("latencyOf() splits a transfer into its parts", () => {
  assertEquals(
    latencyOf({
      commandAt: 1000,
      offeredAt: 1002,
      startedAt: 1010,
      settledAt: 1050,
      verifyMs: 5,
      roundTripMs: 6,
    }),
    { total: 50, queue: 2, offer: 8, transfer: 32, verify: 5, ack: 3 },
  );
});

Deno.test("latencyOf() has no offer for a body behind its OFFER", () => {
  const { offer } = latencyOf({
    commandAt: 0,
    offeredAt: 1,
    startedAt: 1,
    settledAt: 2,
    verifyMs: 0,
    roundTripMs: 0,
  });
  assertEquals(offer, 0);
});

Deno.test("latencyOf() caps what others claim by what passed here", () => {
  assertEquals(
    latencyOf({
      commandAt: 0,
      offeredAt: 0,
      startedAt: 10,
      settledAt: 30,
      verifyMs: 1e9,
      roundTripMs: 1e9,
    }),
    { total: 30, queue: 0, offer: 10, transfer: 0, verify: 20, ack: 0 },
  );
});

Deno.test("latencyOf() takes the way there for no shorter than the way back", () => {
  const { transfer, ack } = latencyOf({
    commandAt: 0,
    offeredAt: 0,
    startedAt: 0,
    settledAt: 5,
    verifyMs: 1,
    // From when the connection was idle and its ends slow to wake.
    roundTripMs: 20,
  });
  assertEquals([transfer, ack], [2, 2]);
});

const span = fc.oneof(
  fc.double({ min: 0, max: 1e7, noNaN: true }),
  fc.double({ min: 0, max: 0.01, noNaN: true }),
);

Deno.test("latencyOf() gives parts that are never negative and add up to the total", () => {
  fc.assert(
    fc.property(
      fc.tuple(span, span, span, span, span, span),
      ([commandAt, queue, offer, rest, verifyMs, roundTripMs]) => {
        const offeredAt = commandAt + queue;
        const startedAt = offeredAt + offer;
        const settledAt = startedAt + rest;
        const { total, ...parts } = latencyOf({
          commandAt,
          offeredAt,
          startedAt,
          settledAt,
          verifyMs,
          roundTripMs,
        });
        let micros = 0;
        for (const [part, ms] of Object.entries(parts)) {
          assert(ms >= 0, part);
          assertEquals(Math.round(ms * 1000) / 1000, ms, part);
          micros += Math.round(ms * 1000);
        }
        assertEquals(micros, Math.round(total * 1000));
        assert(Math.abs(total - (settledAt - commandAt)) <= 0.0011);
      },
    ),
    { numRuns: 5000 },
  );
});
