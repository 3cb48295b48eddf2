import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ConfirmPrompt } from "../../lib/term/confirm_prompt.ts";
import { KeyDecoder } from "../../lib/term/decode.ts";
import type { Prompt, View } from "../../lib/term/prompt.ts";
import { SelectPrompt } from "../../lib/term/select_prompt.ts";
import { TextPrompt, type TextQuestion } from "../../lib/term/text_prompt.ts";
import { width } from "../../lib/text/width.ts";
import { prepareWidth } from "../../lib/text/width_loader.ts";

await prepareWidth("\u0915");

const UP = "\x1b[A";
const DOWN = "\x1b[B";
const LEFT = "\x1b[D";
const ESC = "\x1b";

interface Played<T> {
  readonly prompt: Prompt<T>;
  readonly value?: T;
  readonly back?: true;
  readonly typed?: string;
}

/** What keys do to a prompt: the prompt as it is, or the answer. */
function press<T>(first: Prompt<T>, keys: string): Played<T> {
  const decoder = new KeyDecoder();
  let prompt = first;
  const all = decoder.push(new TextEncoder().encode(keys));
  for (const key of [...all, ...decoder.flush()]) {
    const step = prompt.press(key);
    if (step.is === "done") return { prompt, value: step.value };
    if (step.is === "back") return { prompt, back: true };
    if (step.is === "complete") return { prompt, typed: step.typed };
    prompt = step.prompt;
  }
  return { prompt };
}

/** The picture as text, with ▮ where the cursor stands. */
function picture({ lines, cursor }: View): string {
  return lines.map(({ text }, row) => {
    if (row !== cursor.row) return text;
    let at = 0;
    for (const char of text) {
      if (width(text.slice(0, at)) >= cursor.column) break;
      at += char.length;
    }
    return `${text.slice(0, at)}▮${text.slice(at)}`;
  }).join("\n");
}

function text(question: Partial<TextQuestion> = {}): TextPrompt {
  return new TextPrompt({
    title: "Say what?",
    hint: "hint",
    initial: "",
    history: [],
    completes: false,
    check: (typed) => typed === "" ? "Type something." : undefined,
    ...question,
  });
}

function line(
  keys: string,
  columns = 40,
  question: Partial<TextQuestion> = {},
): string {
  return picture(press(text(question), keys).prompt.render(columns, 10)).split(
    "\n",
  )[1] ?? "";
}

Deno.test("text: keys edit at the cursor, by graphemes and words", () => {
  const cases: [keys: string, line: string][] = [
    ["abc", "> abc▮"],
    [`abc${LEFT}${LEFT}X`, "> aX▮bc"],
    ["abc\x01X", "> X▮abc"],
    ["abc\x01\x05X", "> abcX▮"],
    ["abc\x01\x1b[3~", "> ▮bc"],
    ["one two\x17", "> one ▮"],
    ["one two\x1bb\x15", "> ▮two"],
    ["one two\x1bb\x0b", "> one ▮"],
    ["a👩‍👩‍👧\x7f", "> a▮"],
    [`日本${LEFT}X`, "> 日X▮本"],
    [`e\u0301x${LEFT}${LEFT}`, "> ▮e\u0301x"],
    ["\x1b[200~two\nlines\t \x1b[201~", "> two lines  ▮"],
    ["a\u202eb", "> a\\u{202e}b▮"],
  ];
  for (const [keys, expected] of cases) {
    assertEquals(line(keys), expected, JSON.stringify(keys));
  }
});

Deno.test("text: a line longer than the screen shows the part around the cursor", () => {
  assertEquals(line("0123456789abcdef", 12), "> 89abcdef▮");
  assertEquals(line("0123456789abcdef\x01", 12), "> ▮01234567");
  assertEquals(
    line("日本語日本語", 10),
    "> 本語▮".replace("本語", "日本語").slice(0, 6),
  );
});

Deno.test("text: Enter answers or says why not, Esc goes back and keeps what was typed", () => {
  assertEquals(press(text(), "hi\r").value, "hi");
  const refused = press(text(), "\r").prompt;
  assertEquals(
    picture(refused.render(40, 10)),
    "Say what?\n> ▮\nType something.",
  );
  assertEquals(
    picture(press(refused, "x").prompt.render(40, 10)),
    "Say what?\n> x▮\nhint",
  );
  const left = press(text(), `half${ESC}`);
  assertEquals([left.back, left.prompt.draft], [true, "half"]);
});

Deno.test("text: Up and Down go through earlier answers and back to what was typed", () => {
  const history = ["one", "two"];
  assertEquals(line(`new${UP}`, 40, { history }), "> two▮");
  assertEquals(line(`new${UP}${UP}${UP}`, 40, { history }), "> one▮");
  assertEquals(line(`new${UP}${UP}${DOWN}${DOWN}`, 40, { history }), "> new▮");
  assertEquals(line(`${UP}!${DOWN}`, 40, { history }), "> ▮");
});

Deno.test("text: Tab puts in what all names share, then shows them", () => {
  const asked = press(text({ completes: true }), "da\t");
  assertEquals(asked.typed, "da");
  const prompt = asked.prompt as TextPrompt;
  const after = (names: string[]) =>
    picture(prompt.completed("da", names).render(40, 10));
  assertEquals(after(["data/one", "data/other"]), "Say what?\n> data/o▮\nhint");
  assertEquals(after(["dad", "dab/"]), "Say what?\n> da▮\ndad  dab/");
  assertEquals(after([]), "Say what?\n> da▮\nnothing begins so");
  assertEquals(prompt.completed("other", ["other"]), prompt);
  assertEquals(press(text(), "x\t").typed, undefined);
});

const ITEMS = [
  { id: "a", label: "alice" },
  { id: "b", label: "bob" },
  { id: "c", label: "carol" },
  { id: "q", label: "quit", key: "q" },
];

function select(several = false, items = ITEMS): SelectPrompt {
  return new SelectPrompt({
    title: "Who?",
    items,
    several,
    hint: "hint",
    empty: "nobody",
  });
}

Deno.test("select: numbers and keys choose at once, arrows and Enter too", () => {
  const cases: [keys: string, chosen: string[] | undefined][] = [
    ["2", ["b"]],
    ["q", ["q"]],
    ["\r", ["a"]],
    [`${DOWN}${DOWN}\r`, ["c"]],
    [`${UP}\r`, ["q"]],
    ["9", undefined],
    ["0\x1b[H\r", ["a"]],
    ["\x1b[F\r", ["q"]],
  ];
  for (const [keys, chosen] of cases) {
    assertEquals(press(select(), keys).value, chosen, keys);
  }
  assertEquals(press(select(), ESC).back, true);
  assertEquals(
    picture(press(select(), "9").prompt.render(40, 10)),
    "Who?\n▮> 1 alice\n  2 bob\n  3 carol\n  q quit\nthere is no 9 to choose",
  );
});

Deno.test("select: several are marked with Space, numbers and a", () => {
  const cases: [keys: string, chosen: string[]][] = [
    ["\r", ["a"]],
    [` ${DOWN}${DOWN} \r`, ["a", "c"]],
    ["31\r", ["a", "c"]],
    ["11\r", ["a"]],
    ["a\r", ["a", "b", "c", "q"]],
    ["aa2\r", ["b"]],
  ];
  for (const [keys, chosen] of cases) {
    assertEquals(press(select(true), keys).value, chosen, keys);
  }
});

Deno.test("select: when the list changes the cursor and the marks stay with their items", () => {
  const marked = press(select(true), `13${DOWN}`).prompt as SelectPrompt;
  const without = marked.withItems(
    ITEMS.filter(({ id }) => id !== "c"),
    "Who now?",
  );
  assertEquals(press(without, "\r").value, ["a"]);
  const more = press(select(), DOWN).prompt as SelectPrompt;
  const grown = more.withItems([{ id: "n", label: "new" }, ...ITEMS], "Who?");
  assertEquals(press(grown, "\r").value, ["b"]);
  const none = more.withItems([], "Who?");
  assertEquals(picture(none.render(40, 10)), "Who?\n▮nobody\nhint");
  assertEquals(press(none, `${DOWN}${UP} \r`).value, undefined);
  assertEquals(press(none.withItems(ITEMS, "Who?"), "\r").value, ["a"]);
});

Deno.test("confirm: y and n answer, Enter takes the one that changes nothing", () => {
  for (
    const [keys, value] of [["y", true], ["N", false], ["\r", false], [
      "x",
      undefined,
    ]] as const
  ) {
    assertEquals(press(new ConfirmPrompt("Sure?"), keys).value, value, keys);
  }
  assertEquals(press(new ConfirmPrompt("Sure?"), ESC).back, true);
  assertEquals(
    picture(new ConfirmPrompt("Sure?").render(40, 5)),
    "Sure? [y/N]▮",
  );
});

Deno.test("no prompt is wider or higher than the screen, whatever is typed", () => {
  const keys = fc.array(fc.oneof(
    fc.constantFrom(
      UP,
      DOWN,
      LEFT,
      " ",
      "a",
      "9",
      "\x7f",
      "\x01",
      "\t",
      "日",
      "👩‍👩‍👧",
      "\u202e",
    ),
    fc.string({ maxLength: 5 }),
  )).map((parts) => parts.join("").replace(/[\r\n]/g, ""));
  fc.assert(fc.property(
    keys,
    fc.integer({ min: 1, max: 90 }),
    fc.integer({ min: 1, max: 30 }),
    fc.array(fc.string({ unit: "grapheme", maxLength: 40 }), { maxLength: 12 }),
    (keys, columns, rows, labels) => {
      const items = labels.map((label, at) => ({
        id: String(at),
        label: label.replace(/\p{Cc}/gu, ""),
      }));
      const prompts: Prompt<unknown>[] = [
        text({ title: "A question of several words, which has to wrap" }),
        select(false, items),
        select(true, items),
        new ConfirmPrompt("A question of several words, which has to wrap"),
      ];
      for (const first of prompts) {
        const { lines, cursor } = press(first, keys).prompt.render(
          columns,
          rows,
        );
        assert(lines.length <= rows, `${lines.length} lines in ${rows} rows`);
        assert(cursor.row < Math.max(lines.length, 1) && cursor.row >= 0);
        for (const { text } of lines) {
          assert(
            width(text) <= Math.max(columns - 1, 4),
            `${width(text)} in ${columns}: ${text}`,
          );
        }
      }
    },
  ));
});
