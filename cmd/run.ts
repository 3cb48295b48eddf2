/** The whole program as a function: arguments and the world in, exit status out. */
import { EXIT, Failure } from "../lib/failure.ts";
import {
  findCommand,
  parseArguments,
  type ParsedArguments,
} from "./arguments.ts";
import type { Command, Row } from "./command.ts";
import { type Context, mayPrompt, PipeClosed } from "./context.ts";
import { GLOBALS, type Globals } from "./globals.ts";
import { readBoolean, type Values } from "./option.ts";
import { Reporter } from "./report.ts";
import { checkConfig, readConfig, resolveValues } from "./settings.ts";
import { TABLE } from "./table.ts";
import { VERSION } from "./version.ts";

/** A command told to stop has this long; the contract promises an end within 2 s. */
const GRACE_MS = 1_700;
/** And its last output this long, twice. */
const FLUSH_MS = 100;

/** Runs one command line to its end; never throws. Everything written is out when it resolves. */
export async function run(
  args: readonly string[],
  context: Context,
  table: readonly Row[] = TABLE,
): Promise<number> {
  let reporter = new Reporter(context, earlyVoice(args, context));
  let status: number;
  let wantsSummary = true;
  try {
    const { name, rest } = findCommand(args, GLOBALS, table.map((r) => r.name));
    const row = table.find((row) => row.name === name);
    const command = (await row?.load())?.command;
    const options: Command["options"] = command?.options ?? {};
    const parsed = parseArguments(rest, { ...GLOBALS, ...options });
    if (parsed.texts.has("version")) {
      wantsSummary = false;
      status = await showVersion(context, reporter);
    } else if (parsed.texts.has("help")) {
      wantsSummary = false;
      const { showHelp } = await import("./help.ts");
      status = await showHelp(name, context, reporter, table);
    } else {
      const { globals, values } = await settle(
        parsed,
        options,
        context,
        table,
        name,
      );
      reporter = new Reporter(context, globals);
      if (command === undefined || name === undefined) {
        status = await bare(context, globals, reporter);
      } else {
        wantsSummary = command.summary ?? true;
        status = await perform(command, name, context, {
          globals,
          values,
          positionals: parsed.positionals,
          reporter,
        });
      }
    }
  } catch (error) {
    status = report(error, reporter);
  }
  reporter.close();
  const hurried = status === EXIT.sigint || status === EXIT.sigterm;
  await flush(context, hurried);
  const { closed } = context.stdout;
  // Nobody reads on: no more words.
  if (closed.reason instanceof PipeClosed) return status;
  if (closed.aborted && status === EXIT.ok) {
    status = report(closed.reason, reporter);
  }
  if (wantsSummary || status !== EXIT.ok) reporter.summary({ exit: status });
  await flush(context, hurried);
  return status;
}

/** Waits until everything is written; with `hurried` only briefly, for a reader that does not read. */
async function flush(context: Context, hurried: boolean): Promise<void> {
  const written = Promise.all([
    context.stdout.write(""),
    context.stderr.write(""),
  ]);
  if (!hurried) return void await written;
  const late = Promise.withResolvers<void>();
  const cancel = context.clock.after(FLUSH_MS, late.resolve);
  await Promise.race([written, late.promise]);
  cancel();
}

interface Prepared {
  globals: Globals;
  values: Values<Command["options"]>;
  positionals: readonly string[];
  reporter: Reporter;
}

/** All options at their final values: flag, environment, config file, default. */
async function settle(
  parsed: ParsedArguments,
  options: Command["options"],
  context: Context,
  table: readonly Row[],
  name: string | undefined,
): Promise<{ globals: Globals; values: Values<Command["options"]> }> {
  const named = parsed.texts.get("config")?.[0] ??
    (context.env("FERRY_CONFIG") || undefined);
  const config = await readConfig(named, context);
  if (config !== undefined) await checkConfig(config, table);
  return {
    globals: resolveValues(GLOBALS, parsed, context, config, name),
    values: resolveValues(options, parsed, context, config, name),
  };
}

/** Runs a command under everything that can stop it, and says what came of it. */
async function perform(
  command: Command,
  name: string,
  context: Context,
  { globals, values, positionals, reporter }: Prepared,
): Promise<number> {
  const stop = new AbortController();
  let interrupted: Failure | undefined;
  const undo: (() => void)[] = [];
  undo.push(context.onInterrupt((kind) => {
    if (interrupted !== undefined) return context.exitNow(EXIT[kind]);
    interrupted = new Failure(kind, `Cannot finish ${name}: it was cancelled`);
    reporter.cancelling();
    stop.abort(interrupted);
  }));
  if (globals.timeout !== undefined) {
    undo.push(context.clock.after(globals.timeout, () => {
      stop.abort(
        new Failure(
          "deadline.total",
          `Cannot finish ${name}: the time given by --timeout is over`,
        ),
      );
    }));
  }
  const signal = AbortSignal.any([
    context.signal,
    stop.signal,
    context.stdout.closed,
  ]);
  const overdue = Promise.withResolvers<never>();
  // Always handled: nobody waits for it once the command has ended.
  overdue.promise.catch(() => {});
  const onAbort = () => {
    undo.push(
      context.clock.after(GRACE_MS, () => overdue.reject(signal.reason)),
    );
  };
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  let status: number;
  try {
    const ran = command.run({ ...context, signal }, {
      options: values,
      globals,
      arguments: positionals,
      reporter,
    });
    status = await Promise.race([ran, overdue.promise]) ?? EXIT.ok;
    // Not even a command that stops without complaint has met its deadline.
    if (stop.signal.aborted && status === EXIT.ok) throw stop.signal.reason;
  } catch (error) {
    const isPiped = signal.reason instanceof PipeClosed;
    // Whatever breaks because of the stop is the stop's doing.
    const cause = signal.aborted &&
        (!(error instanceof Failure) || (isPiped && command.printsOnly))
      ? signal.reason
      : error;
    status = report(cause, reporter);
    if (isPiped && command.printsOnly) status = EXIT.ok;
  } finally {
    signal.removeEventListener("abort", onAbort);
    for (const back of undo) back();
  }
  return interrupted?.exit ?? status;
}

/** Words what was thrown; the exit status it stands for. */
function report(error: unknown, reporter: Reporter): number {
  if (error instanceof Failure) {
    reporter.failure(error);
    return error.exit;
  }
  reporter.defect(error);
  return EXIT.failure;
}

async function showVersion(
  context: Context,
  reporter: Reporter,
): Promise<number> {
  const { deno, system, arch } = context.platform;
  const { commitOf, KIND } = await import("./build.ts");
  const commit = commitOf();
  reporter.event({
    event: "version",
    version: VERSION,
    deno,
    os: system,
    arch,
    kind: KIND,
    ...(commit === undefined ? {} : { commit }),
  });
  return EXIT.ok;
}

/** Ferry without a command: the menu on a terminal, else a short word on usage. */
async function bare(
  context: Context,
  globals: Globals,
  reporter: Reporter,
): Promise<number> {
  if (reporter.json) {
    throw new Failure("usage", "Cannot run ferry: the command is missing", {
      hint: "see ferry --help for the commands",
    });
  }
  if (mayPrompt(context, globals)) {
    const { command } = await import("./menu/start.ts");
    return await perform(command, "ferry", context, {
      globals,
      values: {},
      positionals: [],
      reporter,
    });
  }
  const { shortUsage } = await import("./help.ts");
  await context.stderr.write(shortUsage());
  return EXIT.usage;
}

/** How to say what goes wrong before the options are known. */
function earlyVoice(
  args: readonly string[],
  context: Context,
): ConstructorParameters<typeof Reporter>[1] {
  const end = args.indexOf("--");
  const flags = end < 0 ? args : args.slice(0, end);
  return {
    json: flags.includes("--json") || isOn(context.env("FERRY_JSON")),
    quiet: false,
    verbose: flags.includes("--verbose") || flags.includes("-v"),
    color: "auto",
    progress: "none",
  };
}

function isOn(text: string | undefined): boolean {
  try {
    return text !== undefined && readBoolean(text);
  } catch {
    return false;
  }
}
