/** What `send` and `broadcast` are told to send, as items for the outbox. */
import { basename, resolve } from "@std/path";
import { Failure } from "../lib/failure.ts";
import type { Item } from "../lib/peer/outbox.ts";
import { INLINE_BYTES, MAX_MESSAGE_BYTES } from "../lib/protocol/limits.ts";
import { parseExact } from "../lib/text/exact_json.ts";
import {
  BytesBody,
  FileBody,
  readFailure,
  StreamBody,
} from "../lib/transfer/body.ts";
import type { Context } from "./context.ts";
import { text, type Values } from "./option.ts";

/** The options that say what is sent. */
export const ITEM_OPTIONS = {
  text: text("TEXT", "Send this text instead of a file"),
  data: text("JSON", "Send this JSON instead of a file"),
  nameAs: text("NAME", "The name it gets at the recipient"),
} as const;

/**
 * The items named by paths, `-`, `--text` or `--data`. Everything is checked before anything is
 * sent. Throws Failure: `usage` for none or too many, or for JSON that is not; `input` for a path
 * that cannot be read.
 */
export function itemsOf(
  paths: readonly string[],
  options: Values<typeof ITEM_OPTIONS>,
  context: Context,
  command: "send" | "broadcast",
): Item[] {
  const sources = [
    paths.length > 0,
    options.text !== undefined,
    options.data !== undefined,
  ];
  if (sources.filter(Boolean).length !== 1) {
    throw new Failure(
      "usage",
      `Cannot ${command}: give either paths, -, --text or --data`,
      {
        hint: `for example: ferry ${command} ${
          command === "send" ? "--to alice " : ""
        }report.csv`,
      },
    );
  }
  if (options.nameAs !== undefined && paths.length > 1) {
    throw new Failure(
      "usage",
      "Cannot use --name-as: it names one thing, and there are several",
    );
  }
  if (options.text !== undefined) {
    return [messageItem("text", options.text, options.nameAs ?? "message.txt")];
  }
  if (options.data !== undefined) {
    try {
      parseExact(options.data);
    } catch (error) {
      const state = error instanceof Error
        ? error.message.replace(/^[^:]*: /, "")
        : "it is not JSON";
      throw new Failure("usage", `Cannot send --data: ${state}`, {
        cause: error,
      });
    }
    return [
      messageItem("json", options.data, options.nameAs ?? "message.json"),
    ];
  }
  if (paths.filter((path) => path === "-").length > 1) {
    throw new Failure(
      "usage",
      "Cannot read standard input twice: - stands for it once",
    );
  }
  return paths.map((path) => pathItem(path, options.nameAs, context));
}

function messageItem(
  kind: "text" | "json",
  message: string,
  name: string,
): Item {
  const bytes = new TextEncoder().encode(message);
  if (bytes.length > MAX_MESSAGE_BYTES) {
    throw new Failure(
      "usage",
      "Cannot send the message: it is larger than 1 MiB",
      {
        hint:
          "send it as a file, or through a pipe: … | ferry send --to NAME -",
      },
    );
  }
  return { name, kind, size: bytes.length, open: () => new BytesBody(bytes) };
}

function pathItem(
  path: string,
  nameAs: string | undefined,
  context: Context,
): Item {
  if (path === "-") {
    if (context.stdin.isTerminal) {
      throw new Failure(
        "usage",
        "Cannot send -: standard input is a terminal",
        {
          hint: "pipe something into it",
        },
      );
    }
    const open = () => new StreamBody(context.stdin.stream());
    return { name: nameAs ?? "stdin", kind: "file", size: null, open };
  }
  if (path === "") {
    throw new Failure("input", 'Cannot send "": the path is empty');
  }
  const absolute = resolve(context.cwd(), path);
  const size = sizeOf(absolute, path);
  const name = nameAs ?? basename(absolute);
  return {
    name,
    kind: "file",
    size,
    open: () =>
      size > INLINE_BYTES
        ? new FileBody(absolute, size, name)
        : readSmall(absolute),
  };
}

function sizeOf(absolute: string, path: string): number {
  let info: Deno.FileInfo;
  try {
    info = Deno.statSync(absolute);
    if (info.isFile) Deno.openSync(absolute).close();
  } catch (error) {
    throw new Failure(
      "input",
      `Cannot send ${path}: ${readFailure(error).message}`,
      { cause: error },
    );
  }
  if (info.isFile) return info.size;
  if (info.isDirectory) {
    throw new Failure("input", `Cannot send ${path}: it is a directory`, {
      hint: `send the files in it: ${path.replace(/\/+$/, "")}/*`,
    });
  }
  throw new Failure("input", `Cannot send ${path}: it is not a regular file`, {
    hint: `pipe it: ferry send --to NAME --name-as FILE - < ${path}`,
  });
}

/** A small file is read at once, when its turn comes: one call instead of three. */
function readSmall(path: string): BytesBody {
  try {
    return new BytesBody(Deno.readFileSync(path));
  } catch (error) {
    throw readFailure(error);
  }
}
