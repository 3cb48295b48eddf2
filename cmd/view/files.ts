/** `ferry view` of the files named: one after the other, those that are text in one pager. */
import { Failure } from "../../lib/failure.ts";
import { safe } from "../../lib/text/safe.ts";
import { type DataOptions, viewData } from "../../lib/view/data.ts";
import type { HereAndNow } from "../../lib/view/dates/filter.ts";
import type { Screen, ViewOut } from "../../lib/view/out.ts";
import type { Paged } from "../../lib/view/pager/paging.ts";
import type { Context } from "../context.ts";
import type { Reporter } from "../report.ts";
import type { Input } from "./input.ts";
import { dataOptions, imageOptions, type ViewValues } from "./options.ts";

/** A file, or why it could not be opened. */
export type Opened = Input | Failure;

/** How a text taller than the screen is shown there. */
export type Pager = (view: Paged, context: Context) => Promise<void>;

/** What the files are shown with. */
export interface Manner {
  readonly values: ViewValues;
  readonly color: boolean;
  readonly here: HereAndNow;
  /** Absent where everything is printed. */
  readonly pager?: Pager | undefined;
}

/** Shows the files on stdout and reports what is wrong with them; gives the failures. */
export async function showFiles(
  files: readonly Opened[],
  manner: Manner,
  context: Context,
  reporter: Reporter,
): Promise<Failure[]> {
  const showing = new Showing(files.length > 1, manner, context, reporter);
  for (let at = 0; at < files.length;) {
    const file = files[at];
    if (file === undefined) break;
    if (isImage(file)) {
      await showing.image(file);
      at++;
      continue;
    }
    const next = files.findIndex((file, n) => n >= at && isImage(file));
    const end = next < 0 ? files.length : next;
    await showing.texts(files.slice(at, end));
    at = end;
  }
  return showing.failures;
}

/** Views the files for their events alone; gives the failures. */
export async function describeFiles(
  files: readonly Opened[],
  { values, here }: Manner,
  context: Context,
  reporter: Reporter,
): Promise<Failure[]> {
  const failures: Failure[] = [];
  const note = reporter.note.bind(reporter);
  const options = dataOptions(values);
  for (const file of files) {
    const failure = await failureOf(context, async () => {
      if (file instanceof Failure) throw file;
      const { name, type } = file;
      if (type === "image") {
        const { imageEvent } = await import("./image.ts");
        return reporter.event(await imageEvent(file, { ...context, note }));
      }
      const { shown } = await viewData(type, file.tape(), options, {
        write() {},
        note,
        screen: { terminal: false, color: false, columns: 80, rows: 24 },
        here,
      });
      reporter.event({ event: "view", file: name, type, shown });
    });
    if (failure === undefined) continue;
    failures.push(failure);
    if (files.length > 1) reporter.failure(failure);
  }
  return failures;
}

class Showing {
  readonly failures: Failure[] = [];
  readonly #several: boolean;
  readonly #manner: Manner;
  readonly #options: DataOptions;
  readonly #context: Context;
  readonly #reporter: Reporter;
  #shown = 0;
  /** Whether what was written ends in the middle of a line. */
  #open = false;

  constructor(
    several: boolean,
    manner: Manner,
    context: Context,
    reporter: Reporter,
  ) {
    this.#several = several;
    this.#manner = manner;
    this.#options = dataOptions(manner.values);
    this.#context = context;
    this.#reporter = reporter;
  }

  async image(input: Input): Promise<void> {
    const { values, color } = this.#manner;
    const context = this.#context;
    const failure = await failureOf(context, async () => {
      const { imageContext, openImage, viewImage } = await import("./image.ts");
      if (values.open) return await openImage(input);
      await this.#write(this.#heading(input));
      await viewImage(
        input,
        imageOptions(values),
        imageContext(context, color, (line) => this.#reporter.note(line)),
      );
    });
    if (failure !== undefined) this.#failed(failure);
  }

  /** Tables and JSON, and files that could not be opened between them. */
  async texts(files: readonly Opened[]): Promise<void> {
    const { pager } = this.#manner;
    if (pager === undefined) {
      for (const file of files) {
        const failure = await this.#text(
          file,
          (piece) => this.#write(piece),
          (line) => this.#reporter.note(line),
        );
        if (failure !== undefined) this.#failed(failure);
      }
      return;
    }
    // Words would be drawn over: they wait until the pager is gone. A restart begins them anew.
    let words: (() => void)[] = [];
    const before = this.#shown;
    await pager({
      restartable: !files.some(isStdin),
      run: async (write) => {
        words = [];
        this.#shown = before;
        for (const file of files) {
          const failure = await this.#text(
            file,
            async (piece) => {
              if (typeof piece === "string") await write(piece);
            },
            (line) => words.push(() => this.#reporter.note(line)),
          );
          if (failure !== undefined) words.push(() => this.#failed(failure));
        }
      },
    }, this.#context).finally(() => {
      for (const say of words) say();
    });
  }

  #text(
    file: Opened,
    write: (piece: string | Uint8Array) => Promise<void>,
    note: ViewOut["note"],
  ): Promise<Failure | undefined> {
    const { color, here } = this.#manner;
    const { stdout } = this.#context;
    const screen: Screen = {
      terminal: stdout.isTerminal,
      color,
      columns: stdout.columns(),
      rows: stdout.rows(),
    };
    return failureOf(this.#context, async () => {
      if (file instanceof Failure) throw file;
      const { type } = file;
      // Images never come here; see `showFiles`.
      if (type === "image") return;
      const heading = this.#heading(file);
      if (heading !== "") await write(heading);
      await viewData(type, file.tape(), this.#options, {
        write,
        note,
        screen,
        here,
      });
    });
  }

  /** On a terminal several files are told apart as by `head`; in a pipe they follow each other like by `cat`. */
  #heading({ name }: Input): string {
    const { isTerminal } = this.#context.stdout;
    const first = this.#shown++ === 0;
    if (!this.#several) return "";
    if (!isTerminal) return this.#open ? "\n" : "";
    const heading = `==> ${safe(name)} <==`;
    return `${first ? "" : "\n"}${
      this.#manner.color ? `\x1b[1m${heading}\x1b[0m` : heading
    }\n`;
  }

  async #write(piece: string | Uint8Array): Promise<void> {
    if (piece.length > 0) {
      this.#open = piece.at(-1) !== "\n" && piece.at(-1) !== 0x0a;
      await this.#context.stdout.write(piece);
    }
    this.#context.signal.throwIfAborted();
  }

  #failed(failure: Failure): void {
    this.failures.push(failure);
    if (this.#several) this.#reporter.failure(failure);
  }
}

/** What goes wrong with one file; everything else (the signal, the pager's end) goes through. */
async function failureOf(
  { signal }: Context,
  work: () => Promise<void>,
): Promise<Failure | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Failure) return error;
    throw error;
  }
}

function isImage(file: Opened): file is Input {
  return !(file instanceof Failure) && file.type === "image";
}

function isStdin(file: Opened): boolean {
  return !(file instanceof Failure) && file.path === undefined;
}
