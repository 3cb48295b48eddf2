/**
 * Reads the command line strictly. `parseArgs` guesses (is `true` after a flag its value? is `007` a
 * number?), so a first pass pairs flags with values and puts positionals behind `--`; what it then
 * gets leaves nothing to guess.
 */
import { parseArgs } from "@std/cli/parse-args";
import { Failure } from "../lib/failure.ts";
import { flagName, type Option, type Options } from "./option.ts";
import { closest, didYouMean } from "./suggest.ts";

/** A command line taken apart. */
export interface ParsedArguments {
  /** By option key, the texts given; a bare flag gives `true`, a value left out the empty text. */
  readonly texts: ReadonlyMap<string, readonly string[]>;
  readonly positionals: readonly string[];
}

/** Takes apart a command line without its subcommand; a mistake throws a `usage` failure. */
export function parseArguments(
  args: readonly string[],
  options: Options,
): ParsedArguments {
  const names = new Names(options);
  const { flags, positionals } = pairUp(args, names);
  const parsed = parseArgs([...flags, "--", ...positionals], {
    boolean: names.that((option) => option.takes === "nothing"),
    string: names.that((option) => option.takes !== "nothing"),
    collect: names.that((option) => option.takes !== "nothing"),
    "--": true,
    unknown: (arg) => {
      throw names.unknown(arg.split("=", 1)[0] ?? arg);
    },
  });
  const texts = new Map<string, string[]>();
  for (const [key, option] of Object.entries(options)) {
    const name = flagName(key);
    const value = parsed[name];
    if (value === true) texts.set(key, ["true"]);
    if (!Array.isArray(value) || value.length === 0) continue;
    if (value.length > 1 && option.takes !== "list") {
      throw new Failure("usage", `Cannot use --${name}: it is given twice`);
    }
    texts.set(key, value.map(String));
  }
  return { texts, positionals };
}

/**
 * Finds the subcommand: the first argument that is neither a flag nor a flag's value. Flags of the
 * command may stand before it; the argument behind such a flag is its value unless it is a command.
 */
export function findCommand(
  args: readonly string[],
  globals: Options,
  commands: readonly string[],
): { name: string | undefined; rest: readonly string[] } {
  const names = new Names(globals);
  let maybeValue = false;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (arg === "--") {
      maybeValue = false;
      continue;
    }
    const behindEnd = args[at - 1] === "--";
    if (!behindEnd && isFlag(arg)) {
      const option = names.option(arg);
      maybeValue = option === undefined && !arg.includes("=");
      if (option?.takes === "value" && !names.has(args[at + 1] ?? "--")) at++;
      continue;
    }
    if (commands.includes(arg)) {
      return { name: arg, rest: args.toSpliced(at, 1) };
    }
    if (!maybeValue) {
      throw new Failure(
        "usage",
        `Unknown command ${JSON.stringify(arg)}`,
        {
          hint: "see ferry --help for the commands",
          ...didYouMean(arg, commands),
        },
      );
    }
    maybeValue = false;
  }
  return { name: undefined, rest: args };
}

/** The flags of a set of options, as they can be typed. */
class Names {
  readonly #byFlag = new Map<string, Option<unknown>>();
  readonly #long: string[] = [];

  constructor(options: Options) {
    for (const [key, option] of Object.entries(options)) {
      this.#byFlag.set(`--${flagName(key)}`, option);
      this.#long.push(`--${flagName(key)}`);
      if (option.short !== undefined) {
        this.#byFlag.set(`-${option.short}`, option);
      }
    }
  }

  /** The option of a complete flag argument (`--to`, `-q`; not `--to=x`). */
  option(arg: string): Option<unknown> | undefined {
    return this.#byFlag.get(arg);
  }

  /** Whether an argument is one of these flags, with or without a value, or ends them. */
  has(arg: string): boolean {
    if (arg === "--") return true;
    if (arg.startsWith("--")) {
      return this.#byFlag.has(arg.split("=", 1)[0] ?? "");
    }
    return /^-[a-z]+$/i.test(arg) &&
      [...arg.slice(1)].every((letter) => this.#byFlag.has(`-${letter}`));
  }

  /** The long form of a flag. */
  long(option: Option<unknown>): string {
    return this.#long.find((name) => this.#byFlag.get(name) === option) ?? "";
  }

  /** Flag names without dashes of the options that pass. */
  that(passes: (option: Option<unknown>) => boolean): string[] {
    return this.#long.filter((name) => {
      const option = this.#byFlag.get(name);
      return option !== undefined && passes(option);
    }).map((name) => name.slice(2));
  }

  unknown(flag: string): Failure {
    // Without the dashes, which would make any two short names look alike.
    const word = closest(
      flag.replace(/^-+/, ""),
      this.#long.map((name) => name.slice(2)),
    );
    return new Failure(
      "usage",
      `Unknown flag ${flag}`,
      word === undefined ? {} : { hint: `did you mean --${word}?` },
    );
  }
}

/** A lone `-` is standard input, not a flag. */
function isFlag(arg: string): boolean {
  return arg.startsWith("-") && arg !== "-";
}

/** Every known flag as `--flag` or `--flag=value`, apart from the positionals. */
function pairUp(
  args: readonly string[],
  names: Names,
): { flags: string[]; positionals: string[] } {
  const flags: string[] = [];
  const positionals: string[] = [];
  let at = 0;

  /** Adds one flag; `inline` is the value written to it, else the next argument may be taken. */
  const add = (
    option: Option<unknown>,
    typed: string,
    inline: string | undefined,
  ) => {
    const long = names.long(option);
    const next = args[at];
    if (option.takes === "nothing") {
      if (inline !== undefined) {
        throw new Failure("usage", `Cannot use ${typed}: it takes no value`);
      }
      flags.push(long);
    } else if (inline !== undefined) {
      flags.push(`${long}=${inline}`);
    } else if (
      next !== undefined && !names.has(next) && option.claims(next)
    ) {
      at++;
      flags.push(`${long}=${next}`);
    } else if (option.takes === "maybe") {
      flags.push(`${long}=`);
    } else {
      throw new Failure("usage", `Cannot use ${typed}: the value is missing`, {
        hint: next === undefined || next === "--"
          ? `write ${long} ${option.placeholder}`
          : `write ${long}=${next} if that is the value`,
      });
    }
  };

  while (at < args.length) {
    const arg = args[at++] ?? "";
    if (arg === "--") {
      positionals.push(...args.slice(at));
      break;
    }
    if (!isFlag(arg)) {
      positionals.push(arg);
    } else if (arg.startsWith("--")) {
      const equals = arg.indexOf("=");
      const typed = equals < 0 ? arg : arg.slice(0, equals);
      const option = names.option(typed);
      if (option === undefined) flags.push(arg);
      else add(option, typed, equals < 0 ? undefined : arg.slice(equals + 1));
    } else {
      let rest = arg.slice(1);
      while (rest !== "") {
        const typed = `-${[...rest][0]}`;
        rest = rest.slice(typed.length - 1);
        const option = names.option(typed);
        if (option === undefined) throw names.unknown(typed);
        const inline = option.takes === "nothing"
          ? (rest.startsWith("=") ? rest : undefined)
          : (rest === "" ? undefined : rest.replace(/^=/, ""));
        add(option, typed, inline);
        if (inline !== undefined) break;
      }
    }
  }
  return { flags, positionals };
}
