// @core
/** What a row of the ledger holds of a delivery. */
import type { Latency } from "../../events.ts";
import type { PastDelivery } from "../../protocol/message.ts";

/** The columns of a row but its number. */
export const COLUMNS = [
  ...["hub", "id", "name", "kind", "size", "sender", "recipient"],
  ...["client_key", "status"],
  ...["at", "ended", "sha256", "code", "message", "retryable"],
  ...["total_ms", "queue_ms", "offer_ms", "transfer_ms", "verify_ms", "ack_ms"],
];

/** The first of them that may change after the row was written, but for `size`. */
export const HOW_IT_FARES: number = COLUMNS.indexOf("status");

/** What one column holds. */
export type Value = string | number | null;

/**
 * What the columns of a delivery through `hub` hold, in their order; `key` is the one its client has
 * shown. Who showed none is not taken for one whose key was not noted, by a Ferry before this one.
 */
export function valuesOf(
  hub: string,
  delivery: PastDelivery,
  key: string | undefined,
): Value[] {
  const { id, name, kind, size, from, to, status, at } = delivery;
  const { retryable, latency_ms: latency } = delivery;
  return [
    ...[hub, id, name, kind, size, from, to, key ?? "", status, at],
    delivery.ended ?? null,
    delivery.sha256 ?? null,
    delivery.code ?? null,
    delivery.message ?? null,
    retryable === undefined ? null : Number(retryable),
    ...PARTS.map((part) => latency?.[part] ?? null),
  ];
}

const PARTS: readonly (keyof Latency)[] = [
  ...["total", "queue", "offer"] as const,
  ...["transfer", "verify", "ack"] as const,
];

const STATUSES = ["open", "stored", "delivered", "failed"] as const;

/** The delivery a row was written for. */
export function deliveryOf(row: Record<string, unknown>): PastDelivery {
  const text = (column: string) => String(row[column] ?? "");
  const status = STATUSES.find((one) => one === row.status) ?? "failed";
  return {
    id: text("id"),
    name: text("name"),
    kind: text("kind"),
    size: row.size === null ? null : Number(row.size),
    from: text("sender"),
    to: text("recipient"),
    status,
    at: Number(row.at),
    ...(row.ended === null ? {} : { ended: Number(row.ended) }),
    ...(row.sha256 === null ? {} : { sha256: text("sha256") }),
    ...(row.code === null ? {} : { code: text("code") }),
    ...(row.message === null ? {} : { message: text("message") }),
    ...(row.retryable === null ? {} : { retryable: row.retryable === 1 }),
    ...(row.total_ms === null ? {} : { latency_ms: latencyOf(row) }),
  };
}

function latencyOf(row: Record<string, unknown>): Latency {
  const part = (name: keyof Latency) => Number(row[`${name}_ms`] ?? 0);
  return {
    total: part("total"),
    queue: part("queue"),
    offer: part("offer"),
    transfer: part("transfer"),
    verify: part("verify"),
    ack: part("ack"),
  };
}
