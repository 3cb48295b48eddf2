/** The menus as people meet them: a hub and two clients in tmux, keys in, the captured screen out. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { TempDir } from "../support/files.ts";

const MAIN = fromFileUrl(new URL("../../main.ts", import.meta.url));
/** Processes start, and share two cores with every other test. Milliseconds. */
const PATIENCE_MS = 15_000;
const LOOK_MS = 40;

const why = await missing();
if (why !== undefined) {
  await Deno.stderr.write(
    new TextEncoder().encode(`tests/menu/tmux_test.ts is skipped: ${why}\n`),
  );
}

async function missing(): Promise<string | undefined> {
  try {
    const { success } = await new Deno.Command("tmux", { args: ["-V"] })
      .output();
    return success ? undefined : "tmux does not run";
  } catch {
    return "tmux is not installed";
  }
}

/** A tmux server of its own. */
class Tmux implements AsyncDisposable {
  readonly #socket: string;
  readonly #dir: TempDir;
  #panes = 0;

  constructor(dir: TempDir) {
    this.#dir = dir;
    this.#socket = dir.at("tmux");
  }

  async command(...args: string[]): Promise<string> {
    const kept = ["PATH", "DENO_DIR", "XDG_CACHE_HOME", "TMPDIR"].flatMap(
      (name) => {
        const value = Deno.env.get(name);
        return value === undefined ? [] : [[name, value]];
      },
    );
    const { stdout, stderr, success } = await new Deno.Command("tmux", {
      args: ["-S", this.#socket, "-f", "/dev/null", ...args],
      cwd: this.#dir.path,
      clearEnv: true,
      env: {
        ...Object.fromEntries(kept),
        DENO_DIR: await denoDirectory(),
        HOME: this.#dir.path,
        LANG: "C.UTF-8",
        TERM: "xterm-256color",
        NO_COLOR: "1",
      },
    }).output();
    const decoder = new TextDecoder();
    if (!success) throw new Error(`tmux ${args[0]}: ${decoder.decode(stderr)}`);
    return decoder.decode(stdout);
  }

  /** A pane that runs ferry, then says its exit status and whether lines are edited again. */
  async ferry(...args: string[]): Promise<Pane> {
    const ferry = [Deno.execPath(), "run", "-A", "--quiet", MAIN, ...args];
    const line = `${ferry.map((word) => `'${word}'`).join(" ")}; ` +
      `echo "exit $?"; stty -a | grep -o -- '-*icanon'; exec cat`;
    const first = this.#panes++ === 0;
    const where = first
      ? ["new-session", "-d", "-x", "80", "-y", "24"]
      : ["new-window", "-d"];
    const id = await this.command(
      ...where,
      "-P",
      "-F",
      "#{window_id}",
      `sh -c "${line.replace(/["$]/g, "\\$&")}"`,
    );
    return new Pane(this, id.trim());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.command("kill-server").catch(() => {});
  }
}

/** One terminal in it. */
class Pane {
  constructor(readonly tmux: Tmux, readonly id: string) {}

  /** Keys by their names in tmux. */
  async keys(...keys: string[]): Promise<void> {
    await this.tmux.command("send-keys", "-t", this.id, ...keys);
  }

  /** Text as it is. */
  async text(text: string): Promise<void> {
    await this.tmux.command("send-keys", "-t", this.id, "-l", text);
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.tmux.command(
      "resize-window",
      "-t",
      this.id,
      "-x",
      `${columns}`,
      "-y",
      `${rows}`,
    );
  }

  /** The screen as it is, without the empty lines at its end. */
  async screen(): Promise<string> {
    return (await this.tmux.command("capture-pane", "-p", "-t", this.id))
      .trimEnd();
  }

  /** Everything that was ever printed, and the screen. */
  async history(): Promise<string> {
    const all = ["capture-pane", "-p", "-S", "-", "-t", this.id];
    return (await this.tmux.command(...all)).trimEnd();
  }

  /** Waits until the screen shows this; gives the screen. */
  async sees(text: string): Promise<string> {
    const end = performance.now() + PATIENCE_MS;
    while (true) {
      const screen = await this.screen();
      if (screen.includes(text)) return screen;
      if (performance.now() > end) {
        throw new Error(
          `Waited too long for ${JSON.stringify(text)} on\n${screen}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  async cursor(): Promise<string> {
    return (await this.tmux.command(
      "display",
      "-p",
      "-t",
      this.id,
      "#{cursor_x}",
    )).trim();
  }
}

let known: string | undefined;

async function denoDirectory(): Promise<string> {
  const { stdout } = known === undefined
    ? await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] })
      .output()
    : { stdout: new Uint8Array() };
  known ??= String(JSON.parse(new TextDecoder().decode(stdout)).denoDir);
  return known;
}

/** A screen with everything that differs from run to run made the same. */
function steady(screen: string, port: number, dir: string): string {
  return screen.replaceAll(String(port), "PORT").replaceAll(dir, "DIR")
    .replace(/[\d.]+ m?s end to end \([^)]*\)/g, "TIME");
}

Deno.test({
  name:
    "tmux: a hub and two clients send, broadcast, receive while typing, view, cancel and quit",
  ignore: why !== undefined,
  fn: async () => {
    using dir = new TempDir();
    Deno.writeTextFileSync(
      dir.at("q1 report.csv"),
      "date,n\n2026-05-01,1\n2026-05-02,2\n",
    );
    await using tmux = new Tmux(dir);
    const hub = await tmux.ferry(
      "serve",
      "--host",
      "127.0.0.1",
      "--port",
      "0",
      "--name",
      "lab",
    );
    const port = Number(
      /127\.0\.0\.1:(\d+)/.exec(await hub.sees("q Stop"))?.[1],
    );
    const join = (name: string, ...more: string[]) =>
      tmux.ferry(
        "connect",
        `127.0.0.1:${port}`,
        "--name",
        name,
        "--inbox",
        name,
        ...more,
      );
    const alice = await join("alice");
    await alice.sees("0 others");
    const bob = await join("bob", "--accept", "ask");
    await Promise.all([
      alice.sees("1 other"),
      bob.sees("1 other"),
      hub.sees("2 peers"),
    ]);

    // Alice types; what bob broadcasts meanwhile appears above, also in a narrow terminal.
    await alice.keys("1");
    await alice.sees("Send what?");
    await alice.text("half a sentence");
    await alice.keys("Left", "Left");
    await bob.keys("2");
    await bob.sees("Broadcast what?");
    await bob.text("lunch?");
    await bob.keys("Enter", "Enter");
    await alice.sees("bob: lunch?");
    assertEquals(await alice.cursor(), "15");
    await alice.resize(20, 10);
    await alice.sees("Tab completes a\n");
    await alice.text("X");
    await alice.sees("> half a sentenXce");
    await alice.resize(80, 24);
    await alice.sees(
      "> half a sentenXce\nTab completes a path; Enter takes it",
    );

    // A file to bob, who is asked.
    await alice.keys("C-e", "C-u");
    await alice.text("q1");
    await alice.keys("Tab");
    await alice.sees("> q1 report.csv");
    await alice.keys("Enter");
    await alice.sees("1 [ ] bob");
    await alice.keys("Space", "Enter");
    await bob.sees("[1 waiting: press i]");
    await bob.keys("i");
    await bob.sees("Accept q1 report.csv (33 B) from alice? [y/N]");
    await bob.keys("y");
    await bob.sees("received q1 report.csv ← alice");
    await alice.sees("sent q1 report.csv → bob");

    // Bob views one date of it.
    await bob.sees("q Quit");
    await bob.keys("3");
    await bob.sees("q1 report.csv  from alice");
    await bob.keys("1");
    await bob.sees("1 View it here");
    await bob.keys("1");
    await bob.sees("2 One date");
    await bob.keys("2");
    await bob.sees("Which date (date)?");
    await bob.text("2026-05-02");
    await bob.keys("Enter");
    const seen = await bob.sees("Received, newest first");
    assert(
      seen.includes("2026-05-02  2") && !seen.includes("2026-05-01  1"),
      seen,
    );
    await bob.keys("Escape");
    await bob.sees("q Quit");

    // One that is cancelled.
    await alice.sees("q Quit");
    await alice.keys("1");
    await alice.sees("Send what?");
    await alice.text("never mind");
    await alice.keys("Enter", "Enter");
    await alice.sees("1 [ ] bob");
    await alice.keys("Enter");
    await bob.sees("[1 waiting: press i]");
    await alice.sees("lets it run on");
    await alice.keys("C-c");
    await bob.sees("message.txt from alice: it was withdrawn");

    await alice.sees("q Quit");
    // Nothing of any prompt was left behind, also by the resizes.
    assertEquals(
      steady(await alice.history(), port, dir.path),
      `connected to lab as alice
bob joined
bob offers message.txt (6 B)
bob: lunch?
Same as: ferry send --to bob 'q1 report.csv'
sent q1 report.csv → bob  33 B  TIME
Same as: ferry send --to bob --text 'never mind'
Cancelling… press Ctrl-C again to force
error: Cannot send message.txt to bob: it was cancelled
alice on lab: 1 other
> 1 Send a file or data
  2 Broadcast
  3 Received files
  4 Get a file from the hub
  5 View a file
  6 Peers
  7 Latency
  8 Settings
  ? Help
  q Quit
a number, or arrows and Enter; Esc goes back`,
    );

    await alice.keys("q");
    await alice.sees("exit 0\nicanon");
    await bob.keys("C-c");
    await bob.sees("exit 0\nicanon");
    await hub.sees("bob left");
    await hub.keys("q");
    await hub.sees("exit 0\nicanon");
  },
});

Deno.test({
  name:
    "tmux: SIGTERM and the end of the keyboard leave the terminal as it was",
  ignore: why !== undefined,
  fn: async () => {
    using dir = new TempDir();
    await using tmux = new Tmux(dir);
    const hub = await tmux.ferry(
      "serve",
      "--host",
      "127.0.0.1",
      "--port",
      "0",
      "--name",
      "lab",
    );
    await hub.sees("q Stop");
    const shell =
      (await tmux.command("display", "-p", "-t", hub.id, "#{pane_pid}")).trim();
    const { stdout } = await new Deno.Command("ps", {
      args: ["-o", "pid=", "--ppid", shell],
    }).output();
    Deno.kill(Number(new TextDecoder().decode(stdout)), "SIGTERM");
    await hub.sees("exit 143\nicanon");
    const bare = await tmux.ferry();
    await bare.sees("1 Join a hub");
    await bare.keys("4");
    await bare.sees("View which file?");
    await bare.keys("C-d");
    await bare.sees("exit 0\nicanon");
  },
});
