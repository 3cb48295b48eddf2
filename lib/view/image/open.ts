/** Handing a file to the desktop's own viewer (`--open`). */
import { Failure } from "../../failure.ts";
import { safe } from "../../text/safe.ts";
import { resolve } from "@std/path";

/** A program and its arguments; no shell stands between. */
export interface OpenCommand {
  readonly program: string;
  readonly args: readonly string[];
}

/** Starts a program and forgets it; rejects with `Deno.errors.NotFound` when there is none. */
export type Start = (command: OpenCommand) => Promise<{ success: boolean }>;

/**
 * What opens a file on that system (`Deno.build.os`). The path is absolute, so it can be neither an
 * option nor an address; on Windows no `cmd` is involved, whose quoting cannot be made safe.
 */
export function openCommand(os: string, path: string): OpenCommand {
  const file = resolve(path);
  if (os === "darwin") return { program: "open", args: [file] };
  if (os === "windows") {
    return {
      program: "rundll32.exe",
      args: ["url.dll,FileProtocolHandler", file],
    };
  }
  return { program: "xdg-open", args: [file] };
}

/** What the name of a file may end in: desktops choose the program by it, and start some files. */
const IMAGE_NAME = /\.(png|jpe?g|jpe|jfif|gif|webp)$/i;

/**
 * Opens an image file in the desktop's viewer and returns once that has taken it. Throws `bad-data`
 * for a file not named as an image (which might be run instead of shown), `failure` when the opener
 * is missing or refuses.
 */
export async function openOutside(
  path: string,
  start: Start = startProgram,
  os: string = Deno.build.os,
): Promise<void> {
  if (!IMAGE_NAME.test(path)) {
    throw new Failure(
      "bad-data",
      `Cannot open ${safe(path)}: its name does not end as an image's does`,
      { hint: "rename it to .png, .jpg, .gif or .webp" },
    );
  }
  const command = openCommand(os, path);
  let state: string | undefined;
  try {
    const { success } = await start(command);
    if (!success) state = `${command.program} could not open it`;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    state = `${command.program} is not installed`;
  }
  if (state !== undefined) {
    throw new Failure("failure", `Cannot open ${safe(path)}: ${state}`);
  }
}

async function startProgram(
  { program, args }: OpenCommand,
): Promise<{ success: boolean }> {
  const { success } = await new Deno.Command(program, {
    args: [...args],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  return { success };
}
