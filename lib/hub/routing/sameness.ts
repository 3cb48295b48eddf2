/** Whether one offer is another come again. */
import type { Offer } from "../../transfer/transfer.ts";

/** What of an offer tells whether another is the same. */
export type Known = Pick<
  Offer,
  "from" | "name" | "size" | "kind" | "fingerprint" | "queue_ms"
>;

/** Only that, for whoever keeps it: a bundle names many files. */
export function knownOf(
  { from, name, size, kind, fingerprint, queue_ms }: Offer,
): Known {
  return {
    ...{ from, name, size, kind },
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(queue_ms === undefined ? {} : { queue_ms }),
  };
}

/** Whether an offer under the same id is the same transfer. */
export function isSame(before: Known, now: Offer): boolean {
  return before.from.toLowerCase() === now.from.toLowerCase() &&
    before.name === now.name && before.size === now.size &&
    before.kind === now.kind && before.fingerprint === now.fingerprint;
}

/** Whether an offer under another id is the same file, for whomever. */
export function isSameFile(before: Known, now: Offer): boolean {
  return now.fingerprint !== undefined && isSame(before, now) &&
    (before.queue_ms === undefined) === (now.queue_ms === undefined);
}

/** Whether an offer under another id is the same file to the same recipients. */
export function isAgain(
  before: Known,
  now: Offer,
  recipientsOf: () => ReadonlySet<string>,
): boolean {
  if (!isSameFile(before, now)) return false;
  const recipients = recipientsOf();
  return now.to.length === recipients.size &&
    now.to.every((name) => recipients.has(name.toLowerCase()));
}

/** Whether `now` offers the very content of `before`, a file by itself, to be queued as well. */
export function isQueuedAgain(before: Offer, now: Offer): boolean {
  return before.queue_ms !== undefined && now.queue_ms !== undefined &&
    before.tree === undefined && now.tree === undefined &&
    before.modified_ms === now.modified_ms &&
    before.executable === now.executable;
}
