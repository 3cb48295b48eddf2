/** `ferry ticket`: what a peer on another machine joins with. */
import { Failure } from "../lib/failure.ts";
import { DEFAULT_PORT, parseAddress } from "../lib/net/address.ts";
import {
  encodeTicket,
  MAX_TICKET_HOSTS,
  type Ticket,
} from "../lib/net/ticket.ts";
import { runningHubs } from "../lib/state/hubs.ts";
import { hubIdentity, rotateTicket } from "../lib/state/hub_identity.ts";
import { defineCommand } from "./command.ts";
import { stateOf } from "./hub_choice.ts";
import { qrCode, ticketFor } from "./invitation.ts";
import { count, flag, list } from "./option.ts";

/** See the command table. */
export const command = defineCommand({
  usage: ["ticket [--rotate]"],
  description:
    "Prints the ticket of this machine's hub: its address, its secret and the fingerprint of its " +
    "certificate, in one word. Whoever has it may join, so hand it over like a password; on " +
    "another machine, start ferry connect - and paste it, or put it in FERRY_TICKET or in a file " +
    "named by --ticket-file. It is needed once: a hub that was joined is remembered. " +
    "--rotate makes a new secret: the tickets before stop working at once, also for those who " +
    "joined with them and come back.",
  options: {
    rotate: flag("Make a new secret; earlier tickets stop working", {
      commandLineOnly: true,
    }),
    host: list("HOST", "Where the hub is reached (default: found out)", {
      commandLineOnly: true,
    }),
    port: count("PORT", "Its port (default: that of the hub running here)", {
      commandLineOnly: true,
      min: 1,
      max: 65535,
    }),
    qr: flag("Draw it as a QR code too", { commandLineOnly: true }),
  },
  examples: [
    { line: "ferry ticket", does: "To paste on another machine" },
    {
      line: "ferry ticket --host hub.example.org",
      does: "For peers that reach it by that name",
    },
    {
      line: "ssh server ferry ticket | ferry connect -",
      does: "Join a hub over there at once",
    },
    { line: "ferry ticket --rotate", does: "Let nobody in with the old ones" },
  ],
  printsOnly: true,
  async run(context, { options, arguments: [extra], reporter }) {
    if (extra !== undefined) {
      throw new Failure(
        "usage",
        `Cannot print a ticket for ${extra}: ticket takes no arguments`,
      );
    }
    const state = stateOf(context);
    const hosts = options.host?.map(hostOf);
    if (hosts !== undefined && hosts.length > MAX_TICKET_HOSTS) {
      throw new Failure(
        "usage",
        `Cannot use --host: a ticket names at most ${MAX_TICKET_HOSTS}`,
      );
    }
    const identity = options.rotate
      ? await rotateTicket(state)
      : await hubIdentity(state);
    const running = runningHubs(state).find(({ secure, port }) =>
      secure && (options.port === undefined || options.port === port)
    );
    const found = await ticketFor(identity, {
      host: running?.bound ?? "0.0.0.0",
      port: options.port ?? running?.port ?? DEFAULT_PORT,
    });
    const ticket: Ticket = {
      ...found,
      ...(hosts === undefined ? {} : { hosts }),
    };
    const word = encodeTicket(ticket);
    if (options.qr) reporter.note(await qrCode(word));
    reporter.event({
      event: "ticket",
      ticket: word,
      hosts: ticket.hosts,
      port: ticket.port,
      fingerprint: ticket.fingerprint,
    });
  },
});

/** A host without a port, which all of them share. Throws Failure `usage`. */
function hostOf(text: string): string {
  const { host } = parseAddress(text);
  if (text === host || text === `[${host}]`) return host;
  throw new Failure("usage", `Cannot use --host: ${text} is not a host alone`, {
    hint: "name the port with --port",
  });
}
