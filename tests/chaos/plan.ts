/** What one round of the fault-injection suite does: decided by its kind and seed alone, before it begins. */
import { chance } from "../support/fuzzing.ts";

/** The kinds of rounds. */
export const KINDS = [
  "file",
  "directory",
  "broadcast",
  "queue",
  "cut",
  "stop",
  "full",
  "load",
  "term",
  "get",
] as const;
export type Kind = typeof KINDS[number];

/** What each kind of round does, in a few words. */
export const ABOUT: Record<Kind, string> = {
  file: "one file to one peer; sender, hub and recipient are killed",
  directory: "a directory of many files; sender, hub and recipient are killed",
  broadcast: "one file to five peers; sender, hub and recipients are killed",
  queue:
    "`send --queue` to peers that are away; killed before and after `stored`",
  cut: "connections are cut, ended inside a frame, delayed, split",
  stop:
    "recipients are stopped (SIGSTOP), for a while or until the sender has ended",
  full: "the disk of an inbox or of the spool fills up in the middle",
  load: "the hub is killed while four senders send to three peers",
  term: "the hub is told to stop (SIGTERM) in the middle, and started again",
  get:
    "`ferry get` of a file or a directory; it and the hub are killed, its connection cut",
};

/** What a sender sends: one file, or a directory of many. */
export interface Payload {
  /** The file's or the directory's name. */
  readonly name: string;
  readonly isDirectory: boolean;
  /** Relative paths in the directory, or the file alone; bytes each. */
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
}

/** One sender, and to which recipients (by number) it sends; or a recipient that gets it from the hub. */
export interface Sending {
  readonly payload: Payload;
  readonly to: readonly number[];
  readonly by: "send" | "broadcast" | "queue" | "get";
}

/** Something bad, and when. */
export interface Fault {
  readonly act: "kill" | "term" | "stop" | "cut" | "end" | "fill";
  readonly who: "sender" | "hub" | "recipient" | "network" | "inbox" | "spool";
  /** Which sender or recipient. */
  readonly which: number;
  /** Bytes that have passed: from the senders to the hub, or from the hub to the recipients. */
  readonly on: "up" | "down";
  readonly atBytes: number;
  /** So long after those bytes, in milliseconds. */
  readonly thenMs: number;
  /** It is undone so long afterwards: started again, continued, emptied. Null: when the sender has ended. */
  readonly backMs: number | null;
}

/** One round. */
export interface Plan {
  readonly kind: Kind;
  readonly seed: number;
  readonly secure: boolean;
  readonly recipients: number;
  readonly sendings: readonly Sending[];
  /** The hub is ended so, between `stored` and the recipients' coming. */
  readonly between: "kill" | "term" | "none";
  /** Each direction of each connection. */
  readonly network: {
    readonly rate: number;
    readonly delayMs: number;
    readonly split: number;
  };
  readonly faults: readonly Fault[];
}

const KIB = 1024;
const MIB = 1024 * KIB;
/** Greeting, offer and TLS: what passes before a body. */
const GREETING_BYTES = 3 * KIB;

/** The plan of a kind and a seed, the same every time. */
export function planOf(kind: Kind, seed: number): Plan {
  return new Planner(kind, seed).plan();
}

class Planner {
  readonly #random: () => number;

  constructor(readonly kind: Kind, readonly seed: number) {
    this.#random = chance(seed * KINDS.length + KINDS.indexOf(kind));
  }

  plan(): Plan {
    const { kind, seed } = this;
    const secure = this.#random() < 0.75;
    const recipients = { broadcast: 5, stop: 3, load: 3, cut: 2 }[
      kind as string
    ] ?? (kind === "queue" ? this.#from(1, 2) : 1);
    const sendings = this.#sendings(recipients);
    const bytes = sendings.flatMap(({ payload }) => payload.files)
      .reduce((sum, file) => sum + file.bytes, 0);
    const copies = sendings[0]?.to.length ?? 1;
    return {
      ...{ kind, seed, secure, recipients, sendings },
      between: kind === "queue"
        ? this.#one(["kill", "term", "none"] as const)
        : "none",
      network: this.#network(bytes),
      faults: this.#faults(bytes, bytes * copies, recipients, sendings.length),
    };
  }

  #from(least: number, most: number): number {
    return least + Math.floor(this.#random() * (most - least + 1));
  }

  #one<T>(all: readonly T[]): T {
    const one = all[Math.floor(this.#random() * all.length)];
    if (one === undefined) throw new Error("nothing to choose from");
    return one;
  }

  #sendings(recipients: number): Sending[] {
    const all = Array.from({ length: recipients }, (_, which) => which);
    const one = (payload: Payload, by: Sending["by"], to = all): Sending => ({
      payload,
      to,
      by,
    });
    const file = (least: number, most: number, name = "body.bin") =>
      this.#file(this.#from(least, most), name);
    switch (this.kind) {
      case "file":
        return [one(file(8 * MIB, 32 * MIB), "send")];
      case "directory":
        return [one(this.#directory(), "send")];
      case "broadcast":
        return [one(file(4 * MIB, 10 * MIB), "broadcast")];
      case "queue":
        return [
          one(
            this.#random() < 0.4 ? this.#directory() : file(KIB, 16 * MIB),
            "queue",
          ),
        ];
      case "cut":
        return [
          one(
            this.#random() < 0.4 ? this.#directory() : file(6 * MIB, 20 * MIB),
            "send",
          ),
        ];
      case "stop":
        return [one(file(4 * MIB, 12 * MIB), "send")];
      case "full":
        return [one(file(8 * MIB, 16 * MIB), "send")];
      case "load":
        return [0, 1, 2, 3].map((n) =>
          one(
            n === 0 ? this.#directory() : file(3 * MIB, 8 * MIB, `load-${n}`),
            "send",
            n === 3 ? all : [n % recipients],
          )
        );
      case "term":
        return [
          one(
            this.#random() < 0.4 ? this.#directory() : file(6 * MIB, 20 * MIB),
            "send",
          ),
        ];
      case "get":
        return [
          one(
            this.#random() < 0.5 ? this.#directory() : file(6 * MIB, 20 * MIB),
            "get",
          ),
        ];
    }
  }

  #file(bytes: number, name: string): Payload {
    return { name, isDirectory: false, files: [{ path: name, bytes }] };
  }

  #directory(): Payload {
    const files = Array.from({ length: this.#from(30, 150) }, (_, n) => {
      const below = this.#one(["", "a/", "a/b/", "c d/"]);
      const size = this.#random();
      const bytes = size < 0.05
        ? 0
        : size < 0.7
        ? this.#from(1, 64 * KIB)
        : size < 0.95
        ? this.#from(64 * KIB, 400 * KIB)
        : this.#from(MIB, 3 * MIB);
      return { path: `${below}f${n}`, bytes };
    });
    return { name: "tree", isDirectory: true, files };
  }

  #network(bytes: number): Plan["network"] {
    const bad = this.kind === "cut";
    // Slow enough that there is a middle, fast enough that a round is short.
    const seconds = 0.5 + this.#random();
    return {
      rate: Math.round(bytes / seconds),
      delayMs: bad && this.#random() < 0.5 ? this.#from(1, 30) : 0,
      split: bad && this.#random() < 0.5 ? this.#from(200, 5_000) : Infinity,
    };
  }

  /** Somewhere: mostly in the middle, often in the greeting or around the end. */
  #point(bytes: number): Pick<Fault, "atBytes" | "thenMs"> {
    const where = this.#random();
    if (where < 0.15) {
      return { atBytes: this.#from(1, GREETING_BYTES), thenMs: 0 };
    }
    if (where < 0.35) {
      return {
        atBytes: bytes - this.#from(0, 16 * KIB),
        thenMs: this.#from(0, 40),
      };
    }
    return {
      atBytes: GREETING_BYTES + Math.floor(this.#random() * bytes),
      thenMs: 0,
    };
  }

  #fault(
    act: Fault["act"],
    who: Fault["who"],
    which: number,
    up: number,
    down: number,
    back: number | null | undefined = undefined,
  ): Fault {
    const on = who === "recipient" || who === "inbox" || this.kind === "get"
      ? "down"
      : who === "sender" || who === "spool"
      ? "up"
      : this.#one(["up", "down"] as const);
    return {
      ...{ act, who, which, on },
      ...this.#point(on === "up" ? up : down),
      backMs: back === undefined ? this.#from(0, 600) : back,
    };
  }

  #faults(
    up: number,
    down: number,
    recipients: number,
    senders: number,
  ): Fault[] {
    const some = (least: number, most: number, make: () => Fault) =>
      Array.from({ length: this.#from(least, most) }, make);
    const which = (who: string) =>
      who === "recipient"
        ? this.#from(0, recipients - 1)
        : this.#from(0, senders - 1);
    const kill = () => {
      const who = this.#one(["sender", "hub", "recipient"] as const);
      return this.#fault("kill", who, which(who), up, down);
    };
    switch (this.kind) {
      case "file":
      case "directory":
        return some(1, 2, kill);
      case "broadcast":
        return some(1, 3, kill);
      case "queue":
        return some(0, 2, kill);
      case "load":
        return some(1, 3, () => this.#fault("kill", "hub", 0, up, down));
      case "term":
        return some(1, 2, () => this.#fault("term", "hub", 0, up, down));
      case "cut":
        return some(
          1,
          5,
          () =>
            this.#fault(
              this.#one(["cut", "end"] as const),
              "network",
              0,
              up,
              down,
            ),
        );
      case "get":
        return some(1, 4, () => {
          const [act, who] = this.#one(
            [
              ...[["kill", "sender"], ["kill", "hub"], ["term", "hub"]],
              ...[["cut", "network"], ["end", "network"]],
            ] as const,
          );
          return this.#fault(act, who, 0, up, down);
        });
      case "stop":
        return some(1, 2, () =>
          this.#fault(
            "stop",
            "recipient",
            which("recipient"),
            up,
            down,
            this.#random() < 0.5 ? this.#from(100, 2_000) : null,
          ));
      case "full": {
        const where = this.#one(["inbox", "spool"] as const);
        return [this.#fault("fill", where, 0, up, down, null)];
      }
    }
  }
}

/** A fault in words. */
export function describe(fault: Fault): string {
  const { act, who, which, on, atBytes, thenMs, backMs } = fault;
  const many = who === "sender" || who === "recipient" ? ` ${which}` : "";
  const later = thenMs > 0 ? ` + ${thenMs} ms` : "";
  const back = who === "network"
    ? ""
    : backMs === null
    ? ", not undone"
    : `, back after ${backMs} ms`;
  return `${act} ${who}${many} at ${atBytes} B ${on}${later}${back}`;
}
