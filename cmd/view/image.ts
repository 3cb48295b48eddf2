/** Images for `ferry view`: loaded only when there is one. */
import { Failure } from "../../lib/failure.ts";
import type { Viewed } from "../../lib/events.ts";
import { checkFileSize, uprightFacts } from "../../lib/view/image/header.ts";
import {
  DEFAULT_IMAGE_OPTIONS,
  type ImageOptions,
  showImage,
} from "../../lib/view/image/show.ts";
import type { ImageContext } from "../../lib/view/image/terminal.ts";
import { joined } from "../../lib/view/joined.ts";
import type { Tape } from "../../lib/view/source.ts";
import type { Context } from "../context.ts";
import type { Input } from "./input.ts";

/** Shows an image of any size that is allowed; see `showImage`. */
export async function viewImage(
  input: Input,
  options: ImageOptions,
  context: ImageContext,
): Promise<void> {
  await showImage(input.name, await bytesOf(input.tape()), options, context);
}

/** What there is to say about an image, once it has proved to be one. */
export async function imageEvent(
  input: Input,
  context: Pick<ImageContext, "note" | "env" | "clock" | "signal">,
): Promise<Viewed> {
  const { name } = input;
  const bytes = await bytesOf(input.tape());
  const { note, env, clock, signal } = context;
  const write = () => Promise.resolve();
  await showImage(name, bytes, DEFAULT_IMAGE_OPTIONS, {
    write,
    note,
    env,
    clock,
    signal,
  });
  return {
    event: "view",
    file: name,
    type: "image",
    ...uprightFacts(name, bytes),
    bytes: bytes.length,
  };
}

/** Hands an image to the desktop. */
export async function openImage({ name, path }: Input): Promise<void> {
  if (path === undefined) {
    throw new Failure("usage", `Cannot open ${name}: it is not a file`);
  }
  const { openOutside } = await import("../../lib/view/image/open.ts");
  await openOutside(path);
}

/** The outside of an image shown on stdout; `terminal` says whether that is one. */
export function imageContext(
  context: Context,
  colour: boolean,
  note: (line: string) => void,
): ImageContext {
  const { stdout, clock, env, signal } = context;
  const keys = context.terminalKeys();
  return {
    write: (bytes) => stdout.write(bytes),
    note,
    ...(stdout.isTerminal
      ? {
        terminal: { columns: stdout.columns(), rows: stdout.rows(), colour },
        ...(keys === undefined ? {} : { keys }),
      }
      : {}),
    env,
    clock,
    signal,
  };
}

async function bytesOf(tape: Tape): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of tape.last()) {
    pieces.push(piece);
    size += piece.length;
    checkFileSize(tape.name, size);
  }
  return Uint8Array.from(joined(pieces, size));
}
