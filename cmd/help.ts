/** `ferry help`, `--help`: everything shown derives from the command table and the commands' data. */
import { EXIT, Failure } from "../lib/failure.ts";
import { type Command, defineCommand, type Row } from "./command.ts";
import type { Context } from "./context.ts";
import { GLOBALS } from "./globals.ts";
import { flagName, type Options } from "./option.ts";
import type { Reporter } from "./report.ts";
import { didYouMean } from "./suggest.ts";
import { TABLE } from "./table.ts";
import { TOPICS } from "./topics.ts";
import { columns, examples, paragraph } from "./layout.ts";

/** `ferry help [COMMAND|TOPIC]`. */
export const command = defineCommand({
  usage: ["help [COMMAND|TOPIC]"],
  options: {},
  arguments: [{ name: "COMMAND", help: "A command or a topic to explain" }],
  examples: [
    { line: "ferry help", does: "List the commands" },
    { line: "ferry help exit-codes", does: "List what exit statuses mean" },
  ],
  summary: false,
  printsOnly: true,
  async run(context, { arguments: [topic, ...rest], reporter }) {
    if (rest.length > 0) {
      throw new Failure(
        "usage",
        "Cannot show help: more than one topic is given",
      );
    }
    return await showHelp(topic, context, reporter, TABLE);
  },
});

/** Prints the help of a command or topic, or the overview; the exit status. */
export async function showHelp(
  name: string | undefined,
  context: Context,
  reporter: Reporter,
  table: readonly Row[],
): Promise<number> {
  const width = context.stdout.columns();
  const text = await helpText(name, width, table);
  reporter.event({ event: "help", topic: name ?? "", text });
  await reporter.data("");
  return EXIT.ok;
}

/** The text of a help page, without the last line end; an unknown name throws a `usage` failure. */
export async function helpText(
  name: string | undefined,
  width: number,
  table: readonly Row[],
): Promise<string> {
  if (name === undefined) return overview(width, table);
  const row = table.find((row) => row.name === name);
  if (row !== undefined) {
    return commandHelp(row, (await row.load()).command, width);
  }
  const topic = TOPICS.find((topic) => topic.name === name);
  if (topic?.name === "man") {
    const { manPage } = await import("./man.ts");
    return await manPage(table);
  }
  if (topic !== undefined) {
    const rows = columns(await topic.rows(), width);
    return `${paragraph(topic.intro, width)}\n\n${rows}`;
  }
  const known = [...table, ...TOPICS].map((each) => each.name);
  throw new Failure(
    "usage",
    `Cannot show help: there is no command or topic ${JSON.stringify(name)}`,
    { hint: "see ferry help for what there is", ...didYouMean(name, known) },
  );
}

/** What bare `ferry` says where it cannot open its menu. */
export function shortUsage(): string {
  return [
    "Usage: ferry COMMAND [OPTIONS] [ARGUMENTS]",
    "",
    "See ferry --help for the commands and ferry help COMMAND for one of them.",
    "",
  ].join("\n");
}

function overview(width: number, table: readonly Row[]): string {
  const groups = [...new Set(table.map((row) => row.group))];
  return sections([
    [
      "",
      paragraph("Move files and data between machines through a hub.", width),
    ],
    ["Usage", "  ferry COMMAND [OPTIONS] [ARGUMENTS]"],
    ...groups.map((group): Section => [
      group,
      columns(
        table.filter((row) => row.group === group).map((row) => [
          row.name,
          row.summary,
        ]),
        width,
      ),
    ]),
    ["Options everywhere", optionLines(GLOBALS, width)],
    [
      "Topics",
      columns(TOPICS.map((topic) => [topic.name, topic.summary]), width),
    ],
  ]);
}

function commandHelp(row: Row, command: Command, width: number): string {
  const { usage, options, description } = command;
  return sections([
    ["", paragraph(description ?? row.summary, width)],
    ["Usage", usage.map((line) => `  ferry ${line}`).join("\n")],
    [
      "Arguments",
      columns(
        (command.arguments ?? []).map(({ name, help }) => [name, help]),
        width,
      ),
    ],
    ["Options", optionLines(options, width)],
    ["Examples", examples(command.examples, width)],
    ["Options everywhere", optionLines(GLOBALS, width)],
  ]);
}

type Section = readonly [title: string, body: string];

/** Titled blocks with a line between them; empty ones are left out. */
function sections(all: readonly Section[]): string {
  return all.filter(([, body]) => body !== "").map(([title, body]) =>
    title === "" ? body : `${title}:\n${body}`
  ).join("\n\n");
}

function optionLines(options: Options, width: number): string {
  const rows = Object.entries(options).map(
    ([key, option]): [string, string] => {
      const short = option.short === undefined ? "    " : `-${option.short}, `;
      const value = {
        nothing: "",
        value: ` ${option.placeholder}`,
        list: ` ${option.placeholder}`,
        maybe: ` [${option.placeholder}]`,
      }[option.takes];
      const standard = option.default === undefined
        ? ""
        : ` (default ${option.default})`;
      return [`${short}--${flagName(key)}${value}`, option.help + standard];
    },
  );
  return columns(rows, width);
}
