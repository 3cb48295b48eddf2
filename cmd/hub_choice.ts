/** Which hub a command talks to, and who it is there. */
import { Failure } from "../lib/failure.ts";
import type { Inbox } from "../lib/inbox/inbox.ts";
import { type Address, isLoopback, parseAddress } from "../lib/net/address.ts";
import { dial } from "../lib/net/dial.ts";
import { Client } from "../lib/peer/client.ts";
import { isName } from "../lib/protocol/message.ts";
import { joinedHub, rememberJoined, runningHubs } from "../lib/state/hubs.ts";
import { stateDirectory } from "../lib/state/paths.ts";
import type { Context } from "./context.ts";
import type { Globals } from "./globals.ts";
import { flag, text } from "./option.ts";
import { VERSION } from "./version.ts";

/** How a client introduces itself. */
export const SOFTWARE = `ferry ${VERSION}`;

/** Options of every command that talks to a hub. */
export const HUB_OPTIONS = {
  hub: text("HUB", "The hub: host, host:port or [v6]:port"),
  insecure: flag("Plain TCP, no encryption, no secret"),
} as const;

function stateIfAny(context: Context): string | undefined {
  return stateDirectory(context.platform.os, (name) => context.env(name));
}

/** Remembers a hub that was joined, for commands that name none; without a home there is nowhere to. */
export function rememberHub(address: Address, context: Context): void {
  const state = stateIfAny(context);
  if (state !== undefined) rememberJoined(state, address);
}

/** The option of one-shot commands that says under which name they send. */
export const SENDER_OPTIONS = {
  name: text("NAME", "The name it is sent under (default: this machine's)"),
} as const;

/** The name one-shot commands go by. Throws Failure `usage` for one that is none. */
export function senderName(
  chosen: string | undefined,
  context: Context,
): string {
  if (chosen === undefined) return defaultName(context);
  assertName(chosen, "send as");
  return chosen;
}

/** Ferry's state directory. Throws Failure `output` when the environment names no home. */
export function stateOf(context: Context): string {
  const state = stateIfAny(context);
  if (state === undefined) {
    throw new Failure("output", "Cannot keep state: no home directory is set", {
      hint: "set HOME or XDG_STATE_HOME",
    });
  }
  return state;
}

/**
 * The hub named, else the one joined last, else one running on this machine. One that was joined
 * on this machine counts only while it runs, if another does. Throws Failure `usage` when there is
 * none.
 */
export function chooseHub(
  named: string | undefined,
  context: Context,
): Address {
  if (named !== undefined) return parseAddress(named);
  const state = stateOf(context);
  const joined = joinedHub(state);
  if (joined !== undefined && !isLoopback(joined.host)) return joined;
  const running = runningHubs(state);
  const address = running.find(({ port }) => port === joined?.port) ??
    running[0] ?? joined;
  if (address !== undefined) return address;
  throw new Failure(
    "usage",
    "Cannot tell which hub is meant: none was joined before and none runs here",
    {
      hint: "name it with --hub HOST:PORT, or start one with ferry serve",
    },
  );
}

/** This machine's name as a name on a hub: what does not fit becomes `-`. */
export function defaultName(context: Context): string {
  const name = context.hostname().split(".")[0]?.replace(
    /[^A-Za-z0-9._-]+/g,
    "-",
  ).slice(0, 64);
  return name === undefined || name === "" ? "ferry" : name;
}

/** Throws Failure `usage` unless someone on a hub can have `name`; `action` is what it was to be used for. */
export function assertName(name: string, action: string): void {
  if (isName(name)) return;
  throw new Failure(
    "usage",
    `Cannot ${action} ${JSON.stringify(name)}: it is not a name`,
    {
      hint: "names are 1 to 64 letters, digits, dots, underscores and hyphens",
    },
  );
}

/** Connects as a one-shot command; `inbox` takes what it asks for. Throws Failure. */
export async function joinBriefly(
  address: Address,
  name: string,
  context: Context,
  globals: Globals,
  inbox?: Inbox,
): Promise<Client> {
  const { clock, signal } = context;
  const { connectTimeout, idleTimeout } = globals;
  const stream = await dial(address, {
    clock,
    connectMs: connectTimeout,
    signal,
  });
  return await Client.greet(stream, {
    role: "oneshot",
    name,
    adapt: true,
    software: SOFTWARE,
    clock,
    handshakeMs: connectTimeout,
    idleMs: idleTimeout,
    ...(inbox === undefined ? {} : { inbox }),
    signal,
  });
}
