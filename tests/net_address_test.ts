import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Failure } from "../lib/failure.ts";
import {
  DEFAULT_PORT,
  formatAddress,
  isLoopback,
  parseAddress,
} from "../lib/net/address.ts";

const GOOD: [text: string, host: string, port: number][] = [
  ["depot", "depot", DEFAULT_PORT],
  ["depot:9000", "depot", 9000],
  ["depot.example.org", "depot.example.org", DEFAULT_PORT],
  ["my_host-1:1", "my_host-1", 1],
  ["192.0.2.7:65535", "192.0.2.7", 65535],
  ["::1", "::1", DEFAULT_PORT],
  ["2001:db8::7", "2001:db8::7", DEFAULT_PORT],
  ["fe80::1%eth0", "fe80::1%eth0", DEFAULT_PORT],
  ["::ffff:192.0.2.7", "::ffff:192.0.2.7", DEFAULT_PORT],
  ["[::1]", "::1", DEFAULT_PORT],
  ["[2001:DB8::7]:80", "2001:DB8::7", 80],
  ["[fe80::1%eth0]:7788", "fe80::1%eth0", 7788],
];
for (const [text, host, port] of GOOD) {
  Deno.test(`parseAddress() reads ${text}`, () =>
    assertEquals(parseAddress(text), { host, port }));
}

const BAD: string[] = [
  "",
  ":7788",
  "depot:",
  "depot:0",
  "depot:65536",
  "depot:http",
  "depot:-1",
  "depot:1.5",
  "depot:7788:1",
  "de pot",
  "depot/x",
  "http://depot",
  "user@depot",
  "[::1",
  "::1]",
  "[]:80",
  "[::1]80",
  "[::1]:0",
  "[::1]:99999",
  "[alice]:80",
  "[a b]",
  "[192.0.2.7]:80",
  "[::1 x]:80",
  "fe80::1%",
];
for (const text of BAD) {
  Deno.test(`parseAddress() refuses ${JSON.stringify(text)} and names it`, () => {
    const failure = assertThrows(() => parseAddress(text), Failure);
    assertEquals(failure.code, "usage");
    assert(failure.message.includes(text));
  });
}

Deno.test("parseAddress() reads back what formatAddress() writes", () => {
  const host = fc.oneof(
    fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,20}$/),
    fc.ipV4(),
    fc.ipV6(),
  );
  fc.assert(
    fc.property(host, fc.integer({ min: 1, max: 65535 }), (host, port) => {
      assertEquals(parseAddress(formatAddress({ host, port })), { host, port });
    }),
  );
});

Deno.test("formatAddress() puts IPv6 into brackets", () => {
  assertEquals(formatAddress({ host: "::1", port: 80 }), "[::1]:80");
  assertEquals(formatAddress({ host: "depot", port: 80 }), "depot:80");
});

Deno.test("parseAddress() throws nothing but usage failures", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(..."ab1:.[]%-/ 9") }),
      (text) => {
        try {
          const { host, port } = parseAddress(text);
          assert(/^[\w.:%-]+$/.test(host), host);
          assert(port >= 1 && port <= 65535);
        } catch (error) {
          assert(error instanceof Failure && error.code === "usage");
        }
      },
    ),
    { numRuns: 2000 },
  );
});

const HOSTS: [host: string, loopback: boolean][] = [
  ["localhost", true],
  ["127.0.0.1", true],
  ["127.8.9.10", true],
  ["::1", true],
  ["128.0.0.1", false],
  ["depot", false],
  ["::2", false],
];
for (const [host, loopback] of HOSTS) {
  Deno.test(`isLoopback(${JSON.stringify(host)}) is ${loopback}`, () =>
    assertEquals(isLoopback(host), loopback));
}
