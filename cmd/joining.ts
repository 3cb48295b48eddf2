/** Joining the hub that was chosen, and what is remembered of it. */
import { Failure } from "../lib/failure.ts";
import { openIdentity } from "../lib/identity/identity.ts";
import type { Inbox } from "../lib/inbox/inbox.ts";
import { type Address, formatAddress } from "../lib/net/address.ts";
import type { Access } from "../lib/peer/access.ts";
import { Client, type ClientOptions } from "../lib/peer/client.ts";
import { rememberJoined, rememberKnown } from "../lib/state/hubs.ts";
import type { Context } from "./context.ts";
import type { Globals } from "./globals.ts";
import {
  chooseHub,
  type HubChoice,
  type HubOptions,
  stateIfAny,
  stateOf,
} from "./hub_choice.ts";
import { senderName } from "./own_name.ts";
import { TICKET_WAYS } from "./tickets.ts";
import { VERSION } from "./version.ts";

/** How a client introduces itself. */
export const SOFTWARE = `ferry ${VERSION}`;

/**
 * Remembers what a hub that was greeted is known by, and, where it was `joined`, that commands
 * which name none mean it. Without a home there is nowhere to.
 */
export function rememberHub(
  { access, invited }: HubChoice,
  address: Address,
  joined: boolean,
  context: Context,
): void {
  const state = stateIfAny(context);
  if (state === undefined) return;
  if (access.learned !== undefined) {
    const { learned } = access;
    for (const one of new Set([address, ...access.addresses])) {
      rememberKnown(state, one, learned);
    }
  }
  if (joined || invited) rememberJoined(state, address);
}

/** How a client shows who it is: nothing where nobody asks. Throws Failure for an identity that cannot be had. */
export async function proofFor(
  { fingerprint }: Access,
  context: Context,
): Promise<Pick<ClientOptions, "proves">> {
  if (fingerprint === undefined) return {};
  const identity = await openIdentity(stateOf(context));
  return {
    proves: { identity, fingerprint: Uint8Array.fromHex(fingerprint) },
  };
}

/** Connects as a one-shot command; `inbox` takes what it asks for. Throws Failure. */
export async function joinBriefly(
  hub: HubChoice,
  name: string,
  context: Context,
  globals: Globals,
  inbox?: Inbox,
): Promise<Client> {
  const { clock, signal } = context;
  const { connectTimeout, idleTimeout } = globals;
  // Without a home it sends as nobody in particular.
  const proof = stateIfAny(context) === undefined
    ? {}
    : await proofFor(hub.access, context);
  const { stream, address } = await hub.access.open({
    clock,
    connectMs: connectTimeout,
    signal,
  });
  const { secret } = hub.access;
  try {
    const client = await Client.greet(stream, {
      ...proof,
      role: "oneshot",
      name,
      adapt: true,
      ...(secret === undefined ? {} : { secret }),
      software: SOFTWARE,
      clock,
      handshakeMs: connectTimeout,
      idleMs: idleTimeout,
      ...(inbox === undefined ? {} : { inbox }),
      signal,
    });
    rememberHub(hub, address, false, context);
    return client;
  } catch (error) {
    throw withJoiningHint(error, hub);
  }
}

/**
 * Joins the hub that was chosen as one who sends, and gives the way to join it again as the same
 * sender when the connection is lost. Throws Failure.
 */
export async function joinToSend(
  options: HubOptions & { readonly name: string | undefined },
  context: Context,
  globals: Globals,
): Promise<{
  client: Client;
  rejoin: (signal: AbortSignal) => Promise<Client>;
}> {
  const hub = await chooseHub(options, context, globals);
  const name = senderName(options.name, context);
  const client = await joinBriefly(hub, name, context, globals);
  const rejoin = (signal: AbortSignal) =>
    joinBriefly(hub, client.name, { ...context, signal }, globals);
  return { client, rejoin };
}

/** A refusal at the door, with what to do about it. */
export function withJoiningHint(error: unknown, hub: HubChoice): unknown {
  if (!(error instanceof Failure)) return error;
  const { code, message, cause } = error;
  if (code === "auth" && error.hint === undefined) {
    return new Failure(code, message, {
      hint:
        `ask for a new ticket (ferry ticket prints it on the hub's machine); ${TICKET_WAYS}`,
      cause,
    });
  }
  if (code === "protocol" && !hub.access.secure && error.hint !== undefined) {
    const where = formatAddress(hub.address);
    return new Failure("auth", `Cannot join ${where}: it speaks TLS`, {
      hint: "leave --insecure away, or start the hub with it too",
      cause,
    });
  }
  return error;
}
