/** Joining with a ticket at a terminal: it is asked for, shown once by the hub, and in no line that is printed. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { TempDir } from "../support/files.ts";
import { Seat, serveAt } from "./seat.ts";

const TICKET = /ferry:[0-9a-z]{60,}/g;

/** The ticket a hub shows on its screen, which wraps it. */
function shownBy(hub: Seat): string {
  const [ticket = ""] = hub.screen().replaceAll("\n", "").match(TICKET) ?? [];
  // What follows on the screen is not part of it.
  return ticket.slice(0, 102);
}

Deno.test("menu: connect - asks for the ticket that serve shows, and prints it nowhere", async () => {
  using owner = new TempDir();
  using guest = new TempDir();
  const { hub } = await serveAt(owner);
  await using _ = hub;
  await hub.sees("ferry connect -");
  const ticket = shownBy(hub);
  await using bob = new Seat(guest, ["connect", "-", "--name", "bob"]);
  await bob.sees("Which hub?");
  bob.type(ticket, "\r");
  await bob.sees("bob on lab: 0 others");
  bob.type("6");
  await bob.sees("Same as: ferry peers\n");
  await bob.sees("since");
  await bob.sees("> 6 Peers");
  bob.type("q");
  assertEquals(await bob.ends(), 0);
  assert(!bob.screen().includes(ticket.slice(10, 40)));
});

Deno.test("menu: the start menu joins with a ticket, and its printed line works without", async () => {
  using owner = new TempDir();
  using guest = new TempDir();
  const { hub } = await serveAt(owner);
  await using _ = hub;
  const ticket = shownBy(hub);
  await using bob = new Seat(guest, []);
  await bob.sees("Join a hub");
  bob.type("1");
  await bob.sees("Which hub?");
  bob.type("ferry:zzzz", "\r");
  await bob.sees("it is mistyped");
  bob.type("\x15", ticket, "\r");
  await bob.sees("Under which name?");
  bob.type("\x15", "bob", "\r");
  await bob.sees("Same as: ferry connect --name bob\n");
  await bob.sees("bob on lab: 0 others");
  assertMatch(bob.screen(), /connected to lab as bob/);
  bob.type("q");
  assertEquals(await bob.ends(), 0);
});
