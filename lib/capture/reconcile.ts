// @core
/**
 * Sets what the program said of its transfers beside what a capture shows of them.
 *
 * The capture sees a transfer from its OFFER to its RECEIPT, the program counts from the command to
 * the receipt's handling: so the capture's latency is the smaller one, and what lies between is the
 * queue before the OFFER and the sender's own work. Likewise each hop lies inside the one before it,
 * unless the hub has stored it: then the recipient gets it later. What the recipient had already
 * (`unchanged`) may have no body. Each file of a bundle is a row of its own, with the bundle's times.
 */
import type { HopFigures, Latency, Reconciled } from "../events.ts";
import {
  type Shown,
  type ShownHop,
  type ShownReceipt,
  toldOf,
} from "./shown.ts";

/** A transfer as the program logged it: `transfer.completed` or `transfer.stored` of a sending side. */
export interface Logged {
  readonly id: string;
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly bytes: number | null;
  /** Undefined where no byte was needed. */
  readonly sha256: string | undefined;
  readonly status: Reconciled["status"];
  /** The log has none of what was stored. */
  readonly latency_ms: Latency | null;
}

/** Two clocks of one machine, rounded to microseconds, and one of them slewed (at most 500 ppm). */
function tolerance(ms: number): number {
  return 0.05 + ms * 0.001;
}

/** A row for each logged transfer, then one for each the capture shows beyond them, in order. */
export function reconcile(
  logged: readonly Logged[],
  shown: Shown,
): Reconciled[] {
  const byTransfer = new Map<string, ShownHop[]>();
  const told = shown.hops.flatMap(toldOf);
  for (const hop of told) {
    const hops = byTransfer.get(hop.id);
    if (hops === undefined) byTransfer.set(hop.id, [hop]);
    else hops.push(hop);
  }
  const keyOf = (id: string, to: string) => `${id} ${to.toLowerCase()}`;
  const seen = new Set(logged.map(({ id, to }) => keyOf(id, to)));
  const rows = logged.map((one) => rowOf(one, byTransfer.get(one.id) ?? []));
  for (const hop of told) {
    for (const { recipient, status } of hop.receipts.values()) {
      const key = keyOf(hop.id, recipient);
      if (status === "failed" || seen.has(key)) continue;
      seen.add(key);
      rows.push(unloggedRow(hop, recipient, byTransfer.get(hop.id) ?? []));
    }
  }
  return rows;
}

function rowOf(logged: Logged, all: readonly ShownHop[]): Reconciled {
  const { id, name, from, to, bytes, sha256, status, latency_ms } = logged;
  const hops = hopsFor(all, to);
  const [first] = hops;
  const facts = { id, name, from, to, bytes, program_ms: latency_ms, status };
  const figures = hops.map(figuresOf);
  if (first === undefined) {
    return row(facts, figures, "missing", null, [
      "the capture shows no receipt of it",
    ]);
  }
  const capture = figures[0]?.latency_ms ?? 0;
  const total = latency_ms?.total;
  const rest = total === undefined ? null : total - capture;
  const gaps = bodyGaps(hops);
  const flaws = [
    ...statusFlaws(first, status),
    ...bodyFlaws(hops, bytes, sha256),
    ...nestingFlaws(figures, status),
    ...(total !== undefined && capture > total + tolerance(total)
      ? ["the capture's latency is the longer one: a clock was set meanwhile"]
      : []),
  ];
  if (flaws.length > 0) return row(facts, figures, "differs", rest, flaws);
  if (gaps.length > 0) return row(facts, figures, "missing", rest, gaps);
  return row(facts, figures, "consistent", rest, reasons(latency_ms, rest));
}

function unloggedRow(
  hop: ShownHop,
  to: string,
  all: readonly ShownHop[],
): Reconciled {
  const hops = hopsFor(all, to);
  const status = statusOf(hops[0]);
  const flaws = nestingFlaws(hops.map(figuresOf), status);
  const facts = {
    id: hop.id,
    name: hop.name,
    from: hop.from,
    to,
    bytes: hop.files === undefined ? hop.size ?? hop.offered : hop.offered,
    program_ms: null,
    status,
  };
  return row(
    facts,
    hops.map(figuresOf),
    flaws.length > 0 ? "differs" : "not logged",
    null,
    flaws,
  );
}

type Facts = Pick<
  Reconciled,
  "id" | "name" | "from" | "to" | "bytes" | "program_ms" | "status"
>;

function row(
  { status, ...facts }: Facts,
  hops: HopFigures[],
  verdict: Reconciled["verdict"],
  rest: number | null,
  why: string[],
): Reconciled {
  return {
    event: "reconciled",
    ...facts,
    capture_ms: hops[0]?.hop === 1 ? hops[0].latency_ms : null,
    difference_ms: rest === null ? null : round(rest),
    hops,
    status,
    verdict,
    why,
  };
}

/** A hop with what one recipient's receipt says on it. */
interface Settled extends ShownHop {
  readonly receipt: ShownReceipt;
  /** The first OFFER of the transfer on this hop: an earlier one when it was resumed. */
  readonly beganAt: number;
}

/** The hops that brought the transfer to `to` and its receipt back, sender's first. */
function hopsFor(all: readonly ShownHop[], to: string): Settled[] {
  const key = to.toLowerCase();
  return [1, 2].flatMap((number) => {
    const stretches = all.filter(({ hop, to }) =>
      hop === number && to.some((name) => name.toLowerCase() === key)
    );
    const last = stretches.findLast(({ receipts }) =>
      (receipts.get(key)?.status ?? "failed") !== "failed"
    );
    const receipt = last?.receipts.get(key);
    if (last === undefined || receipt === undefined) return [];
    const beganAt = Math.min(...stretches.map(({ offerAt }) => offerAt));
    return [{ ...last, receipt, beganAt }];
  });
}

function figuresOf(hop: Settled): HopFigures {
  const { receipt, acceptAt, inline, offerAt } = hop;
  // What was unchanged may be answered before its END.
  const isWhole = hop.endAt !== undefined && hop.endAt <= receipt.at;
  const endAt = isWhole ? hop.endAt : undefined;
  const startAt = inline ? offerAt : acceptAt ?? offerAt;
  return {
    hop: hop.hop === 2 ? 2 : 1,
    latency_ms: ms(receipt.at - hop.beganAt),
    offer_ms: ms(startAt - offerAt),
    transfer_ms: endAt === undefined ? null : ms(endAt - startAt),
    receipt_ms: endAt === undefined ? null : ms(receipt.at - endAt),
    verify_ms: receipt.verifyMs === undefined ? null : round(receipt.verifyMs),
    bytes: capturedOf(hop),
    frames: {
      offer: hop.offerFrame,
      end: hop.endFrame ?? null,
      receipt: receipt.frame,
    },
  };
}

/** Bytes that were captured; of a file in a bundle with gaps, which may be anybody's, at least so many. */
function capturedOf(
  { files, offered, size, offset, captured }: ShownHop,
): number {
  if (files === undefined) return captured;
  if (size === undefined) return 0;
  return Math.max(0, (offered ?? 0) - (size - offset - captured));
}

/** What the capture lacks of the body. */
function bodyGaps(hops: readonly Settled[]): string[] {
  return hops.flatMap(({ hop, size, offset, captured, receipt, files }) => {
    if (size === undefined && receipt.status === "unchanged") return [];
    if (size === undefined) return [`its END was not captured on hop ${hop}`];
    const whose = files === undefined ? "" : "of its bundle ";
    const lacks = size - offset - captured;
    return lacks === 0
      ? []
      : [`${lacks} bytes ${whose}were not captured on hop ${hop}`];
  });
}

/** Where the body the capture shows is not the one that was logged; a bundle's, where it changed between hops. */
function bodyFlaws(
  hops: readonly Settled[],
  bytes: number | null,
  logged: string | undefined,
): string[] {
  return hops.flatMap(({ hop, size, sha256, offered, files }) => {
    const digest = files === undefined ? logged : hops[0]?.sha256;
    if (size !== undefined && digest !== undefined && sha256 !== digest) {
      return [`END names another SHA-256 on hop ${hop}`];
    }
    const [frame, named] = size === undefined || files !== undefined
      ? ["OFFER", offered]
      : ["END", size];
    return bytes === null || named === null || named === bytes
      ? []
      : [`${frame} names ${named} bytes on hop ${hop}`];
  });
}

/** Where the sender was told something else than it logged. */
function statusFlaws(
  { hop, receipt }: Settled,
  logged: Reconciled["status"],
): string[] {
  return hop !== 1 || receipt.status === logged
    ? []
    : [`the RECEIPT on hop 1 says ${receipt.status}, the log ${logged}`];
}

/** What a receipt says, of those that are no failures. */
function statusOf(hop: Settled | undefined): Reconciled["status"] {
  const said = hop?.receipt.status;
  return said === "unchanged" || said === "stored" ? said : "delivered";
}

/** Where one span is longer than the span it lies in. */
function nestingFlaws(
  figures: readonly HopFigures[],
  status: Reconciled["status"],
): string[] {
  const [first, second] = figures;
  const flaws: string[] = [];
  if (first?.hop === 1 && second !== undefined && status !== "stored") {
    if (second.latency_ms > first.latency_ms + tolerance(first.latency_ms)) {
      flaws.push("hop 2 took longer than hop 1, which it is a part of");
    }
  }
  const last = figures.at(-1);
  if (last?.hop === 2 && last.verify_ms !== null) {
    if (last.verify_ms > last.latency_ms + tolerance(last.latency_ms)) {
      flaws.push("the recipient says it verified longer than hop 2 took");
    }
  }
  return flaws;
}

function reasons(latency: Latency | null, rest: number | null): string[] {
  if (latency === null || rest === null) {
    return ["the log has no latency of what the hub has stored"];
  }
  const { queue } = latency;
  const own = round(rest - queue);
  return [
    `${queue.toFixed(2)} ms before the OFFER was handed over`,
    `${Math.max(own, 0).toFixed(2)} ms in the sender before and after the wire`,
  ];
}

function ms(seconds: number): number {
  return round(seconds * 1000);
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
