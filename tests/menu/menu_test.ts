import { assert, assertEquals } from "@std/assert";
import { run } from "../../cmd/run.ts";
import { systemClock } from "../../lib/time/clock.ts";
import { wordsOf } from "../cli/script.ts";
import { fakeContext } from "../fake_context.ts";
import { listOf, TempDir } from "../support/files.ts";
import { joinAt, Seat, serveAt } from "./seat.ts";

const ENTER = "\r";
const DOWN = "\x1b[B";
const CTRL_C = "\x03";
const CTRL_D = "\x04";

Deno.test("menu: a file goes to who was marked, and the printed line does the same", async () => {
  using dir = new TempDir();
  Deno.writeTextFileSync(dir.at("q1 report.csv"), "date,n\n2026-05-01,1\n");
  const { hub, port } = await serveAt(dir);
  await using _ = hub;
  await using alice = await joinAt(dir, port, "alice");
  await using bob = await joinAt(dir, port, "bob");
  await alice.sees("1 other");

  alice.type("1");
  await alice.sees("Send what?");
  alice.type("q1", "\t");
  await alice.sees("> q1 report.csv");
  alice.type(ENTER);
  await alice.sees("2 [ ] hub");
  alice.type(" ", ENTER);
  await alice.sees("sent q1 report.csv → bob");
  await bob.sees("received q1 report.csv ← alice");
  assert(
    alice.screen().includes("Same as: ferry send --to bob 'q1 report.csv'"),
  );

  await alice.sees("q Quit");
  alice.type("1", '{"n": 1}', ENTER);
  await alice.sees("There is no file");
  alice.type(ENTER);
  await alice.sees("2 [ ] hub");
  alice.type("2", ENTER);
  await hub.sees('alice: {"n":1}');
  await alice.sees("sent message.json");

  await alice.until(() => alice.screen().endsWith("goes back"), "the menu");
  alice.type("2", "it's\tlate -- really", ENTER, ENTER);
  await bob.sees("alice: it's");

  const lines = alice.screen().split("\n").flatMap((line) =>
    /^Same as: ferry (.*)$/.exec(line)?.[1] ?? []
  );
  assertEquals(lines.length, 3);
  for (const line of lines) {
    const before = bob.screen().length + hub.screen().length;
    const world = fakeContext({
      clock: systemClock,
      cwd: dir.path,
      env: { HOME: dir.path },
    });
    const args = wordsOf(line.replaceAll("'\\''", `'"'"'`), () => "");
    assertEquals(
      await run([...args, "--no-input"], world.context),
      0,
      `${line}\n${world.stderr()}`,
    );
    await bob.until(
      () => bob.screen().length + hub.screen().length > before,
      line,
    );
  }
  assertEquals(listOf(dir.at("bob")).sort(), [
    "q1 report (2).csv",
    "q1 report.csv",
  ]);
});

Deno.test("menu: what arrives stands above the prompt, which keeps text and cursor, also after a resize", async () => {
  using dir = new TempDir();
  const { hub, port } = await serveAt(dir);
  await using _ = hub;
  await using alice = await joinAt(dir, port, "alice");
  alice.type("1", "half a sentence", "\x1b[D", "\x1b[D");
  await alice.sees("> half a sentence");
  await using bob = await joinAt(dir, port, "bob");
  await alice.sees("bob joined");
  alice.terminal.resize(30, 12);
  alice.world.resize(30, 12);
  bob.type("2", "hello \x1b[200~all\x1b[201~", ENTER, ENTER);
  await alice.sees("bob: hello all");
  assertEquals(alice.terminal.cursor, {
    line: "> half a sentence",
    column: 15,
  });
  alice.type("X");
  await alice.sees("> half a sentenXce");
  const { length } = alice.screen().split("> half").slice(1);
  assertEquals(length, 1, "the prompt stands there once");

  // Esc keeps it; Ctrl-C does, too.
  await alice.escape("1 Send a file");
  alice.type("1");
  await alice.sees("> half a sentenXce");
  alice.type(CTRL_C);
  await alice.sees("1 Send a file");
  alice.type("1");
  await alice.sees("> half a sentenXce");
});

Deno.test("menu: offers wait for an answer until their time is over", async () => {
  using dir = new TempDir();
  Deno.writeTextFileSync(dir.at("a.txt"), "a");
  const { hub, port } = await serveAt(dir);
  await using _ = hub;
  await using bob = await joinAt(dir, port, "bob", "--accept=ask");
  const send = (...more: string[]) => {
    const world = fakeContext({
      clock: systemClock,
      cwd: dir.path,
      env: { HOME: dir.path },
    });
    return run([
      "send",
      "--to=bob",
      `--hub=127.0.0.1:${port}`,
      "a.txt",
      ...more,
    ], world.context);
  };
  const sent = [send(), send(), send("--accept-timeout=300ms")];
  await bob.sees("[3 waiting: press i]");
  assertEquals(await sent[2], 5);
  await bob.sees("a.txt from testhost: ");
  await bob.sees("[2 waiting: press i]");
  bob.type("1");
  await bob.sees("[2 waiting]");
  await bob.escape("[2 waiting: press i]");
  bob.type("i");
  await bob.sees("Accept a.txt (1 B) from testhost? [y/N]");
  bob.type("y", "n");
  assertEquals((await Promise.all(sent)).toSorted(), [0, 5, 6]);
  assertEquals(listOf(dir.at("bob")), ["a.txt"]);
  assert(!bob.screen().includes("waiting"));
});

Deno.test("menu: a peer leaves while it is chosen, the hub comes back, a command is cancelled", async () => {
  using dir = new TempDir();
  const { hub, port } = await serveAt(dir);
  await using alice = await joinAt(dir, port, "alice");
  const bob = await joinAt(dir, port, "bob", "--accept=ask");
  await alice.sees("1 other");
  alice.type("1", "words", ENTER, ENTER);
  await alice.sees("1 [ ] bob");
  bob.type("q");
  assertEquals(await bob.ends(), 0);
  await alice.sees("1 [ ] hub");
  await alice.escape("> words");
  alice.type(CTRL_C);
  await alice.sees("0 others");

  hub.type("q");
  assertEquals(await hub.ends(), 0);
  await alice.sees("warning: Cannot stay connected: the hub is shutting down");
  await alice.sees(`trying to reach 127.0.0.1:${port} again`);
  alice.type("2", "anyone?", ENTER, ENTER);
  await alice.sees("error: Cannot reach");
  await using again = new Seat(dir, [
    "serve",
    "--host=127.0.0.1",
    `--port=${port}`,
    "--name=lab",
    "--accept=ask",
  ]);
  await alice.sees("alice on lab");
  await again.sees("alice joined");

  alice.type("1", "for the hub", ENTER, ENTER);
  await alice.sees("1 [ ] hub");
  alice.type(ENTER);
  await alice.sees("lets it run on");
  await alice.escape("it was cancelled");
  await again.sees("it was withdrawn");
  await alice.sees("q Quit");

  // Left running, it is asked about before quitting.
  alice.type("1", "once more", ENTER, ENTER);
  await alice.sees("1 [ ] hub");
  alice.type(ENTER);
  await alice.sees("Sending once more");
  alice.type("b");
  await alice.sees("q Quit");
  alice.type("q");
  await alice.sees("1 transfer under way. Quit and break it off? [y/N]");
  alice.type("n");
  await alice.sees("q Quit");
  await again.sees("[1 waiting: press i]");
  again.type("i");
  await again.sees("Accept message.txt (9 B) from alice? [y/N]");
  again.type("y");
  await alice.sees("sent message.txt → hub");
  // Its connection may still be closing: then the question comes once more.
  alice.type("q", "y");
  assertEquals(await alice.ends(), 0);
  assert(!alice.world.isRaw());
});

Deno.test("menu: a hub disconnects a peer, pauses, and shows what goes through it", async () => {
  using dir = new TempDir();
  const { hub, port } = await serveAt(dir);
  await using _ = hub;
  await using alice = await joinAt(dir, port, "alice");
  await using bob = await joinAt(dir, port, "bob", "--accept=ask");
  hub.type("8", "1");
  await hub.sees("Accepting: paused");
  alice.type("1", "hi", ENTER, ENTER);
  await alice.sees("2 [ ] hub");
  alice.type("a", ENTER);
  await alice.sees("the offer was declined");
  await hub.escape("accepting paused");
  hub.type("6");
  await hub.sees("message.txt  alice → bob");
  await hub.escape("q Stop");
  hub.type("1");
  await hub.sees("1 alice");
  hub.type("2");
  await hub.sees("Disconnect bob?");
  hub.type("y");
  assertEquals(await bob.ends(), 6);
  assert(
    bob.screen().includes(
      "error: Cannot stay connected: the hub has sent this peer away",
    ),
  );
  await hub.sees("disconnected bob");
  await alice.sees("bob disconnected before its receipt");
});

Deno.test("menu: however it ends, the terminal is as it was", async () => {
  using dir = new TempDir();
  const { hub, port } = await serveAt(dir);
  const alice = await joinAt(dir, port, "alice");
  alice.type("1", "typed");
  alice.type(CTRL_D);
  assertEquals(await alice.ends(), 0);
  const bob = await joinAt(dir, port, "bob");
  bob.type("1", "typed");
  bob.world.interrupt("sigterm");
  assertEquals(await bob.ends(), 143);
  const carol = await joinAt(dir, port, "carol");
  carol.type(CTRL_C);
  assertEquals(await carol.ends(), 0);
  hub.world.interrupt("sigint");
  assertEquals(await hub.ends(), 130);
  for (const { world } of [alice, bob, carol, hub]) {
    assert(!world.isRaw(), "raw mode was left");
    assert(world.stdout().includes("\x1b[?2004l"), "pasting is as it was");
    assert(!world.stderr().includes(" at "), world.stderr());
  }
  assert(
    bob.screen().endsWith("Cancelling… press Ctrl-C again to force\n"),
    bob.screen(),
  );
});

Deno.test("menu: received files are listed newest first, saved elsewhere, and messages read again", async () => {
  using dir = new TempDir();
  Deno.writeTextFileSync(dir.at("a.txt"), "a");
  Deno.mkdirSync(dir.at("kept"));
  const { hub, port } = await serveAt(dir);
  await using _ = hub;
  await using alice = await joinAt(dir, port, "alice");
  await using bob = await joinAt(dir, port, "bob");
  bob.type("3");
  await bob.sees("Nothing has arrived yet.");
  alice.type("1", "a.txt", ENTER);
  await alice.sees("1 [ ] bob");
  alice.type(ENTER);
  await bob.sees("> 1 a.txt  from alice  1 B  just now");
  await alice.sees("sent a.txt");
  await alice.sees("q Quit");
  alice.type("2", "two", ENTER, ENTER);
  await bob.sees("  1 message.txt (message)  from alice  3 B");
  bob.type("2");
  await bob.sees("2 Save a copy as…");
  bob.type("2");
  await bob.sees("> a.txt");
  bob.type("\x15", "nowhere/x", ENTER);
  await bob.sees("there is no direc");
  bob.type("\x15", "ke", "\t");
  await bob.sees("> kept/");
  bob.type(ENTER);
  await bob.sees("saved a.txt → ");
  assertEquals(listOf(dir.at("kept")), ["a.txt"]);
  await bob.sees("Received, newest first");
  bob.type("1");
  await bob.sees("alice:\ntwo");
});

Deno.test("menu: bare ferry joins a hub, and says why it could not", async () => {
  using dir = new TempDir();
  const { hub, port } = await serveAt(dir);
  await using ferry = new Seat(dir, []);
  await ferry.sees("1 Join a hub");
  ferry.type("1");
  await ferry.sees(`> 127.0.0.1:${port}`);
  ferry.type("\x15", "not an address", ENTER);
  await ferry.sees("it is not host, host:port");
  ferry.type("\x15", "127.0.0.1:1", ENTER);
  await ferry.sees("> testhost");
  ferry.type(ENTER);
  await ferry.sees("error: Cannot reach 127.0.0.1:1");
  await ferry.sees("1 Join a hub");
  ferry.type("3", "\x15", `127.0.0.1:${port}`, ENTER);
  await ferry.sees("Send what?");
  ferry.type("hi", ENTER, ENTER);
  await ferry.sees("1 [ ] hub");
  ferry.type(ENTER);
  await hub.sees("testhost: hi");
  await ferry.sees("sent message.txt → hub");
  await ferry.sees("q Quit");
  ferry.type("1", "\x15", `127.0.0.1:${port}`, ENTER);
  await ferry.sees("Under which name?");
  ferry.type("\x15", "alice", ENTER);
  await ferry.sees("alice on lab: 0 others");
  hub.type(DOWN);
  hub.type("q");
  assertEquals(await hub.ends(), 0);
  await ferry.sees("trying to reach");
  ferry.type("q");
  assertEquals(await ferry.ends(), 0);
  assert(!ferry.world.isRaw());
});

Deno.test("menu: no menu where nobody sits, or nobody wants one", async () => {
  using dir = new TempDir();
  const { hub, port } = await serveAt(dir);
  await using _ = hub;
  const quiet: [args: string[], env: Record<string, string>][] = [
    [["--no-menu"], {}],
    [["--json"], {}],
    [["--no-input"], {}],
    [[], { CI: "1" }],
  ];
  for (const [args, env] of quiet) {
    await using seat = new Seat(
      dir,
      ["connect", `127.0.0.1:${port}`, ...args],
      { env },
    );
    await seat.until(
      () => /connected to lab|"ready"/.test(seat.screen()),
      "a connection",
    );
    assert(!seat.world.isRaw(), String(args));
    assert(!seat.world.stdout().includes("\x1b"));
  }
  const world = fakeContext({ terminal: { stdin: true } });
  assertEquals(await run([], world.context), 2);
});

for (
  const [how, args, env] of [
    ["--accessible", ["--accessible"], {}],
    ["ACCESSIBLE", [], { ACCESSIBLE: "1" }],
    ["TERM=dumb", [], { TERM: "dumb" }],
  ] as const
) {
  Deno.test(`menu: with ${how} lists are numbered and output only grows`, async () => {
    using dir = new TempDir();
    const { hub, port } = await serveAt(dir);
    await using _ = hub;
    const alice = new Seat(dir, [
      "connect",
      `127.0.0.1:${port}`,
      "--name=alice",
      ...args,
    ], { env });
    const asks = async (text: string, answer: string | undefined) => {
      const { length } = alice.screen();
      await alice.until(() => alice.screen().endsWith(text), text);
      alice.line(answer);
      await alice.until(() => alice.screen().length > length, "an answer")
        .catch((error) => {
          if (answer !== undefined) throw error;
        });
    };
    await asks("Number (0 goes back):", "99");
    await asks("Number (0 goes back):", "");
    await asks("Number (0 goes back):", "1");
    await asks("Answer (0 goes back):", "");
    await asks("Answer (0 goes back):", "good morning");
    await asks("Number (0 goes back):", "1");
    await asks("Numbers, or all (0 goes back):", "all");
    await hub.sees("alice: good morning");
    await alice.sees("sent message.txt → hub");
    await asks("Number (0 goes back):", undefined);
    assertEquals(await alice.ends(), 0);
    const all = alice.world.stdout() + alice.world.stderr();
    assert(!/[\r\b]/.test(all) && !all.includes("\x1b"), JSON.stringify(all));
    assert(all.includes("There is no 99 to choose."));
    assert(all.includes("Same as: ferry send --to hub --text 'good morning'"));
  });
}

Deno.test("menu: what the hub shares is looked through, and the printed line gets it", async () => {
  using dir = new TempDir();
  Deno.mkdirSync(dir.at("share", "docs"), { recursive: true });
  Deno.writeTextFileSync(dir.at("share", "docs", "q1 report.csv"), "n\n1\n");
  Deno.writeTextFileSync(dir.at("share", "a.txt"), "a");
  const { hub, port } = await serveAt(dir, "--share=share");
  await using _ = hub;
  await using alice = await joinAt(dir, port, "alice");
  alice.type("4");
  await alice.sees("Get what?");
  await alice.sees("1 a.txt  1 B");
  alice.type("2");
  await alice.sees("1 q1 report.csv  4 B");
  alice.type("1");
  await alice.sees("received q1 report.csv ← hub");
  const line = `Same as: ferry get --inbox ${
    dir.at("alice")
  } 'docs/q1 report.csv'`;
  // Longer than the screen is wide.
  const unwrapped = alice.screen().replaceAll("\n", "");
  assert(unwrapped.includes(line), unwrapped);
  assertEquals(listOf(dir.at("alice")), ["q1 report.csv"]);
  assertEquals(
    Deno.readTextFileSync(dir.at("alice", "q1 report.csv")),
    "n\n1\n",
  );
  await alice.until(() => alice.screen().endsWith("goes back"), "the menu");
  alice.type("4");
  await alice.until(() => alice.screen().includes("3 Everything"), "the list");
  alice.type("2");
  await alice.sees("2 All of docs/");
  await alice.escape("3 Everything");
  await alice.escape("q Quit");
});

Deno.test("menu: a hub that shares nothing is said to, in a sentence", async () => {
  using dir = new TempDir();
  const { hub, port } = await serveAt(dir);
  await using _ = hub;
  await using alice = await joinAt(dir, port, "alice");
  alice.type("4");
  await alice.sees("This hub shares no files.");
});
