/** `ferry serve`: the hub. */
import { join, resolve } from "@std/path";
import type { FerryEvent } from "../lib/events.ts";
import { Failure, systemState } from "../lib/failure.ts";
import { doorOf } from "../lib/hub/admission/door.ts";
import { Hub } from "../lib/hub/hub.ts";
import type { Listener } from "../lib/hub/hub_options.ts";
import { LocalRecipient } from "../lib/hub/local.ts";
import { NameBook } from "../lib/hub/admission/names.ts";
import { Share } from "../lib/hub/sharing/share.ts";
import { DEFAULT_PORT, formatAddress, isLoopback } from "../lib/net/address.ts";
import { SecureListener } from "../lib/net/listen.ts";
import { MAX_CONNECTIONS, MAX_PEERS } from "../lib/protocol/limits.ts";
import { noteRunning } from "../lib/state/hubs.ts";
import {
  hubFingerprint,
  type HubIdentity,
  hubIdentity,
  Secrets,
} from "../lib/state/hub_identity.ts";
import { invitation, ticketFor } from "./invitation.ts";
import { defineCommand } from "./command.ts";
import { type Context, mayOpenMenu } from "./context.ts";
import type { Globals } from "./globals.ts";
import { stateOf } from "./hub_choice.ts";
import { SOFTWARE } from "./joining.ts";
import { assertName, defaultName } from "./own_name.ts";
import { count, duration, flag, size, text } from "./option.ts";
import {
  openInbox,
  openViews,
  Receiving,
  RECEIVING_OPTIONS,
} from "./receiving.ts";

/** See the command table. */
export const command = defineCommand({
  usage: ["serve"],
  description:
    "Runs the hub that peers join. What is sent to the name hub arrives in its inbox. " +
    "Connections are encrypted; peers on other machines join with its ticket (ferry ticket).",
  options: {
    host: text("HOST", "The address to listen on", { default: "0.0.0.0" }),
    port: count("PORT", "The port to listen on; 0 picks a free one", {
      default: String(DEFAULT_PORT),
      max: 65535,
    }),
    name: text("NAME", "The hub's name (default: this machine's)"),
    ...RECEIVING_OPTIONS,
    share: text("DIR", "What peers may list and get: ferry ls, ferry get"),
    spool: text(
      "DIR",
      "Where transfers under way are kept (default: in the state directory)",
    ),
    spoolLimit: size(
      "SIZE",
      "Refuse transfers when more than this is under way",
    ),
    grace: duration(
      "DURATION",
      "What is under way may go on so long when the hub is told to stop",
      { default: "500ms" },
    ),
    maxPeers: count("N", "Peers connected at once", {
      default: String(MAX_PEERS),
      min: 1,
    }),
    maxConnections: count("N", "Connections at once, one-shot ones included", {
      default: String(MAX_CONNECTIONS),
      min: 1,
    }),
    insecure: flag("Plain TCP, no encryption, no secret"),
    qr: flag("Draw the ticket as a QR code too", { commandLineOnly: true }),
    noMenu: flag("Run in the foreground and log a line per event"),
  },
  examples: [
    { line: "ferry serve", does: "A hub for the machines on this network" },
    { line: "ferry serve --qr", does: "With its ticket as a QR code" },
    {
      line: "ferry serve --share ~/public",
      does: "Peers may get what is in there",
    },
    {
      line: "ferry serve --host 127.0.0.1 --port 0 --json",
      does: "For a test: read the port from ready",
    },
  ],
  async run(context, { options, globals, arguments: extra, reporter }) {
    if (extra.length > 0) {
      throw new Failure(
        "usage",
        `Cannot serve ${extra[0]}: serve takes no arguments`,
      );
    }
    const { clock, signal } = context;
    const name = options.name ?? defaultName(context);
    assertName(name, "serve as");
    const state = stateOf(context);
    const share = options.share === undefined
      ? undefined
      : Share.open(resolve(context.cwd(), options.share), options.share);
    const views = await openViews(options, context, globals, reporter);
    const emit = (event: FerryEvent) => {
      if (views === undefined) reporter.event(event);
      else views.report(event);
    };
    const menu = mayOpenMenu(context, globals, options.noMenu || options.view)
      ? await import("./menu/hub.ts")
      : undefined;
    const receiving = new Receiving(options, context);
    const questions = menu?.attend(receiving);
    const inbox = openInbox(
      options,
      receiving,
      () => "hub",
      emit,
      context,
      globals,
    );
    const identity = options.insecure ? undefined : await hubIdentity(state);
    const listener = listen(options.host, options.port, identity);
    const secrets = identity && new Secrets(state, identity);
    const identities = identity && {
      fingerprint: Uint8Array.fromHex(await hubFingerprint(identity)),
      names: new NameBook(join(state, "hub")),
    };
    // SQLite is loaded only where it is needed.
    const { Ledger } = await import("../lib/hub/ledger/ledger.ts");
    const ledger = new Ledger({
      ...{ state, hub: name, clock },
      warn: (message, hint) => reporter.warn("ledger", message, hint),
    });
    const hub = new Hub({
      listener,
      name,
      software: SOFTWARE,
      clock,
      spoolDir: options.spool === undefined
        ? join(state, "spool")
        : resolve(context.cwd(), options.spool),
      ...(options.spoolLimit === undefined
        ? {}
        : { spoolLimit: options.spoolLimit }),
      maxPeers: options.maxPeers,
      graceMs: options.grace,
      maxConnections: options.maxConnections,
      handshakeMs: globals.connectTimeout,
      idleMs: globals.idleTimeout,
      ...(identities === undefined ? {} : { identities }),
      ...(secrets === undefined ? {} : { door: doorOf(() => secrets.now()) }),
      inbox: new LocalRecipient(inbox, clock),
      history: ledger,
      // Without a secret names prove nothing.
      openHistory: options.insecure,
      ...(share === undefined ? {} : { share }),
      events: {
        joined: (peer) => emit({ event: "peer.joined", name: peer.name }),
        left: (peer) => emit({ event: "peer.left", name: peer.name }),
        routes: ledger,
        given: emit,
        trouble: (who, failure) =>
          reporter.warn(failure.code, `${who}: ${failure.message}`),
      },
    });
    const secure = identity !== undefined;
    const bound = hub.addr.host;
    const forget = noteRunning(state, {
      ...reachable(hub.addr),
      bound,
      secure,
    });
    try {
      emit({
        event: "ready",
        role: "hub",
        name,
        hub: name,
        addr: hub.addr,
        secure,
      });
      // A ticket is for the person at the terminal; a log would keep it.
      if (secure && mayTell(context, globals)) {
        const ticket = await ticketFor(identity, hub.addr);
        reporter.note(await invitation(ticket, options.qr));
      }
      if (!secure && !isLoopback(hub.addr.host)) {
        reporter.warn(
          "insecure",
          `Anyone who can reach port ${hub.addr.port} can join and read along`,
          "leave --insecure away, or listen on this machine alone with --host 127.0.0.1",
        );
      }
      if (menu !== undefined && questions !== undefined) {
        const address = reachable(hub.addr);
        const place = { hub, name, receiving, address, insecure: !secure };
        await menu.runMenu(place, questions, context, globals, reporter);
      } else {
        await new Promise<void>((stop) => {
          signal.addEventListener("abort", () => stop());
          if (signal.aborted) stop();
        });
      }
    } finally {
      ledger.stopping();
      await hub.shutdown();
      ledger.close();
      inbox.close();
      await views?.finish();
      forget();
    }
    signal.throwIfAborted();
  },
});

/** Whether only the person who started the hub reads what is said. */
function mayTell(
  { stdout, stderr }: Context,
  { json, quiet }: Globals,
): boolean {
  return stdout.isTerminal && stderr.isTerminal && !json && !quiet;
}

function listen(
  host: string,
  port: number,
  identity: HubIdentity | undefined,
): Listener {
  const where = { hostname: host, port };
  try {
    if (identity === undefined) return Deno.listen(where);
    const { certificate: cert, key } = identity;
    return new SecureListener({ ...where, cert, key });
  } catch (error) {
    const where = formatAddress({ host, port });
    if (error instanceof Deno.errors.AddrInUse) {
      throw new Failure(
        "unreachable",
        `Cannot listen on ${where}: the port is in use`,
        {
          cause: error,
          hint: "choose another with --port, or 0 for any free one",
        },
      );
    }
    const state = systemState(error);
    throw new Failure("unreachable", `Cannot listen on ${where}: ${state}`, {
      cause: error,
    });
  }
}

/** Where the hub is for a command on this machine. */
function reachable(
  { host, port }: { host: string; port: number },
): { host: string; port: number } {
  if (host === "0.0.0.0") return { host: "127.0.0.1", port };
  return host === "::" ? { host: "::1", port } : { host, port };
}
