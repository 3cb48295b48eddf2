/**
 * Ferry at work, in half a minute: a hub and three peers as real processes on the loopback, files
 * to one of them, messages to another and to the hub, a file for one who is away and then joins with
 * the ticket, a broadcast to all, the latencies, and a look at what arrived. Ends by itself; exits 1
 * if anything did not go as it should.
 *
 *     deno task demo
 */
import { fromFileUrl, join } from "@std/path";
import { Cast } from "./cast.ts";

const FILES = fromFileUrl(new URL("../testdata/demo/", import.meta.url));

/** Latencies of one `ferry` command, from its `--json` events. */
interface Row {
  readonly what: string;
  readonly to: string;
  readonly latency: Record<string, number>;
}

await using cast = await Cast.open();
const rows: Row[] = [];

cast.title("A hub and three peers");
const port = await cast.hub();
for (const name of ["alice", "bob", "carol"]) await cast.peer(name, port);
await cast.run("peers");

cast.title("An image, a CSV and a JSON file to alice");
const files = ["harbour.png", "readings.csv", "orders.json"].map((name) =>
  join(FILES, name)
);
await send("send", "--to", "alice", ...files);

cast.title("What is not a file: JSON to bob, text to the hub");
await send(
  "send",
  "--to",
  "bob",
  "--data",
  '{"order": 12345678901234567890, "paid": true}',
);
await send("send", "--to", "hub", "--text", "The ferry leaves at nine");

cast.title("A file for dave, who is away; he joins with the ticket");
await cast.run(
  "send",
  "--to",
  "dave",
  "--queue",
  "2d",
  join(FILES, "orders.json"),
);
await cast.visitor("dave");

cast.title("A broadcast: one receipt from each");
await send("broadcast", join(FILES, "readings.csv"));

cast.title("Where the time went (milliseconds)");
cast.say(table(rows));

cast.title("What went through the hub");
await cast.run("history");

cast.title("What alice got");
const got = (name: string) => join(cast.inbox("alice"), name);
const protocol = Deno.stdout.isTerminal() ? "blocks" : "ascii";
const narrow = ["--protocol", protocol, "--width", "48"];
await cast.run("view", got("harbour.png"), ...narrow);
await cast.run("view", got("readings.csv"), "--date", "2026-05-03");

await cast.curtain();
Deno.exit(cast.failed ? 1 : 0);

/** Runs a sending command for its events, and shows its receipts as a person would see them. */
async function send(...args: string[]): Promise<void> {
  const events = await cast.events(...args);
  for (
    const { event, name, to, kind, bytes, latency_ms, bytes_per_s, message }
      of events
  ) {
    if (event === "transfer.failed") {
      cast.say(`  failed ${name} → ${to}: ${message}`);
    }
    if (event !== "transfer.completed" || latency_ms === undefined) continue;
    const rate = (bytes_per_s ?? 0) / 1e6;
    const pace = kind === "file" ? ` (${rate.toFixed(1)} MB/s)` : "";
    cast.say(
      `  ${name} → ${to}  ${bytes} bytes  ${
        latency_ms.total?.toFixed(1)
      } ms end to end${pace}`,
    );
    rows.push({ what: String(name), to: String(to), latency: latency_ms });
  }
}

function table(rows: readonly Row[]): string {
  const parts = ["total", "queue", "offer", "transfer", "verify", "ack"];
  const head = `  ${"what".padEnd(16)}${"to".padEnd(8)}${
    parts.map((part) => part.padStart(10)).join("")
  }`;
  const lines = rows.map(({ what, to, latency }) =>
    `  ${what.padEnd(16)}${to.padEnd(8)}` +
    parts.map((part) => (latency[part] ?? NaN).toFixed(2).padStart(10)).join("")
  );
  return [head, ...lines].join("\n");
}
