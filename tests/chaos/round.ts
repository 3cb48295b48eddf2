/** Plays one round: starts everybody, lets the faults come, tries again as a user would, and looks. */
import { join } from "@std/path";
import type { Actor } from "./actor.ts";
import { findWrongs, isWhole, leftInSpool, wrongEnd } from "./check.ts";
import { describe, type Fault, type Plan } from "./plan.ts";
import { makeSource, type Sent } from "./source.ts";
import { GRACE_MS, recipientName, Stage } from "./stage.ts";

/** Senders end by themselves long before that, in milliseconds: each deadline is 8 s. */
const HANGS_MS = 90_000;
/** What comes back by itself does so within this, in milliseconds. */
const RECOVERS_MS = 30_000;
/** Told to stop, a process ends within 2 s; the machine may be busy. Milliseconds. */
const STOPS_MS = 6_000;
/** A user tries so often. */
const MAX_ATTEMPTS = 6;

/** One run of a sender. */
export interface Attempt {
  readonly sending: number;
  readonly actor: Actor;
  readonly to: readonly string[];
}

/** How a round went. */
export interface Outcome {
  readonly plan: Plan;
  /** What must not be; nothing, if all is well. */
  readonly wrongs: readonly string[];
  /** The faults that happened, in order; others would have come after the end. */
  readonly done: readonly Fault[];
  readonly attempts: readonly Attempt[];
  readonly facts: Facts;
  readonly ms: number;
}

/** What was counted in a round. */
export interface Facts {
  /** `transfer.completed` and `transfer.stored` that senders printed. */
  receipts: number;
  stored: number;
  /** Files at recipients, and their bytes. */
  files: number;
  bytes: number;
  /** Transfers that went on from an offset. */
  resumed: number;
  /** Connections senders had to make anew. */
  reconnected: number;
  /** Copies that came of sending again by hand what had arrived. */
  again: number;
}

/** Plays a round in `dir`, with the processes of `command`; what they said is kept there when it fails, or with `keepLogs`. */
export async function playRound(
  plan: Plan,
  dir: string,
  command: readonly string[],
  keepLogs = false,
): Promise<Outcome> {
  const startedAt = performance.now();
  await using stage = new Stage(dir, plan, command);
  const round = new Round(plan, stage);
  try {
    await round.play();
  } catch (error) {
    round.wrongs.push(error instanceof Error ? error.message : String(error));
  }
  if (round.wrongs.length > 0 || keepLogs) {
    for (const actor of stage.actors) actor.keep(dir);
  }
  const { wrongs, done, attempts, facts } = round;
  const ms = performance.now() - startedAt;
  return { plan, wrongs, done, attempts, facts, ms };
}

/** What a round knows. */
export class Round {
  readonly wrongs: string[] = [];
  readonly done: Fault[] = [];
  readonly attempts: Attempt[] = [];
  readonly sources: Sent[][] = [];
  readonly facts: Facts = {
    ...{ receipts: 0, stored: 0, files: 0, bytes: 0 },
    ...{ resumed: 0, reconnected: 0, again: 0 },
  };
  /** Recipients that were killed: what they left is swept when they start. */
  readonly hurt = new Set<number>();
  readonly #down = new Set<string>();
  readonly #undoing = new Set<Promise<void>>();
  /** Undone when a sender has ended. */
  #held: (() => void)[] = [];
  readonly #disarm: (() => void)[] = [];
  readonly #backMs: number[] = [];
  #over = false;

  constructor(readonly plan: Plan, readonly stage: Stage) {}

  async play(): Promise<void> {
    const { plan, stage } = this;
    plan.sendings.forEach(({ payload }, n) => {
      this.sources.push(makeSource(payload, this.#sourceDir(n), plan.seed + n));
    });
    await stage.startHub();
    const all = Array.from({ length: plan.recipients }, (_, which) => which);
    const queued = plan.sendings.some(({ by }) => by === "queue");
    const join = () => Promise.all(all.map((n) => this.#bringRecipient(n)));
    const got = plan.kind === "get";
    if (!queued && !got) await join();
    for (const fault of plan.faults) this.#arm(fault);
    await Promise.all(plan.sendings.map((_, n) => this.#send(n)));
    if (queued) {
      await this.#quiet();
      if (plan.between !== "none") await this.#restartHub(plan.between, 0);
      await join();
    }
    await this.#delivered();
    this.#over = true;
    for (const disarm of this.#disarm) disarm();
    this.#release();
    await this.#quiet();
    stage.calm();
    await this.#connected();
    await this.#within(
      "the spool to be empty",
      RECOVERS_MS,
      () => leftInSpool(stage.spool).length === 0,
    );
    await this.#control();
    await this.#stopAll();
    findWrongs(this);
  }

  /** What was sent by a sending lies here. */
  #sourceDir(sending: number): string {
    return join(this.stage.dir, `source-${sending}`);
  }

  // Faults.

  #arm(fault: Fault): void {
    const { up, down } = this.stage;
    const act = () => {
      const work = this.#apply(fault)
        .catch((error) => {
          this.wrongs.push(`after ${describe(fault)}: ${error}`);
        })
        .finally(() => this.#undoing.delete(work));
      this.#undoing.add(work);
    };
    this.#disarm.push(
      (fault.on === "up" ? up : down).when(fault.on, fault.atBytes, act),
    );
  }

  async #apply(fault: Fault): Promise<void> {
    const { stage } = this;
    const { act, who, which, thenMs, backMs } = fault;
    if (thenMs > 0) await delay(thenMs);
    if (this.#over) return;
    const back = backMs ?? 0;
    switch (who) {
      case "hub":
        if (this.#down.has("hub")) return;
        this.done.push(fault);
        return await this.#restartHub(act === "term" ? "term" : "kill", back);
      case "sender": {
        const running = this.attempts.findLast(({ sending, actor }) =>
          sending === which && actor.ended === undefined
        );
        if (running === undefined) return;
        this.done.push(fault);
        this.#backMs[which] = back;
        return running.actor.signal("SIGKILL");
      }
      case "recipient": {
        const name = recipientName(which);
        const actor = stage.recipients[which];
        if (this.#down.has(name) || actor === undefined) return;
        this.done.push(fault);
        if (act === "stop") {
          actor.signal("SIGSTOP");
          const go = () => actor.signal("SIGCONT");
          if (backMs === null) this.#held.push(go);
          else await delay(back).then(go);
          return;
        }
        this.hurt.add(which);
        this.#down.add(name);
        await actor.end();
        await delay(back);
        this.#down.delete(name);
        return await this.#bringRecipient(which);
      }
      case "network": {
        const proxy = fault.on === "up" ? stage.up : stage.down;
        this.done.push(fault);
        if (act === "cut") return proxy.cut();
        // In the middle of a frame, most likely; new connections live.
        proxy.faults.endAfter = 0;
        await delay(50);
        proxy.faults.endAfter = Infinity;
        return;
      }
      case "inbox":
      case "spool":
        this.done.push(fault);
        stage.disk?.fill();
        this.#held.push(() => stage.disk?.empty());
    }
  }

  /** Undoes what lasts until a sender has ended. */
  #release(): void {
    for (const undo of this.#held.splice(0)) undo();
  }

  async #restartHub(how: "kill" | "term", backMs: number): Promise<void> {
    this.#down.add("hub");
    const { hub } = this.stage;
    if (how === "kill") await hub.end();
    else await this.#stop(hub, GRACE_MS);
    await delay(backMs);
    await this.stage.startHub();
    this.#down.delete("hub");
  }

  /** Starts a recipient, again and again while the hub is not there. */
  async #bringRecipient(which: number): Promise<void> {
    const until = performance.now() + RECOVERS_MS;
    const name = recipientName(which);
    if (this.#down.has(name)) return;
    this.#down.add(name);
    try {
      while (true) {
        try {
          return await this.stage.startRecipient(which);
        } catch (error) {
          if (performance.now() > until) throw error;
          await delay(200);
        }
      }
    } finally {
      this.#down.delete(name);
    }
  }

  /** Nothing is being undone. */
  async #quiet(): Promise<void> {
    while (this.#undoing.size > 0) await Promise.all(this.#undoing);
  }

  // Sending.

  async #send(sending: number): Promise<void> {
    const plan = this.plan.sendings[sending];
    if (plan === undefined) return;
    const { payload, by } = plan;
    const path = join(this.#sourceDir(sending), payload.name);
    for (let tries = 1; tries <= MAX_ATTEMPTS; tries++) {
      const to = this.#lacking(sending);
      if (to.length === 0) return;
      if (tries > 1 && by !== "queue") await this.#connected();
      if (tries > 2) this.stage.calm();
      const words = by === "get"
        ? []
        : tries === 1 && by === "broadcast"
        ? ["broadcast", "--require", "all"]
        : [
          "send",
          "--to",
          to.join(),
          ...(by === "queue" ? ["--queue=1h"] : []),
        ];
      const actor = by === "get"
        ? await this.stage.startGetter(0, payload.name)
        : await this.stage.startSender(sending, words, [path]);
      this.attempts.push({ sending, actor, to });
      const { code } = await this.#endOf(actor, HANGS_MS);
      if (actor.killed === undefined) {
        const wrong = wrongEnd(actor, code);
        if (wrong !== undefined) this.wrongs.push(wrong);
      }
      this.#release();
      await delay(this.#backMs[sending] ?? 0);
      await this.#quiet();
    }
    const left = this.#lacking(sending);
    if (left.length > 0) {
      this.wrongs.push(
        `${payload.name} is not through to ${left} after ${MAX_ATTEMPTS} tries`,
      );
    }
  }

  /** Recipients of whom no sender has a receipt for all of it. */
  #lacking(sending: number): string[] {
    const plan = this.plan.sendings[sending];
    if (plan === undefined) return [];
    const told = this.attempts.filter((one) => one.sending === sending)
      .flatMap(({ actor }) => actor.events);
    return plan.to.map(recipientName).filter((to) =>
      !told.some((event) =>
        /^transfer\.(completed|stored)$/.test(event.event) &&
        event["to"] === to && event["name"] === plan.payload.name
      )
    );
  }

  async #endOf(actor: Actor, ms: number): Promise<{ code: number }> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<undefined>((resolve) =>
      timer = setTimeout(() => resolve(undefined), ms)
    );
    const ended = await Promise.race([actor.finished, late]);
    clearTimeout(timer);
    if (ended !== undefined) return ended;
    this.wrongs.push(`${actor.name} hangs: it has not ended after ${ms} ms`);
    return await actor.end();
  }

  // Afterwards.

  /** What was promised arrives. */
  async #delivered(): Promise<void> {
    for (const [n, { to }] of this.plan.sendings.entries()) {
      for (const which of to) {
        const inbox = this.stage.inbox(which);
        await this.#within(
          `what ${recipientName(which)} was promised`,
          RECOVERS_MS,
          () => (this.sources[n] ?? []).every((sent) => isWhole(inbox, sent)),
        );
      }
    }
  }

  /** All recipients are connected to the hub that runs now. */
  async #connected(): Promise<void> {
    await this.#quiet();
    const names = this.stage.recipients.map(({ name }) => name);
    await this.#within("all peers to be back", RECOVERS_MS, () => {
      const { events } = this.stage.hub;
      return names.every((name) =>
        events.findLast((told) => told["name"] === name)?.event ===
          "peer.joined"
      );
    });
  }

  async #within(
    what: string,
    ms: number,
    holds: () => boolean,
  ): Promise<void> {
    const until = performance.now() + ms;
    while (!holds()) {
      if (performance.now() > until) {
        this.wrongs.push(`waited for ${what} in vain`);
        return;
      }
      await delay(100);
    }
  }

  /** Everything still works. */
  async #control(): Promise<void> {
    const got = this.plan.kind === "get";
    const path = join(got ? this.stage.share : this.stage.dir, "control.txt");
    Deno.writeTextFileSync(path, `control ${this.plan.seed}\n`.repeat(9_000));
    const to = this.stage.recipients.map(({ name }) => name).join();
    // A peer may be between two connections still.
    const command = ["send", "--wait", "10s", "--to", to];
    const actor = got
      ? await this.stage.startGetter(0, "control.txt")
      : await this.stage.startSender(99, command, [path]);
    const { code } = await this.#endOf(actor, HANGS_MS);
    if (code !== 0) this.wrongs.push(`the control transfer ended with ${code}`);
  }

  /** Peers that were killed start once more, which sweeps; then all are told to stop. */
  async #stopAll(): Promise<void> {
    const { stage } = this;
    await Promise.all([...this.hurt].map(async (which) => {
      const before = stage.recipients[which];
      if (before !== undefined) await this.#stop(before, 0);
      await stage.startRecipient(which);
    }));
    await Promise.all(stage.recipients.map((one) => this.#stop(one, 0)));
    await this.#stop(stage.hub, GRACE_MS);
  }

  /** SIGTERM ends a process in time, with its status. */
  async #stop(actor: Actor, graceMs: number): Promise<void> {
    actor.signal("SIGTERM");
    const { code } = await this.#endOf(actor, STOPS_MS + graceMs);
    if (code !== 143 && actor.killed === "SIGTERM") {
      this.wrongs.push(`${actor.name} ended with ${code} at SIGTERM`);
    }
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
