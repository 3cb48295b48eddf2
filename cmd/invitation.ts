/** How peers on other machines are told to join. */
import { isLoopback } from "../lib/net/address.ts";
import {
  encodeTicket,
  MAX_TICKET_HOSTS,
  type Ticket,
} from "../lib/net/ticket.ts";
import { hubFingerprint, type HubIdentity } from "../lib/state/hub_identity.ts";

/** A hub's ticket, for what it listens on. */
export async function ticketFor(
  identity: HubIdentity,
  bound: { readonly host: string; readonly port: number },
): Promise<Ticket> {
  return {
    hosts: hostsOf(bound.host),
    port: bound.port,
    secret: identity.ticket_secret,
    fingerprint: await hubFingerprint(identity),
  };
}

/** What a hub says of itself on a terminal, once. */
export async function invitation(ticket: Ticket, qr: boolean): Promise<string> {
  const word = encodeTicket(ticket);
  return [
    "to join from another machine, start  ferry connect -  there and paste this ticket:",
    ...(qr ? [await qrCode(word)] : []),
    word,
  ].join("\n");
}

/** A text as a QR code in half blocks, as a dark terminal shows it; readers take the reverse too. */
export async function qrCode(text: string): Promise<string> {
  const { renderUnicodeCompact } = await import("uqr");
  // Capitals alone fit the denser alphanumeric mode.
  return renderUnicodeCompact(text.toUpperCase(), { border: 2, ecc: "L" });
}

/** Where others find a hub that listens on `bound`: there, or at this machine's own addresses. */
function hostsOf(bound: string): string[] {
  if (bound !== "0.0.0.0" && bound !== "::") return [bound];
  const addresses = Deno.networkInterfaces()
    .filter(({ address, family }) =>
      !isLoopback(address) && !/^(fe80:|169\.254\.)/i.test(address) &&
      (family === "IPv4" || bound === "::")
    ).map(({ address }) => address.toLowerCase());
  const best = [...new Set(addresses)].sort((a, b) => rank(a) - rank(b));
  return best.length === 0
    ? [bound === "::" ? "::1" : "127.0.0.1"]
    : best.slice(0, MAX_TICKET_HOSTS);
}

/** The likelier another machine on the network reaches it, the smaller. */
function rank(address: string): number {
  if (/^(192\.168|10)\./.test(address)) return 0;
  // Where containers and virtual machines are given theirs, too.
  if (/^172\.(1[6-9]|2\d|3[01])\./.test(address)) return 1;
  if (!address.includes(":")) return 2;
  return /^f[cd]/.test(address) ? 3 : 4;
}
