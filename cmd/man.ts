/** The manual page, from the command table and the help topics: roff with the man macros. */
import type { Command, Row } from "./command.ts";
import { GLOBALS } from "./globals.ts";
import { flagName, type Options } from "./option.ts";
import { TOPICS } from "./topics.ts";
import { VERSION } from "./version.ts";

/** The page `ferry(1)`, without the last line end. */
export async function manPage(table: readonly Row[]): Promise<string> {
  const commands: string[] = [];
  for (const row of table) {
    commands.push(...commandLines(row, (await row.load()).command));
  }
  const topics: string[] = [];
  for (const { name, summary, intro, rows } of TOPICS) {
    const terms = await rows();
    if (terms.length === 0) continue;
    const title = name === "exit-codes" ? "EXIT STATUS" : name.toUpperCase();
    topics.push(`.SH ${title}`, escape(intro === "" ? summary : intro));
    for (const [term, text] of terms) topics.push(...item(term, text));
  }
  return [
    // No date: the page is the same whenever it is made.
    `.TH FERRY 1 "" "Ferry ${VERSION}" "User Commands"`,
    ".SH NAME",
    String.raw`ferry \- move files and data between machines through a hub`,
    ".SH SYNOPSIS",
    ".B ferry",
    String.raw`.I COMMAND`,
    "[options] [arguments]",
    ".SH DESCRIPTION",
    escape(
      "ferry serve runs a hub, ferry connect joins it and receives, ferry send and ferry broadcast move files, pipes, text and JSON through it and wait for a receipt from each recipient. On a terminal, ferry alone opens a menu.",
    ),
    ".SH COMMANDS",
    ...commands,
    ".SH OPTIONS",
    "These go with every command, before or behind it.",
    ...optionLines(GLOBALS),
    ...topics,
  ].join("\n");
}

function commandLines({ name, summary }: Row, command: Command): string[] {
  const { usage, description, options, examples } = command;
  return [
    `.SS ${escape(name)}`,
    ...usage.flatMap((line) => [`.B ${escape(`ferry ${line}`)}`, ".br"]),
    ".PP",
    ...(description ?? summary).split("\n\n").flatMap((part, at) =>
      at === 0 ? [escape(part)] : [".PP", escape(part)]
    ),
    ...(command.arguments ?? []).flatMap(({ name, help }) => item(name, help)),
    ...optionLines(options),
    ...(examples.length === 0 ? [] : [".PP", "Examples:"]),
    ...examples.flatMap(({ line, does }) => [
      ".PP",
      `${escape(does)}:`,
      ".RS 4",
      ".nf",
      escape(line),
      ".fi",
      ".RE",
    ]),
  ];
}

function optionLines(options: Options): string[] {
  return Object.entries(options).flatMap(([key, option]) => {
    const { short, placeholder, takes, help } = option;
    const value = {
      nothing: "",
      value: ` ${placeholder}`,
      list: ` ${placeholder}`,
      maybe: ` [${placeholder}]`,
    }[takes];
    const standard = option.default === undefined
      ? ""
      : ` (default ${option.default})`;
    const flag = `${short === undefined ? "" : `-${short}, `}--${
      flagName(key)
    }`;
    return item(flag + value, help + standard);
  });
}

function item(term: string, text: string): string[] {
  return [".TP", `.B ${escape(term)}`, escape(text)];
}

/** Text as it stands: nothing in it is a request, an escape or a hyphen to break at. */
function escape(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-")
    .replaceAll('"', "\\(dq")
    .replaceAll("'", "\\(aq")
    .replace(
      /[^\n -~]/gu,
      (character) =>
        `\\[u${
          (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(
            4,
            "0",
          )
        }]`,
    )
    .replace(/^\./gm, "\\&.");
}
