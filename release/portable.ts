/**
 * The portable executable: a shell script (head.sh) with an archive behind it that holds the runtime
 * at hand and the program, bundled. For Linux and macOS, where every system has what the script uses.
 */
import { createHash } from "node:crypto";
import { dirname, fromFileUrl, join } from "@std/path";
import { VERSION } from "../cmd/version.ts";
import { referencesIn } from "./assets.ts";
import { PERMISSIONS } from "./permissions.ts";
import { filesIn, type Stage } from "./stage.ts";
import { type Entry, tarOf } from "./tar.ts";

const HEAD = new URL("head.sh", import.meta.url);

/** Builds the executable from a stage. */
export async function packPortable(
  stage: Stage,
  output: string,
): Promise<void> {
  await bundle(stage);
  const runtime: Entry = {
    name: "ferry",
    bytes: Deno.readFileSync(Deno.execPath()),
    executable: true,
  };
  const program = filesIn(stage.at("program"), ".").map((name): Entry => ({
    name,
    bytes: Deno.readFileSync(stage.at(`program/${name}`)),
    executable: false,
  }));
  await writePortable([runtime, ...program], output);
}

/** Writes an executable of these files; `ferry` is run with `main.js`. */
export async function writePortable(
  entries: readonly Entry[],
  output: string,
): Promise<void> {
  const archive = await new Response(
    ReadableStream.from(tarOf(entries))
      .pipeThrough(new CompressionStream("gzip")),
  ).bytes();
  const head = new TextEncoder().encode(headFor(archive));
  const fresh = `${output}.new`;
  Deno.writeFileSync(fresh, head);
  Deno.writeFileSync(fresh, archive, { append: true });
  Deno.chmodSync(fresh, 0o755);
  // A ferry that runs from the old file goes on reading that one.
  Deno.renameSync(fresh, output);
}

/** The script for an archive; its own length is part of it. */
function headFor(archive: Uint8Array): string {
  const { os, arch } = Deno.build;
  const machine = os === "darwin" && arch === "aarch64" ? "arm64" : arch;
  const filled = Deno.readTextFileSync(HEAD)
    .replace("@VERSION@", VERSION)
    .replace("@HASH@", createHash("sha256").update(archive).digest("hex"))
    .replace("@SYSTEM@", `${os === "darwin" ? "Darwin" : "Linux"} ${machine}`)
    .replace("@CACHE@", os === "darwin" ? "Library/Caches" : ".cache")
    .replace("@PERMISSIONS@", PERMISSIONS.join(" "));
  const length = filled.length - "@SKIP@".length;
  const skip = [5, 4].map((digits) => length + digits + 1)
    .find((skip) => skip === length + String(skip).length + 1);
  return filled.replace("@SKIP@", String(skip));
}

/** Makes `program/` in the stage: modules of JavaScript in one folder, and what they open at run time. */
export async function bundle(stage: Stage): Promise<void> {
  const entries = new Set(["main.ts"]);
  const packaged = new Set<string>();
  const files = new Map<string, string>();
  for (const { path, text } of stage.sources()) {
    let changed = text;
    for (const { expression, specifier, kind } of referencesIn(text)) {
      const beside = join(dirname(path), specifier);
      const flat = beside.replaceAll("/", "-");
      let now: string;
      if (kind === "worker") {
        // All modules end up in one folder; so must this one, to be found from each of them.
        stage.write(`worker-${flat}`, `import "./${beside}";\n`);
        entries.add(`worker-${flat}`);
        now = `worker-${flat.replace(/\.ts$/, ".js")}`;
      } else if (kind === "file") {
        files.set(flat, stage.at(beside));
        now = flat;
      } else {
        packaged.add(specifier);
        now = packageFile(specifier);
      }
      const there = `new URL("./${now}", import.meta.url)`;
      changed = changed.replace(
        expression,
        kind === "package" ? `${there}.href` : there,
      );
    }
    if (changed !== text) stage.write(path, changed);
  }
  // Not minified: that takes `using` away from a variable that is used once, and what it should
  // close stays open (a locked file, for one).
  await stage.deno(
    "bundle",
    "--quiet",
    "--frozen",
    "--platform=deno",
    "--code-splitting",
    "--outdir=program",
    ...entries,
  );
  for (const name of filesIn(stage.at("program"), ".")) {
    const path = `program/${name}`;
    stage.write(path, importLate(Deno.readTextFileSync(stage.at(path))));
  }
  for (const [specifier, url] of await locate(stage, [...packaged])) {
    files.set(packageFile(specifier), fromFileUrl(url));
  }
  for (const [name, from] of files) {
    Deno.copyFileSync(from, stage.at(`program/${name}`));
  }
}

/**
 * A bundled module whose `import("./x.js")` is looked at when it is run and no sooner. Deno reads
 * and parses at the start whatever an import names in so many words, even one that is never run:
 * the whole program, for `ferry --help`.
 */
function importLate(module: string): string {
  return module.replace(
    /\bimport\(("\.\/[^"\n]+\.js")\)/g,
    "import(import.meta.resolve($1))",
  );
}

function packageFile(specifier: string): string {
  return specifier.replace(/^@/, "").replaceAll("/", "-");
}

/** Where files of packages are. Packages are known only to a program that imports from them. */
async function locate(
  stage: Stage,
  specifiers: readonly string[],
): Promise<[specifier: string, url: string][]> {
  stage.write(
    "locate.ts",
    `export const program = () => import("./main.ts");
const specifiers: string[] = JSON.parse(Deno.args[0] ?? "");
console.log(JSON.stringify(specifiers.map((one) => [one, import.meta.resolve(one)])));
`,
  );
  return JSON.parse(
    await stage.deno("run", "locate.ts", JSON.stringify(specifiers)),
  );
}
