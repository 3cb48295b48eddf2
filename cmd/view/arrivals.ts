/** `--view`: each file is shown as it arrives, as far as it fits the screen; never paged. */
import type { FerryEvent } from "../../lib/events.ts";
import { asFailure, Failure } from "../../lib/failure.ts";
import { safe } from "../../lib/text/safe.ts";
import { type Context, mayColor } from "../context.ts";
import type { Globals } from "../globals.ts";
import type { Reporter } from "../report.ts";
import { type Input, openInput } from "./input.ts";

/** Lines left free: the one that names the file, the note that there is more, the prompt. */
const SPARE_LINES = 3;

/** Enough was written; never leaves this file. */
class Enough extends Error {}

/** Shows what arrives, one after the other, each in one write: nothing comes between its lines. */
export class ArrivalViews {
  readonly #context: Context;
  readonly #globals: Pick<Globals, "color">;
  readonly #reporter: Reporter;
  #last: Promise<void> = Promise.resolve();

  /** Throws a `usage` failure with `--json`, where stdout is for events alone. */
  constructor(
    context: Context,
    globals: Pick<Globals, "color" | "json">,
    reporter: Reporter,
  ) {
    if (globals.json) {
      throw new Failure(
        "usage",
        "Cannot use --view with --json: standard output is for events alone",
        { hint: "view the file that saved names: ferry view FILE" },
      );
    }
    this.#context = context;
    this.#globals = globals;
    this.#reporter = reporter;
  }

  /** Reports an event: at once, or, for a file that has arrived, when it is shown. */
  report(event: FerryEvent): void {
    if (
      event.event !== "transfer.completed" || event.dir !== "receive" ||
      event.kind !== "file" || event.saved === undefined
    ) return this.#reporter.event(event);
    const { saved } = event;
    this.#last = this.#last.then(async () => {
      const said = await this.#look(saved);
      this.#reporter.event(event);
      for (const say of said) say();
    });
  }

  /** Resolves when everything that has arrived was shown. */
  async finish(): Promise<void> {
    await this.#last;
  }

  /** What there is to say about a file, in order. */
  async #look(path: string): Promise<(() => void)[]> {
    const { signal } = this.#context;
    const notes: string[] = [];
    let text = "";
    try {
      signal.throwIfAborted();
      const input = await openInput(path, undefined, this.#context);
      const note = (line: string) => void notes.push(line);
      text = input.type === "image"
        ? await this.#image(input, note)
        : await this.#data(input, input.type, note);
    } catch (error) {
      // Told to stop: the file is there, and can be looked at later.
      if (!signal.aborted) notes.push(asFailure(error).message);
    }
    return [
      () => void (text === "" || this.#reporter.data(text)),
      ...notes.map((line) => () => this.#reporter.note(line)),
    ];
  }

  async #image(input: Input, note: (line: string) => void): Promise<string> {
    const context = this.#context;
    const { imageContext, viewImage } = await import("./image.ts");
    const { DEFAULT_IMAGE_OPTIONS } = await import(
      "../../lib/view/image/show.ts"
    );
    let text = "";
    const decoder = new TextDecoder();
    const color = mayColor(context, context.stdout, this.#globals.color);
    // Without keys nothing is asked of the terminal, where someone may be typing.
    const { keys: _, terminal, ...outside } = imageContext(
      context,
      color,
      note,
    );
    const rows = Math.max(1, context.stdout.rows() - SPARE_LINES);
    await viewImage(input, { ...DEFAULT_IMAGE_OPTIONS, still: true }, {
      ...outside,
      ...(terminal === undefined ? {} : { terminal: { ...terminal, rows } }),
      write: (bytes) => {
        text += decoder.decode(bytes, { stream: true });
        return Promise.resolve();
      },
    });
    return text;
  }

  async #data(
    input: Input,
    type: Exclude<Input["type"], "image">,
    note: (line: string) => void,
  ): Promise<string> {
    const { stdout, clock } = this.#context;
    const { viewData } = await import("../../lib/view/data.ts");
    const room = Math.max(1, stdout.rows() - SPARE_LINES);
    const decoder = new TextDecoder();
    let text = "";
    try {
      await viewData(type, input.tape(), {}, {
        write(piece) {
          text += typeof piece === "string"
            ? piece
            : decoder.decode(piece, { stream: true });
          if (text.split("\n").length > room + 1) throw new Enough();
        },
        note,
        screen: {
          terminal: stdout.isTerminal,
          color: mayColor(this.#context, stdout, this.#globals.color),
          columns: stdout.columns(),
          rows: stdout.rows(),
        },
        here: { now: clock.date(), zone: "UTC" },
      });
    } catch (error) {
      if (!(error instanceof Enough)) throw error;
      text = text.split("\n").slice(0, room).join("\n");
      note(`… ferry view ${safe(input.name)} shows the rest`);
    }
    return text === "" || text.endsWith("\n") ? text : `${text}\n`;
  }
}
