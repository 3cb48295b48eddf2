// @core
import { Failure } from "../failure.ts";

/** The port a hub listens on when nothing else is said. */
export const DEFAULT_PORT = 7788;

/** Where a hub is. */
export interface Address {
  /** A host name or an IP address, without brackets. */
  readonly host: string;
  readonly port: number;
}

/** What looks like an IPv6 address, with or without a zone; the system decides about the rest. */
const IPV6 = /^[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(%[\w.-]+)?$/;

/**
 * Reads `host`, `host:port`, `[v6]:port` or a bare IPv6 address. Throws Failure `usage` for
 * anything else.
 */
export function parseAddress(text: string): Address {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(text);
  if (bracketed !== null) {
    const [, host = "", port] = bracketed;
    if (!IPV6.test(host)) throw notAnAddress(text);
    return { host, port: parsePort(port, text) };
  }
  if (text.split(":").length > 2) {
    if (!IPV6.test(text)) throw notAnAddress(text);
    return { host: text, port: DEFAULT_PORT };
  }
  const plain = /^([A-Za-z0-9._-]+)(?::(\d+))?$/.exec(text);
  if (plain === null) throw notAnAddress(text);
  return { host: plain[1] ?? "", port: parsePort(plain[2], text) };
}

/** The address as a person would type it. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether a host is this machine itself. */
export function isLoopback(host: string): boolean {
  return host.startsWith("127.") || host === "::1" || host === "localhost";
}

function parsePort(digits: string | undefined, text: string): number {
  if (digits === undefined) return DEFAULT_PORT;
  const port = Number(digits);
  if (port < 1 || port > 65535) throw notAnAddress(text);
  return port;
}

function notAnAddress(text: string): Failure {
  return new Failure(
    "usage",
    `Cannot use ${text} as the hub: it is not host, host:port or [v6]:port`,
  );
}
