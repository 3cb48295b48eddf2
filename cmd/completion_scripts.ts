/** What each shell runs when Tab is pressed: it asks Ferry and shows the answer (see completions.ts). */
import bash from "./completions/ferry.bash" with { type: "text" };
import fish from "./completions/ferry.fish" with { type: "text" };
import powershell from "./completions/ferry.ps1" with { type: "text" };
import zsh from "./completions/ferry.zsh" with { type: "text" };

/** The shells there is a script for. */
export const SHELLS = ["bash", "zsh", "fish", "powershell"] as const;

/** One of them. */
export type Shell = typeof SHELLS[number];

/** Whether a word names a shell there is a script for. */
export function isShell(word: string): word is Shell {
  return SHELLS.some((shell) => shell === word);
}

/** The scripts. */
export const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash,
  zsh,
  fish,
  powershell,
};
