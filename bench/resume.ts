/** A file of which most has arrived before: what going on costs, beside reading that part again and moving the rest. */
import { basename, join } from "@std/path";
import { partKey } from "../lib/inbox/parts.ts";
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
      const ends = [await stage.actor("hash"), await stage.actor("hash")];
      /** Milliseconds until so many have read and hashed as much as the part. */
      const hashed = async (processes: number) => {
        const order = { paths: [file], bytes: had };
        const times = ends.slice(0, processes).map((one) => one.time(order));
        return Math.max(...await Promise.all(times));
      };
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
        "reading it, bare rest": async () => await hashed(1) + await bare(),
        // What the processors give when sender and recipient read at once.
        "both reading it": async () => await hashed(2) + await bare(),
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
