/** Reads the transfers a sender logged with `--json`. */
import * as v from "valibot";
import { Failure } from "../failure.ts";
import type { Logged } from "./reconcile.ts";

const ms = v.number();
const facts = {
  dir: v.literal("send"),
  id: v.string(),
  name: v.string(),
  from: v.string(),
  to: v.string(),
  bytes: v.nullable(v.number()),
  sha256: v.optional(v.string()),
  // A whole directory is no transfer: what is in it are.
  files: v.optional(v.undefined()),
};
const completed = v.object({
  event: v.literal("transfer.completed"),
  ...facts,
  unchanged: v.optional(v.boolean()),
  latency_ms: v.object({
    total: ms,
    queue: ms,
    offer: ms,
    transfer: ms,
    verify: ms,
    ack: ms,
  }),
});
const stored = v.object({ event: v.literal("transfer.stored"), ...facts });
const sending = v.variant("event", [completed, stored]);

/**
 * The sendings in the NDJSON file at `path` that were completed or stored, in order; other events are
 * passed over. The file is read whole: a line is some 500 bytes.
 *
 * @throws Failure `bad-data` for a line that is no JSON, naming the file as `called`.
 */
export async function readLog(path: string, called: string): Promise<Logged[]> {
  const lines = (await Deno.readTextFile(path)).split("\n");
  return lines.flatMap((line, at) => {
    if (line.trim() === "") return [];
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      throw new Failure(
        "bad-data",
        `Cannot read ${called}: line ${at + 1} is no JSON`,
        { hint: "it should hold what ferry send --json printed", cause },
      );
    }
    const parsed = v.safeParse(sending, value);
    return parsed.success ? [loggedOf(parsed.output)] : [];
  });
}

function loggedOf(one: v.InferOutput<typeof sending>): Logged {
  const { id, name, from, to, bytes, sha256 } = one;
  const common = { id, name, from, to, bytes, sha256 };
  if (one.event === "transfer.stored") {
    return { ...common, status: "stored", latency_ms: null };
  }
  const status = one.unchanged === true ? "unchanged" : "delivered";
  return { ...common, status, latency_ms: one.latency_ms };
}
