/** The executable as `deno compile` makes it. */
import { join } from "@std/path";
import { referencesIn } from "./assets.ts";
import { PERMISSIONS } from "./permissions.ts";
import type { Stage } from "./stage.ts";
import type { Target } from "./target.ts";

/**
 * Why `deno compile` cannot build for a target here, as the end of a sentence; undefined when it
 * can. Tries it on an empty script: that fetches the base runtime, unless it is here already.
 */
export async function whyNotCompiled(
  { triple }: Target,
): Promise<string | undefined> {
  const dir = await Deno.makeTempDir({ prefix: "ferry-compile-" });
  try {
    const script = join(dir, "empty.ts");
    await Deno.writeTextFile(script, "");
    const output = join(dir, "empty");
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["compile", "--target", triple, "--output", output, script],
      cwd: dir,
      stdout: "null",
      stderr: "null",
    }).output();
    return success
      ? undefined
      : `its base runtime for ${triple} cannot be fetched`;
  } finally {
    await Deno.remove(dir, { recursive: true });
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
