/** Where the value of an option comes from: its flag, its environment variable, the config file, its default. */
import { Failure } from "../lib/failure.ts";
import { configDirectory } from "../lib/state/paths.ts";
import type { ParsedArguments } from "./arguments.ts";
import type { Row } from "./command.ts";
import type { Context } from "./context.ts";
import { GLOBALS } from "./globals.ts";
import {
  flagName,
  type Options,
  readBoolean,
  type Values,
  variableName,
} from "./option.ts";
import { didYouMean } from "./suggest.ts";

type Section = Readonly<Record<string, unknown>>;

/** The config file, read but not yet applied. */
export interface Config {
  readonly path: string;
  readonly values: Section;
}

/** The values of `options`, each from the first source that has one. A bad value names its source. */
export function resolveValues<O extends Options>(
  options: O,
  { texts }: ParsedArguments,
  context: Context,
  config: Config | undefined,
  command?: string,
): Values<O> {
  const values: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(options)) {
    const name = flagName(key);
    const read = (source: string, given: readonly string[]): unknown => {
      try {
        if (option.takes === "maybe" && isSwitch(given[0])) {
          return readBoolean(given[0]) ? option.read([""]) : option.absent;
        }
        return option.read(given);
      } catch (error) {
        throw error instanceof Failure ? blame(source, error) : error;
      }
    };
    const typed = texts.get(key);
    typed?.forEach(option.typed);
    const variable = variableName(key);
    const exported = option.commandLineOnly ? undefined : context.env(variable);
    const filed = option.commandLineOnly
      ? undefined
      : fromConfig(config, name, command, option.takes === "list");
    if (typed !== undefined) values[key] = read(`--${name}`, typed);
    // An empty variable counts as unset, as it does for most programs.
    else if (exported) values[key] = read(variable, [exported]);
    else if (filed !== undefined) values[key] = read(filed.source, filed.texts);
    else values[key] = option.absent;
  }
  return values as Values<O>;
}

function isSwitch(text: string | undefined): text is string {
  return text !== undefined && /^(0|1|true|false)$/i.test(text);
}

/** The failure of a parser (`Cannot read duration: "x" …`) as one of the place the text came from. */
function blame(source: string, failure: Failure): Failure {
  const state = failure.message.replace(/^Cannot read [a-z ]+: /, "");
  const { hint, cause } = failure;
  return new Failure("usage", `Cannot use ${source}: ${state}`, {
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}

/**
 * Reads the config file: the one named, which must be readable, or the usual one, which may be
 * absent. Unreadable is an `input` failure, text that is not a JSON object a `usage` failure.
 */
export async function readConfig(
  named: string | undefined,
  context: Context,
): Promise<Config | undefined> {
  const path = named ?? usualPath(context);
  if (path === undefined) return undefined;
  let text: string;
  try {
    text = await Deno.readTextFile(
      named === undefined ? path : await absolute(named, context),
    );
  } catch (cause) {
    if (named === undefined && cause instanceof Deno.errors.NotFound) {
      return undefined;
    }
    const state = cause instanceof Deno.errors.NotFound
      ? "the file does not exist"
      : cause instanceof Error
      ? cause.message
      : String(cause);
    throw new Failure("input", `Cannot read config file ${path}: ${state}`, {
      cause,
    });
  }
  try {
    const values: unknown = JSON.parse(text);
    if (isSection(values)) return { path, values };
  } catch (cause) {
    const state = cause instanceof Error ? cause.message : String(cause);
    throw new Failure("usage", `Cannot read config file ${path}: ${state}`, {
      cause,
    });
  }
  throw new Failure(
    "usage",
    `Cannot read config file ${path}: it does not hold a JSON object`,
  );
}

/** Loads what it needs only now: most commands name no file, and are to start fast. */
async function absolute(path: string, context: Context): Promise<string> {
  const { resolve } = await import("@std/path");
  return resolve(context.cwd(), path);
}

function usualPath(context: Context): string | undefined {
  const { os } = context.platform;
  const folder = configDirectory(os, (name) => context.env(name));
  return folder && `${folder}${os === "windows" ? "\\" : "/"}config.json`;
}

/**
 * Refuses keys that name nothing. At the top stand global options, options of any command and
 * sections named like commands; in a section, that command's options. Commands are loaded only as
 * far as an unfamiliar key makes it necessary.
 */
export async function checkConfig(
  { path, values }: Config,
  table: readonly Row[],
): Promise<void> {
  const global = configKeys(GLOBALS);
  const commands = table.map((row) => row.name);
  let everywhere: string[] | undefined;
  for (const [key, value] of Object.entries(values)) {
    if (global.includes(key)) continue;
    const row = table.find((row) => row.name === key);
    if (row !== undefined && isSection(value)) {
      const { command } = await row.load();
      const known = [...configKeys(command.options), ...global];
      for (const inner of Object.keys(value)) {
        if (!known.includes(inner)) throw unknownKey(`${key}.${inner}`, known);
      }
      continue;
    }
    everywhere ??= (await Promise.all(table.map((row) => row.load())))
      .flatMap(({ command }) => configKeys(command.options));
    if (!everywhere.includes(key)) {
      throw unknownKey(key, [...global, ...everywhere, ...commands]);
    }
  }

  function unknownKey(key: string, known: readonly string[]): Failure {
    return new Failure(
      "usage",
      `Cannot use config file ${path}: unknown key ${JSON.stringify(key)}`,
      didYouMean(key.slice(key.indexOf(".") + 1), known),
    );
  }
}

function configKeys(options: Options): string[] {
  return Object.keys(options).filter((key) =>
    options[key]?.commandLineOnly === false
  ).map(flagName);
}

/** What the file says about one option; the command's own section goes first. */
function fromConfig(
  config: Config | undefined,
  name: string,
  command: string | undefined,
  takesList: boolean,
): { source: string; texts: string[] } | undefined {
  if (config === undefined) return undefined;
  const section = command === undefined
    ? undefined
    : own(config.values, command);
  const inner = isSection(section) ? own(section, name) : undefined;
  const value = inner ?? own(config.values, name);
  // A key that names a command and an option of another one means the command when it holds an object.
  if (value === undefined || value === null) return undefined;
  if (inner === undefined && isSection(value)) return undefined;
  const key = inner === undefined ? name : `${command}.${name}`;
  const source = `${JSON.stringify(key)} in ${config.path}`;
  if (Array.isArray(value) && !takesList) {
    throw new Failure("usage", `Cannot use ${source}: it is a list`);
  }
  const items: unknown[] = Array.isArray(value) ? value : [value];
  const texts = items.map((item) => {
    if (["string", "number", "boolean"].includes(typeof item)) {
      return String(item);
    }
    throw new Failure(
      "usage",
      `Cannot use ${source}: it is not a text, a number, a switch or a list of these`,
    );
  });
  return texts.length === 0 ? undefined : { source, texts };
}

function own(section: Section, key: string): unknown {
  return Object.hasOwn(section, key) ? section[key] : undefined;
}

function isSection(value: unknown): value is Section {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
