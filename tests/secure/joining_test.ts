/** Who gets into a hub, by which way, and who does not. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { doorOf } from "../../lib/hub/admission/door.ts";
import { hubIdentityPath } from "../../lib/state/hub_identity.ts";
import { within } from "../support/within.ts";
import { Place, says } from "./place.ts";

const AUTH = 11;
const USAGE = 2;
const LET_IN = /no peer is connected to lab/;

Deno.test("joining: the hub's own user needs no ticket", async () => {
  await using place = new Place();
  const { at } = await place.hub("--name", "lab");
  assertMatch((await place.run(["peers", "--hub", at])).stderr, LET_IN);
  assertMatch((await place.run(["peers"])).stderr, LET_IN);
});

for (
  const [way, give] of [
    ["FERRY_TICKET", (ticket: string) => ({ env: { FERRY_TICKET: ticket } })],
    ["FERRY_HUB", (ticket: string) => ({ env: { FERRY_HUB: ticket } })],
    ["--ticket-file", () => ({ more: ["--ticket-file", "ticket.txt"] })],
    ["stdin", (stdin: string) => ({ more: ["--hub", "-"], stdin })],
  ] as const
) {
  Deno.test(`joining: another state directory joins with the ticket alone, from ${way}, and later without`, async () => {
    await using place = new Place();
    const { at } = await place.hub("--name", "lab");
    const before = await place.run(["peers", "--hub", at], { user: "bob" });
    assertEquals(before.status, AUTH);
    assertMatch(before.stderr, /no ticket for this hub\nhint: /);
    const ticket = await place.ticket();
    Deno.writeTextFileSync(place.dir.at("ticket.txt"), `\n${ticket}\n`);
    const { more = [], ...how }: {
      more?: readonly string[];
      env?: Record<string, string>;
      stdin?: string;
    } = give(ticket);
    const joined = await place.run(["peers", ...more], { user: "bob", ...how });
    assertMatch(joined.stderr, LET_IN);
    assertMatch((await place.run(["peers"], { user: "bob" })).stderr, LET_IN);
    const known = place.dir.at("users/bob/ferry/known");
    for (const { name } of Deno.readDirSync(known)) {
      const { mode } = Deno.statSync(`${known}/${name}`);
      if (Deno.build.os !== "windows") assertEquals((mode ?? 0) & 0o777, 0o600);
    }
  });
}

Deno.test("joining: connect - takes the ticket from its input, and a peer receives what is sent", async () => {
  await using place = new Place();
  const { hub } = await place.hub("--name", "lab", "--json");
  const ticket = await place.ticket();
  const bob = place.start(
    ["connect", "-", "--name", "bob", "--inbox", "bob", "--json"],
    { user: "bob", stdin: `${ticket}\n` },
  );
  assertMatch(await says(bob, /"ready"/), /"hub":"lab".*"secure":true/);
  await says(hub, /"peer.joined","name":"bob"/);
  const sent = await place.run(["send", "--to", "bob", "--text", "over TLS"]);
  assertEquals(sent.status, 0, sent.stderr);
  await says(bob, /"text":"over TLS"/);
});

Deno.test("joining: a ticket that names several hosts works by whichever answers", async () => {
  await using place = new Place();
  await place.hub("--name", "lab");
  const ticket = await place.ticket("--host", "no-such-host.invalid,127.0.0.1");
  const env = { FERRY_TICKET: ticket };
  const joined = await place.run(["peers"], { user: "bob", env });
  assertMatch(joined.stderr, LET_IN);
});

Deno.test("joining: a wrong ticket gives exit 11 in under a second, and one line in the hub's log", async () => {
  await using place = new Place();
  const { hub } = await place.hub("--name", "lab");
  const env = { FERRY_TICKET: await place.ticket() };
  await place.ticket("--rotate");
  await place.run(["peers"]);
  const before = hub.printed.lines.length;
  const from = performance.now();
  const refused = await place.run(["peers"], { user: "bob", env });
  const ms = performance.now() - from;
  assertEquals(refused.status, AUTH);
  assertMatch(
    refused.stderr,
    /^error: Cannot join: the ticket is not, or no longer, valid here\nhint: ask for a new ticket/,
  );
  assert(ms < 1000, `it took ${ms} ms`);
  await says(hub, /the ticket is not, or no longer, valid here/);
  assertEquals(hub.printed.lines.length - before, 1);
});

Deno.test("joining: a rotated ticket lets in, and the one before does not, while the hub runs on", async () => {
  await using place = new Place();
  await place.hub("--name", "lab");
  const old = { FERRY_TICKET: await place.ticket() };
  assertMatch(
    (await place.run(["peers"], { user: "bob", env: old })).stderr,
    LET_IN,
  );
  const fresh = { FERRY_TICKET: await place.ticket("--rotate") };
  assertEquals((await place.run(["peers"], { user: "bob" })).status, AUTH);
  assertMatch(
    (await place.run(["peers"], { user: "bob", env: fresh })).stderr,
    LET_IN,
  );
  assertMatch((await place.run(["peers"])).stderr, LET_IN);
});

Deno.test("joining: a mistyped ticket is told from a wrong one, without repeating it", async () => {
  await using place = new Place();
  const ticket = await place.ticket("--port", "9");
  const env = { FERRY_TICKET: ticket.replace(/.$/, "zz") };
  const told = await place.run(["peers"], { user: "bob", env });
  assertEquals(told.status, USAGE);
  assertMatch(told.stderr, /^error: Cannot read the ticket: it is mistyped\n/);
  assert(!told.stderr.includes(ticket.slice(10, 30)));
});

Deno.test("joining: the ticket of another hub is refused before anything is sent", async () => {
  await using place = new Place();
  const { hub, at, port } = await place.hub("--name", "lab");
  const other = await place.run(
    ["ticket", "--host", "127.0.0.1", "--port", String(port)],
    { user: "mallory" },
  );
  const env = { FERRY_TICKET: other.stdout.trim() };
  const lines = hub.printed.lines.length;
  const refused = await place.run(["peers"], { user: "bob", env });
  assertEquals(refused.status, AUTH);
  assertMatch(
    refused.stderr,
    /IT IS NOT THE HUB OF THE TICKET.*SHA256:.*SHA256:/,
  );
  assertMatch((await place.run(["peers", "--hub", at])).stderr, LET_IN);
  assertEquals(hub.printed.lines.length, lines, "it reached the hub");
});

Deno.test("joining: a certificate that has changed is refused loudly, and a new ticket replaces it", async () => {
  await using place = new Place();
  const first = await place.hub("--name", "lab");
  const env = { FERRY_TICKET: await place.ticket() };
  assertEquals((await place.run(["peers"], { user: "bob", env })).status, 0);
  await place.stop(first.hub);
  Deno.removeSync(hubIdentityPath(place.dir.at("users/owner/ferry")));
  const { hub } = await place.hub(
    "--name",
    "lab",
    "--port",
    String(first.port),
  );
  const lines = hub.printed.lines.length;
  const refused = await place.run(["peers"], { user: "bob" });
  assertEquals(refused.status, AUTH);
  assertMatch(refused.stderr, /ITS CERTIFICATE HAS CHANGED.*SHA256:.*SHA256:/);
  assertEquals(hub.printed.lines.length, lines, "something was sent");
  const fresh = { FERRY_TICKET: await place.ticket() };
  for (const given of [fresh, {}]) {
    const joined = await place.run(["peers"], { user: "bob", env: given });
    assertMatch(joined.stderr, LET_IN);
  }
});

Deno.test("joining: a ticket as an argument is refused, and not repeated", async () => {
  await using place = new Place();
  const ticket = await place.ticket();
  for (
    const args of [
      ["connect", ticket],
      ["connect", ticket.toUpperCase()],
      ["send", "--hub", ticket, "--to", "bob", "--text", "hi"],
      ["peers", `--hub=${ticket}`],
    ]
  ) {
    const { status, stderr } = await place.run(args, { user: "bob" });
    assertEquals(status, USAGE);
    assertMatch(
      stderr,
      /^error: Cannot use (--hub|HUB): a ticket is secret.*\nhint: .*FERRY_TICKET.*--ticket-file/,
    );
    assert(!stderr.toLowerCase().includes(ticket.slice(10, 30)));
  }
});

Deno.test("joining: --insecure at one end only is told at once, by name, at the other", async () => {
  await using place = new Place();
  const { at } = await place.hub("--name", "lab");
  const plain = await place.run(["peers", "--hub", at, "--insecure"]);
  assertEquals(plain.status, AUTH);
  assertMatch(plain.stderr, /it speaks TLS\nhint: .*--insecure/);
  const open = await place.hub("--name", "open", "--insecure");
  const secure = await place.run(["peers", "--hub", open.at]);
  assertEquals(secure.status, AUTH);
  assertMatch(secure.stderr, /does not speak TLS\nhint: .*--insecure/);
  const stranger = await place.run(["peers", "--hub", open.at], {
    user: "bob",
  });
  assertEquals(stranger.status, AUTH);
  assertMatch(stranger.stderr, /hint: .*--insecure/);
  const both = await place.run(["peers", "--hub", open.at, "--insecure"], {
    user: "bob",
  });
  assertMatch(both.stderr, /no peer is connected to open/);
});

Deno.test("joining: strangers who speak no TLS leave no line in the log, and the hub serves on", async () => {
  await using place = new Place();
  const { hub, port } = await place.hub(
    "--name",
    "lab",
    "--connect-timeout",
    "300ms",
  );
  const lines = hub.printed.lines.length;
  const request = new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n");
  for (const says of [undefined, request, new Uint8Array(400)]) {
    for (let n = 0; n < 5; n++) {
      using conn = await Deno.connect({ hostname: "127.0.0.1", port });
      if (says !== undefined) await conn.write(says);
    }
  }
  // A silent one is hung up on by the handshake's deadline.
  using silent = await Deno.connect({ hostname: "127.0.0.1", port });
  const end = silent.read(new Uint8Array(100)).catch(() => null);
  assertEquals(await within(end, "the end of a silent connection"), null);
  assertMatch((await place.run(["peers"])).stderr, LET_IN);
  assertEquals(hub.printed.lines.length, lines, hub.printed.stderr);
});

Deno.test("joining: the door opens to the ticket's secret and to the operator's, and to nothing else", () => {
  const secrets = {
    ticket_secret: "t".repeat(32),
    operator_secret: "o".repeat(32),
  };
  const door = doorOf(() => secrets);
  assertEquals(door(secrets.ticket_secret), { operator: false });
  assertEquals(door(secrets.operator_secret), { operator: true });
  for (const wrong of [undefined, "", "t", "t".repeat(33), "T".repeat(32)]) {
    let code;
    try {
      door(wrong);
    } catch (error) {
      code = error instanceof Error && "code" in error ? error.code : error;
    }
    assertEquals(code, "auth");
  }
});

Deno.test("joining: an error does not repeat a ticket that was typed where none belongs", async () => {
  await using place = new Place();
  const ticket = await place.ticket("--port", "9");
  for (
    const args of [
      ["peers", ticket],
      ["send", ticket, "--to", "bob"],
      ["send", "--to", ticket, "--text", "hi"],
      ["serve", "--name", ticket],
      [ticket],
    ]
  ) {
    for (const more of [[], ["--json"], ["-v"]]) {
      const refused = await place.run([...args, ...more]);
      assert(refused.status !== 0);
      const said = refused.stdout + refused.stderr;
      assert(!said.includes(ticket.slice(6, 40)), `it says ${said}`);
    }
  }
});
