/**
 * Two machines in one: network namespaces joined by a pair of virtual Ethernet devices, with the
 * rate and the loss of a network of one's choice. Linux, as root, with iproute2 (and nftables for
 * loss).
 */
import { isInstalled } from "./processes.ts";

/** What the network between the namespaces is like, each way. */
export interface NetworkOptions {
  /** As `tc` writes it (`100mbit`), and how much may pass at once: about 2 ms of it. */
  readonly rate?: { readonly limit: string; readonly burst: string };
  /** Packets lost of a hundred. */
  readonly lossPercent?: number;
}

/** Why there can be no such network here. */
export class NoNetwork extends Error {}

const SUBNET = "10.77.0";
const DEVICES = ["fv0", "fv1"] as const;

/** Two namespaces and what joins them; gone when disposed. */
export class Network implements AsyncDisposable {
  readonly #names: readonly [string, string];
  /** The hub's side, as the other reaches it. */
  readonly hubHost = `${SUBNET}.1`;
  /** The peers' end of it. */
  readonly peersDevice = DEVICES[1];

  private constructor(names: readonly [string, string]) {
    this.#names = names;
  }

  /** Makes one. Throws NoNetwork with what is missing. */
  static async open(options: NetworkOptions): Promise<Network> {
    for (const program of ["ip", "tc"]) {
      if (!await isInstalled(program, ["-V"])) {
        throw new NoNetwork(`${program} is not installed (iproute2)`);
      }
    }
    const unique = `ferry-${Deno.pid}`;
    const network = new Network([`${unique}-hub`, `${unique}-peers`]);
    try {
      await network.#make(options);
    } catch (error) {
      await network[Symbol.asyncDispose]();
      throw error;
    }
    return network;
  }

  /** A command line as it runs on the hub's side. */
  onHub(command: readonly string[]): string[] {
    return ["ip", "netns", "exec", this.#names[0], ...command];
  }

  /** A command line as it runs on the peers' side. */
  onPeers(command: readonly string[]): string[] {
    return ["ip", "netns", "exec", this.#names[1], ...command];
  }

  async #make({ rate, lossPercent }: NetworkOptions): Promise<void> {
    for (const name of this.#names) await tell("ip", "netns", "add", name);
    await tell(
      ...`ip link add ${DEVICES[0]} netns`.split(" "),
      this.#names[0],
      ...`type veth peer name ${DEVICES[1]} netns`.split(" "),
      this.#names[1],
    );
    for (const [at, name] of this.#names.entries()) {
      const device = DEVICES[at] ?? "";
      const ip = (...words: string[]) => tell("ip", "-n", name, ...words);
      await ip("addr", "add", `${SUBNET}.${at + 1}/24`, "dev", device);
      if (lossPercent !== undefined) {
        // Packets as a wire has them: else they are up to 64 KiB, and one lost is 44.
        await ip("link", "set", device, "gso_max_segs", "1");
      }
      await ip("link", "set", device, "up");
      await ip("link", "set", "lo", "up");
      if (rate !== undefined) {
        await tell(
          ...`tc -n ${name} qdisc add dev ${device} root tbf`.split(" "),
          ...`rate ${rate.limit} burst ${rate.burst} latency 50ms`.split(" "),
        );
      }
      if (lossPercent !== undefined) await this.#lose(name, lossPercent);
    }
  }

  async #lose(name: string, percent: number): Promise<void> {
    if (!await isInstalled("nft", ["--version"])) {
      throw new NoNetwork("nft is not installed (nftables)");
    }
    const nft = (...words: string[]) =>
      tell("ip", "netns", "exec", name, "nft", ...words);
    await nft("add", "table", "inet", "ferry");
    await nft(
      ..."add chain inet ferry arrivals { type filter hook input priority 0 ; }"
        .split(" "),
    );
    await nft(
      ..."add rule inet ferry arrivals iif != lo numgen random mod 1000 <"
        .split(" "),
      String(Math.round(percent * 10)),
      "drop",
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Its devices and rules go with a namespace.
    for (const name of this.#names) {
      await tell("ip", "netns", "del", name).catch(() => {});
    }
  }
}

async function tell(...[program = "", ...args]: string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (code === 0) return;
  const said = new TextDecoder().decode(stderr).trim().split("\n")[0];
  throw new NoNetwork(`${program} ${args.join(" ")}: ${said}`);
}
