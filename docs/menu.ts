/** Alice's menu as it stands in tmux after a message came in and a file went out, with its colours. */
import { fromFileUrl } from "@std/path";
import { TempDir } from "../tests/support/files.ts";

const FERRY = [
  ...[Deno.execPath(), "run", "-A", "--quiet"],
  fromFileUrl(new URL("../main.ts", import.meta.url)),
];
/** How long a screen may take to appear, and how often it is looked at. Milliseconds. */
const PATIENCE_MS = 20_000;
const LOOK_MS = 50;

/** The screen, with colour sequences. Rejects when tmux is not there or a step does not come. */
export async function menuOfAlice(): Promise<string> {
  using dir = new TempDir();
  const files = new URL("../testdata/demo/", import.meta.url);
  for (const { name } of Deno.readDirSync(files)) {
    Deno.copyFileSync(new URL(name, files), dir.at(name));
  }
  const tmux = async (...args: string[]): Promise<string> => {
    const { success, stdout, stderr } = await new Deno.Command("tmux", {
      args: ["-S", dir.at("tmux"), "-f", "/dev/null", ...args],
      cwd: dir.path,
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH") ?? "",
        DENO_DIR: Deno.env.get("DENO_DIR") ??
          `${Deno.env.get("HOME")}/.cache/deno`,
        HOME: dir.path,
        LANG: "C.UTF-8",
        TERM: "xterm-256color",
      },
    }).output();
    const [out = "", problem = ""] = [stdout, stderr].map((bytes) =>
      new TextDecoder().decode(bytes)
    );
    if (!success) throw new Error(`tmux ${args[0]}: ${problem}`);
    return out;
  };
  const open = (name: string, ...args: string[]) =>
    tmux(
      ...["new-session", "-d", "-s", name, "-x", "84", "-y", "24", "-c"],
      ...[dir.path, ...FERRY, ...args],
    );
  const sees = async (name: string, text: string): Promise<string> => {
    const end = performance.now() + PATIENCE_MS;
    while (true) {
      const screen = await tmux("capture-pane", "-p", "-e", "-t", name);
      if (screen.includes(text)) return screen;
      if (performance.now() > end) throw new Error(`no ${text} in\n${screen}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  };
  const keys = (name: string, ...keys: string[]) =>
    tmux("send-keys", "-t", name, ...keys);
  try {
    await open("hub", "serve", "--name", "lab", "--port", "0");
    await sees("hub", "q");
    await sees("hub", "Stop");
    await open("bob", "connect", "--name", "bob");
    await sees("bob", "Quit");
    await open("alice", "connect", "--name", "alice");
    await sees("alice", "Quit");
    await keys("bob", "2");
    await sees("bob", "Broadcast what?");
    await keys("bob", "-l", "The readings are in");
    await keys("bob", "Enter");
    await sees("bob", "text message");
    await keys("bob", "Enter");
    await sees("alice", "The readings are in");
    await keys("alice", "1");
    await sees("alice", "Send what?");
    await keys("alice", "-l", "readings.csv");
    await keys("alice", "Enter");
    await sees("alice", "Send to whom?");
    await keys("alice", "Space", "Enter");
    await sees("alice", "end to end");
    return (await sees("alice", "Quit")).trimEnd();
  } finally {
    await tmux("kill-server").catch(() => {});
  }
}
