/** The experiments, in the order of the page. */
import type { NetworkOptions } from "../../bench/network.ts";
import type { Bench, Experiment, Place } from "./bench.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/** File sizes compared, in bytes. */
const SIZES = [KIB, 8 * KIB, 64 * KIB, MIB, 8 * MIB, 64 * MIB, 256 * MIB, GIB];
/** What is captured is written to disk four times: there and back, on two hops. */
const MOST_CAPTURED = 8 * MIB;
const PEERS = [1, 2, 4, 8, 16];
const DELAYS_MS = [1, 10, 50];

/** Everything, the large file as large as the network gets through in a while. */
async function everything(
  bench: Bench,
  where: Place,
  fileSize: string,
): Promise<void> {
  await bench.measure("message", "json", "csv", "image", ...where.args);
  const size = bench.quick ? "1MiB" : fileSize;
  await bench.measure("file", "--size", size, ...where.args);
  await overhear(bench, where);
}

/** Every scenario once more, captured; the large file of a size that does not fill the disk. */
async function overhear(bench: Bench, where: Place): Promise<void> {
  await bench.compare(
    where,
    ["message", "json", "csv", "image", "--repeat", "7"],
    ["file", "--size", "8MiB", "--repeat", "3"],
  );
}

const GIGABIT = { limit: "1gbit", burst: "256kb" };

const APART =
  "Hub and bare TCP run in one network namespace, the sender and three peers in another; a pair of virtual Ethernet devices joins them.";

function between(
  name: string,
  title: string,
  about: string,
  network: NetworkOptions,
  fileSize: string,
): Experiment {
  return {
    name,
    title,
    about: `${APART} ${about}`,
    run: async (bench) =>
      await everything(bench, await bench.apart(network), fileSize),
  };
}

/** All of them. */
export const EXPERIMENTS: readonly Experiment[] = [
  {
    name: "loopback",
    title: "Every scenario on the loopback",
    about:
      "Hub, sender and three peers in one process, over TLS as everywhere below: what Ferry itself costs when the network costs next to nothing. For the capture the hub is a process of its own.",
    run: async (bench) => {
      await bench.measure();
      await overhear(bench, await bench.here());
    },
  },
  {
    name: "plain",
    title: "The same without TLS",
    about:
      "As before, with `--insecure`: the difference is what encryption costs.",
    run: (bench) => bench.measure("--insecure"),
  },
  {
    name: "sizes",
    title: "From 1 KiB to 1 GiB",
    about:
      "One file of each size to the hub, and through the hub to a peer, on the loopback. Up to 64 KiB a body rides behind its offer.",
    run: async (bench) => {
      for (const size of bench.quick ? SIZES.slice(0, 4) : SIZES) {
        await bench.measure("file/hub", "file/peer", "--size", String(size));
      }
      const runs = SIZES.filter((size) => size <= MOST_CAPTURED).map((
        size,
      ) => ["file/hub", "file/peer", "--size", String(size), "--repeat", "7"]);
      await bench.compare(await bench.here(), ...runs);
    },
  },
  {
    name: "peers",
    title: "Broadcast to 1, 2, 4, 8 and 16 peers",
    about:
      "A message and an image of 2 MiB to more and more peers on the loopback, until the last receipt is in.",
    run: async (bench) => {
      for (const peers of bench.quick ? PEERS.slice(0, 3) : PEERS) {
        await bench.measure(
          "message/broadcast",
          "image/broadcast",
          "--peers",
          String(peers),
        );
      }
      const where = await bench.here();
      for (const peers of bench.quick ? PEERS.slice(0, 3) : PEERS) {
        const scenarios = ["message/broadcast", "image/broadcast"];
        const options = ["--peers", String(peers), "--repeat", "7"];
        await bench.compare(where, [...scenarios, ...options]);
      }
    },
  },
  between(
    "100mbit",
    "100 Mbit/s",
    "`tc tbf` lets 100 Mbit/s pass each way.",
    { rate: { limit: "100mbit", burst: "32kb" } },
    "8MiB",
  ),
  between(
    "1gbit",
    "1 Gbit/s",
    "`tc tbf` lets 1 Gbit/s pass each way.",
    { rate: GIGABIT },
    "64MiB",
  ),
  between(
    "loss",
    "1 Gbit/s with one packet in a hundred lost",
    "`tc tbf` lets 1 Gbit/s pass each way, and `nft` drops one packet in a hundred at random on arrival; packets are as long as on a wire.",
    { rate: GIGABIT, lossPercent: 1 },
    "8MiB",
  ),
  ...DELAYS_MS.map((ms): Experiment => ({
    name: `delay-${ms}ms`,
    title: `${ms} ms later each way`,
    about:
      `Hub and bare TCP on the loopback, each behind a proxy (tests/support/proxy.ts) that delivers everything ${ms} ms later each way, at full rate; or up to 2 ms after that, as timers do: the round trip in the table is what was had. A message to a peer passes it twice on its way, and its receipt twice on the way back.`,
    run: async (bench) =>
      await everything(bench, await bench.delayed(ms), "64MiB"),
  })),
];
