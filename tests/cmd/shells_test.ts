/** The completion scripts in the shells they are for, where those are installed, with a hub that runs. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { SCRIPTS, type Shell } from "../../cmd/completion_scripts.ts";
import { TempDir } from "../support/files.ts";
import { denoDirectory } from "../cli/world.ts";
import { TestHub, TestPeer } from "../support/hub.ts";

const MAIN = fromFileUrl(new URL("../../main.ts", import.meta.url));

/** Words of a command line behind `ferry`; the last one is to be completed. */
type Ask = (...words: string[]) => Promise<string>;

function isInstalled(shell: string): boolean {
  try {
    return new Deno.Command(shell, {
      args: ["-c", "exit"],
      stdout: "null",
      stderr: "null",
    }).outputSync().success;
  } catch {
    return false;
  }
}

/** `program` is what the shell runs with the words as its arguments; the script is in $SCRIPT. */
function test(
  shell: Shell,
  flags: readonly string[],
  program: string,
  body: (ask: Ask) => Promise<void>,
): void {
  const installed = isInstalled(shell);
  Deno.test({
    name: `completions in ${shell}${
      installed ? "" : " (skipped: it is not installed)"
    }`,
    ignore: !installed,
    fn: async () => {
      using dir = new TempDir();
      await using hub = new TestHub();
      await using _alice = await TestPeer.join(hub.port, "alice", hub.clock);
      await using _bob = await TestPeer.join(hub.port, "bob", hub.clock);
      Deno.writeTextFileSync(dir.at("script"), SCRIPTS[shell]);
      Deno.writeTextFileSync(dir.at("program"), program);
      Deno.writeTextFileSync(dir.at("report.csv"), "a\n");
      Deno.mkdirSync(dir.at("bin"));
      const ferry = dir.at("bin", "ferry");
      Deno.writeTextFileSync(
        ferry,
        `#!/bin/sh\nexec '${Deno.execPath()}' run -A --quiet '${MAIN}' "$@"\n`,
        { mode: 0o755 },
      );
      await body(async (...words) => {
        const { stdout, stderr } = await new Deno.Command(shell, {
          args: [...flags, dir.at("program"), ...words],
          cwd: dir.path,
          env: {
            PATH: `${dir.at("bin")}:${Deno.env.get("PATH")}`,
            HOME: dir.path,
            DENO_DIR: denoDirectory(),
            SCRIPT: dir.at("script"),
            FERRY_HUB: `127.0.0.1:${hub.port}`,
            FERRY_INSECURE: "1",
            TERM: "dumb",
          },
          signal: AbortSignal.timeout(30_000),
        }).output();
        const text = new TextDecoder();
        return text.decode(stdout) + text.decode(stderr);
      });
    },
  });
}

test(
  "bash",
  ["--norc"],
  `. "$SCRIPT"
COMP_WORDS=(ferry "$@") COMP_CWORD=$#
_ferry
printf '%s\\n' "\${COMPREPLY[@]}"`,
  async (ask) => {
    assertEquals(await ask("se"), "serve\nsend\n");
    assertEquals(await ask("send", "--to", ""), "alice\nbob\nhub\n");
    assertEquals(await ask("send", "--to", "bob,a"), "bob,alice\n");
    assertEquals(await ask("send", "--to", "bob", "rep"), "report.csv\n");
    assertEquals(await ask("view", "--protocol", "=", "k"), "kitty\n");
  },
);

test(
  "fish",
  ["--no-config"],
  `source $SCRIPT
complete -C "ferry $argv"`,
  async (ask) => {
    assertEquals(
      await ask("se"),
      "serve\tRun the hub that peers join\nsend\tSend files or a message to peers\n",
    );
    assertEquals(await ask("send", "--to", ""), "alice\nbob\nhub\n");
    assertEquals(await ask("send", "--to", "bob,a"), "bob,alice\n");
    assertEquals(await ask("send", "--to", "bob", "rep"), "report.csv\n");
    assertEquals(await ask("view", "--protocol=k"), "--protocol=kitty\n");
  },
);

// Types into a zsh with a terminal, presses Tab, and waits until the line has become the one wanted.
test(
  "zsh",
  ["-f"],
  `zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PROMPT= RPROMPT=; unsetopt zle_bracketed_paste; autoload -Uz compinit; compinit -u -D; . $SCRIPT; print rea""dy'
zpty -r -m shell out '*ready*'
zpty -w -n shell "ferry $1"$'\\t'
zpty -r -m shell out "*ferry $2*"
print -r -- found`,
  async (ask) => {
    for (
      const [typed, whole] of [
        ["broad", "broadcast "],
        ["send --to ali", "send --to alice "],
        ["send --to bob,al", "send --to bob,alice "],
        ["send --to bob rep", "send --to bob report.csv "],
        ["view --protocol=k", "view --protocol=kitty "],
      ] as const
    ) {
      const heard = await ask(typed, whole);
      assert(heard.includes("found"), `${typed}: ${heard}`);
    }
  },
);
