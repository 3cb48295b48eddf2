/** Reads the transfers a sender logged with `--json`. */
import * as v from "valibot";
import { Failure } from "../failure.ts";
import type { Logged } from "./reconcile.ts";

const ms = v.number();
const completed = v.object({
  event: v.literal("transfer.completed"),
  dir: v.literal("send"),
  id: v.string(),
  name: v.string(),
  from: v.string(),
  to: v.string(),
  bytes: v.nullable(v.number()),
  sha256: v.string(),
  latency_ms: v.object({
    total: ms,
    queue: ms,
    offer: ms,
    transfer: ms,
    verify: ms,
    ack: ms,
  }),
});

/**
 * The completed sendings in the NDJSON file at `path`, in order; other events are passed over. The
 * file is read whole: a line is some 500 bytes.
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
    const parsed = v.safeParse(completed, value);
    return parsed.success ? [parsed.output] : [];
  });
}
