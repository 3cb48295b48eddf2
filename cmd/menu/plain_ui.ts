/**
 * The menu without a screen: numbered lists, answers typed as lines, output that only ever grows.
 * For screen readers, for terminals that cannot move their cursor, and for whoever prefers it.
 */
import type { Item } from "../../lib/term/select_prompt.ts";
import { keyOf } from "../../lib/term/select_prompt.ts";
import type { Context, Input, Output } from "../context.ts";
import type { Questions } from "./questions.ts";
import { type Ask, type Choice, Ended, type Ui } from "./ui.ts";
import {
  NO_SUCH_CHOICE,
  NOTHING_TO_CHOOSE,
  PLAIN_CHOOSE,
  PLAIN_SEVERAL,
  PLAIN_TEXT,
  plainDraft,
  waitingLine,
  YES_OR_NO,
} from "./words.ts";

/** One reader for each standard input, which can be read only once, whatever menus come and go. */
const readers = new WeakMap<Input, AsyncIterator<string>>();

/** See above. */
export class PlainUi implements Ui {
  readonly context: Context;
  readonly #outer: Context;
  readonly #questions: Questions;
  readonly #drafts = new Map<string, string>();
  readonly #lines: AsyncIterator<string>;
  /** A line that was asked for and not yet given to anyone. */
  #next: Promise<IteratorResult<string>> | undefined;
  /** The question that stands at the end of what was printed. */
  #open = "";
  #closed = false;

  constructor(context: Context, questions: Questions) {
    this.#outer = context;
    this.#questions = questions;
    const env = (name: string) => name === "TERM" ? "dumb" : context.env(name);
    this.context = {
      ...context,
      env,
      stdout: this.#output(context.stdout),
      stderr: this.#output(context.stderr),
    };
    let lines = readers.get(context.stdin);
    if (lines === undefined) {
      lines = linesOf(context.stdin.stream());
      readers.set(context.stdin, lines);
    }
    this.#lines = lines;
    questions.show(
      () => {
        if (questions.size > 0) this.say(waitingLine(questions.size, true));
      },
      (line) => this.say(line),
    );
  }

  async choose(choice: Choice): Promise<string | undefined> {
    const chosen = await this.#select(choice, false);
    return chosen?.[0];
  }

  chooseSeveral(choice: Choice): Promise<readonly string[] | undefined> {
    return this.#select(choice, true);
  }

  async text(ask: Ask): Promise<string | undefined> {
    const draft = this.#drafts.get(ask.key) ?? ask.initial ?? "";
    while (true) {
      this.say(ask.title + (draft === "" ? "" : plainDraft(draft)));
      const typed = await this.#line(PLAIN_TEXT);
      if (typed.trim() === "0") return undefined;
      const answer = typed === "" ? draft : typed;
      const problem = ask.check?.(answer);
      if (problem === undefined) {
        this.#drafts.delete(ask.key);
        return answer;
      }
      this.say(problem);
    }
  }

  keep(key: string, draft: string): void {
    this.#drafts.set(key, draft);
  }

  async confirm(question: string): Promise<boolean | undefined> {
    while (true) {
      const answer = (await this.#line(`${question} [y/N] `)).trim();
      if (/^(no?)?$/i.test(answer)) return false;
      if (/^y(es)?$/i.test(answer)) return true;
      if (answer === "0") return undefined;
      this.say(YES_OR_NO);
    }
  }

  say(text: string): void {
    this.#print(this.#outer.stdout, `${text}\n`);
  }

  refresh(): void {
    // A list that was printed stays as it was; the next one is up to date.
  }

  run(command: (context: Context) => Promise<number>): Promise<number> {
    return command({
      ...this.context,
      stdin: { ...this.#outer.stdin, keys: undefined },
      terminalKeys: () => undefined,
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#open !== "") this.#outer.stdout.write("\n");
    this.#open = "";
    this.#questions.show(() => {}, () => {});
  }

  async #select(
    choice: Choice,
    several: boolean,
  ): Promise<readonly string[] | undefined> {
    while (true) {
      const items = choice.items();
      this.say(choice.title());
      for (const [at, item] of items.entries()) {
        this.say(`  ${numberOf(items, at)}. ${item.label}`);
      }
      if (items.length === 0) this.say(choice.empty ?? NOTHING_TO_CHOOSE);
      const typed = (await this.#line(several ? PLAIN_SEVERAL : PLAIN_CHOOSE))
        .trim();
      if (typed === "0") return undefined;
      if (typed === "i" && this.#questions.size > 0) {
        await this.#answer();
        continue;
      }
      const words = several && typed === "all"
        ? items.map((_, at) => numberOf(items, at))
        : typed.split(several ? /[\s,]+/ : /$^/).filter((word) => word !== "");
      const ids = words.map((word) =>
        items.find((_, at) => numberOf(items, at) === word)?.id
      );
      const known = ids.filter((id) => id !== undefined);
      if (known.length > 0 && known.length === ids.length) return known;
      this.say(typed === "" ? NOTHING_TO_CHOOSE : NO_SUCH_CHOICE(typed));
    }
  }

  async #answer(): Promise<void> {
    for (
      let next = this.#questions.first;
      next !== undefined;
      next = this.#questions.first
    ) {
      const yes = await this.confirm(next.text);
      if (yes === undefined) return;
      next.answer(yes);
    }
  }

  /** The next line typed. Throws Ended, or the reason to stop. */
  async #line(question: string): Promise<string> {
    const { signal, stdout } = this.#outer;
    signal.throwIfAborted();
    this.#open = question;
    stdout.write(question);
    const stopped = Promise.withResolvers<never>();
    const stop = () => stopped.reject(signal.reason);
    signal.addEventListener("abort", stop);
    try {
      this.#next ??= this.#lines.next();
      const { value, done } = await Promise.race([this.#next, stopped.promise]);
      this.#next = undefined;
      if (done) throw new Ended();
      this.#open = "";
      return value;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** Prints behind what was printed; a question that stands open is asked again below. */
  #print(output: Output, data: string | Uint8Array): Promise<void> {
    if (this.#open === "" || data.length === 0) return output.write(data);
    this.#outer.stdout.write("\n");
    const written = output.write(data);
    this.#outer.stdout.write(this.#open);
    return written;
  }

  #output(output: Output): Output {
    return {
      // Nothing is to draw, page or colour.
      isTerminal: false,
      columns: () => output.columns(),
      rows: () => output.rows(),
      closed: output.closed,
      write: (data) => this.#print(output, data),
    };
  }
}

function numberOf(items: readonly Item[], at: number): string {
  const key = keyOf(items, at);
  return key === " "
    ? String(
      items.slice(0, at + 1).filter(({ key }) => key === undefined).length,
    )
    : key;
}

async function* linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    rest += chunk;
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield line.replace(/\r$/, "");
  }
  if (rest !== "") yield rest;
}
