/** The executable as `deno compile` makes it. */
import { join } from "@std/path";
import { referencesIn } from "./assets.ts";
import { PERMISSIONS } from "./permissions.ts";
import type { Stage } from "./stage.ts";
import type { Target } from "./target.ts";

/** The longest wait for an answer of the host that has the runtime, in milliseconds. */
const PROBE_MS = 5_000;

/** Why `deno compile` cannot build for a target here, as the end of a sentence; undefined when it can. */
export async function whyNotCompiled(
  { triple }: Target,
): Promise<string | undefined> {
  const base = `release/v${Deno.version.deno}/denort-${triple}.zip`;
  if (Deno.env.get("DENORT_BIN") || isThere(join(denoDir(), "dl", base))) {
    return undefined;
  }
  const host = "dl.deno.land";
  try {
    const answer = await fetch(`https://${host}/${base}`, {
      method: "HEAD",
      signal: AbortSignal.timeout(PROBE_MS),
    });
    await answer.body?.cancel();
    return answer.ok
      ? undefined
      : `${host} has no base runtime for ${triple} (${answer.status})`;
  } catch {
    return `${host}, which has its base runtime, cannot be reached`;
  }
}

/** Builds the executable from a stage. */
export async function compile(
  stage: Stage,
  { triple }: Target,
  output: string,
): Promise<void> {
  const beside = stage.sources().flatMap(({ path, text }) =>
    referencesIn(text).filter(({ kind }) => kind !== "package")
      .map(({ specifier }) => join(path, "..", specifier))
  );
  // Files of packages come along with the packages.
  const include = [...new Set(beside)].flatMap((path) => ["--include", path]);
  await stage.deno(
    "compile",
    "--no-check",
    "--frozen",
    ...PERMISSIONS,
    ...include,
    "--target",
    triple,
    "--output",
    output,
    "main.ts",
  );
}

function denoDir(): string {
  const { stdout } = new Deno.Command(Deno.execPath(), {
    args: ["info", "--json"],
  }).outputSync();
  const { denoDir }: { denoDir: string } = JSON.parse(
    new TextDecoder().decode(stdout),
  );
  return denoDir;
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
