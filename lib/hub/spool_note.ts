/** What stands beside a spool file, so that a hub that starts anew can go on with it. */
import * as v from "valibot";
import { FrameType } from "../protocol/frame.ts";
import { decodeMessage } from "../protocol/message.ts";
import { writeAllSync } from "../transfer/disk.ts";
import type { Digest, Offer } from "../transfer/transfer.ts";

/** One transfer as it stands in the spool. */
export interface SpoolNote {
  readonly offer: Offer;
  /** When it was offered first, ms since the Unix epoch. */
  readonly offeredAt: number;
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
  base: count,
  digest: v.optional(
    v.object({
      size: count,
      sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    }),
  ),
  left: v.record(v.string(), v.nullable(count)),
});

/** The note in a file; undefined when there is none that can be read. */
export function readNote(path: string): SpoolNote | undefined {
  try {
    const note = v.parse(schema, JSON.parse(Deno.readTextFileSync(path)));
    const payload = new TextEncoder().encode(JSON.stringify(note.offer));
    const message = decodeMessage(FrameType.OFFER, payload);
    if (message?.type !== "offer") return undefined;
    const { type: _, ...offer } = message;
    return { ...note, offer };
  } catch {
    return undefined;
  }
}

/**
 * Writes a note, and `safely` onto the disk; readers see the old one or the new, never a part.
 * Throws what the system gives.
 */
export function writeNote(
  path: string,
  note: SpoolNote,
  safely: boolean,
): void {
  const fresh = `${path}.new`;
  {
    using file = Deno.openSync(fresh, {
      write: true,
      create: true,
      truncate: true,
      mode: 0o600,
    });
    writeAllSync(file, new TextEncoder().encode(JSON.stringify(note)));
    if (safely) file.syncDataSync();
  }
  Deno.renameSync(fresh, path);
}
