/** The bare TCP that Ferry is measured beside: connecting to it, and answering it. */
import { BareHub, BareUser } from "../../lib/bench/bare.ts";
import { Failure, systemState } from "../../lib/failure.ts";
import {
  type Address,
  formatAddress,
  isLoopback,
} from "../../lib/net/address.ts";
import type { Context } from "../context.ts";
import type { Reporter } from "../report.ts";

/** Answers bare TCP until it is stopped. Throws the signal's reason, or Failure when it cannot listen. */
export async function serveBare(
  at: Address,
  context: Context,
  reporter: Reporter,
): Promise<void> {
  const listener = listen(at);
  const hub = new BareHub(listener);
  const { hostname: host, port } = listener.addr;
  try {
    reporter.event({
      event: "ready",
      role: "bare",
      name: "bare",
      hub: "bare",
      addr: { host, port },
      secure: false,
    });
    if (!isLoopback(host)) {
      reporter.warn("insecure", `Anyone who can reach port ${port} can use it`);
    }
    await new Promise<void>((stop) => {
      context.signal.addEventListener("abort", () => stop());
      if (context.signal.aborted) stop();
    });
  } finally {
    await hub.shutdown();
  }
  context.signal.throwIfAborted();
}

/** A user of the bare TCP at `address`. Throws Failure `unreachable`. */
export async function connectBare(
  { host, port }: Address,
  receivers: number,
  signal: AbortSignal,
): Promise<BareUser> {
  try {
    return await BareUser.connect(
      () => Deno.connect({ hostname: host, port, signal }),
      receivers,
    );
  } catch (cause) {
    signal.throwIfAborted();
    const where = formatAddress({ host, port });
    throw new Failure(
      "unreachable",
      `Cannot measure bare TCP at ${where}: ${systemState(cause)}`,
      {
        cause,
        hint: `start it there: ferry bench --serve-bare --port ${port}`,
      },
    );
  }
}

function listen({ host, port }: Address): Deno.TcpListener {
  try {
    return Deno.listen({ hostname: host, port });
  } catch (cause) {
    const where = formatAddress({ host, port });
    throw new Failure(
      "unreachable",
      `Cannot listen on ${where}: ${systemState(cause)}`,
      { cause },
    );
  }
}
