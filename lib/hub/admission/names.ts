/**
 * Which key each name belongs to: a file that the hubs of one user share. It changes under a lock,
 * by replacing it whole, and is read again when another process has changed it.
 */
import { join } from "@std/path";
import { Failure } from "../../failure.ts";
import { MAX_BOUND_NAMES } from "../../protocol/limits.ts";
import { isName } from "../../protocol/message.ts";
import { makePrivateDirectory, replaceFile } from "../../state/files.ts";
import { belongsToAnother } from "./naming.ts";

const FILE = "names.json";
const LOCK = "names.lock";

/** One name and the key it belongs to. */
interface Binding {
  /** As it was first asked for; names are compared without regard to case. */
  readonly name: string;
  /** The raw public key in base64url. */
  readonly key: string;
  /** When it was bound: ISO 8601, UTC. */
  readonly since: string;
}

/** The names that belong to someone. */
export class NameBook {
  readonly #dir: string;
  readonly #path: string;
  #bindings = new Map<string, Binding>();
  /** Says which state of the file was read. */
  #stamp = "";

  /** `dir` is the hub's part of the state directory; nothing is made before the first name is bound. */
  constructor(dir: string) {
    this.#dir = dir;
    this.#path = join(dir, FILE);
  }

  /** The key `name` belongs to, in any case, or undefined. Throws Failure `input` for a damaged file. */
  owner(name: string): string | undefined {
    this.#refresh();
    return this.#bindings.get(name.toLowerCase())?.key;
  }

  /** The names of `key`, in lower case. Throws Failure as `owner()`. */
  namesOf(key: string): Set<string> {
    this.#refresh();
    return new Set(
      [...this.#bindings].filter(([, one]) => one.key === key).map(([name]) =>
        name
      ),
    );
  }

  /**
   * Gives `name` to `key` for good; `date` is ms since the Unix epoch. Throws Failure `name-taken`
   * when another key has it, `limit` when there are too many names, `input` for a damaged file,
   * `output` when it cannot be written.
   */
  bind(name: string, key: string, date: number): void {
    const owner = this.owner(name);
    if (owner === key) return;
    if (owner !== undefined) throw belongsToAnother(name);
    this.#change(() => {
      const now = this.owner(name);
      if (now !== undefined && now !== key) throw belongsToAnother(name);
      if (this.#bindings.size >= MAX_BOUND_NAMES) {
        throw new Failure(
          "limit",
          `Cannot join as ${name}: the hub has given away its ${MAX_BOUND_NAMES} names`,
        );
      }
      const since = new Date(date).toISOString();
      this.#bindings.set(name.toLowerCase(), { name, key, since });
    });
  }

  /** Frees `name`, in any case; says whether it belonged to anyone. Throws Failure `input` or `output`. */
  forget(name: string): boolean {
    if (this.owner(name) === undefined) return false;
    let found = false;
    this.#change(() => {
      this.#refresh();
      found = this.#bindings.delete(name.toLowerCase());
    });
    return found;
  }

  #change(change: () => void): void {
    try {
      makePrivateDirectory(this.#dir);
      using lock = Deno.openSync(join(this.#dir, LOCK), {
        write: true,
        create: true,
        mode: 0o600,
      });
      // Held by others for as long as writing a small file takes.
      lock.lockSync(true);
      change();
      this.#write();
    } catch (error) {
      // What was changed in memory alone does not count.
      this.#stamp = "";
      if (error instanceof Failure) throw error;
      throw new Failure(
        "output",
        `Cannot keep whose names are whose: ${this.#path} cannot be written`,
        { cause: error },
      );
    }
  }

  /** Readers see the old content or the new, also after a loss of power. */
  #write(): void {
    const names = [...this.#bindings.values()];
    const content = JSON.stringify({ v: 1, names }, undefined, 1);
    replaceFile(this.#path, content, true);
    this.#stamp = stampOf(this.#path);
  }

  #refresh(): void {
    const stamp = stampOf(this.#path);
    if (stamp === this.#stamp && stamp !== "") return;
    this.#bindings = stamp === "none" ? new Map() : this.#read();
    this.#stamp = stamp;
  }

  /** A damaged file frees no name: it would be a way to take them all. */
  #read(): Map<string, Binding> {
    try {
      const value: unknown = JSON.parse(Deno.readTextFileSync(this.#path));
      if (!isRecord(value) || !Array.isArray(value.names)) {
        throw new TypeError("not a book of names");
      }
      return new Map(value.names.map((one: unknown) => {
        const binding = bindingOf(one);
        return [binding.name.toLowerCase(), binding];
      }));
    } catch (error) {
      throw new Failure(
        "input",
        `Cannot tell whose names are whose: ${this.#path} is damaged`,
        { cause: error, hint: "mend it, or remove it to free every name" },
      );
    }
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function bindingOf(value: unknown): Binding {
  if (!isRecord(value)) throw new TypeError("not a binding");
  const { name, key, since } = value;
  if (
    typeof name !== "string" || !isName(name) || typeof key !== "string" ||
    typeof since !== "string"
  ) throw new TypeError("not a binding");
  return { name, key, since };
}

/** Changes whenever the file is replaced. */
function stampOf(path: string): string {
  try {
    const { ino, mtime, size } = Deno.statSync(path);
    return `${ino} ${mtime?.getTime()} ${size}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "none";
    throw new Failure("input", `Cannot read ${path}`, { cause: error });
  }
}
