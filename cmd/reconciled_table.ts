/** What `ferry reconcile` found, as a table. */
import type { Reconciled } from "../lib/events.ts";
import { safe } from "../lib/text/safe.ts";
import { formatBytes, formatMs } from "../lib/text/units.ts";
import { pad, truncate, width } from "../lib/text/width.ts";
import { prepareWidth } from "../lib/text/width_loader.ts";

const WIDEST_NAME = 40;
const HEADS = [
  "transfer",
  "bytes",
  "program",
  "capture",
  "queue",
  "own work",
  "hop 2",
  "verify",
  "",
];

/**
 * A line for each transfer and, below those that differ or are missing, the reasons. `program` is
 * queue, own work and capture together; hop 2 lies inside capture, verify inside hop 2.
 */
export async function reconciledTable(
  rows: readonly Reconciled[],
): Promise<string> {
  const cells = rows.map(cellsOf);
  for (const [name = ""] of cells) await prepareWidth(name);
  const named = cells.map(([name = "", ...rest]) => [
    truncate(name, WIDEST_NAME),
    ...rest,
  ]);
  const widths = HEADS.map((head, at) =>
    Math.max(width(head), ...named.map((row) => width(row[at] ?? "")))
  );
  const line = (row: readonly string[]) =>
    row.map((cell, at) =>
      pad(
        cell,
        widths[at] ?? 0,
        at === 0 || at === HEADS.length - 1 ? "left" : "right",
      )
    ).join("  ").trimEnd();
  return [
    line(HEADS),
    ...rows.flatMap(({ verdict, why }, at) => [
      line(named[at] ?? []),
      ...(verdict === "consistent" ? [] : why.map((one) => `    ${one}`)),
    ]),
  ].map((one) => one + "\n").join("");
}

function cellsOf(row: Reconciled): string[] {
  const { name, to, bytes, program_ms, capture_ms, difference_ms } = row;
  const figure = (ms: number | null | undefined) =>
    ms === null || ms === undefined ? "–" : formatMs(ms);
  const last = row.hops.at(-1);
  const own = difference_ms === null || program_ms === null
    ? null
    : Math.max(difference_ms - program_ms.queue, 0);
  return [
    `${safe(name)} → ${safe(to)}`,
    bytes === null ? "–" : formatBytes(bytes),
    figure(program_ms?.total),
    figure(capture_ms),
    figure(program_ms?.queue),
    figure(own),
    figure(row.hops.find(({ hop }) => hop === 2)?.latency_ms),
    figure(last?.verify_ms),
    row.status === "delivered" ? row.verdict : `${row.verdict} (${row.status})`,
  ];
}
