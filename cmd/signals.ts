/** Which signals of each system mean what. */
import type { SystemName } from "../lib/state/paths.ts";
import type { InterruptKind } from "./context.ts";

/** Where signals are listened for; `Deno` is one. */
export interface Signals {
  addSignalListener(signal: Deno.Signal, listener: () => void): void;
  removeSignalListener(signal: Deno.Signal, listener: () => void): void;
}

/**
 * Calls `listener` when the user or the system wants the program to stop; the returned function ends
 * it. Windows has no SIGTERM, and throws where one is listened for: Ctrl-Break comes nearest.
 */
export function onInterrupt(
  listener: (kind: InterruptKind) => void,
  os: SystemName,
  signals: Signals,
): () => void {
  const undo = [
    listen(signals, "SIGINT", () => listener("sigint")),
    listen(
      signals,
      os === "windows" ? "SIGBREAK" : "SIGTERM",
      () => listener("sigterm"),
    ),
  ];
  return () => {
    for (const back of undo) back();
  };
}

/** Calls `listener` when the terminal changes its size, which Windows has no signal for. */
export function onResize(
  listener: () => void,
  os: SystemName,
  signals: Signals,
): () => void {
  return os === "windows" ? () => {} : listen(signals, "SIGWINCH", listener);
}

function listen(
  signals: Signals,
  signal: Deno.Signal,
  listener: () => void,
): () => void {
  signals.addSignalListener(signal, listener);
  return () => signals.removeSignalListener(signal, listener);
}
