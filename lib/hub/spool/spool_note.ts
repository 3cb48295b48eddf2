/** What stands beside a spool file, so that a hub that starts anew can go on with it. */
import { dirname } from "@std/path";
import * as v from "valibot";
import { syncSmallFile } from "../../inbox/durable.ts";
import { FrameType } from "../../protocol/frame.ts";
import { offerOf } from "../../protocol/bundle.ts";
import { decodeMessage } from "../../protocol/message.ts";
import { replaceFile } from "../../state/files.ts";
import { removeIfThere } from "../../transfer/disk.ts";
import { PacedFile } from "../../transfer/pace.ts";
import type { Digest, Offer } from "../../transfer/transfer.ts";

/** One transfer as it stands in the spool. */
export interface SpoolNote {
  readonly offer: Offer;
  /** When it was offered first, ms since the Unix epoch. */
  readonly offeredAt: number;
  /** See RouteFacts. */
  readonly key?: string | undefined;
  /** The spool file holds the body from here on: the recipient has what is before. */
  readonly base: number;
  /** Set once the sender has sent everything. */
  readonly digest?: Digest | undefined;
  /** Recipients it is still for; until when it is kept for them (ms since the epoch), null where that was not promised. */
  readonly left: Readonly<Record<string, number | null>>;
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const schema = v.object({
  offer: v.record(v.string(), v.unknown()),
  offeredAt: count,
  key: v.optional(v.string()),
  base: count,
  digest: v.optional(
    v.object({
      size: count,
      sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    }),
  ),
  // Not a record: valibot's leaves out names such as `constructor`.
  left: v.custom<SpoolNote["left"]>((value) =>
    typeof value === "object" && value !== null &&
    Object.values(value).every((until) => v.is(v.nullable(count), until))
  ),
});

/** The note in a file; undefined when there is none that can be read. */
export function readNote(path: string): SpoolNote | undefined {
  try {
    const note = v.parse(schema, JSON.parse(Deno.readTextFileSync(path)));
    const payload = new TextEncoder().encode(JSON.stringify(note.offer));
    const message = decodeMessage(FrameType.OFFER, payload);
    if (message?.type !== "offer") return undefined;
    return { ...note, offer: offerOf(message) };
  } catch {
    return undefined;
  }
}

/** Writes a note; readers see the old one or the new, never a part. Throws what the system gives. */
export function writeNote(path: string, note: SpoolNote): void {
  replaceFile(path, JSON.stringify(note));
}

/**
 * Writes a note onto the disk, while others go on. It takes its place only if `isCurrent()` then;
 * says whether it did. Throws what the system gives.
 */
export async function writeNoteSafely(
  path: string,
  note: SpoolNote,
  isCurrent: () => boolean,
): Promise<boolean> {
  const fresh = `${path}.safe`;
  {
    using file = create(fresh);
    file.writeNow(bytesOf(note));
    await syncSmallFile(file, dirname(path));
  }
  const current = isCurrent();
  if (current) Deno.renameSync(fresh, path);
  else removeIfThere(fresh);
  return current;
}

function bytesOf(note: SpoolNote): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(note));
}

function create(path: string): PacedFile {
  const options = { write: true, create: true, truncate: true, mode: 0o600 };
  return PacedFile.open(path, options);
}
