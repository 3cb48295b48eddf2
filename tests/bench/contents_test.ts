/** What is sent: of any size to the byte, valid, and the same every time. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  csvText,
  jsonText,
  noise,
  pngBytes,
  prose,
} from "../../lib/bench/contents.ts";
import { readPng } from "../view/image_output.ts";

const size = fc.integer({ min: 1, max: 5000 });

Deno.test("texts have the size asked for, in bytes; JSON is JSON", () => {
  fc.assert(
    fc.property(size, fc.integer({ min: 0 }), (bytes, seed) => {
      const encoder = new TextEncoder();
      for (const make of [prose, csvText, jsonText]) {
        assertEquals(encoder.encode(make(bytes, seed)).length, bytes);
      }
      JSON.parse(jsonText(bytes, seed));
    }),
  );
});

Deno.test("a CSV has as many cells in every row as in its head", () => {
  const rows = csvText(20_000, 1).trimEnd().split("\n");
  assert(rows.length > 400);
  for (const row of rows) assertEquals(row.split(",").length, 5, row);
});

Deno.test("pictures have the size asked for", () => {
  fc.assert(
    fc.property(size, (bytes) => {
      assertEquals(pngBytes(bytes, 1).length, bytes);
    }),
  );
  for (const bytes of [65_535, 65_536, 200_000, 1_000_003]) {
    assertEquals(pngBytes(bytes, 1).length, bytes);
  }
});

Deno.test("pictures are pictures, as another decoder sees them", async () => {
  for (const bytes of [128, 1000, 70_000]) {
    const { width, height } = await readPng(pngBytes(bytes, 1));
    assert(width * height * 3 > bytes / 3 - 60, `${bytes}: ${width}×${height}`);
  }
});

Deno.test("contents are the same in every run, and differ by seed", () => {
  assertEquals(noise(1000, 7), noise(1000, 7));
  assert(noise(1000, 7).join() !== noise(1000, 8).join());
  assertEquals(new Set(noise(10_000, 1)).size, 256);
});
