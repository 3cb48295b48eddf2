/** What a command's summary counts. */
import type { FerryEvent, PastTransfer, Summary } from "../lib/events.ts";
import { EXIT } from "../lib/failure.ts";
import { Quantiles } from "../lib/time/quantiles.ts";

/** Counts finished transfers for the summary. */
export class Tally {
  #ok = 0;
  #failed = 0;
  #bytes = 0;
  readonly #latencies = new Quantiles();

  /** Counts what an event says has ended. */
  count(event: FerryEvent): void {
    if (event.event === "transfer.failed") this.#failed++;
    if (
      event.event !== "transfer.completed" && event.event !== "transfer.stored"
    ) return;
    // The files of a directory were counted each by itself.
    if (event.kind === "directory") return;
    this.#ok++;
    this.#bytes += event.bytes ?? 0;
    if (event.event === "transfer.stored") return;
    if (event.latency_ms !== undefined) {
      this.#latencies.add(event.latency_ms.total);
    }
  }

  /** Counts a transfer of the past. */
  countPast({ event, bytes, latency_ms: latency }: PastTransfer): void {
    if (event === "transfer.failed") this.#failed++;
    if (event !== "transfer.completed") return;
    this.#ok++;
    this.#bytes += bytes ?? 0;
    if (latency !== undefined) this.#latencies.add(latency.total);
  }

  /** A command that failed without a failed transfer still counts as one failure; one that was told to stop does not. */
  summary(exit: number): Summary {
    return {
      event: "summary",
      ok: this.#ok,
      failed: exit === EXIT.ok || exit >= EXIT.sigint
        ? this.#failed
        : Math.max(this.#failed, 1),
      bytes: this.#bytes,
      latency_ms: this.#latencies.summary(),
      exit,
    };
  }
}
