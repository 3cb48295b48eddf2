/** A copy of the program's sources to build from, which the build may write into. */
import { dirname, fromFileUrl, join } from "@std/path";
import { commitOf, type Kind } from "../cmd/build.ts";

const ROOT = fromFileUrl(new URL("..", import.meta.url));

/** What the program is made of; a module outside these is none of its own. */
const SOURCES = ["main.ts", "deno.json", "deno.lock", "cmd", "lib"];

/** A source file of the program. */
export interface Source {
  /** Relative to the stage, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** The copy; gone when disposed of. */
export class Stage implements Disposable {
  readonly dir: string;

  private constructor(dir: string) {
    this.dir = dir;
  }

  /** Copies the sources and writes into them which kind of executable they become. */
  static open(kind: Kind): Stage {
    const stage = new Stage(Deno.makeTempDirSync({ prefix: "ferry-build-" }));
    for (const name of SOURCES) copy(join(ROOT, name), join(stage.dir, name));
    const commit = commitOf() ?? null;
    stage.write("cmd/build.json", JSON.stringify({ kind, commit }));
    return stage;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.dir, { recursive: true });
  }

  /** A path in the stage. */
  at(path: string): string {
    return join(this.dir, path);
  }

  /** Writes a file, and its folders. */
  write(path: string, text: string): void {
    Deno.mkdirSync(dirname(this.at(path)), { recursive: true });
    Deno.writeTextFileSync(this.at(path), text);
  }

  /** The TypeScript files of `cmd/` and `lib/`, in the order of their paths. */
  sources(): Source[] {
    return ["cmd", "lib"].flatMap((folder) => filesIn(this.dir, folder))
      .filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"))
      .map((path) => ({ path, text: Deno.readTextFileSync(this.at(path)) }));
  }

  /** Runs this Deno in the stage; what it prints. Rejects with what it complained of. */
  async deno(...args: string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command(
      Deno.execPath(),
      { args, cwd: this.dir, env: { NO_COLOR: "1" } },
    ).output();
    const decoder = new TextDecoder();
    if (success) return decoder.decode(stdout);
    throw new Error(`deno ${args.join(" ")}\n${decoder.decode(stderr)}`);
  }
}

/** The files below a folder as paths from `root`, with `/`, in order. */
export function filesIn(root: string, folder: string): string[] {
  return [...Deno.readDirSync(join(root, folder))]
    .sort((a, b) => a.name < b.name ? -1 : 1)
    .flatMap((entry) => {
      const path = folder === "." ? entry.name : `${folder}/${entry.name}`;
      return entry.isDirectory ? filesIn(root, path) : [path];
    });
}

function copy(from: string, to: string): void {
  if (!Deno.statSync(from).isDirectory) return Deno.copyFileSync(from, to);
  Deno.mkdirSync(to);
  for (const { name } of Deno.readDirSync(from)) {
    copy(join(from, name), join(to, name));
  }
}
