/** Files and bytes for tests of transfers. */
import { createHash } from "node:crypto";
import { join } from "@std/path";

/** A directory that is gone after the test. */
export class TempDir implements Disposable {
  readonly path = Deno.makeTempDirSync({ prefix: "ferry-test-" });

  /** A path in it. */
  at(...names: string[]): string {
    return join(this.path, ...names);
  }

  /** Names of everything in it, or in a directory below; none when that does not exist. */
  list(...below: string[]): string[] {
    return listOf(this.at(...below));
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** Names in a directory, sorted; none when it does not exist. */
export function listOf(dir: string): string[] {
  try {
    return [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
  } catch {
    return [];
  }
}

/** `length` bytes that differ from offset to offset, so that a misplaced piece is noticed. */
export function pattern(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) {
    words[i] = Math.imul(i + seed, 2654435761);
  }
  return new Uint8Array(words.buffer, 0, length);
}

/** SHA-256 in hexadecimal digits. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Size and SHA-256, as END says them. */
export function digestOf(
  bytes: Uint8Array,
): { size: number; sha256: string } {
  return { size: bytes.length, sha256: sha256(bytes) };
}
