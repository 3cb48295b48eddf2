// @core
/** How long each wait of a transfer may last, in milliseconds. */
export interface Deadlines {
  /** OFFER sent → the recipient answers it. */
  readonly acceptMs: number;
  /** Since the last byte moved. */
  readonly idleMs: number;
  /** END sent → the recipient's receipt. */
  readonly receiptMs: number;
}

/** The deadlines in force when nothing else is said. */
export const DEFAULT_DEADLINES: Deadlines = {
  acceptMs: 60_000,
  idleMs: 30_000,
  receiptMs: 60_000,
};

/** A deadline as a sentence names it: `30 s`, `0.5 s`. */
export function formatSeconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(3))} s`;
}
