/** Options are data: one declaration gives parsing, types, environment variable, config key and help. */
import { Failure } from "../lib/failure.ts";
import { parseDuration, parseSize } from "../lib/text/units.ts";

/** One option of a command; `T` is what the command gets. */
export interface Option<T> {
  /** How it stands on the command line: bare, with a value, with values that add up, or with one that may be left out. */
  readonly takes: "nothing" | "value" | "list" | "maybe";
  /** Also says how it is completed: `FILE`, `DIR`, words parted by `|`, peers for a list of `NAME`. */
  readonly placeholder: string;
  readonly help: string;
  /** A single letter. */
  readonly short: string | undefined;
  /** The default as help shows it. */
  readonly default: string | undefined;
  /** Set where the environment and the config file have no say. */
  readonly commandLineOnly: boolean;
  /** Looks at a text given on the command line itself; throws a `usage` failure where it must not stand there. */
  readonly typed: (text: string) => void;
  /** For `maybe`: whether the next argument is this option's value. */
  readonly claims: (next: string) => boolean;
  /** The value of the texts given, in order; throws a `usage` failure for a bad one. */
  readonly read: (texts: readonly string[]) => T;
  /** The value when nothing is given. */
  readonly absent: T;
}

/** A command's options by their names in code (`keepMessages` is `--keep-messages`). */
export type Options = Readonly<Record<string, Option<unknown>>>;

/** What a command gets for its options. */
export type Values<O extends Options> = {
  readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never;
};

/** The flag of an option, without dashes: `keepMessages` → `keep-messages`. */
export function flagName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The environment variable of an option: `keepMessages` → `FERRY_KEEP_MESSAGES`. */
export function variableName(key: string): string {
  return `FERRY_${flagName(key).replaceAll("-", "_").toUpperCase()}`;
}

/** What any option may add to its declaration. */
export interface Extra {
  readonly short?: string;
  readonly commandLineOnly?: boolean;
  readonly typed?: (text: string) => void;
}

/** With a default, given as the user would write it. */
export interface WithDefault extends Extra {
  readonly default: string;
}

/** A switch: `--json`. */
export function flag(help: string, extra: Extra = {}): Option<boolean> {
  return {
    ...common("nothing", "", help, extra),
    read: ([text = ""]) => readBoolean(text),
    absent: false,
  };
}

/** An option whose one value `parse` reads; `parse` throws a `usage` failure for a bad one. */
export function value<T>(
  placeholder: string,
  help: string,
  parse: (text: string) => T,
  extra: WithDefault,
): Option<T>;
export function value<T>(
  placeholder: string,
  help: string,
  parse: (text: string) => T,
  extra?: Extra,
): Option<T | undefined>;
export function value<T>(
  placeholder: string,
  help: string,
  parse: (text: string) => T,
  extra: Extra & { readonly default?: string } = {},
): Option<T | undefined> {
  return {
    ...common("value", placeholder, help, extra),
    read: ([text = ""]) => parse(text),
    absent: extra.default === undefined ? undefined : parse(extra.default),
  };
}

/** Declares options of one kind: of values that are all read alike. */
export interface Kind<T> {
  (placeholder: string, help: string, extra: WithDefault): Option<T>;
  (placeholder: string, help: string, extra?: Extra): Option<T | undefined>;
}

function kind<T>(parse: (text: string) => T): Kind<T> {
  function of(p: string, help: string, extra: WithDefault): Option<T>;
  function of(p: string, help: string, extra?: Extra): Option<T | undefined>;
  function of(p: string, help: string, extra?: Extra): Option<T | undefined> {
    return value(p, help, parse, extra);
  }
  return of;
}

/** Text as it stands, also empty. */
export const text: Kind<string> = kind((text) => text);
/** A duration; the command gets milliseconds. */
export const duration: Kind<number> = kind(parseDuration);
/** A size; the command gets bytes. */
export const size: Kind<number> = kind(parseSize);

/** The bounds of a `count`, both included. */
export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

/** A whole number within bounds (from 0 unless said otherwise). */
export function count(
  p: string,
  help: string,
  extra: WithDefault & Bounds,
): Option<number>;
export function count(
  p: string,
  help: string,
  extra?: Extra & Bounds,
): Option<number | undefined>;
export function count(
  placeholder: string,
  help: string,
  extra: Extra & Bounds = {},
): Option<number | undefined> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = extra;
  const parse = (text: string): number => {
    const number = /^\d+$/.test(text) ? Number(text) : NaN;
    if (number >= min && number <= max) return number;
    const range = max === Number.MAX_SAFE_INTEGER
      ? `from ${min}`
      : `from ${min} to ${max}`;
    throw new Failure(
      "usage",
      `Cannot read number: ${
        JSON.stringify(text)
      } is not a whole number ${range}`,
    );
  };
  return value(placeholder, help, parse, extra);
}

/** One of the words given. */
export function choice<const C extends string>(
  choices: readonly C[],
  help: string,
  extra: Extra & { readonly default: NoInfer<C> },
): Option<C>;
export function choice<const C extends string>(
  choices: readonly C[],
  help: string,
  extra?: Extra,
): Option<C | undefined>;
export function choice<const C extends string>(
  choices: readonly C[],
  help: string,
  extra?: Extra,
): Option<C | undefined> {
  const parse = (text: string): C => {
    const found = choices.find((choice) => choice === text);
    if (found !== undefined) return found;
    throw new Failure(
      "usage",
      `Cannot read choice: ${JSON.stringify(text)} is not one of ${
        choices.join(", ")
      }`,
    );
  };
  return value(choices.join("|"), help, parse, extra);
}

/** Several values: separated by commas, the flag repeated, or both; none of them empty. */
export function list(
  placeholder: string,
  help: string,
  extra: Extra = {},
): Option<readonly string[] | undefined> {
  return {
    ...common("list", placeholder, help, extra),
    read: (texts) => {
      const items = texts.flatMap((text) => text.split(",")).map((item) =>
        item.trim()
      );
      if (!items.includes("")) return items;
      throw new Failure(
        "usage",
        `Cannot read list: ${
          JSON.stringify(texts.join(","))
        } has an empty entry`,
      );
    },
    absent: undefined,
  };
}

/** Several texts, each as it stands: the flag repeated. */
export function texts(
  placeholder: string,
  help: string,
  extra: Extra = {},
): Option<readonly string[] | undefined> {
  return {
    ...common("list", placeholder, help, extra),
    read: (texts) => texts,
    absent: undefined,
  };
}

/**
 * A switch that may carry a duration: `--queue`, `--queue 2h`, `--queue=2h`. The next argument is
 * its value only when it reads as a duration. The command gets `true` or milliseconds.
 */
export function optionalDuration(
  placeholder: string,
  help: string,
  extra: Extra = {},
): Option<number | true | undefined> {
  return {
    ...common("maybe", placeholder, help, extra),
    claims: (next) => /^\d+(\.\d+)?(ms|[smhd])/.test(next) && isDuration(next),
    read: ([text = ""]) => text === "" ? true : parseDuration(text),
    absent: undefined,
  };
}

/** `1`, `true`, `0` or `false`, as the environment and the config file switch a flag. */
export function readBoolean(text: string): boolean {
  const word = text.toLowerCase();
  if (word === "1" || word === "true") return true;
  if (word === "0" || word === "false") return false;
  throw new Failure(
    "usage",
    `Cannot read switch: ${JSON.stringify(text)} is not 1, true, 0 or false`,
  );
}

function common(
  takes: Option<unknown>["takes"],
  placeholder: string,
  help: string,
  extra: Extra & { readonly default?: string },
): Omit<Option<unknown>, "read" | "absent"> {
  return {
    takes,
    placeholder,
    help,
    short: extra.short,
    default: extra.default,
    commandLineOnly: extra.commandLineOnly ?? false,
    typed: extra.typed ?? (() => {}),
    claims: () => true,
  };
}

function isDuration(text: string): boolean {
  try {
    parseDuration(text);
    return true;
  } catch {
    return false;
  }
}
