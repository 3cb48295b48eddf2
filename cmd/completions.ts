/** `ferry completions`: the script a shell completes Ferry's command lines with, and what it asks. */
import { Failure } from "../lib/failure.ts";
import { complete } from "./complete.ts";
import { defineCommand } from "./command.ts";
import { isShell, SCRIPTS, type Shell, SHELLS } from "./completion_scripts.ts";
import type { Context } from "./context.ts";
import type { Candidate } from "./complete.ts";
import { TABLE } from "./table.ts";

/** See the command table. */
export const command = defineCommand({
  usage: ["completions bash|zsh|fish|powershell"],
  description:
    "Prints a script that lets the shell complete Ferry's commands, flags and values, files, " +
    "and the names of peers and shared files as the hub knows them at that moment. " +
    "The script asks Ferry itself, so it stays right when Ferry is updated.",
  arguments: [{
    name: "SHELL",
    help: "bash, zsh, fish or powershell",
    choices: SHELLS,
  }],
  options: {},
  examples: [
    {
      line:
        "ferry completions bash > ~/.local/share/bash-completion/completions/ferry",
      does: "bash, where the package bash-completion is installed",
    },
    {
      line: 'eval "$(ferry completions bash)"',
      does: "bash without that package: this line in ~/.bashrc",
    },
    {
      line: "ferry completions zsh > ~/.zfunc/_ferry",
      does: "zsh, where ~/.zfunc is in fpath before compinit",
    },
    {
      line: "ferry completions fish > ~/.config/fish/completions/ferry.fish",
      does: "fish",
    },
  ],
  summary: false,
  printsOnly: true,
  async run(context, { arguments: [shell, ...words], reporter }) {
    if (shell === undefined) {
      throw new Failure("usage", "Cannot complete: the shell is missing", {
        hint: `name one of ${SHELLS.join(", ")}`,
      });
    }
    if (!isShell(shell)) {
      throw new Failure(
        "usage",
        `Cannot complete for ${shell}: it is not one of ${SHELLS.join(", ")}`,
      );
    }
    if (words.length === 0) {
      const topic = `completions ${shell}`;
      reporter.event({ event: "help", topic, text: SCRIPTS[shell].trimEnd() });
    } else await reporter.data(await answer(shell, words, context));
  },
});

/**
 * What the scripts read: a line that says which paths the shell is to add (`none`, `files`,
 * `directories`), then a candidate a line, with its explanation behind a tab.
 */
async function answer(
  shell: Shell,
  typed: readonly string[],
  context: Context,
): Promise<string> {
  const words = typed.map((word, at) =>
    // PowerShell drops empty arguments: its script puts a sign before the last one.
    shell === "powershell" && at === typed.length - 1
      ? word.replace(/^=/, "")
      : word
  );
  // bash takes --color=never for three words.
  const whole = shell === "bash" ? joinedAtEquals(words) : words;
  const { candidates, paths, live } = await complete(whole, TABLE);
  const all = [...candidates];
  if (live !== undefined) {
    const { liveNames } = await import("./live_names.ts");
    const last = whole.at(-1) ?? "";
    for (const name of await liveNames(live.names, whole, context)) {
      const value = live.before + name;
      const given = live.before.split(/[,=]/).includes(name);
      if (value.startsWith(last) && !given) all.push({ value, help: "" });
    }
  }
  const cut = whole === words ? 0 : offsetOfLast(whole, words);
  return [paths, ...all.map((one) => lineOf(one, shell, cut))].join("\n") +
    "\n";
}

/** One candidate; `cut` characters of it stand in an earlier word for the shell. */
function lineOf({ value, help }: Candidate, shell: Shell, cut: number): string {
  const rest = value.slice(cut);
  if (shell === "bash") return rest;
  // zsh parts value and explanation at the first colon.
  if (shell === "zsh") {
    const plain = rest.replaceAll(":", "\\:");
    return help === "" ? plain : `${plain}:${help}`;
  }
  return help === "" ? rest : `${rest}\t${help}`;
}

function joinedAtEquals(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (const [at, word] of words.entries()) {
    const flag = joined.at(-1);
    const continues = flag !== undefined && flag.startsWith("--") &&
      (word === "=" || words[at - 1] === "=");
    if (continues) joined[joined.length - 1] = flag + word;
    else joined.push(word);
  }
  return joined;
}

/** How much of the last joined word stands before the last word as the shell has it. */
function offsetOfLast(
  joined: readonly string[],
  words: readonly string[],
): number {
  const last = words.at(-1) ?? "";
  return (joined.at(-1) ?? "").length - (last === "=" ? 0 : last.length);
}
