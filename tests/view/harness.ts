/** Runs a view on bytes and collects what it says, without files, terminals or clocks. */
import { Failure } from "../../lib/failure.ts";
import { type DataOptions, viewData } from "../../lib/view/data.ts";
import { detectType, type ViewType } from "../../lib/view/detect.ts";
import { Tape } from "../../lib/view/source.ts";

/** How a test looks at a file. */
export interface Look extends DataOptions {
  readonly type?: Exclude<ViewType, "image">;
  /** Columns of a terminal; none: a pipe. */
  readonly terminal?: number;
  readonly color?: boolean;
  /** The size of the pieces the bytes arrive in. */
  readonly piece?: number;
  /** Whether the bytes can be read only once, like a pipe. */
  readonly once?: boolean;
}

/** What came of it. */
export interface Seen {
  readonly out: string;
  readonly notes: string[];
  readonly failure: Failure | undefined;
}

/** 2024-05-10, noon in UTC: what `today` is in the tests. */
export const NOW = Date.UTC(2024, 4, 10, 12);

const utf8 = new TextEncoder();

/** Views bytes under a name; only a Failure may come out of it. */
export async function look(
  content: Uint8Array | string,
  name: string,
  options: Look = {},
): Promise<Seen> {
  const bytes = typeof content === "string" ? utf8.encode(content) : content;
  const size = options.piece ?? 1 << 16;
  const pieces: Uint8Array[] = [];
  const notes: string[] = [];
  const tape = new Tape({
    name,
    once: options.once === true,
    async *open() {
      for (let at = 0; at < bytes.length; at += size) {
        yield await Promise.resolve(bytes.slice(at, at + size));
      }
    },
  });
  const columns = options.terminal ?? 80;
  let failure: Failure | undefined;
  try {
    const type = options.type ?? detectType(bytes.slice(0, 1 << 15), name);
    if (type === "image") throw new Error("the test wants data");
    await viewData(type, tape, options, {
      write(piece) {
        pieces.push(typeof piece === "string" ? utf8.encode(piece) : piece);
      },
      note: (line) => notes.push(line),
      screen: {
        terminal: options.terminal !== undefined,
        color: options.color === true,
        columns,
        rows: 24,
      },
      here: { now: NOW, zone: "Europe/Berlin" },
    });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    failure = error;
  }
  const whole = new Uint8Array(pieces.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return { out: new TextDecoder().decode(whole), notes, failure };
}

/** Everything a look gives, as one text. */
export function transcript({ out, notes, failure }: Seen): string {
  let text = out;
  if (text !== "" && !text.endsWith("\n")) text += "⏎\n";
  for (const note of notes) text += `note: ${note}\n`;
  if (failure !== undefined) {
    text += `error (exit ${failure.exit}): ${failure.message}\n`;
    if (failure.hint !== undefined) text += `hint: ${failure.hint}\n`;
  }
  return text;
}
