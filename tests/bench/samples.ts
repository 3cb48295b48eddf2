/** Samples as a benchmark could have measured them. */
import type { Path, ScenarioName } from "../../lib/bench/cases.ts";
import type { Sample } from "../../lib/bench/sample.ts";

/** A sample for each total, its time spread over the parts. */
export function samplesOf(
  scenario: ScenarioName,
  path: Path,
  bytes: number,
  recipients: number,
  totals: readonly number[],
  bareMs: number | null,
): Sample[] {
  const micros = (ms: number) => Math.round(ms * 1000) / 1000;
  return totals.map((total) => ({
    scenario,
    path,
    bytes,
    recipients,
    failed: null,
    latency: {
      total,
      queue: micros(total * 0.1),
      offer: 0,
      transfer: micros(total * 0.6),
      verify: micros(total * 0.2),
      ack: micros(total * 0.1),
    },
    bareMs,
    roundTripMs: null,
  }));
}
