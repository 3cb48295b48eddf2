/** What every item of a menu works with, and the loop that offers them. */
import { Failure } from "../../lib/failure.ts";
import type { Item } from "../../lib/term/select_prompt.ts";
import type { Context } from "../context.ts";
import type { Receiving } from "../receiving.ts";
import { run } from "../run.ts";
import { shellLine } from "./command_line.ts";
import type { Record } from "./record.ts";
import { Cancelled, type Ui } from "./ui.ts";
import { countOf, problem, sameAs } from "./words.ts";

/** Someone on the hub. */
export interface Neighbour {
  readonly name: string;
  /** ms since the Unix epoch. */
  readonly since: number;
  readonly address: string;
}

/** A transfer that goes through the hub. */
export interface Passing {
  readonly id: string;
  readonly name: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly size: number | null;
  /** As much as the fastest recipient has. */
  readonly bytes: number;
}

/** Where the menu stands: at a hub, at a peer of one, or at neither. */
export interface Post {
  readonly role: "hub" | "peer" | "start";
  /** Its own name on the hub. */
  name(): string;
  /** A line that says where this is. */
  title(): string;
  /** The arguments that lead a command to the same hub. */
  hubArgs(): readonly string[];
  /** Who else is connected, in the order they came. */
  peers(): readonly Neighbour[];
  /** Where things arrive. */
  readonly receiving?: Receiving;
  /** Hub: sends a peer away; false when it is not there. */
  disconnect?(name: string): boolean;
  /** Hub: what goes through it now. */
  passing?(): readonly Passing[];
}

/** An item of a menu. */
export interface Entry {
  readonly label: string | (() => string);
  readonly key?: string;
  /** Resolves when the menu should be offered again, with `quit` when it should not. */
  act(desk: Desk): Promise<"quit" | void>;
}

/** A menu's surroundings. */
export class Desk {
  #running = 0;

  constructor(
    readonly ui: Ui,
    readonly post: Post,
    readonly record: Record,
  ) {}

  /** The world as the menu's commands see it. */
  get context(): Context {
    return this.ui.context;
  }

  /** Transfers under way, and commands that were left running. */
  get busy(): number {
    const passing = this.post.passing?.().length ?? 0;
    return Math.max(this.#running, this.record.moving().length, passing);
  }

  /**
   * Says which command does the same and runs it. Gives its exit status; undefined when it was left
   * running. `draws` for a command that has the terminal to itself.
   */
  async run(
    args: readonly string[],
    how: { readonly draws?: boolean; readonly label?: string } = {},
  ): Promise<number | undefined> {
    const line = shellLine(args);
    this.ui.say(sameAs(line));
    this.#running++;
    return await this.ui.run(
      (context) =>
        run(args, this.#named(context)).finally(() => this.#running--),
      { draws: how.draws ?? false, label: how.label ?? line },
    );
  }

  /**
   * Runs a command for what it reports; nothing of it is shown. `said` gets its words; `context` is
   * the menu's unless another is given.
   */
  async quietly(
    args: readonly string[],
    heard: (event: Parameters<NonNullable<Context["onEvent"]>>[0]) => void,
    said: (line: string) => void = () => {},
    signal: AbortSignal = this.context.signal,
    context: Context = this.context,
  ): Promise<number> {
    const { stdout } = this.context;
    const silent = (tell: (text: string) => void): Context["stdout"] => ({
      isTerminal: false,
      columns: () => 80,
      rows: () => 24,
      closed: stdout.closed,
      write: (data) => {
        if (typeof data === "string") tell(data);
        return Promise.resolve();
      },
    });
    return await run(args, {
      ...this.#named(context),
      stdin: { ...this.context.stdin, isTerminal: false, keys: undefined },
      terminalKeys: () => undefined,
      stdout: silent(() => {}),
      stderr: silent(said),
      onInterrupt: () => () => {},
      onEvent: heard,
      signal: AbortSignal.any([this.context.signal, signal]),
    });
  }

  /** Asks whether to leave while transfers are under way. */
  async mayQuit(): Promise<boolean> {
    if (this.busy === 0) return true;
    const count = countOf(this.busy, "transfer");
    const question = this.post.role === "hub"
      ? `${count} under way. Stop the hub and break it off?`
      : `${count} under way. Quit and break it off?`;
    return await this.ui.confirm(question) ?? false;
  }

  /** A command sends under the name this place has on the hub. */
  #named(context: Context): Context {
    if (this.post.role === "start") return context;
    return { ...context, hostname: () => this.post.name() };
  }
}

/** Offers the entries until one quits. Throws `Ended`, or the reason the program was stopped for. */
export async function offerMenu(
  desk: Desk,
  entries: readonly Entry[],
): Promise<void> {
  const { ui, post } = desk;
  const items = (): Item[] =>
    entries.map(({ label, key }, at) => ({
      id: String(at),
      label: typeof label === "string" ? label : label(),
      ...(key === undefined ? {} : { key }),
    }));
  let current: string | undefined;
  while (true) {
    try {
      const chosen = await ui.choose({
        title: () => post.title(),
        items,
        current,
      });
      const entry = entries[Number(chosen)];
      if (chosen === undefined || entry === undefined) continue;
      current = chosen;
      if (await acted(entry, desk) !== "quit") continue;
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error;
    }
    try {
      if (await desk.mayQuit()) return;
    } catch (error) {
      // Ctrl-C at the question whether to quit: yes, really.
      if (error instanceof Cancelled) return;
      throw error;
    }
  }
}

/** Lets an entry act. What it gave up, or could not do, ends it and not the menu. */
async function acted(entry: Entry, desk: Desk): Promise<"quit" | void> {
  try {
    return await entry.act(desk);
  } catch (error) {
    if (error instanceof Cancelled) return;
    if (!(error instanceof Failure) || desk.context.signal.aborted) throw error;
    desk.ui.say(problem(error));
  }
}
