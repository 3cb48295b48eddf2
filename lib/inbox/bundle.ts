/**
 * A bundle being received: held in memory until it is whole, then its files are written, made
 * durable together and put in place. Whatever keeps one of them from its place is for the sender to
 * find out with that file alone: it is told to offer them one by one.
 */
import { createHash } from "node:crypto";
import type { TransferCompleted } from "../events.ts";
import { Failure } from "../failure.ts";
import {
  apart,
  type BundleOffer,
  type SingleOffer,
} from "../protocol/bundle.ts";
import { removeIfThere, writeFailure } from "../transfer/disk.ts";
import type { PacedFile } from "../transfer/pace.ts";
import { makeBranch, syncBranch } from "./branch.ts";
import { syncSmallFile } from "./durable.ts";
import type { InboxFiles, InboxOptions } from "./inbox.ts";
import { makePart, setFileModified } from "./part_file.ts";
import { findOffered } from "./place.ts";
import { withinTree } from "./policy.ts";
import { arrivalFacts, type Taking, type Whole } from "./taking.ts";
import type { Growing } from "./trees.ts";
import type { Turns } from "./turns.ts";

/** One file of a bundle, and the names from the inbox down to where it goes; all safe. */
export interface BundledPath {
  readonly offer: SingleOffer;
  readonly path: readonly string[];
}

/** What an inbox lends a bundle. */
export interface BundleNeeds extends InboxFiles {
  /** The directory it is a part of, where its beginning was seen. */
  readonly tree: Growing | undefined;
  /** All files of a bundle are open at once while they are made durable. */
  readonly turns: Turns;
}

/** A file that is written, and not in its place yet. */
interface Written extends BundledPath {
  readonly part: string;
  readonly file: PacedFile;
  readonly sha256: string;
}

/** A directory files are put in: the names from the inbox down, and its path. */
interface Parent {
  readonly above: readonly string[];
  readonly path: string;
}

/** See above. */
export class BundleArrival implements Taking {
  readonly #options: InboxOptions;
  readonly #offer: BundleOffer;
  readonly #files: readonly BundledPath[];
  readonly #needs: BundleNeeds;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #startedAt: number;
  #received = 0;
  #over = false;

  /** `files` are what is in it, in their order. */
  constructor(
    options: InboxOptions,
    offer: BundleOffer,
    files: readonly BundledPath[],
    needs: BundleNeeds,
  ) {
    this.#options = options;
    this.#offer = offer;
    this.#files = files;
    this.#needs = needs;
    this.#bytes = new Uint8Array(offer.size);
    this.#startedAt = options.clock.now();
  }

  prepare(): number {
    return 0;
  }

  write(bytes: Uint8Array): void {
    if (this.#over) return;
    this.#bytes.set(bytes, this.#received);
    this.#received += bytes.length;
  }

  async commit(whole: Whole): Promise<{ unchanged: boolean }> {
    const sha256 = createHash("sha256").update(this.#bytes).digest("hex");
    if (sha256 !== whole.sha256 || this.#received !== whole.size) {
      const state = "what arrived differs from what was sent (SHA-256)";
      throw new Failure("integrity", state);
    }
    const { id, from } = this.#offer;
    const { journal, turns } = this.#needs;
    const placed = await journal.placing(
      ...[id, from, sha256, undefined] as const,
      () => turns.within(() => this.#place()),
    );
    this.#over = true;
    this.#tell(placed, whole);
    return { unchanged: false };
  }

  decline(): void {
    this.#over = true;
  }

  abort(
    { code, message }: Pick<Failure, "code" | "message">,
    retryable: boolean,
  ): void {
    if (this.#over) return;
    this.#over = true;
    // They come again, each with its own fate.
    if (code === "split") return;
    for (const { offer } of this.#files) {
      this.#needs.tree?.failed.add(offer.name);
      this.#options.emit({
        event: "transfer.failed",
        ...arrivalFacts(offer, this.#options.name()),
        ...{ code, message, retryable },
      });
    }
  }

  /** Puts all files in their places, and says where; what found its place before another could not stays there. Throws Failure. */
  async #place(): Promise<(Written & { saved: string })[]> {
    const { dir } = this.#options;
    const written: Written[] = [];
    let closed = false;
    try {
      this.#write(written);
      await Promise.all(written.map(({ file }) => syncSmallFile(file, dir)));
      closed = true;
      for (const { file } of written) file.close();
      const parents = new Map<string, Parent>();
      const placed = written.map((one) => ({
        ...one,
        saved: this.#putInPlace(one, parents),
      }));
      await Promise.all(
        [...parents.values()].map(({ above }) => syncBranch(dir, above)),
      );
      return placed;
    } catch (error) {
      for (const { file, part } of written) {
        if (!closed) file.close();
        removeIfThere(part);
      }
      // What is in its place already comes again: it is to be looked for.
      const { tree } = this.#needs;
      if (tree !== undefined) tree.fresh = false;
      const failure = writeFailure(error);
      // On a full disk none of them would fare better.
      throw failure.code === "disk-full" ? failure : apart(failure);
    }
  }

  #write(written: Written[]): void {
    let at = 0;
    for (const { offer, path } of this.#files) {
      const bytes = this.#bytes.subarray(at, at += offer.size ?? 0);
      const part = this.#needs.parts.fresh(path.at(-1) ?? "", undefined);
      const { dir } = this.#options;
      const file = makePart(part, dir, offer.executable === true);
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      written.push({ offer, path, part, file, sha256 });
      file.writeNow(bytes);
      const { modified_ms } = offer;
      if (modified_ms !== undefined) setFileModified(file, modified_ms);
    }
  }

  /** `parents` are the directories looked at before, in this very moment. */
  #putInPlace(
    { offer, part, path }: Written,
    parents: Map<string, Parent>,
  ): string {
    const { dir, onConflict } = this.#options;
    const above = path.slice(0, -1);
    const key = above.join("/");
    const parent = parents.get(key) ?? { above, path: makeBranch(dir, above) };
    parents.set(key, parent);
    const policy = withinTree(onConflict);
    const { placer } = this.#needs;
    const name = path.at(-1) ?? "";
    // It may have come meanwhile, when the same is sent twice at once.
    const held = () => findOffered(parent.path, name, offer, onConflict);
    const saved = placer.place(part, parent.path, name, policy, held);
    if (saved === undefined) throw apart(new Failure("conflict", "skipped"));
    return saved;
  }

  #tell(
    placed: readonly (Written & { saved: string })[],
    { oneWay }: Whole,
  ): void {
    const { emit, clock, name } = this.#options;
    const { tree } = this.#needs;
    const ms = clock.now() - this.#startedAt;
    const rate = ms > 0 ? Math.round(this.#received / ms * 1000) : 0;
    if (tree !== undefined) {
      tree.files.transferred += placed.length;
      tree.bytes += this.#received;
    }
    for (const { offer, sha256, saved } of placed) {
      tree?.failed.delete(offer.name);
      const completed: TransferCompleted = {
        event: "transfer.completed",
        ...arrivalFacts(offer, name()),
        ...{ sha256, saved, bytes_per_s: rate },
        ...(oneWay === undefined ? {} : { one_way_ms: oneWay }),
      };
      emit(completed);
    }
  }
}
