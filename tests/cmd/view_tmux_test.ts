/** `ferry view` as a process in a real terminal: what a person sees, and what is left behind. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";

const MAIN = fromFileUrl(new URL("../../main.ts", import.meta.url));
const TESTDATA = fromFileUrl(new URL("../../testdata/", import.meta.url));

const missing = await isMissing();

Deno.test({
  name: `view: in tmux${missing ? " (skipped: tmux is not installed)" : ""}`,
  ignore: missing,
  async fn() {
    await using terminal = new Terminal();
    await terminal.open();
    const before = await terminal.modes();

    await terminal.type(`ferry view rows.csv`);
    const paged = await terminal.until(/\/search n q$/m);
    assertMatch(paged, /^ +n {2}name/);
    assertMatch(paged, /^ +7 {2}row 7$/m);
    await terminal.press("q");
    // The pager has left nothing behind but the line that started it.
    const left = await terminal.until(/READY>$/);
    assert(!left.includes("row 7"), left);
    assertEquals(await terminal.modes(), before);

    await terminal.type("clear; ferry view data/view/lone.json");
    assertMatch(await terminal.until(/^\}\nREADY>$/m), /^\{$/m);
    await terminal.type("clear; ferry view data/view/image/photo-420.jpg");
    assertMatch(await terminal.until(/▀\n+READY>$/), /^▀/m);
    await terminal.type("clear; cat rows.csv | ferry view -");
    await terminal.until(/\/search n q$/m);
    await terminal.press("C-c");
    await terminal.until(/READY>$/);
    assertEquals(await terminal.modes(), before);
  },
});

/** A shell in a tmux of its own. */
class Terminal {
  readonly #socket = `ferry-test-${crypto.randomUUID()}`;
  readonly #dir = Deno.makeTempDirSync();

  /** Starts the shell. */
  async open(): Promise<void> {
    const rows = Array.from({ length: 500 }, (_, n) => `${n},row ${n}`);
    const dir = this.#dir;
    Deno.writeTextFileSync(`${dir}/rows.csv`, `n,name\n${rows.join("\n")}\n`);
    Deno.symlinkSync(TESTDATA, `${dir}/data`);
    const profile = [
      `ferry() { "${Deno.execPath()}" run -A "${MAIN}" "$@"; }`,
      "PS1='READY>'",
    ];
    Deno.writeTextFileSync(`${dir}/profile`, profile.join("\n"));
    const size = ["-x", "60", "-y", "14"];
    await this.#tmux(
      ...["-f", "/dev/null", "new-session", "-d", "-c", dir, ...size],
      `exec env -i ${environment()} ENV=${dir}/profile sh -i`,
    );
    await this.until(/READY>$/);
  }

  /** Types a command line. */
  async type(line: string): Promise<void> {
    await this.#tmux("send-keys", "-l", line);
    await this.press("Enter");
  }

  async press(key: string): Promise<void> {
    await this.#tmux("send-keys", key);
  }

  /** The screen, once it matches. */
  async until(pattern: RegExp): Promise<string> {
    const end = Date.now() + 20_000;
    for (;;) {
      const screen = (await this.#tmux("capture-pane", "-p")).replace(
        /\n+$/,
        "",
      );
      if (pattern.test(screen)) return screen;
      if (Date.now() > end) throw new Error(`no ${pattern} in\n${screen}`);
      await new Promise((wait) => setTimeout(wait, 30));
    }
  }

  /** The modes of the terminal, as `stty` gives them. */
  async modes(): Promise<string> {
    await this.type(`clear; stty -a > modes`);
    await this.until(/^READY>$/);
    return Deno.readTextFileSync(`${this.#dir}/modes`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux("kill-server");
    Deno.removeSync(this.#dir, { recursive: true });
  }

  async #tmux(...args: string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command("tmux", {
      args: ["-L", this.#socket, ...args],
      env: { TMUX: "", TERM: "xterm-256color", LANG: "C.UTF-8" },
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout);
  }
}

/** What the shell gets of the environment: nothing that tells Ferry how to look. */
function environment(): string {
  const kept = ["PATH", "HOME", "DENO_DIR"].flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [`${name}='${value}'`];
  });
  return [...kept, "LANG=C.UTF-8", 'TERM="$TERM"', 'TMUX="$TMUX"'].join(" ");
}

async function isMissing(): Promise<boolean> {
  try {
    await new Deno.Command("tmux", { args: ["-V"] }).output();
    return false;
  } catch {
    return true;
  }
}
