/** How this machine can be reached, and whether its hub can. */
import { joinedHub, runningHubs } from "../../lib/state/hubs.ts";
import { formatAddress } from "../../lib/net/address.ts";
import { formatMs } from "../../lib/text/units.ts";
import type { Context } from "../context.ts";
import type { Finding } from "../doctor.ts";
import { stateIfAny } from "../hub_choice.ts";
import { ownEvents } from "../own_events.ts";

/** The addresses others can reach a hub here by. */
export function checkAddresses(): Finding {
  const addresses = Deno.networkInterfaces()
    .map(({ name, address }) => ({ name, address }))
    .filter(({ address }) =>
      // Of the loopback, and those that hold on one cable only.
      !/^(127\.|::1$|fe80:)/.test(address)
    );
  if (addresses.length === 0) {
    return {
      state: "note",
      message: "none but the loopback: no other machine can reach a hub here",
      hint: "connect this machine to a network",
    };
  }
  return {
    state: "ok",
    message: addresses.map(({ name, address }) => `${address} (${name})`)
      .join(", "),
  };
}

/** Whether a hub could listen, or one of this user does already. */
export function checkPort(port: number, state: string | undefined): Finding {
  const ours = state === undefined
    ? undefined
    : runningHubs(state).find((hub) => hub.port === port);
  if (ours !== undefined) {
    return { state: "ok", message: `${port}: a hub of yours listens there` };
  }
  try {
    Deno.listen({ hostname: "0.0.0.0", port }).close();
    const message = port === 0 ? "any free one" : `${port} is free`;
    return { state: "ok", message };
  } catch (error) {
    return {
      state: "note",
      message: error instanceof Deno.errors.AddrInUse
        ? `${port} is in use by another program`
        : `${port} cannot be listened on`,
      hint: "a hub here needs another: ferry serve --port 0 takes a free one",
    };
  }
}

/** Whether the hub that a command would talk to answers; none known is no problem. */
export async function checkHub(
  { hub, insecure }: { hub: string | undefined; insecure: boolean },
  context: Context,
): Promise<Finding> {
  const state = stateIfAny(context);
  const known = state !== undefined &&
    (joinedHub(state) ?? runningHubs(state)[0]);
  if (hub === undefined && !known) {
    return {
      state: "note",
      message: "none was joined yet and none runs here",
      hint: "start one with ferry serve, or join one with ferry connect HUB",
    };
  }
  const from = context.clock.now();
  const { events, status } = await ownEvents([
    "peers",
    ...(hub === undefined ? [] : [`--hub=${hub}`]),
    ...(insecure ? ["--insecure"] : []),
  ], context);
  const ms = context.clock.now() - from;
  const named = hub ?? (known ? formatAddress(known) : "");
  if (status === 0) {
    const peers = events.filter(({ event }) => event === "peer").length;
    return {
      state: "ok",
      message: `${named} answers in ${formatMs(ms)}, ${peers} connected`,
    };
  }
  const failure = events.find(({ event }) => event === "error") ?? {};
  return {
    state: "problem",
    message: String(failure.message ?? `ferry peers ended with ${status}`),
    hint: String(failure.hint ?? "see that it runs and that its port is open"),
  };
}
