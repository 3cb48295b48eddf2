import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Screen } from "../../cmd/menu/screen.ts";
import { KeyDecoder } from "../../lib/term/decode.ts";
import { TextPrompt } from "../../lib/term/text_prompt.ts";
import { prepareWidth } from "../../lib/text/width_loader.ts";
import { fakeContext } from "../fake_context.ts";
import { FakeTerminal } from "./terminal.ts";

await prepareWidth("\u0915");

function open(columns: number, rows: number) {
  const terminal = new FakeTerminal(columns, rows);
  const world = fakeContext({
    terminal: true,
    columns,
    rows,
    heard: (_, text) => terminal.write(text),
  });
  const screen = new Screen(world.context, "never");
  const resize = (columns: number, rows: number) => {
    terminal.resize(columns, rows);
    world.resize(columns, rows);
  };
  return { terminal, world, screen, resize };
}

function typing(text: string): TextPrompt {
  const prompt = new TextPrompt({
    title: "What?",
    hint: "hint",
    initial: "",
    history: [],
    completes: false,
    check: () => undefined,
  });
  const keys = new KeyDecoder().push(new TextEncoder().encode(text));
  return keys.reduce((now, key) => {
    const step = now.press(key);
    return step.is === "open" ? step.prompt as TextPrompt : now;
  }, prompt);
}

Deno.test("what is printed goes above the prompt, which comes back as it was", () => {
  const { terminal, screen } = open(30, 10);
  const { output } = screen.output();
  screen.show((columns, rows) =>
    typing("half a wo\x1b[D").render(columns, rows)
  );
  output.write("alice joined\n");
  screen.print("two\nlines");
  assertEquals(terminal.lines(), [
    "alice joined",
    "two",
    "lines",
    "What?",
    "> half a wo",
    "hint",
  ]);
  assertEquals(terminal.cursor, { line: "> half a wo", column: 10 });
});

Deno.test("a line not ended yet stands below, and gives way as a progress bar does", () => {
  const { terminal, screen } = open(30, 10);
  const { output, end } = screen.output();
  screen.show(() => typing("x").render(30, 10));
  output.write("\r\x1b[K[##  ]");
  assertEquals(terminal.lines(), ["[##  ]", "What?", "> x", "hint"]);
  output.write("\r\x1b[K");
  output.write("sent\n");
  output.write("\r\x1b[K[####]");
  assertEquals(terminal.lines(), ["sent", "[####]", "What?", "> x", "hint"]);
  end();
  screen.close();
  assertEquals(terminal.lines(), ["sent", "[####]", ""]);
});

Deno.test("while a command has the terminal others wait, and come after it", () => {
  const { terminal, screen } = open(30, 10);
  screen.show(() => typing("x").render(30, 10));
  const { output, back } = screen.lend();
  output.write("a table\nwithout an end");
  screen.print("alice joined");
  assertEquals(terminal.lines(), ["a table", "without an end"]);
  back();
  assertEquals(terminal.lines(), [
    "a table",
    "without an end",
    "alice joined",
    "What?",
    "> x",
    "hint",
  ]);
});

Deno.test("a closed screen prints on as any program does", () => {
  const { terminal, world, screen } = open(30, 10);
  const { output } = screen.output();
  screen.show(() => typing("x").render(30, 10));
  screen.close();
  output.write("bye\n");
  assertEquals(terminal.lines(), ["bye", ""]);
  assertEquals(world.stdout().endsWith("\x1b[?2004lbye\n"), true);
});

Deno.test("at any width, after any resize, the prompt stands once, below all that was printed", () => {
  const step = fc.oneof(
    fc.record({
      print: fc.string({
        unit: fc.constantFrom("a", "b", "é", "日", "👩‍👩‍👧", "."),
        maxLength: 120,
      }),
    }),
    fc.record({
      type: fc.constantFrom(
        "a",
        "日本",
        "word ",
        "👩‍👩‍👧",
        "\x1b[D",
        "\x7f",
        "\x01",
      ),
    }),
    fc.record({ bar: fc.string({ maxLength: 40 }) }),
    fc.record({ columns: fc.integer({ min: 20, max: 100 }) }),
  );
  fc.assert(fc.property(
    fc.integer({ min: 20, max: 100 }),
    fc.array(step, { maxLength: 25 }),
    (columns, steps) => {
      const { terminal, screen, resize } = open(columns, 100);
      const { output } = screen.output();
      let typed = "";
      let bar = "";
      const printed: string[] = [];
      screen.show((columns, rows) => typing(typed).render(columns, rows));
      for (const step of steps) {
        if ("print" in step) {
          const line = `|${step.print}`;
          printed.push(line);
          screen.print(line);
        } else if ("type" in step) {
          typed += step.type;
          screen.draw();
        } else if ("bar" in step) {
          bar = step.bar.replace(/[^a-z]/g, "");
          output.write(`\r\x1b[K${bar}`);
        } else {
          columns = step.columns;
          resize(columns, 100);
        }
      }
      const { lines, cursor } = typing(typed).render(columns, 99);
      const live = [
        ...(bar === "" ? [] : [bar.slice(0, columns - 1)]),
        ...lines.map(({ text }) => text.trimEnd()),
      ];
      const shown = terminal.lines();
      assertEquals(shown.slice(-live.length), live);
      assertEquals(shown.slice(0, -live.length).join(""), printed.join(""));
      assertEquals(terminal.cursor.column, cursor.column);
    },
  ));
});
