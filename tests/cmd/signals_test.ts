/** What stops the program on each system. */
import { assertEquals } from "@std/assert";
import { onInterrupt, onResize, type Signals } from "../../cmd/signals.ts";

/** A system with only some signals: as on the real one, listening for another throws. */
class FakeSignals implements Signals {
  readonly listeners = new Map<Deno.Signal, () => void>();
  readonly #known: readonly Deno.Signal[];

  constructor(...known: Deno.Signal[]) {
    this.#known = known;
  }

  addSignalListener(signal: Deno.Signal, listener: () => void): void {
    if (!this.#known.includes(signal)) throw new TypeError(`no ${signal} here`);
    this.listeners.set(signal, listener);
  }

  removeSignalListener(signal: Deno.Signal, listener: () => void): void {
    assertEquals(this.listeners.get(signal), listener);
    this.listeners.delete(signal);
  }
}

for (
  const { os, second, signals } of [
    {
      os: "linux",
      second: "SIGTERM",
      signals: new FakeSignals("SIGINT", "SIGTERM", "SIGWINCH"),
    },
    {
      os: "windows",
      second: "SIGBREAK",
      signals: new FakeSignals("SIGINT", "SIGBREAK"),
    },
  ] as const
) {
  Deno.test(`signals: SIGINT and ${second} stop the program on ${os}`, () => {
    const heard: string[] = [];
    const stop = onInterrupt((kind) => heard.push(kind), os, signals);
    signals.listeners.get("SIGINT")?.();
    signals.listeners.get(second)?.();
    assertEquals(heard, ["sigint", "sigterm"]);
    stop();
    assertEquals(signals.listeners.size, 0);
  });

  Deno.test(`signals: another size of the terminal is heard of on ${os}, or nothing is`, () => {
    let times = 0;
    const stop = onResize(() => times++, os, signals);
    signals.listeners.get("SIGWINCH")?.();
    assertEquals(times, os === "windows" ? 0 : 1);
    stop();
    assertEquals(signals.listeners.size, 0);
  });
}
