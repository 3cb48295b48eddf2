/** Small files of a directory put together, so that what a transfer costs is shared by many of them. */
import { createHash } from "node:crypto";
import { apart } from "../protocol/bundle.ts";
import {
  BUNDLED_FILE_BYTES,
  MAX_BUNDLE_FILES,
  MAX_BUNDLE_NAMES,
  MAX_NAME_LENGTH,
} from "../protocol/limits.ts";
import { BytesBody } from "../transfer/body.ts";
import type { Body, BodyReader, Digest } from "../transfer/transfer.ts";
import type { Bundle, Item } from "./item.ts";

/**
 * The same items in the same order, those that follow each other in one directory and are small as
 * bundles of at most `maxBytes` bytes.
 */
export async function* bundled(
  items: Iterable<Item> | AsyncIterable<Item>,
  maxBytes: number,
): AsyncGenerator<Item | Bundle> {
  let next = new Gathering();
  for await (const item of items) {
    if (!next.takes(item, maxBytes)) {
      yield* next.gathered();
      next = new Gathering();
    }
    if (isSmall(item)) next.add(item);
    else yield item;
  }
  yield* next.gathered();
}

/** A file that may go into a bundle. */
type SmallFile = Item & Required<Pick<Item, "fill" | "tree">> & {
  readonly size: number;
};

function isSmall(item: Item): item is SmallFile {
  return item.tree !== undefined && item.fill !== undefined &&
    // Else the hub would take the offer for a breach: that fails by itself.
    item.name.length <= MAX_NAME_LENGTH &&
    item.size !== null && item.size <= BUNDLED_FILE_BYTES;
}

/** A bundle as it grows. */
class Gathering {
  readonly #parts: SmallFile[] = [];
  #size = 0;
  #names = 0;

  /** Whether it goes on with this item. */
  takes(item: Item, maxBytes: number): boolean {
    const [first] = this.#parts;
    if (first === undefined) return true;
    return isSmall(item) && item.tree === first.tree &&
      this.#parts.length < MAX_BUNDLE_FILES &&
      this.#size + item.size <= maxBytes &&
      this.#names + item.name.length <= MAX_BUNDLE_NAMES;
  }

  add(item: SmallFile): void {
    this.#parts.push(item);
    this.#size += item.size;
    this.#names += item.name.length;
  }

  *gathered(): Generator<Item | Bundle> {
    const [first, second] = this.#parts;
    if (first === undefined) return;
    if (second === undefined) return yield first;
    const { tree } = first;
    yield { kind: "bundle", parts: this.#parts, size: this.#size, tree };
  }
}

/**
 * The files of a bundle one behind the other, read when the first byte is asked for; that throws
 * Failure `split` when one of them cannot be read.
 */
export class BundleBody implements Body {
  readonly size: number;
  readonly #parts: readonly Item[];
  #whole: BytesBody | undefined;
  /** One for each file, in their order; empty until they were read. */
  readonly digests: Digest[] = [];

  constructor({ parts, size }: Bundle) {
    this.#parts = parts;
    this.size = size;
  }

  read(offset: number): BodyReader {
    let reader: BodyReader | undefined;
    const opened = () => {
      this.#whole ??= new BytesBody(this.#readAll());
      return reader ??= this.#whole.read(offset);
    };
    return {
      pull: (into) => opened().pull(into),
      digest: () => opened().digest(),
      close: () => {},
    };
  }

  dispose(): void {
    this.#whole = undefined;
  }

  #readAll(): Uint8Array {
    const whole = new Uint8Array(this.size);
    let at = 0;
    for (const { fill, size } of this.#parts) {
      const content = whole.subarray(at, at += size ?? 0);
      try {
        fill?.(content);
      } catch (error) {
        throw apart(error);
      }
      const sha256 = createHash("sha256").update(content).digest("hex");
      this.digests.push({ size: content.length, sha256 });
    }
    return whole;
  }
}
