/** The files `ferry view` was given, as something to read. */
import { Failure } from "../../lib/failure.ts";
import {
  DETECTION_BYTES,
  detectType,
  type ViewType,
} from "../../lib/view/detect.ts";
import { fileSource } from "../../lib/view/file.ts";
import { type Source, Tape } from "../../lib/view/source.ts";
import type { Context } from "../context.ts";

/** What messages and detection call standard input. */
const STDIN = "stdin";

/** A file whose beginning was looked at. */
export interface Input {
  /** What messages call it. */
  readonly name: string;
  /** The absolute path; undefined for standard input. */
  readonly path: string | undefined;
  readonly type: ViewType;
  /** Reads it from the start; for standard input once only. */
  tape(): Tape;
}

/**
 * Looks at a file or, for `-`, at standard input.
 *
 * @throws Failure `input` when it cannot be read, `bad-data` when nothing says what it is.
 */
export async function openInput(
  given: string,
  type: ViewType | undefined,
  context: Context,
): Promise<Input> {
  if (given === "") {
    throw new Failure("input", 'Cannot read "": the path is empty');
  }
  const path = given === "-" ? undefined : absolute(given, context.cwd());
  const source = path === undefined
    ? stdin(context)
    : stoppable(fileSource(path, given), context.signal);
  const { name } = source;
  let looked: Tape | undefined = new Tape(source);
  const found = await headOf(looked, (head) => type ?? detectType(head, name));
  return {
    name,
    path,
    type: found,
    tape() {
      const tape = looked ?? new Tape(source);
      looked = undefined;
      return tape;
    },
  };
}

async function headOf<T>(
  tape: Tape,
  look: (head: Uint8Array) => T,
): Promise<T> {
  try {
    return look(await tape.head(DETECTION_BYTES));
  } catch (error) {
    await tape.close();
    throw error;
  }
}

/** Kept apart from `@std/path`, which takes longer to load than a table to show. */
function absolute(path: string, cwd: string): string {
  return /^([/\\]|[a-z]:[/\\])/i.test(path) ? path : `${cwd}/${path}`;
}

/** The same source, which ends with the signal's reason once that is aborted. */
function stoppable(source: Source, signal: AbortSignal): Source {
  return {
    ...source,
    async *open() {
      for await (const piece of source.open()) {
        signal.throwIfAborted();
        yield piece;
      }
    },
  };
}

/** Standard input, also while it keeps its reader waiting. */
function stdin(context: Context): Source {
  const { signal } = context;
  if (context.stdin.isTerminal) {
    throw new Failure("usage", "Cannot view -: standard input is a terminal", {
      hint: "pipe something into it",
    });
  }
  return {
    name: STDIN,
    once: true,
    async *open() {
      const reader = context.stdin.stream().getReader();
      const stop = () => void reader.cancel().catch(() => {});
      signal.addEventListener("abort", stop);
      try {
        for (;;) {
          const { value, done } = await reader.read();
          signal.throwIfAborted();
          if (done) return;
          yield value;
        }
      } catch (error) {
        if (error instanceof Failure) throw error;
        throw new Failure("input", `Cannot read ${STDIN}: reading it failed`, {
          cause: error,
        });
      } finally {
        signal.removeEventListener("abort", stop);
        await reader.cancel().catch(() => {});
      }
    },
  };
}
