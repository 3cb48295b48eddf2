/**
 * Speed as ratios: each scenario of Ferry beside a bare Deno loop (file → socket → file, 1 MiB
 * buffers, no hashing) and, where installed, rsync (local daemon) and scp, on the same files in the
 * same run, in turn. Times of one machine mean little; ratios of one run mean something.
 *
 *     deno task bench [--rounds N] [--scale 0.1] [SCENARIO …]
 */
import { parseArgs } from "@std/cli/parse-args";
import {
  findUnsyncing,
  makeDeepTree,
  makeFile,
  makeTree,
  Stage,
  TLS,
} from "./stage.ts";
import { median } from "../lib/bench/statistics.ts";
import { resumeScenario } from "./resume.ts";
import { Rivals } from "./rivals.ts";
import type { Scenario } from "./scenario.ts";
import { startup } from "./startup.ts";
import { viewScenarios } from "./view.ts";

const { rounds, scale, _: chosen } = parseArgs(Deno.args, {
  string: ["rounds", "scale"],
});
const ROUNDS = Number(rounds ?? 3);
const SCALE = Number(scale ?? 1);
const GB = Math.round(1e9 * SCALE);

/** Milliseconds per contender, one for each round. */
type Times = Map<string, number[]>;

/** A tree to the hub's own inbox: one hop, as rsync's. On a disk what arrives must be made durable. */
function treeScenario(disk: boolean): Scenario {
  const count = Math.round(10_000 * SCALE);
  return {
    title: `${count} files of 1 KiB in a tree, peer → hub, whole processes, ${
      disk ? "on disk" : "in memory: making them durable costs nothing"
    }`,
    bytes: count * 1024,
    aim:
      "at most twice the time of rsync, which makes nothing durable without --fsync",
    disk,
    async run(stage, note) {
      const tree = await makeDeepTree(stage.dir, count, 1024);
      const port = await stage.serve();
      const unsynced = disk && await findUnsyncing();
      const careless = unsynced ? await stage.serve(unsynced) : undefined;
      if (disk && !unsynced) {
        note("what the syncs cost: install libeatmydata to see it");
      }
      await stage.peer(port, "alice");
      const rivals = await Rivals.start(stage);
      return {
        ferry: () => stage.ferrySend(port, "hub", [tree]),
        ...(careless === undefined ? {} : {
          "its syncs left out": () => stage.ferrySend(careless, "hub", [tree]),
        }),
        "peer → hub → peer": () => stage.ferrySend(port, "alice", [tree]),
        "nothing has changed": async () => {
          await stage.ferrySend(port, "hub", [tree]);
          return await stage.ferrySend(port, "hub", [tree]);
        },
        ...rivals.keptTree(),
      };
    },
  };
}

const SCENARIOS: Record<string, Scenario> = {
  "hub-peer": {
    title: "hub → peer, one file of 1 GB",
    bytes: GB,
    aim: "at least 0.5 of bare, 1.5 of rsync",
    async run(stage) {
      const file = await makeFile(stage.dir, "big", GB);
      const hub = await stage.hub();
      await stage.peer(hub.port, "alice");
      const secure = await stage.hub(TLS);
      await stage.peer(secure.port, "alice", TLS);
      const rivals = await Rivals.start(stage);
      return {
        ferry: () => hub.time({ paths: [file], to: ["alice"] }),
        bare: await stage.bare([file]),
        "ferry, TLS": () => secure.time({ paths: [file], to: ["alice"] }),
        "bare TLS": await stage.bare([file], TLS),
        ...rivals.file(file),
      };
    },
  },
  "relay": {
    title: "peer → hub → peer, one file of 1 GB",
    bytes: GB,
    aim: "at least 0.3 of bare; hub under 200 MB whatever the size",
    async run(stage, note) {
      const file = await makeFile(stage.dir, "big", GB);
      const hub = await stage.hub();
      await stage.peer(hub.port, "alice");
      const client = await stage.client(hub.port);
      const secure = await stage.hub(TLS);
      await stage.peer(secure.port, "alice", TLS);
      const over = await stage.client(secure.port, TLS);
      return {
        ferry: async () => {
          const ms = await client.time({ paths: [file], to: ["alice"] });
          note(`hub memory at its peak: ${hub.peakMegabytes()} MB`);
          return ms;
        },
        bare: await stage.bare([file]),
        "ferry, TLS": async () => {
          const ms = await over.time({ paths: [file], to: ["alice"] });
          note(`with TLS: ${secure.peakMegabytes()} MB`);
          return ms;
        },
        "bare TLS": await stage.bare([file], TLS),
      };
    },
  },
  "broadcast": {
    title: "broadcast of 200 MB to 8 peers",
    bytes: 8 * GB / 5,
    aim: "at least 0.5 of eight bare loops at once",
    async run(stage, note) {
      const file = await makeFile(stage.dir, "middling", GB / 5);
      const hub = await stage.hub();
      const names = Array.from({ length: 8 }, (_, n) => `peer${n}`);
      for (const name of names) await stage.peer(hub.port, name);
      const client = await stage.client(hub.port);
      const loops: (() => Promise<number>)[] = [];
      for (let n = 0; n < 8; n++) loops.push(await stage.bare([file]));
      return {
        ferry: async () => {
          const ms = await client.time({ paths: [file], to: names });
          note(`hub memory at its peak: ${hub.peakMegabytes()} MB`);
          return ms;
        },
        bare: async () =>
          Math.max(...await Promise.all(loops.map((loop) => loop()))),
      };
    },
  },
  "small": {
    title: "1,000 files of 10 KiB, hub → peer (rsync: one hop as well)",
    bytes: 1000 * 10240,
    aim: "no slower than rsync",
    async run(stage) {
      const files = await makeTree(stage.dir, 1000, 10240);
      const hub = await stage.hub();
      await stage.peer(hub.port, "alice");
      const client = await stage.client(hub.port);
      const rivals = await Rivals.start(stage);
      return {
        ferry: () => hub.time({ paths: files, to: ["alice"] }),
        "peer → hub → peer": () => client.time({ paths: files, to: ["alice"] }),
        "ferry send (process)": () => stage.ferrySend(hub.port, "alice", files),
        bare: await stage.bare(files),
        ...rivals.tree(),
      };
    },
  },
  "resume": resumeScenario(GB),
  "tree-memory": treeScenario(false),
  "tree-disk": treeScenario(true),
  "message": {
    title: "a message of 1 KiB through the hub, sender to receipt (p50)",
    bytes: 0,
    aim: "under 1 ms",
    async run(stage) {
      const hub = await stage.hub();
      await stage.peer(hub.port, "alice");
      const client = await stage.client(hub.port);
      const secure = await stage.hub(TLS);
      await stage.peer(secure.port, "alice", TLS);
      const over = await stage.client(secure.port, TLS);
      const order = { messages: 2000, bytes: 1024 };
      const pong = await stage.bareMessages(order);
      return {
        ferry: () => client.median({ ...order, to: ["alice"] }),
        bare: pong,
        "ferry, TLS": () => over.median({ ...order, to: ["alice"] }),
      };
    },
  },
  startup,
  ...viewScenarios(GB),
};

function report(
  { title, bytes, aim }: Scenario,
  times: Times,
  notes: ReadonlySet<string>,
): void {
  const ferry = times.get("ferry") ?? [];
  const lines = [title];
  for (const [name, all] of times) {
    const ms = median(all);
    const rate = bytes === 0 ? "" : `${(bytes / ms / 1e6).toFixed(2)} GB/s`;
    // Round by round: what slowed the machine slowed both.
    const ratio = median(
      all.map((other, round) => other / (ferry[round] ?? NaN)),
    );
    const against = name === "ferry"
      ? ""
      : `ferry is ${ratio.toFixed(2)} × as fast`;
    lines.push(
      `  ${name.padEnd(22)} ${ms.toFixed(2).padStart(10)} ms  ${
        rate.padStart(10)
      }  ${against}`,
    );
  }
  for (const note of notes) lines.push(`  ${note}`);
  lines.push(`  aim: ${aim}`, "");
  Deno.stdout.writeSync(new TextEncoder().encode(lines.join("\n") + "\n"));
}

/** `view` stands for all scenarios whose names begin with `view-`. */
const names = chosen.length === 0
  ? Object.keys(SCENARIOS)
  : chosen.map(String).flatMap((name) => {
    const group = Object.keys(SCENARIOS).filter((one) =>
      one.startsWith(`${name}-`)
    );
    return group.length > 0 ? group : [name];
  });
for (const name of names) {
  const scenario = SCENARIOS[name];
  if (scenario === undefined) {
    throw new Error(
      `no scenario ${name}: ${Object.keys(SCENARIOS).join(", ")}`,
    );
  }
  await using stage = await Stage.open(scenario.disk);
  const notes = new Set<string>();
  const contenders = await scenario.run(stage, (line) => notes.add(line));
  const times: Times = new Map(Object.keys(contenders).map((one) => [one, []]));
  for (let round = -1; round < ROUNDS; round++) {
    for (const [one, time] of Object.entries(contenders)) {
      await stage.clearArrivals();
      const ms = await time();
      if (round >= 0) times.get(one)?.push(ms); // the first round only warms up
    }
  }
  report(scenario, times, notes);
}
