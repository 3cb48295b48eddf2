// @core
/**
 * A ticket: where a hub is, the secret it lets peers in with, and the SHA-256 of its certificate,
 * as one word that can be pasted, typed or read out. Its check tells a mistyped ticket from one a
 * hub does not take.
 *
 *     ferry:  then in Crockford's base32  version and hosts (u8), hosts, port (u16 unless 7788),
 *             secret (16 bytes), SHA-256 (32 bytes), CRC-32 of everything before (u32)
 */
import { Failure } from "../failure.ts";
import { crc32 } from "../text/crc32.ts";
import { type Address, DEFAULT_PORT, parseAddress } from "./address.ts";

/** What a ticket says. */
export interface Ticket {
  /** One to four addresses or names of the hub, without brackets; the likeliest first. */
  readonly hosts: readonly string[];
  readonly port: number;
  /** 32 lower-case hexadecimal digits. */
  readonly secret: string;
  /** SHA-256 of the hub's certificate in DER: 64 lower-case hexadecimal digits. */
  readonly fingerprint: string;
}

/** More would make a ticket long without making it better. */
export const MAX_TICKET_HOSTS = 4;

const SCHEME = "ferry:";
const VERSION = 1;
const SECRET_BYTES = 16;
const FINGERPRINT_BYTES = 32;
/** No I, L, O and U: a reader takes the first three for 1, 1 and 0. */
const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";
/** In front of a host: an IPv4 address, an IPv6 address, or a name this much shorter. */
const IPV4 = 0;
const IPV6 = 1;
const NAME = 2;
const MAX_NAME_BYTES = 253;
/** Set in the first byte when a port follows the hosts. */
const HAS_PORT = 0b100;

/**
 * Whether `text` is meant to be a ticket, right or wrong; a host named `ferry` may have a port. One
 * pasted without its beginning is known by its length: no part of a host's name has so many letters.
 */
export function isTicket(text: string): boolean {
  return /^\s*ferry\s*:(?!\d{0,5}\s*$)/i.test(text) ||
    /^([a-z]{0,5}:)?[0-9a-z]{64,}$/i.test(ungrouped(text));
}

/** The addresses a ticket names. */
export function addressesOf({ hosts, port }: Ticket): Address[] {
  return hosts.map((host) => ({ host, port }));
}

/** The ticket as one word. Throws a RangeError for one that no ticket can hold. */
export function encodeTicket(ticket: Ticket): string {
  const { hosts, port, secret, fingerprint } = ticket;
  if (hosts.length < 1 || hosts.length > MAX_TICKET_HOSTS) {
    throw new RangeError("A ticket holds one to four hosts");
  }
  const hasPort = port !== DEFAULT_PORT;
  const body = [
    VERSION << 4 | (hasPort ? HAS_PORT : 0) | hosts.length - 1,
    ...hosts.flatMap(hostBytes),
    ...(hasPort ? [port >> 8, port & 0xff] : []),
    ...hexBytes(secret, SECRET_BYTES),
    ...hexBytes(fingerprint, FINGERPRINT_BYTES),
  ];
  const check = crc32(Uint8Array.from(body));
  const bytes = [...body, ...[24, 16, 8, 0].map((by) => check >>> by & 0xff)];
  return SCHEME + base32(bytes);
}

/**
 * Reads a ticket, with `ferry:` or without; case, spaces, line breaks and hyphens do not matter. Throws Failure `usage` for
 * one that is mistyped, cut short, or of a newer version.
 */
export function decodeTicket(text: string): Ticket {
  const word = ungrouped(text).toLowerCase();
  const digits = word.startsWith(SCHEME) ? word.slice(SCHEME.length) : word;
  const bytes = fromBase32(digits);
  const body = bytes.subarray(0, -4);
  const reader = new Reader(bytes.subarray(-4));
  const check = reader.u16() * 0x10000 + reader.u16();
  if (body.length === 0 || crc32(body) !== check) throw mistyped();
  return readBody(new Reader(body));
}

function ungrouped(text: string): string {
  return text.replace(/[\s-]+/g, "");
}

function readBody(reader: Reader): Ticket {
  const head = reader.u8();
  if (head >> 4 !== VERSION) {
    throw new Failure(
      "usage",
      "Cannot read the ticket: it is from another version of Ferry",
      { hint: "use the same version here and at the hub" },
    );
  }
  const hosts: string[] = [];
  for (let left = head & 0b11; left >= 0; left--) hosts.push(readHost(reader));
  const port = (head & HAS_PORT) === 0 ? DEFAULT_PORT : reader.u16();
  const secret = hex(reader.take(SECRET_BYTES));
  const fingerprint = hex(reader.take(FINGERPRINT_BYTES));
  if (reader.left > 0 || (head & 0b1000) !== 0 || port === 0) throw mistyped();
  return { hosts, port, secret, fingerprint };
}

function hostBytes(host: string): number[] {
  const four = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(host)
    ?.slice(1).map(Number);
  if (
    four !== undefined && four.join(".") === host && Math.max(...four) < 256
  ) {
    return [IPV4, ...four];
  }
  const six = ipv6Bytes(host);
  if (six !== undefined && ipv6Text(six) === host) return [IPV6, ...six];
  const name = [...new TextEncoder().encode(host)];
  if (name.length < 1 || name.length > MAX_NAME_BYTES || !isHost(host)) {
    throw new RangeError("A ticket cannot hold this host");
  }
  return [NAME + name.length, ...name];
}

function readHost(reader: Reader): string {
  const kind = reader.u8();
  if (kind === IPV4) return reader.take(4).join(".");
  if (kind === IPV6) return ipv6Text([...reader.take(16)]);
  const host = String.fromCharCode(...reader.take(kind - NAME));
  if (!isHost(host)) throw mistyped();
  return host;
}

/** Whether `host` is one that a person could have typed. */
function isHost(host: string): boolean {
  try {
    return parseAddress(host.includes(":") ? `[${host}]` : host).host === host;
  } catch {
    return false;
  }
}

/** The 16 bytes of an IPv6 address written in groups; undefined for anything else. */
function ipv6Bytes(text: string): number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) =>
    half === "" ? [] : half.split(":")
  );
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array(missing).fill("0"), ...tail];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) {
    return undefined;
  }
  return groups.map((group) => parseInt(group, 16))
    .flatMap((group) => [group >> 8, group & 0xff]);
}

/** As RFC 5952 writes it: the longest run of zero groups shortened. */
function ipv6Text(bytes: readonly number[]): string {
  const groups = Array.from(
    { length: 8 },
    (_, at) => (bytes[2 * at] ?? 0) << 8 | (bytes[2 * at + 1] ?? 0),
  );
  const text = groups.map((group) => group.toString(16)).join(":");
  const runs = text.match(/\b0(:0)+\b/g) ?? [];
  const [longest] = runs.toSorted((a, b) => b.length - a.length);
  if (longest === undefined) return text;
  const at = text.search(new RegExp(`\\b${longest}\\b`));
  const before = text.slice(0, at).replace(/:$/, "");
  const after = text.slice(at + longest.length).replace(/^:/, "");
  return `${before}::${after}`;
}

/** Takes bytes from the front; fewer than asked for is a ticket cut short. */
class Reader {
  #at = 0;
  constructor(readonly bytes: Uint8Array) {}

  get left(): number {
    return this.bytes.length - this.#at;
  }

  take(count: number): Uint8Array {
    if (this.left < count) throw mistyped();
    return this.bytes.subarray(this.#at, this.#at += count);
  }

  u8(): number {
    return this.take(1)[0] ?? 0;
  }

  u16(): number {
    return this.u8() << 8 | this.u8();
  }
}

function hexBytes(digits: string, count: number): number[] {
  if (!new RegExp(`^[0-9a-f]{${2 * count}}$`).test(digits)) {
    throw new RangeError(`A ticket needs ${count} bytes in hexadecimal`);
  }
  return Array.from(
    { length: count },
    (_, at) => parseInt(digits.slice(2 * at, 2 * at + 2), 16),
  );
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function base32(bytes: readonly number[]): string {
  let text = "";
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = held << 8 | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += digit(held >> bits - 5);
    held &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + digit(held << 5 - bits);
}

function digit(value: number): string {
  return DIGITS.charAt(value & 31);
}

function fromBase32(text: string): Uint8Array {
  const bytes: number[] = [];
  let held = 0;
  let bits = 0;
  for (const letter of text.replace(/[il]/g, "1").replaceAll("o", "0")) {
    const value = DIGITS.indexOf(letter);
    if (value < 0) throw mistyped();
    held = held << 5 | value;
    bits += 5;
    if (bits >= 8) bytes.push(held >> (bits -= 8));
    held &= (1 << bits) - 1;
  }
  // What fills up the last digit is zero: one ticket is written in one way.
  if (held !== 0 || bits >= 5) throw mistyped();
  return Uint8Array.from(bytes);
}

function mistyped(): Failure {
  return new Failure("usage", "Cannot read the ticket: it is mistyped", {
    hint: "copy it anew; ferry ticket prints it on the hub's machine",
  });
}
