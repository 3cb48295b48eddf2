/** Paths and patterns of what a hub shares. */
import { assertEquals } from "@std/assert";
import { isPattern, searchFor, sharedPath } from "../lib/text/shared_path.ts";

Deno.test("a typed path loses what changes nothing about it", () => {
  for (
    const [typed, path] of [
      ["docs/", "docs"],
      ["./docs//", "docs"],
      ["././a", "a"],
      [".", undefined],
      ["./", undefined],
      ["", undefined],
      ["/", undefined],
      ["../x", "../x"],
      ["/etc", "/etc"],
      [".hidden", ".hidden"],
      ["a b", "a b"],
    ] as const
  ) assertEquals(sharedPath(typed), path, typed);
});

Deno.test("patterns match names, ** any directories", () => {
  const files = [
    "a.csv",
    "b.txt",
    "d",
    "d/a.csv",
    "d/e/a.csv",
    "d/[x]",
    "d/日.csv",
  ];
  const match = (pattern: string) => {
    const { under, recursive, matches } = searchFor(pattern);
    return files.filter((path) => {
      const base = under === undefined ? "" : `${under}/`;
      const inside = path.startsWith(base) &&
        (recursive || !path.slice(base.length).includes("/"));
      return inside && matches(path);
    });
  };
  assertEquals(match("*.csv"), ["a.csv"]);
  assertEquals(match("?.csv"), ["a.csv"]);
  assertEquals(match("*"), ["a.csv", "b.txt", "d"]);
  assertEquals(match("d/*.csv"), ["d/a.csv", "d/日.csv"]);
  assertEquals(match("d/?.csv"), ["d/a.csv", "d/日.csv"]);
  assertEquals(match("*/a.csv"), ["d/a.csv"]);
  assertEquals(match("**/a.csv"), ["a.csv", "d/a.csv", "d/e/a.csv"]);
  assertEquals(match("d/**"), ["d/a.csv", "d/e/a.csv", "d/[x]", "d/日.csv"]);
  assertEquals(match("d/[x]*"), ["d/[x]"]);
  assertEquals(match("a+b*"), []);
});

Deno.test("only * and ? make a pattern", () => {
  assertEquals(["a*", "a?", "a[b]", "{a}"].map(isPattern), [
    ...[true, true, false, false],
  ]);
});
