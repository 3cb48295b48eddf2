/** What can stand at the end of a command line that is being typed; derived from the command table. */
import { findCommand } from "./arguments.ts";
import type { Command, Row } from "./command.ts";
import { GLOBALS } from "./globals.ts";
import { flagName, type Option, type Options } from "./option.ts";
import { TOPICS } from "./topics.ts";

/** One way to go on. */
export interface Candidate {
  readonly value: string;
  readonly help: string;
}

/** Names only a hub knows. */
export type Live = "peers" | "shared";

/** All ways to go on. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  /** What the shell itself adds. */
  readonly paths: "none" | "files" | "directories";
  /** Names to ask the hub for; each stands behind `before`. */
  readonly live?: { readonly names: Live; readonly before: string };
}

const NOTHING: Completion = { candidates: [], paths: "none" };
const FILES: Completion = { candidates: [], paths: "files" };
const DIRECTORIES: Completion = { candidates: [], paths: "directories" };

/** Completes the last of the words behind `ferry`, which may be empty. */
export async function complete(
  words: readonly string[],
  table: readonly Row[],
): Promise<Completion> {
  const typed = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const name = commandIn(before, table);
  const row = table.find((row) => row.name === name);
  const command = (await row?.load())?.command;
  const options: Options = { ...GLOBALS, ...command?.options };
  const ended = before.includes("--");
  const waiting = ended ? undefined : optionOf(before.at(-1) ?? "", options);
  if (waiting?.takes === "value" || waiting?.takes === "list") {
    return valuesOf(waiting, typed, "");
  }
  if (!ended && typed.startsWith("-")) {
    const equals = typed.indexOf("=");
    if (equals < 0) return flagsOf(options, before, typed);
    const option = optionOf(typed.slice(0, equals), options);
    return option === undefined || option.takes === "nothing"
      ? NOTHING
      : valuesOf(option, typed.slice(equals + 1), typed.slice(0, equals + 1));
  }
  if (row === undefined || command === undefined) {
    return only(
      typed,
      table.map(({ name, summary }) => ({ value: name, help: summary })),
    );
  }
  return argumentsOf(row.name, command, typed, table);
}

function commandIn(
  words: readonly string[],
  table: readonly Row[],
): string | undefined {
  try {
    return findCommand(words, GLOBALS, table.map(({ name }) => name)).name;
  } catch {
    return undefined;
  }
}

function optionOf(flag: string, options: Options): Option<unknown> | undefined {
  return Object.entries(options).find(([key, { short }]) =>
    flag === `--${flagName(key)}` ||
    (short !== undefined && flag === `-${short}`)
  )?.[1];
}

/** The flags that can still be given. */
function flagsOf(
  options: Options,
  before: readonly string[],
  typed: string,
): Completion {
  return only(
    typed,
    Object.entries(options).map(([key, option]) => ({
      value: `--${flagName(key)}`,
      help: option.help,
      again: option.takes === "list",
    })).filter(({ value, again }) =>
      again ||
      !before.some((word) => word === value || word.startsWith(`${value}=`))
    ),
  );
}

/** Values of an option; what is typed of a list before its last comma stays. */
function valuesOf(
  option: Option<unknown>,
  typed: string,
  flag: string,
): Completion {
  const { placeholder, takes } = option;
  if (placeholder === "DIR") return DIRECTORIES;
  if (placeholder === "FILE") return FILES;
  const comma = takes === "list" ? typed.lastIndexOf(",") + 1 : 0;
  const before = flag + typed.slice(0, comma);
  if (takes === "list" && placeholder === "NAME") {
    return { ...NOTHING, live: { names: "peers", before } };
  }
  const choices = placeholder.split("|").filter((word) => /^[a-z]/.test(word));
  if (!placeholder.includes("|")) return NOTHING;
  return only(
    flag + typed,
    choices.map((choice) => ({ value: before + choice, help: "" })),
  );
}

function argumentsOf(
  name: string,
  command: Command,
  typed: string,
  table: readonly Row[],
): Completion {
  const [argument] = command.arguments ?? [];
  if (argument === undefined) return NOTHING;
  if (argument.choices !== undefined) {
    return only(
      typed,
      argument.choices.map((value) => ({ value, help: "" })),
    );
  }
  switch (argument.name) {
    case "FILE":
    case "PATH":
    case "CAPTURE":
      return FILES;
    case "COMMAND":
      return only(
        typed,
        [...table, ...TOPICS].map(({ name, summary }) => ({
          value: name,
          help: summary,
        })),
      );
  }
  return name === "get"
    ? { ...NOTHING, live: { names: "shared", before: "" } }
    : NOTHING;
}

/** The candidates that what is typed is the beginning of. */
function only(typed: string, candidates: readonly Candidate[]): Completion {
  return {
    candidates: candidates.filter(({ value }) => value.startsWith(typed)),
    paths: "none",
  };
}
