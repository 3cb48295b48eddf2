/** The pager with a view behind it: pace, quitting, starting over, errors. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { pause } from "../../lib/time/pause.ts";
import type { PagerKey } from "../../lib/view/pager/keys.ts";
import { page, type PagerTerminal } from "../../lib/view/pager/paging.ts";

/** A terminal that presses keys one by one, each once the screen before has settled. */
function terminal(keys: readonly PagerKey[]): PagerTerminal & {
  readonly screens: string[][];
  readonly printed: string[];
  begun: number;
} {
  const screens: string[][] = [];
  const printed: string[] = [];
  const self = {
    columns: 40,
    rows: 5,
    color: false,
    screens,
    printed,
    begun: 0,
    keys: {
      async *[Symbol.asyncIterator]() {
        for (const key of keys) {
          for (let i = 0; i < 50; i++) await pause();
          while (screens.at(-1)?.at(-1)?.includes("(Esc stops)")) await pause();
          yield key;
        }
      },
    },
    begin: () => void self.begun++,
    draw: (rows: readonly string[]) => void screens.push([...rows]),
    print: (text: string) => void printed.push(text),
  };
  return self;
}

/** A view of numbered lines; counts what was written and how often it ran. */
function numbered(count: number, size = 10): {
  restartable: boolean;
  written: number;
  runs: number;
  run(write: (piece: string) => Promise<void>): Promise<void>;
} {
  const self = {
    restartable: true,
    written: 0,
    runs: 0,
    async run(write: (piece: string) => Promise<void>) {
      self.runs++;
      for (let at = 0; at < count; at += size) {
        let piece = "";
        for (let i = at; i < Math.min(count, at + size); i++) {
          piece += `line ${i + 1}\n`;
        }
        self.written = at + size;
        await write(piece);
      }
    },
  };
  return self;
}

const text = (text: string): PagerKey => ({ text });

Deno.test("a short view is printed, not paged", async () => {
  const screen = terminal([]);
  await page(numbered(3), screen);
  assertEquals(screen.printed, ["line 1\nline 2\nline 3\n"]);
  assertEquals(screen.begun, 0);
  assertEquals(screen.screens, []);
});

Deno.test("a long view is read only as far as it is looked at", async () => {
  const screen = terminal([text(" "), text("q")]);
  const view = numbered(1_000_000);
  await page(view, screen);
  assertEquals(screen.begun, 1);
  assertEquals(screen.screens.at(-1)?.[0], "line 4");
  assert(view.written < 1000, `${view.written} lines were written`);
});

Deno.test("the end is reached by reading on, and the start without reading anew", async () => {
  const screen = terminal([text("G"), text("g"), text("q")]);
  const view = numbered(5000);
  await page(view, screen);
  const tops = screen.screens.map(([top]) => top);
  assert(tops.includes("line 4997"), tops.join());
  assertEquals(tops.at(-1), "line 1");
  assertEquals(view.runs, 1);
});

Deno.test("keys are taken during a search, however busy the view is", async () => {
  const screen = terminal([text("/"), text("zzz"), "enter"]);
  const { promise: searching, resolve } = Promise.withResolvers<void>();
  const typed = screen.keys;
  const quits = {
    ...screen,
    keys: {
      async *[Symbol.asyncIterator]() {
        yield* typed;
        await searching;
        // As from a real terminal: not before the event loop comes round.
        await new Promise((pressed) => setTimeout(pressed));
        yield "escape" as const;
        yield text("q");
      },
    },
    draw(rows: readonly string[]) {
      screen.draw(rows);
      if (rows.at(-1)?.startsWith("Searching")) resolve();
    },
  };
  const view = numbered(300_000);
  await page(view, quits);
  assert(view.written < 300_000, "it was read to its end");
  assertEquals(screen.screens.at(-1), [
    ...["line 1", "line 2", "line 3", "line 4"],
    "Stopped",
  ]);
});

Deno.test("a search through a long view draws only what has changed", async () => {
  const screen = terminal([text("/"), text("zzz"), "enter"]);
  const { promise: found, resolve } = Promise.withResolvers<void>();
  const typed = screen.keys;
  const view = numbered(50_000);
  await page(view, {
    ...screen,
    keys: {
      async *[Symbol.asyncIterator]() {
        yield* typed;
        await found;
        yield text("q");
      },
    },
    draw(rows: readonly string[]) {
      screen.draw(rows);
      if (rows.at(-1)?.startsWith("Not found")) resolve();
    },
  });
  assert(screen.screens.length < 50, `${screen.screens.length} screens`);
});

Deno.test("what was dropped is read anew, or said to be gone", async () => {
  const wide = (restartable: boolean) => {
    let runs = 0;
    return {
      restartable,
      get runs() {
        return runs;
      },
      async run(write: (piece: string) => Promise<void>) {
        runs++;
        for (let i = 0; i < 40; i++) {
          await write(`${i} ${"x".repeat(998)}\n`.repeat(1000));
        }
      },
    };
  };
  const again = wide(true);
  const screen = terminal([text("G"), text("g"), text("q")]);
  await page(again, screen);
  assertEquals(again.runs, 2);
  assert(screen.screens.at(-1)?.[0]?.startsWith("0 xxx"));
  const pipe = wide(false);
  const other = terminal([text("G"), text("g"), text("q")]);
  await page(pipe, other);
  assertEquals(pipe.runs, 1);
  assert(other.screens.at(-1)?.at(-1)?.startsWith("Earlier lines are gone"));
});

Deno.test("an error of the view comes out: at once, or after what it had shown", async () => {
  const screen = terminal([text("q")]);
  await assertRejects(
    () =>
      page({
        restartable: true,
        run: () => Promise.reject(new Error("broken")),
      }, screen),
    Error,
    "broken",
  );
  assertEquals(screen.begun, 0);
  const later = terminal([text("G"), text("q")]);
  await assertRejects(
    () =>
      page({
        restartable: true,
        async run(write) {
          await numbered(50).run(write);
          throw new Error("broken later");
        },
      }, later),
    Error,
    "broken later",
  );
  assertEquals(later.screens.at(-1)?.[3], "line 50");
});
