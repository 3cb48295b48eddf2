/** Which hub a command talks to, and how it gets in. */
import { Failure } from "../lib/failure.ts";
import { type Address, isLoopback, parseAddress } from "../lib/net/address.ts";
import {
  addressesOf,
  decodeTicket,
  isTicket,
  type Ticket,
} from "../lib/net/ticket.ts";
import {
  Access,
  type Credentials,
  NO_CREDENTIALS,
} from "../lib/peer/access.ts";
import { hubKnownAt, joinedHub, runningHubs } from "../lib/state/hubs.ts";
import { stateDirectory } from "../lib/state/paths.ts";
import { type Context, mayPrompt } from "./context.ts";
import type { Globals } from "./globals.ts";
import { flag, text } from "./option.ts";
import { assertNoTicket, ticketInFile, ticketOnInput } from "./tickets.ts";

/** Options of every command that talks to a hub. */
export const HUB_OPTIONS = {
  hub: text("HUB", "The hub: host, host:port, [v6]:port, or - for a ticket", {
    typed: (hub) => assertNoTicket(hub, "--hub"),
  }),
  ticketFile: text("FILE", "Read the hub's ticket from this file"),
  insecure: flag("Plain TCP, no encryption, no secret"),
} as const;

/** What those options say. */
export interface HubOptions {
  readonly hub: string | undefined;
  readonly ticketFile: string | undefined;
  readonly insecure: boolean;
}

/** The hub a command talks to. */
export interface HubChoice {
  /** Where it is, or the likeliest of several addresses. */
  readonly address: Address;
  readonly access: Access;
  /** Whether a ticket was given for it: then it counts as joined from now on. */
  readonly invited: boolean;
}

/** The state directory; undefined when the environment names no home. */
export function stateIfAny(context: Context): string | undefined {
  return stateDirectory(context.platform.os, (name) => context.env(name));
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
 * The hub meant, and the way in: the one named, else the ticket's, else the one joined last, else
 * one running on this machine, else what the person at the terminal says. Throws Failure: `usage`
 * when there is none or the ticket is mistyped, `input` for a ticket file that cannot be read.
 */
export async function chooseHub(
  options: HubOptions,
  context: Context,
  globals: Globals,
): Promise<HubChoice> {
  let named = options.hub;
  if (named === "-") {
    named = mayPrompt(context, globals)
      ? await askForHub(context, globals)
      : await ticketOnInput(context);
    if (!isTicket(named) && !mayPrompt(context, globals)) decodeTicket(named);
  }
  const ticket = await ticketGiven(named, options.ticketFile, context);
  if (named !== undefined && !isTicket(named)) {
    return enter(parseAddress(named), ticket, options, context);
  }
  if (ticket !== undefined) return invited(ticket, options.insecure);
  const usual = defaultHub(context);
  if (usual !== undefined) return enter(usual, undefined, options, context);
  if (!mayPrompt(context, globals)) {
    throw new Failure(
      "usage",
      "Cannot tell which hub is meant: none was joined before and none runs here",
      {
        hint: "name it with --hub HOST:PORT, or start one with ferry serve",
      },
    );
  }
  const hub = await askForHub(context, globals);
  return await chooseHub({ ...options, hub }, context, globals);
}

/**
 * The hub joined last, else one running on this machine, else undefined. One that was joined on
 * this machine counts only while it runs, if another does. Throws Failure `output` without a home.
 */
export function defaultHub(context: Context): Address | undefined {
  const state = stateOf(context);
  const joined = joinedHub(state);
  if (joined !== undefined && !isLoopback(joined.host)) return joined;
  const running = runningHubs(state);
  return running.find(({ port }) => port === joined?.port) ??
    running[0] ?? joined;
}

async function askForHub(
  context: Context,
  globals: Globals,
): Promise<string> {
  const { askForHub } = await import("./menu/ask_hub.ts");
  const hub = await askForHub(context, globals);
  if (hub !== undefined) return hub;
  throw new Failure("usage", "Cannot tell which hub is meant: none was named");
}

/** The ticket there is: the hub named is one, or it lies in a file, or in the environment. */
async function ticketGiven(
  named: string | undefined,
  file: string | undefined,
  context: Context,
): Promise<Ticket | undefined> {
  if (named !== undefined && isTicket(named)) return decodeTicket(named);
  if (file !== undefined) {
    return decodeTicket(await ticketInFile(file, context));
  }
  const exported = context.env("FERRY_TICKET");
  if (!exported) return undefined;
  const ticket = decodeTicket(exported);
  // A hub named otherwise is another one, unless nothing is known of it.
  if (named === undefined) return ticket;
  const { host, port } = parseAddress(named);
  const state = stateIfAny(context);
  const isMeant = ticket.port === port && ticket.hosts.includes(host);
  const isKnown = state !== undefined &&
    (hubKnownAt(state, { host, port }) !== undefined ||
      runsHere(state, { host, port }));
  return isMeant || !isKnown ? ticket : undefined;
}

function invited(ticket: Ticket, insecure: boolean): HubChoice {
  const addresses = addressesOf(ticket);
  const [address] = addresses;
  if (address === undefined) throw new RangeError("A ticket names a host");
  const access = new Access(
    addresses,
    insecure ? "insecure" : credentialsOf(ticket),
  );
  return { address, access, invited: true };
}

function credentialsOf({ fingerprint, secret }: Ticket): Credentials {
  return { from: "ticket", fingerprint, secret, certificate: undefined };
}

/** The way into the hub at an address. */
async function enter(
  address: Address,
  ticket: Ticket | undefined,
  { insecure }: HubOptions,
  context: Context,
): Promise<HubChoice> {
  const credentials = insecure
    ? "insecure"
    : ticket !== undefined
    ? credentialsOf(ticket)
    : await credentialsAt(address, context);
  const access = new Access([address], credentials);
  return { address, access, invited: ticket !== undefined };
}

/** What this machine knows of the hub at an address: it is its own, or it was joined before. */
async function credentialsAt(
  address: Address,
  context: Context,
): Promise<Credentials | typeof NO_CREDENTIALS> {
  const state = stateIfAny(context);
  if (state === undefined) return NO_CREDENTIALS;
  const known = hubKnownAt(state, address);
  if (known !== undefined && !isLoopback(address.host)) {
    return { ...known, from: "known" };
  }
  if (runsHere(state, address)) {
    // One of the same user: the hub's own state lets it in.
    const { hubFingerprint, readHubIdentity } = await import(
      "../lib/state/hub_identity.ts"
    );
    const identity = readHubIdentity(state);
    if (identity !== undefined) {
      return {
        from: "own",
        certificate: identity.certificate,
        fingerprint: await hubFingerprint(identity),
        secret: identity.operator_secret,
      };
    }
  }
  return known === undefined ? NO_CREDENTIALS : { ...known, from: "known" };
}

/** Whether a hub of this user listens on that port: if it is not the one meant, its certificate will tell. */
function runsHere(state: string, { port }: Address): boolean {
  return runningHubs(state).some((hub) => hub.port === port);
}
