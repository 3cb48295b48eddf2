/** Decoding in a Worker that is given a deadline and is always ended. */
import type { Clock } from "../../time/clock.ts";
import type { Size } from "./fit.ts";
import { cannotShow, type ImageFormat } from "./header.ts";
import { DECODE_DEADLINE_MS } from "./limits.ts";
import type { Frame, Orientation } from "./picture.ts";

/** What the Worker is asked to do. */
export interface DecodeJob {
  readonly format: ImageFormat;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The stored size that the header declares; a picture of another size is refused. */
  readonly declared: Size;
  readonly orientation: Orientation;
  /** Size of the whole upright picture after scaling. */
  readonly scaled: Size;
  /** What is kept of it, from the top left. */
  readonly drawn: Size;
  /** How many frames are wanted at most. */
  readonly frames: number;
}

/** What the Worker answers: the frames, or why there are none (`detail` is for developers). */
export type DecodeAnswer =
  | { readonly frames: Frame[] }
  | { readonly reason: string; readonly detail: string };

/** Injected into `decode`. */
export interface DecodeContext {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Another Worker than the real one, for tests. */
  readonly worker?: () => Worker;
}

/**
 * The frames of an image whose header has been checked, drawn at the size asked for. Rejects with
 * `bad-data` (`Cannot show NAME: …`) for a file that cannot be decoded or takes longer than
 * `DECODE_DEADLINE_MS`, and with the signal's reason when that fires. The Worker is gone either way.
 */
export async function decode(
  name: string,
  job: DecodeJob,
  { clock, signal, worker = decodeWorker }: DecodeContext,
): Promise<Frame[]> {
  signal.throwIfAborted();
  const helper = worker();
  const answer = Promise.withResolvers<DecodeAnswer>();
  helper.onmessage = (event: MessageEvent<DecodeAnswer>) =>
    answer.resolve(event.data);
  helper.onmessageerror = () =>
    answer.resolve({ reason: "its decoder failed", detail: "message" });
  helper.onerror = (event) => {
    // Keeps a decoder that bursts (out of memory, a trap) from ending the whole program.
    event.preventDefault();
    answer.resolve({ reason: "its decoder failed", detail: event.message });
  };
  const stop = () => answer.reject(signal.reason);
  signal.addEventListener("abort", stop);
  const cancel = clock.after(
    DECODE_DEADLINE_MS,
    () =>
      answer.resolve({
        reason: `decoding takes longer than ${DECODE_DEADLINE_MS / 1000} s`,
        detail: "deadline",
      }),
  );
  try {
    helper.postMessage(job);
    const result = await answer.promise;
    if ("frames" in result) return result.frames;
    throw cannotShow(name, result.reason, result.detail);
  } finally {
    cancel();
    signal.removeEventListener("abort", stop);
    helper.terminate();
  }
}

/**
 * Never called: `deno compile` embeds what is imported, not what a Worker is started with, so this is
 * what puts the Worker and the decoders it imports into the executable.
 */
export function embeddedWorker(): Promise<unknown> {
  return import("./decode_worker.ts");
}

function decodeWorker(): Worker {
  return new Worker(new URL("./decode_worker.ts", import.meta.url), {
    type: "module",
    name: "ferry image decoder",
  });
}
