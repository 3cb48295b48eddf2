/** Tickets: what is encoded is read back, and what was mistyped is noticed. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Failure } from "../../lib/failure.ts";
import {
  decodeTicket,
  encodeTicket,
  isTicket,
  type Ticket,
} from "../../lib/net/ticket.ts";

interface Vectors {
  readonly good: readonly { text: string; ticket: Ticket }[];
  readonly same: { readonly text: string; readonly as: readonly string[] };
  readonly mistyped: readonly { name: string; text: string }[];
}

const VECTORS: Vectors = JSON.parse(
  Deno.readTextFileSync(
    new URL("../../testdata/protocol/tickets.json", import.meta.url),
  ),
);

const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((b) => b.toHex());
const host = fc.oneof(
  fc.ipV4(),
  fc.ipV6().map((text) => text.toLowerCase()),
  fc.domain().map((text) => text.slice(0, 253)),
  fc.stringMatching(/^[a-z][a-z0-9._-]{0,62}$/),
);
const tickets: fc.Arbitrary<Ticket> = fc.record({
  hosts: fc.array(host, { minLength: 1, maxLength: 4 }),
  port: fc.oneof(fc.constant(7788), fc.integer({ min: 1, max: 65535 })),
  secret: hex(16),
  fingerprint: hex(32),
});

Deno.test("tickets: any ticket is read back as it was, however it is grouped and in any case", () => {
  fc.assert(fc.property(tickets, fc.nat(), (ticket, cut) => {
    const text = encodeTicket(ticket);
    assert(/^ferry:[0-9a-hjkmnp-tv-z]+$/.test(text), text);
    assert(isTicket(text));
    assertEquals(decodeTicket(text), ticket);
    const at = 6 + cut % (text.length - 6);
    const grouped = `  ${text.slice(0, at)}-\n${text.slice(at)} `;
    assertEquals(decodeTicket(grouped.toUpperCase()), ticket);
  }));
});

Deno.test("tickets: one digit changed, or two neighbours swapped, is always noticed", () => {
  const digits = "0123456789abcdefghjkmnpqrstvwxyz";
  fc.assert(fc.property(tickets, fc.nat(), fc.nat(), (ticket, place, to) => {
    const text = encodeTicket(ticket);
    const at = 6 + place % (text.length - 7);
    const changed = text.slice(0, at) + digits[to % 32] + text.slice(at + 1);
    const swapped = text.slice(0, at) + text[at + 1] + text[at] +
      text.slice(at + 2);
    for (const wrong of [changed, swapped]) {
      if (wrong !== text) assertMistyped(wrong);
    }
  }));
});

Deno.test("tickets: arbitrary text is refused with a Failure and nothing else", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    assertThrows(() => decodeTicket(`ferry:${text}`), Failure);
  }));
});

Deno.test("tickets: the vectors", () => {
  for (const { text, ticket } of VECTORS.good) {
    assertEquals(encodeTicket(ticket), text);
    assertEquals(decodeTicket(text), ticket);
  }
  for (const text of VECTORS.same.as) {
    assertEquals(decodeTicket(text), decodeTicket(VECTORS.same.text), text);
  }
  for (const { text } of VECTORS.mistyped) assertMistyped(text);
});

Deno.test("tickets: a host named ferry, with or without a port, is no ticket", () => {
  for (const hub of ["ferry", "ferry:7788", "ferry:0", "FERRY:80", "f:1", ""]) {
    assertEquals(isTicket(hub), false, hub);
  }
});

Deno.test("tickets: one without its beginning is known and read, a mistyped one known and refused", () => {
  fc.assert(fc.property(tickets, fc.nat(6), (ticket, cut) => {
    const text = encodeTicket(ticket);
    const bare = text.slice("ferry:".length);
    for (const [at, way] of [bare, ` ${bare.toUpperCase()}\n`].entries()) {
      assert(isTicket(way), `${at}`);
      assertEquals(decodeTicket(way), ticket);
    }
    assert(isTicket(bare.replace(/(.{4})/g, "$1-")));
    assert(isTicket(text.slice(cut)));
    assert(isTicket(bare.slice(cut + 1)));
    assertMistyped(bare.slice(cut + 1));
  }));
  const label = "a".repeat(63);
  for (const hub of [label, `${label}.example`, `${label}:7788`]) {
    assertEquals(isTicket(hub), false, hub);
  }
});

function assertMistyped(text: string): void {
  const failure = assertThrows(() => decodeTicket(text), Failure);
  assertEquals(failure.message, "Cannot read the ticket: it is mistyped");
  assertEquals(failure.exit, 2);
}
