/** The directory a script works in, and which files in it the script knows of. */
import { dirname, join, relative } from "@std/path";

/** Ferry's own files that stay: all of its state but what belongs to a running hub, on any "machine". */
const STATE = /^\.state(\/\w+)?\/ferry\/(?!running\/|spool\/)/;

/** A directory of its own, empty at first. */
export class Workplace {
  readonly dir = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "ferry-" }));
  readonly #known = new Set<string>();

  /** Makes a file, and the directories it needs. */
  write(path: string, content: string | Uint8Array<ArrayBuffer>): void {
    const file = this.#know(path);
    Deno.mkdirSync(dirname(file), { recursive: true });
    Deno.writeFileSync(
      file,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
  }

  /** Makes a file of so many bytes, unlike each other. */
  fill(path: string, size: number): void {
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; at++) bytes[at] = at * 31 + (at >> 8) * 17;
    this.write(path, bytes);
  }

  makeDirectory(path: string): void {
    Deno.mkdirSync(join(this.dir, path), { recursive: true });
  }

  /** The bytes of a file, which is known from now on. */
  read(path: string): Uint8Array<ArrayBuffer> {
    return Deno.readFileSync(this.#know(path));
  }

  /** Files nobody wrote or looked at, relative to the directory. */
  strangers(): string[] {
    return [...files(this.dir)].filter((file) => !this.#known.has(file))
      .map((file) => relative(this.dir, file).replaceAll("\\", "/"))
      .filter((path) => !STATE.test(path)).sort();
  }

  remove(): void {
    Deno.removeSync(this.dir, { recursive: true });
  }

  #know(path: string): string {
    const file = join(this.dir, path);
    this.#known.add(file);
    return file;
  }
}

function* files(dir: string): Generator<string> {
  for (const entry of Deno.readDirSync(dir)) {
    const path = join(dir, entry.name);
    if (entry.isDirectory) yield* files(path);
    else yield path;
  }
}
