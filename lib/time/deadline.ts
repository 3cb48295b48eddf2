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

/** How a transfer stands with one recipient or one hub, as far as deadlines go. */
export interface Standing {
  /** Offered and waiting for ACCEPT; the body flowing; the body and its END sent. */
  readonly stage: "offered" | "streaming" | "sent";
  /** The other side has said anything about it. */
  readonly answered: boolean;
}

/** A deadline in force: what it is called, how long nothing may happen, and what is said when it passes. */
export interface Deadline {
  readonly code: "deadline.accept" | "deadline.idle" | "deadline.receipt";
  readonly limitMs: number;
  readonly state: string;
}

/**
 * The deadline in force. `graceMs` above 0 means the other side is a hub that keeps the same
 * deadlines towards each recipient: it is given that much longer, to speak first.
 */
export function deadlineOf(
  { stage, answered }: Standing,
  { acceptMs, idleMs, receiptMs }: Deadlines,
  graceMs: number,
): Deadline {
  // An answer for one of several recipients is no ACCEPT: the others may still be deciding.
  if (stage === "offered" || (stage === "sent" && !answered)) {
    const limit = formatSeconds(acceptMs);
    return {
      code: "deadline.accept",
      limitMs: acceptMs + graceMs,
      state: `the offer was not answered within ${limit}`,
    };
  }
  if (stage === "sent") {
    // A hub may be waiting for another recipient's answer or bytes: it knows, we do not.
    const ms = graceMs > 0 ? Math.max(acceptMs, idleMs, receiptMs) : receiptMs;
    const limit = formatSeconds(ms);
    return {
      code: "deadline.receipt",
      limitMs: ms + graceMs,
      state: `no receipt came within ${limit} of the last byte`,
    };
  }
  return {
    code: "deadline.idle",
    limitMs: idleMs + graceMs,
    state: `no byte moved for ${formatSeconds(idleMs)}`,
  };
}
