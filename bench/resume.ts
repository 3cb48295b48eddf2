/** A file of which most has arrived before: what going on costs, beside reading that part again and moving the rest. */
import { createHash } from "node:crypto";
import { basename, join } from "@std/path";
import { partKey } from "../lib/inbox/parts.ts";
import { readOver } from "../lib/transfer/read.ts";
import { fingerprintOf } from "../lib/transfer/fingerprint.ts";
import type { Scenario } from "./scenario.ts";
import { makeFile } from "./stage.ts";

/** What has arrived before. */
const SHARE = 0.9;

/** Resume of one file of `bytes` bytes at 90 %. */
export function resumeScenario(bytes: number): Scenario {
  return {
    title: "hub → peer, one file of 1 GB of which 90 % is there",
    bytes: 0,
    aim: "no more than reading and hashing the part, then the rest bare",
    async run(stage) {
      const file = await makeFile(stage.dir, "big", bytes);
      const had = Math.floor(bytes * SHARE);
      const rest = await makeFile(stage.dir, "rest", bytes - had);
      const hub = await stage.hub();
      const bare = await stage.bare([rest]);
      let peers = 0;
      /** A peer that begins with the part: it looks for parts when it starts. */
      const peerWith = async (part: string | undefined): Promise<string> => {
        if (part !== undefined) await copyUpTo(file, part, had);
        const name = `alice${peers++}`;
        await stage.peer(hub.port, name);
        return name;
      };
      return {
        ferry: async () => {
          const part = join(stage.arrivals, partName(file, bytes));
          const to = await peerWith(part);
          const ms = await hub.time({ paths: [file], to: [to] });
          const names = [...Deno.readDirSync(stage.arrivals)].map((one) =>
            one.name
          );
          if (names.join() !== basename(file)) {
            throw new Error(`the part was not used: ${names.join(", ")}`);
          }
          return ms;
        },
        "reading it, bare rest": async () =>
          await timeOf(() => hashUpTo(file, had)) + await bare(),
        "the whole file": async () => {
          const to = await peerWith(undefined);
          return await hub.time({ paths: [file], to: [to] });
        },
      };
    },
  };
}

/** What the partial file of `path`, sent by the hub, is called. */
function partName(path: string, size: number): string {
  const name = basename(path);
  const key = partKey({
    id: "0000000000000000",
    from: "hub",
    to: ["alice"],
    name,
    kind: "file",
    size,
    inline: false,
    deadlines: { accept_ms: 0, idle_ms: 0, receipt_ms: 0 },
    fingerprint: fingerprintOf(path, name),
  });
  return `${name}.${key}.0123456789abcdef.part`;
}

async function copyUpTo(from: string, to: string, end: number): Promise<void> {
  await Deno.copyFile(from, to);
  await Deno.truncate(to, end);
}

async function hashUpTo(path: string, end: number): Promise<void> {
  const hash = createHash("sha256");
  await readOver(path, 0, end, (_, bytes) => {
    hash.update(bytes);
    return true;
  });
  hash.digest("hex");
}

async function timeOf(act: () => Promise<void>): Promise<number> {
  const from = performance.now();
  await act();
  return performance.now() - from;
}
