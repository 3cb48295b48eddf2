/** The processes of the demonstration, and its voice. */
import { fromFileUrl, join } from "@std/path";

const MAIN = fromFileUrl(new URL("../main.ts", import.meta.url));

/** What a `--json` event of a transfer may hold; see `ferry help events`. */
export interface DemoEvent {
  readonly event: string;
  readonly name?: string;
  readonly to?: string;
  readonly kind?: string;
  readonly bytes?: number;
  readonly addr?: { readonly port: number };
  readonly latency_ms?: Record<string, number>;
  readonly bytes_per_s?: number;
  readonly message?: string;
}

/** A hub, peers and commands as real processes in a directory of their own. */
export class Cast {
  readonly #dir: string;
  readonly #background: Deno.ChildProcess[] = [];
  readonly #colour = Deno.stdout.isTerminal() && !Deno.env.get("NO_COLOR");
  /** Whether a command ended with another status than 0. */
  failed = false;

  private constructor(dir: string) {
    this.#dir = dir;
  }

  /** An empty stage. */
  static async open(): Promise<Cast> {
    return new Cast(await Deno.makeTempDir({ prefix: "ferry-demo-" }));
  }

  /** Prints a line. */
  say(line: string): void {
    Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
  }

  /** Prints a heading. */
  title(line: string): void {
    this.say(
      this.#paint(
        "1;36",
        `\n── ${line} ${"─".repeat(Math.max(0, 70 - line.length))}`,
      ),
    );
  }

  /** Where what a peer receives lies. */
  inbox(name: string): string {
    return join(this.#dir, name);
  }

  /** Starts a hub; gives its port. */
  async hub(): Promise<number> {
    const args = [
      "serve",
      "--host",
      "127.0.0.1",
      "--port",
      "0",
      "--no-menu",
    ];
    const ready = await this.#start("hub", [
      ...args,
      "--inbox",
      this.inbox("hub"),
    ]);
    return ready.addr?.port ?? 0;
  }

  /** Starts a peer. */
  async peer(name: string, port: number): Promise<void> {
    const hub = `127.0.0.1:${port}`;
    await this.#start(name, ["connect", hub, ...this.#as(name)]);
  }

  /** Starts a peer as on another machine: it knows nothing but the hub's ticket. */
  async visitor(name: string): Promise<void> {
    const ticket = ["ticket", "--host", "127.0.0.1"];
    this.#announce(ticket);
    const { code, stdout } = await this.#ferry(ticket).output();
    this.#judge(code);
    const word = new TextDecoder().decode(stdout).trim();
    this.say(`  ${word}`);
    await this.#start(name, ["connect", ...this.#as(name)], {
      FERRY_TICKET: word,
      XDG_STATE_HOME: join(this.#dir, "elsewhere"),
    });
  }

  #as(name: string): string[] {
    return ["--name", name, "--no-menu", "--inbox", this.inbox(name)];
  }

  /** Runs a command and shows what it prints. */
  async run(...args: string[]): Promise<void> {
    this.#announce(args);
    const { code, stdout, stderr } = await this.#ferry(args).output();
    for (const bytes of [stdout, stderr]) {
      const text = new TextDecoder().decode(bytes).trimEnd();
      if (text !== "") this.say(text.replace(/^/gm, "  "));
    }
    this.#judge(code);
  }

  /** Runs a command with `--json`; gives its events. */
  async events(...args: string[]): Promise<DemoEvent[]> {
    this.#announce(args);
    const { code, stdout, stderr } = await this.#ferry([...args, "--json"])
      .output();
    this.#judge(code);
    if (code !== 0) this.say(new TextDecoder().decode(stderr));
    const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
    return lines.map((line): DemoEvent => JSON.parse(line));
  }

  /** Stops everyone, the hub last; each must leave in an orderly way. */
  async curtain(): Promise<void> {
    for (const process of this.#background.reverse()) {
      process.kill("SIGTERM");
      this.#judge((await process.status).code === 143 ? 0 : 1);
    }
    this.#background.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.#background) process.kill("SIGKILL");
    await Deno.remove(this.#dir, { recursive: true });
  }

  #judge(code: number): void {
    if (code !== 0) this.failed = true;
  }

  #announce(args: string[]): void {
    const shown = args.map((arg) =>
      /^[\w.=:%-]+$/.test(arg) ? arg : short(arg)
    );
    this.say(this.#paint("1", `$ ferry ${shown.join(" ")}`));
  }

  #paint(colour: string, text: string): string {
    return this.#colour ? `\x1b[${colour}m${text}\x1b[0m` : text;
  }

  /** Starts something that stays, waits until it is ready, and lets it talk under its name. */
  async #start(
    name: string,
    args: string[],
    env: Record<string, string> = {},
  ): Promise<DemoEvent> {
    const process = this.#ferry([...args, "--json"], env).spawn();
    this.#background.push(process);
    const ready = Promise.withResolvers<DemoEvent>();
    (async () => {
      let rest = "";
      for await (
        const chunk of process.stdout.pipeThrough(new TextDecoderStream())
      ) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          const event: DemoEvent = JSON.parse(line);
          if (event.event === "ready") ready.resolve(event);
        }
      }
      ready.reject(
        new Error(
          `${name} did not start: ${await new Response(process.stderr).text()}`,
        ),
      );
    })();
    const event = await ready.promise;
    this.say(`  ${name} is ready`);
    return event;
  }

  #ferry(args: string[], env: Record<string, string> = {}): Deno.Command {
    return new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", MAIN, ...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      env: {
        XDG_STATE_HOME: join(this.#dir, "state"),
        XDG_CONFIG_HOME: join(this.#dir, "config"),
        ...env,
      },
    });
  }
}

/** A path by its last part, anything else quoted as for a shell. */
function short(arg: string): string {
  return arg.startsWith("/")
    ? arg.slice(arg.lastIndexOf("/") + 1)
    : `'${arg.replaceAll("'", "'\\''")}'`;
}
