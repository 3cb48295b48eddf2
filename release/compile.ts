/**
 * Builds the executable: `deno task compile [--target TARGET] [--kind compiled|portable] [--output FILE]`.
 *
 * `deno compile` makes it where the runtime it builds on can be had; elsewhere a portable executable is
 * made of the runtime at hand, unless `--kind` asks for one of them. Exit 3 when that kind cannot be
 * built here, with the reason in one line.
 */
import { parseArgs } from "@std/cli/parse-args";
import { dirname, resolve } from "@std/path";
import { formatBytes } from "../lib/text/units.ts";
import { compile, whyNotCompiled } from "./compiled.ts";
import { packPortable } from "./portable.ts";
import { Stage } from "./stage.ts";
import { fileName, findTarget, TARGETS } from "./target.ts";

const CANNOT = 3;

const typed = parseArgs(Deno.args, { string: ["target", "kind", "output"] });
const kind = String(typed.kind ?? "");
const target = findTarget(String(typed.target ?? Deno.build.target));
if (typed._.length > 0 || !/^(compiled|portable)?$/.test(kind)) {
  end(2, "usage: deno task compile [--target T] [--kind KIND] [--output FILE]");
}
if (target === undefined) {
  end(2, `Unknown target: it is one of ${TARGETS.map((t) => t.name)}`);
}
const file = resolve(fileName(String(typed.output ?? "dist/ferry"), target));
Deno.mkdirSync(dirname(file), { recursive: true });

const reason = kind === "portable" ? "" : await whyNotCompiled(target);
if (reason === undefined) {
  using stage = Stage.open("compiled");
  await compile(stage, target, file);
  done("compiled");
} else {
  if (reason !== "") say(`deno compile cannot be used here: ${reason}`);
  if (kind === "compiled") Deno.exit(CANNOT);
  const { os } = Deno.build;
  if (target.triple !== Deno.build.target || os === "windows") {
    end(CANNOT, `No portable executable for ${target.name} can be made here`);
  }
  using stage = Stage.open("portable");
  await packPortable(stage, file);
  done("portable");
}

function done(made: string): void {
  const { size } = Deno.statSync(file);
  say(`${file}: ${made} executable for ${target?.name}, ${formatBytes(size)}`);
}

function say(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

function end(status: number, line: string): never {
  say(line);
  Deno.exit(status);
}
