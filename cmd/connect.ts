/** `ferry connect`: a peer that stays connected and receives. */
import type { FerryEvent } from "../lib/events.ts";
import { Failure } from "../lib/failure.ts";
import type { Client } from "../lib/peer/client.ts";
import { stayConnected } from "../lib/peer/peer.ts";
import { formatMs } from "../lib/text/units.ts";
import { defineCommand } from "./command.ts";
import { mayOpenMenu } from "./context.ts";
import { chooseHub, HUB_OPTIONS } from "./hub_choice.ts";
import { proofFor, rememberHub, SOFTWARE, withJoiningHint } from "./joining.ts";
import { assertName, defaultName } from "./own_name.ts";
import { count, flag, text } from "./option.ts";
import { assertNoTicket } from "./tickets.ts";
import {
  openInbox,
  openViews,
  Quota,
  Receiving,
  RECEIVING_OPTIONS,
} from "./receiving.ts";

/** See the command table. */
export const command = defineCommand({
  usage: ["connect [HUB | -]"],
  description:
    "Joins a hub under a name and receives what is sent to it, until it is stopped. " +
    "When the hub goes away it comes back by itself.",
  arguments: [{
    name: "HUB",
    help:
      "host, host:port, [v6]:port, or - to paste or pipe in a ticket; default: the hub joined last",
  }],
  options: {
    name: text(
      "NAME",
      "The name to be reached by (default: this machine's, made unique)",
    ),
    ...RECEIVING_OPTIONS,
    count: count("N", "Exit 0 after N transfers received", { min: 1 }),
    once: flag("Exit 0 after one transfer received"),
    noMenu: flag("Run in the foreground and log a line per event"),
    ...HUB_OPTIONS,
  },
  examples: [
    {
      line: "ferry connect -",
      does: "Join with a ticket, pasted or piped in; later without",
    },
    { line: "ferry connect 192.0.2.7 --name alice", does: "Receive as alice" },
    {
      line: "ferry connect --once --inbox .",
      does: "Receive one file here, then exit",
    },
    {
      line: "ferry connect --view",
      does: "Show images, CSV and JSON as they arrive",
    },
    {
      line: "ferry connect --accept bob,carol",
      does: "Take nothing from anyone else",
    },
  ],
  async run(context, { options, globals, arguments: named, reporter }) {
    const hub = await chooseHub(
      { ...options, hub: hubNamed(named, options.hub) },
      context,
      globals,
    );
    const { access } = hub;
    let { address } = hub;
    const { clock } = context;
    if (options.name !== undefined) assertName(options.name, "join as");
    const quota = new Quota(options.once ? 1 : options.count ?? Infinity);
    const receiving = new Receiving(options, context);
    receiving.isFull = () => quota.isFull;
    const menu = mayOpenMenu(context, globals, options.noMenu || options.view)
      ? new (await import("./menu/client.ts")).ClientMenu(hub, receiving)
      : undefined;
    let offered: Promise<void> | undefined;
    const leave = new AbortController();
    const signal = AbortSignal.any([context.signal, leave.signal]);
    let name = options.name ?? defaultName(context);
    const views = await openViews(options, context, globals, reporter);
    const emit = (event: FerryEvent) => {
      if (views === undefined) reporter.event(event);
      else views.report(event);
      quota.count(event);
    };
    const inbox = openInbox(
      options,
      receiving,
      () => name,
      emit,
      context,
      globals,
    );
    const proof = await proofFor(access, context);
    let joined: Client | undefined;
    const over = Promise.withResolvers<void>();
    quota.enough.addEventListener("abort", async () => {
      if (quota.enough.reason instanceof Failure) return leave.abort();
      await joined?.inbound?.settled();
      // What came whole when the connection was lost has a sender who waits for the receipt.
      const stop = clock.after(globals.idleTimeout, over.resolve);
      await Promise.race([inbox.owed.paid(), over.promise]);
      stop();
      leave.abort();
    });
    await stayConnected({
      ...proof,
      name,
      adapt: options.name === undefined,
      ...(access.secret === undefined ? {} : { secret: access.secret }),
      software: SOFTWARE,
      clock,
      handshakeMs: globals.connectTimeout,
      idleMs: globals.idleTimeout,
      inbox,
      random: Math.random,
      signal,
      dial: async () => {
        const connectMs = globals.connectTimeout;
        const opened = await access.open({ clock, connectMs, signal });
        address = opened.address;
        return opened.stream;
      },
      connected: (client) => {
        joined = client;
        name = client.name;
        rememberHub(hub, address, true, context);
        client.onPresence((change, peer) =>
          reporter.event({ event: `peer.${change}`, name: peer.name })
        );
        reporter.event({
          event: "ready",
          role: "peer",
          name,
          hub: client.welcome.hub,
          addr: { host: address.host, port: address.port },
          secure: access.secure,
        });
        menu?.connected(client, address);
        offered ??= menu?.offer(context, globals, reporter).finally(() =>
          leave.abort()
        );
        // Waited for below, when the connection has ended.
        offered?.catch(() => {});
      },
      disconnected: (failure, retryMs) => {
        // In a menu one line says it, and its title that it goes on trying.
        if (menu?.disconnected() === "again") return;
        reporter.warn(
          failure.code,
          `Cannot stay connected: ${failure.state}; again in ${
            formatMs(retryMs)
          }`,
        );
      },
    }).catch((error) => {
      // As many as were wanted are here, whatever became of the hub since.
      if (quota.isReached) return;
      throw withHint(withJoiningHint(error, hub));
    }).finally(() => {
      over.resolve();
      inbox.close();
      menu?.close();
    });
    await offered;
    await views?.finish();
    context.signal.throwIfAborted();
    if (quota.enough.reason instanceof Failure) {
      throw quota.enough.reason;
    }
  },
});

/** The argument goes before `--hub`, which may come from the environment or the config file. */
function hubNamed(
  named: readonly string[],
  option: string | undefined,
): string | undefined {
  if (named.length > 1) {
    throw new Failure("usage", "Cannot connect: only one hub can be joined");
  }
  const [hub] = named;
  if (hub !== undefined) assertNoTicket(hub, "HUB");
  return hub ?? option;
}

/** The hub refused the name: says what to do about it. */
function withHint(error: unknown): unknown {
  if (!(error instanceof Failure)) return error;
  const { code, message, cause } = error;
  if (code !== "name-taken" && code !== "bad-name") return error;
  return new Failure(code, message, {
    hint: "choose another with --name",
    cause,
  });
}
