// @core
/** A bundle: several small files of a directory in one transfer, each told of as if it had come alone. */
import { Failure } from "../failure.ts";
import type { TransferId } from "./data.ts";
import { INLINE_BYTES, MAX_BUNDLE_NAMES } from "./limits.ts";
import type { BundledFile, MessageOf } from "./message.ts";

type Fields = Omit<MessageOf<"offer">, "type" | "kind" | "files">;

/** An offer of one thing. */
export type SingleOffer = Fields & {
  readonly kind: Exclude<MessageOf<"offer">["kind"], "bundle">;
  readonly files?: undefined;
};

/** An offer of several files; `name` is the first of the names in each of their paths. */
export type BundleOffer = Fields & {
  readonly kind: "bundle";
  readonly files: BundledFile[];
  readonly size: number;
  readonly tree: TransferId;
};

/** What an OFFER says; the schema has checked that it is one of the two. */
export function offerOf(
  { type: _, ...fields }: MessageOf<"offer">,
): SingleOffer | BundleOffer {
  return fields as SingleOffer | BundleOffer;
}

/** The files of a bundle are to be offered one by one. */
export function apart(reason?: unknown): Failure {
  const state = "its files are to be offered one by one";
  return new Failure("split", state, { cause: reason });
}

/** The id of the `n`th file of a bundle: the bundle's, whose last eight digits count on. */
export function idWithin(id: TransferId, n: number): TransferId {
  const low = (Number.parseInt(id.slice(8), 16) + n) >>> 0;
  return id.slice(0, 8) + low.toString(16).padStart(8, "0");
}

/** The files of a bundle, each as it would be offered by itself. */
export function offersIn(
  { id, from, to, inline, tree, deadlines, files }: BundleOffer,
): SingleOffer[] {
  const shared = { from, to, inline, tree, deadlines };
  return files.map((file, n) => ({
    ...shared,
    ...file,
    kind: "file",
    id: idWithin(id, n),
  }));
}

/** What is offered: each file of a bundle, or the one thing. */
export function partsOf(offer: SingleOffer | BundleOffer): SingleOffer[] {
  return offer.kind === "bundle" ? offersIn(offer) : [offer];
}

/** Whether an OFFER has `files` just when it is a bundle, and they are what the rest of it says. */
export function isBundleRight(offer: {
  readonly kind: string;
  readonly name: string;
  readonly size: number | null;
  readonly tree?: string | undefined;
  readonly queue_ms?: number | undefined;
  readonly files?: readonly { name: string; size: number }[] | undefined;
}): boolean {
  const { kind, name, size, tree, queue_ms, files } = offer;
  if (kind !== "bundle" || files === undefined) {
    return kind !== "bundle" && files === undefined;
  }
  let [bytes, names] = [0, 0];
  for (const file of files) {
    if (!file.name.startsWith(`${name}/`)) return false;
    bytes += file.size;
    names += file.name.length;
  }
  return tree !== undefined && queue_ms === undefined && bytes === size &&
    bytes <= INLINE_BYTES && names <= MAX_BUNDLE_NAMES;
}
