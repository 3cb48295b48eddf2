/** Plays an acceptance script: runs its steps in a directory of their own and checks what they say. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { parseSize } from "../../lib/text/units.ts";
import { difference, flawOf, patternOf } from "./expect.ts";
import { muteListener, type Prop, silentPeer } from "./props.ts";
import { expand, parseScript, type Step, wordsOf } from "./script.ts";
import { find, shown, soon, type Started, untilReady } from "./started.ts";
import type { Running, World } from "./world.ts";
import { Workplace } from "./workplace.ts";

/** Plays a script; rejects with an Error that names the line and shows what happened instead. */
export async function play(source: string, world: World): Promise<void> {
  const player = new Player(world);
  try {
    for (const step of parseScript(source)) await player.perform(step);
    await player.finish();
  } finally {
    await player.close();
  }
}

const TESTDATA = new URL("../../testdata/", import.meta.url);

class Player {
  readonly #world: World;
  readonly #place = new Workplace();
  readonly #env: Record<string, string>;
  readonly #addresses = new Map<string, string>();
  readonly #commands = new Map<string, Started>();
  readonly #props: Prop[] = [];

  constructor(world: World) {
    this.#world = world;
    this.#env = {
      HOME: this.#place.dir,
      XDG_STATE_HOME: join(this.#place.dir, ".state"),
      XDG_CONFIG_HOME: join(this.#place.dir, ".config"),
      FERRY_HOST: "127.0.0.1",
      FERRY_PORT: "0",
    };
  }

  async perform(step: Step): Promise<void> {
    try {
      const perform = this.#verbs[step.verb];
      if (perform === undefined) throw new Error("there is no such step");
      const takes = TAKES[step.verb] ?? /^$/;
      const stray = step.below.find(({ mark }) => !takes.test(mark));
      if (stray) throw new Error(`"${stray.mark}" says nothing below it`);
      await perform(step);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new Error(`line ${step.at}: ${step.verb} ${step.rest}\n${message}`);
    }
  }

  /** The script is over: what still runs stops as it should, and no file is left that it does not know of. */
  async finish(): Promise<void> {
    for (const [name, { args, running }] of [...this.#commands].reverse()) {
      running.signal("sigterm");
      const status = await soon(running.status, `${name} to end`);
      this.#commands.delete(name);
      const flaw = flawOf(args, running.printed, status);
      if (flaw !== undefined || status !== 143) {
        throw new Error(
          `at the end of the script: ${name}: ${flaw ?? "it did not stop"}\n${
            shown(running, status)
          }`,
        );
      }
    }
    assertEquals(this.#place.strangers(), [], "files are left behind");
  }

  /** Ends everything that is left, whatever happened before. */
  async close(): Promise<void> {
    for (const { running } of this.#commands.values()) {
      running.signal("sigterm");
      await soon(running.status, "a command to end");
    }
    for (const prop of this.#props) await prop.stop();
    this.#place.remove();
  }

  readonly #lookup = (name: string): string => {
    if (name === "DIR") return this.#place.dir;
    if (name === "HOST") return defaultName(this.#world.hostname);
    const address = this.#addresses.get(name);
    if (address === undefined) throw new Error(`$${name} stands for nothing`);
    return address;
  };

  #remember(name: string, address: string): void {
    this.#addresses.set(name, address);
    this.#addresses.set(`${name}Port`, address.split(":").at(-1) ?? "");
  }

  readonly #words = (line: string): string[] => wordsOf(line, this.#lookup);

  readonly #verbs: Record<string, (step: Step) => void | Promise<void>> = {
    "$": async (step) => {
      const words = this.#words(step.rest);
      const into = words.at(-2) === ">" ? words.splice(-2)[1] : undefined;
      const { args, running } = this.#start(words);
      const status = await soon(running.status, "it to end", running);
      this.#check(step, args, running, status, into);
    },
    "&": async ({ rest }) => {
      const [, name = "", line = ""] = /^([a-z][a-z0-9]*): (.+)$/.exec(rest) ??
        [];
      const words = this.#words(line);
      if (words[0] === "silent-peer") {
        this.#props.push(await silentPeer(words[1] ?? "", name));
      } else if (words[0] === "mute-listener") {
        const listener = muteListener();
        this.#props.push(listener);
        this.#remember(name, listener.address ?? "");
      } else {
        const started = { ...this.#start(words), seen: 0 };
        this.#commands.set(name, started);
        const address = await untilReady(started);
        if (address !== undefined) this.#remember(name, address);
      }
    },
    "wait": async ({ rest }) => {
      const [, name = "", text = ""] = /^(\S+) (.+)$/.exec(rest) ?? [];
      const pattern = patternOf(expand(text, this.#lookup));
      await find(this.#command(name), new RegExp(pattern, "u"));
    },
    "signal": ({ rest }) => {
      const [name = "", kind] = rest.split(" ");
      assert(kind === "sigint" || kind === "sigterm", "no such signal");
      this.#command(name).running.signal(kind);
    },
    "hang-up": ({ rest }) => this.#command(rest).running.hangUp(),
    "end": async (step) => {
      const { args, running } = this.#command(step.rest);
      const status = await soon(running.status, "it to end", running);
      this.#commands.delete(step.rest);
      this.#check(step, args, running, status);
    },
    "write": ({ rest, below }) => {
      const [path = "", size] = this.#words(rest);
      if (size === undefined) this.#place.write(path, this.#lines(below));
      else this.#place.fill(path, parseSize(size));
    },
    "bring": ({ rest }) => {
      const [from = ""] = this.#words(rest);
      this.#place.write(
        from.slice(from.lastIndexOf("/") + 1),
        Deno.readFileSync(new URL(from, TESTDATA)),
      );
    },
    "mkdir": ({ rest }) =>
      this.#place.makeDirectory(this.#words(rest)[0] ?? ""),
    "holds": ({ rest, below }) => {
      const [path = ""] = this.#words(rest);
      const bytes = this.#place.read(path);
      assertEquals(new TextDecoder().decode(bytes), this.#lines(below));
    },
    "same": ({ rest }) => {
      const [one = "", other = ""] = this.#words(rest);
      const same = equal(this.#place.read(one), this.#place.read(other));
      assert(same, "the files differ");
    },
    "env": ({ rest }) => {
      const [assignment = ""] = this.#words(rest);
      assign(this.#env, assignment);
    },
  };

  /** The text of the lines below a step that gives a file's content. */
  #lines(below: Step["below"]): string {
    return below.map(({ text }) => `${expand(text, this.#lookup)}\n`).join("");
  }

  #command(name: string): Started {
    const started = this.#commands.get(name);
    assert(started !== undefined, `no command ${name} is running`);
    return started;
  }

  #start(words: readonly string[]): Omit<Started, "seen"> {
    const env = { ...this.#env };
    const begin = words.indexOf("ferry");
    assert(begin >= 0, "the command is not ferry");
    for (const word of words.slice(0, begin)) assign(env, word);
    let args = words.slice(begin + 1);
    const stdoutClosed = args.at(-1) === ">-";
    if (stdoutClosed) args = args.slice(0, -1);
    const from = args.at(-2);
    const path = args.at(-1) ?? "";
    const redirected = from === "<" || from === "<...";
    if (redirected) args = args.slice(0, -2);
    const running = this.#world.start({
      args,
      cwd: this.#place.dir,
      env,
      stdin: redirected ? this.#place.read(path) : new Uint8Array(),
      stdinHeld: from === "<...",
      stdoutClosed,
    });
    return { args, running };
  }

  #check(
    { below }: Step,
    args: readonly string[],
    running: Running,
    status: number,
    into?: string,
  ): void {
    const { stderr } = running.printed;
    let { stdout } = running.printed;
    if (into !== undefined) {
      this.#place.write(into, stdout);
      stdout = "";
    }
    const expected = below.map(({ mark, text }) => ({
      mark,
      text: expand(text, this.#lookup),
    }));
    const lines = (stream: RegExp) =>
      expected.filter(({ mark }) => stream.test(mark));
    const wanted = Number(lines(/^exit$/)[0]?.text ?? 0);
    const problems = [
      ["stdout", difference(stdout, lines(/^>/))],
      ["stderr", difference(stderr, lines(/^2>/))],
      ["exit", status === wanted ? undefined : `${wanted} is expected`],
      ["output", flawOf(args, running.printed, status)],
    ].filter(([, problem]) => problem !== undefined);
    if (problems.length === 0) return;
    throw new Error(
      `${problems.map((problem) => problem.join(": ")).join("\n")}\n${
        shown(running, status)
      }`,
    );
  }
}

const OUTCOME = /^(2?>\*?|exit)$/;
/** What may stand below which step. */
const TAKES: Record<string, RegExp> = {
  "$": OUTCOME,
  "end": OUTCOME,
  "write": /^\|$/,
  "holds": /^\|$/,
};

function assign(env: Record<string, string>, assignment: string): void {
  const [, name, value] = /^([A-Z_]+)=(.*)$/s.exec(assignment) ?? [];
  if (name === undefined || value === undefined) {
    throw new Error(`${assignment} is not NAME=VALUE`);
  }
  if (value === "") delete env[name];
  else env[name] = value;
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length &&
    one.every((byte, at) => byte === other[at]);
}

/** The name a machine has on a hub by default. */
function defaultName(hostname: string): string {
  return hostname.split(".")[0]?.replace(/[^A-Za-z0-9._-]+/g, "-") ?? "";
}
