/** The pager without a terminal: keys and lines in, screens and wishes out. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { width } from "../../lib/text/width.ts";
import { prepareWidth } from "../../lib/text/width_loader.ts";
import { type PagerKey, pressed } from "../../lib/view/pager/keys.ts";
import { renderPager } from "../../lib/view/pager/screen.ts";
import {
  addLines,
  fits,
  newPager,
  type Pager,
  resized,
  restarted,
} from "../../lib/view/pager/pager.ts";

const LINES = Array.from({ length: 100 }, (_, i) => `line ${i + 1}`);

function full(lines = LINES, rows = 5): Pager {
  return addLines(newPager(40, rows), lines, true).pager;
}

function keys(pager: Pager, ...list: (PagerKey | string)[]): Pager {
  for (const key of list) {
    const named = [
      "up",
      "down",
      "left",
      "right",
      "enter",
      "escape",
      "backspace",
      "pageup",
      "pagedown",
      "home",
      "end",
      "interrupt",
    ];
    const press: PagerKey = typeof key === "string" && !named.includes(key)
      ? { text: key }
      : key as PagerKey;
    pager = pressed(pager, press).pager;
  }
  return pager;
}

const topLine = (pager: Pager) => renderPager(pager, false)[0];
const status = (pager: Pager) => renderPager(pager, false).at(-1) ?? "";

Deno.test("keys move the window and keep it within the lines", () => {
  const pager = full();
  assertEquals(topLine(pager), "line 1");
  assertEquals(topLine(keys(pager, "up")), "line 1");
  assertEquals(topLine(keys(pager, "down", "down", "up")), "line 2");
  assertEquals(topLine(keys(pager, " ")), "line 4");
  assertEquals(topLine(keys(pager, " ", "b")), "line 1");
  assertEquals(topLine(keys(pager, "G")), "line 97");
  assertEquals(topLine(keys(pager, "G", "down", " ")), "line 97");
  assertEquals(topLine(keys(pager, "G", "g")), "line 1");
  const end = renderPager(keys(pager, "G"), false);
  assertEquals(end.slice(0, 4), LINES.slice(-4));
  assert(end[4]?.startsWith("97-100 of 100 (end)"), end[4]);
});

Deno.test("search finds the next line regardless of case, and says when there is none", () => {
  const pager = full();
  const found = keys(pager, "/", "L", "I", "N", "E", " ", "5", "0", "enter");
  assertEquals(topLine(found), "line 50");
  assertEquals(topLine(keys(pager, "/", "9", "enter", "n")), "line 19");
  assertEquals(
    topLine(keys(pager, "/", "5", "x", "backspace", "0", "enter")),
    "line 50",
  );
  const none = keys(pager, "/", "q", "z", "enter");
  assertEquals(topLine(none), "line 1");
  assertEquals(renderPager(none, false).at(-1), "Not found: qz");
  assertEquals(keys(pager, "/", "x", "escape").typing, undefined);
  assertEquals(renderPager(keys(pager, "/", "q"), false).at(-1), "/q");
  assertEquals(
    renderPager(keys(pager, "n"), false).at(-1),
    "Nothing was searched",
  );
});

Deno.test("q, escape and interrupt quit; while a search is typed only interrupt does", () => {
  const quit = [{ kind: "quit" as const }];
  assertEquals(pressed(full(), { text: "q" }).wishes, quit);
  assertEquals(pressed(full(), "escape").wishes, quit);
  assertEquals(pressed(full(), "interrupt").wishes, quit);
  const typing = keys(full(), "/");
  assertEquals(pressed(typing, { text: "q" }).wishes, []);
  assertEquals(pressed(typing, "escape").wishes, []);
  assertEquals(pressed(typing, "interrupt").wishes, quit);
});

for (
  const [what, search] of [
    ["a search", ["/", "x", "enter"]],
    ["the way to the end", ["G"]],
  ] as const
) {
  Deno.test(`${what} says how far it is and stops at a key, where it began`, () => {
    const before = keys(
      addLines(newPager(60, 5), [...LINES, ...LINES, ...LINES], false).pager,
      "down",
    );
    const begun = keys(before, ...search);
    const many = new Array<string>(25_000).fill("other");
    const { pager } = addLines(begun, many, false);
    assertMatch(status(pager), /… 20,000 lines \(Esc stops\)$/);
    for (const key of ["escape", "interrupt"] as const) {
      const { pager: stopped, wishes } = pressed(pager, key);
      assertEquals(wishes, []);
      assertEquals(stopped.top, before.top);
      assertEquals(status(stopped), "Stopped");
      assertEquals(addLines(stopped, ["x"], false).pager.top, before.top);
      assertEquals(pressed(stopped, key).wishes, [{ kind: "quit" }]);
    }
    assertEquals(pressed(pager, { text: "q" }).wishes, [{ kind: "quit" }]);
    assertEquals(topLine(keys(pager, "down")), "line 3");
  });
}

Deno.test("lines are asked for as the window nears their end, not before", () => {
  let step = addLines(newPager(40, 5), LINES, false);
  assertEquals(step.wishes, [{ kind: "read", until: 204 }]);
  const many = Array.from({ length: 300 }, (_, i) => `${i}`);
  step = addLines(newPager(40, 5), many, false);
  assertEquals(step.wishes, []);
  assertEquals(pressed(step.pager, "down").wishes, []);
  const end = pressed(step.pager, { text: "G" });
  assertEquals(end.wishes, [{ kind: "read", until: 10_300 }]);
  const done = addLines(end.pager, ["last"], true);
  assertEquals(renderPager(done.pager, false)[3], "last");
});

Deno.test("a search goes on into lines still to come", () => {
  let step = addLines(newPager(40, 5), LINES, false);
  step = { pager: keys(step.pager, "/", "x", "y", "z"), wishes: [] };
  step = pressed(step.pager, "enter");
  assertEquals(step.wishes[0]?.kind, "read");
  step = addLines(step.pager, LINES, false);
  assertEquals(step.wishes[0]?.kind, "read");
  step = addLines(step.pager, ["here: xyz", ...LINES], true);
  assertEquals(topLine(step.pager), "here: xyz");
  assertEquals(step.pager.message, "", "It is not said to be searching still");
});

Deno.test("a search for the next match does not come back to one it has left behind", () => {
  let pager = addLines(newPager(40, 5), ["xyz one", ...LINES], false).pager;
  pager = keys(pager, "/", "x", "y", "z");
  pager = pressed(pager, "enter").pager;
  assertEquals(topLine(pager), "xyz one");
  const step = pressed(pager, { text: "n" });
  assertEquals(step.wishes[0]?.kind, "read");
  pager = addLines(step.pager, [...LINES, "xyz two", ...LINES], true).pager;
  assertEquals(topLine(pager), "xyz two");
});

Deno.test("of a huge text only a window is held; going back asks to start again", () => {
  const line = "x".repeat(1000);
  let pager = keys(newPager(80, 24), "G");
  for (let i = 0; i < 60; i++) {
    pager = addLines(pager, new Array<string>(1000).fill(line), i === 59).pager;
    assert(pager.held <= 17 << 20, `${pager.held} characters are held`);
  }
  assert(pager.dropped > 0);
  assertEquals(pager.top, 60_000 - 23);
  const back = pressed(pager, { text: "g" });
  assertEquals(back.wishes, [{ kind: "restart" }]);
  const again = addLines(restarted(back.pager), ["first", line], false);
  assertEquals(topLine(again.pager), "first");
});

Deno.test("a text that fits needs no pager", () => {
  assert(fits(full(["a", "b"], 5)));
  assert(!fits(full()));
  assert(!fits(addLines(newPager(40, 5), ["a"], false).pager));
});

Deno.test("any keys at any size give a screen of that size", async () => {
  await prepareWidth("👩‍👩‍👧");
  const key = fc.oneof(
    fc.constantFrom<PagerKey>(
      "up",
      "down",
      "left",
      "right",
      "pageup",
      "pagedown",
      "home",
      "end",
      "enter",
      "escape",
      "interrupt",
      "backspace",
    ),
    fc.constantFrom(..." bgG/nqkjf日x").map((text): PagerKey => ({ text })),
  );
  const size = fc.tuple(
    fc.integer({ min: 1, max: 30 }),
    fc.integer({ min: 1, max: 9 }),
  );
  const lines = [
    "日本の首都 \x1b[31mred\x1b[0m tail",
    "plain ".repeat(20),
    "",
    "👩‍👩‍👧 family",
  ];
  fc.assert(
    fc.property(
      fc.array(key, { maxLength: 30 }),
      size,
      size,
      (list, [c, r], [c2, r2]) => {
        let pager = addLines(newPager(c, r), [...lines, ...LINES], true).pager;
        for (const [i, k] of list.entries()) {
          pager = pressed(pager, k).pager;
          if (i === 10) pager = resized(pager, c2, r2).pager;
          const screen = renderPager(pager, false);
          assert(pager.top >= 0 && pager.top < 104);
          assertEquals(screen.length, Math.max(2, pager.rows));
          for (const row of screen) {
            assert(
              width(row) <= pager.columns,
            );
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});
