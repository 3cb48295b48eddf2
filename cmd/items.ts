/** What `send` and `broadcast` are told to send, as items for the outbox. */
import { basename, dirname, resolve } from "@std/path";
import { Failure } from "../lib/failure.ts";
import type { Item } from "../lib/peer/item.ts";
import { fileItem, treeItems } from "../lib/peer/tree.ts";
import { MAX_MESSAGE_BYTES } from "../lib/protocol/limits.ts";
import { parseExact } from "../lib/text/exact_json.ts";
import { BytesBody, StreamBody } from "../lib/transfer/body.ts";
import { readFailure } from "../lib/transfer/read.ts";
import type { WalkOptions } from "../lib/transfer/walk.ts";
import type { Context } from "./context.ts";
import { flag, text, type Values } from "./option.ts";
import type { Reporter } from "./report.ts";

/** What is left out of a directory is named up to this number, then counted. */
const MAX_NAMED = 10;

/** The options that say what is sent. */
export const ITEM_OPTIONS = {
  text: text("TEXT", "Send this text instead of a file"),
  data: text("JSON", "Send this JSON instead of a file"),
  nameAs: text("NAME", "The name it gets at the recipient"),
  followSymlinks: flag("In a directory, send what links lead to", {
    short: "L",
  }),
} as const;

/**
 * The items named by paths, `-`, `--text` or `--data`; what is in a directory is found as its turn
 * comes, and what is left out of it is warned about. Everything named is checked before anything is
 * sent. Throws Failure: `usage` for none or too many, or for JSON that is not; `input` for a path
 * that cannot be read.
 */
export function itemsOf(
  paths: readonly string[],
  options: Values<typeof ITEM_OPTIONS>,
  context: Context,
  command: "send" | "broadcast",
  reporter: Reporter,
): Iterable<Item> {
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
  return inTurn(
    paths.map((path) => pathItems(path, options, context, reporter)),
  );
}

function* inTurn<T>(all: readonly Iterable<T>[]): Iterable<T> {
  for (const some of all) yield* some;
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

function pathItems(
  path: string,
  { nameAs, followSymlinks }: Values<typeof ITEM_OPTIONS>,
  context: Context,
  reporter: Reporter,
): Iterable<Item> {
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
    return [{ name: nameAs ?? "stdin", kind: "file", size: null, open }];
  }
  if (path === "") {
    throw new Failure("input", 'Cannot send "": the path is empty');
  }
  const absolute = resolve(context.cwd(), path);
  const info = infoOf(absolute, path);
  const name = nameAs ?? basename(absolute);
  if (info.isFile) return [fileItem(absolute, name, info)];
  if (nameAs === undefined && dirname(absolute) === absolute) {
    throw new Failure("usage", `Cannot send ${path}: it has no name`, {
      hint: "name it with --name-as",
    });
  }
  if (name.includes("/")) {
    throw new Failure(
      "usage",
      "Cannot use --name-as: the name of a directory has no / in it",
    );
  }
  const madeBefore = Date.now();
  const options = { followLinks: followSymlinks, madeBefore };
  return directoryItems(absolute, name, options, reporter);
}

/** The items of a directory; who sends it is warned about what was left out. */
function* directoryItems(
  absolute: string,
  name: string,
  options: WalkOptions,
  reporter: Reporter,
): Iterable<Item> {
  let leftOut = 0;
  yield* treeItems(absolute, name, {
    ...options,
    leftOut(entry, state) {
      if (++leftOut > MAX_NAMED) return;
      const links = state === "it is a symbolic link"
        ? "--follow-symlinks sends what links lead to"
        : undefined;
      reporter.warn("left-out", `${entry} is left out: ${state}`, links);
    },
  });
  if (leftOut <= MAX_NAMED) return;
  const more = leftOut - MAX_NAMED;
  reporter.warn("left-out", `${more} more in ${name} are left out`);
}

/** What is at a path. Throws Failure `input` when it cannot be read, or is neither file nor directory. */
function infoOf(absolute: string, path: string): Deno.FileInfo {
  let info: Deno.FileInfo;
  try {
    info = Deno.statSync(absolute);
    if (info.isFile) Deno.openSync(absolute).close();
    if (info.isDirectory) Deno.readDirSync(absolute);
  } catch (error) {
    throw new Failure(
      "input",
      `Cannot send ${path}: ${readFailure(error).message}`,
      { cause: error },
    );
  }
  if (info.isFile || info.isDirectory) return info;
  throw new Failure("input", `Cannot send ${path}: it is not a regular file`, {
    hint: `pipe it: ferry send --to NAME --name-as FILE - < ${path}`,
  });
}
