// @core
/** A question answered with yes or no. */
import type { Key } from "./decode.ts";
import { type Prompt, type Step, type View, wrapped } from "./prompt.ts";

/** Enter takes the answer that changes nothing. */
export class ConfirmPrompt implements Prompt<boolean> {
  readonly draft = "";

  constructor(readonly question: string, readonly standard = false) {}

  press({ name, text }: Key): Step<boolean> {
    if (name === "escape") return { is: "back" };
    if (name === "enter") return { is: "done", value: this.standard };
    if (name === "text" && /^[yYnN]$/.test(text)) {
      return { is: "done", value: text.toLowerCase() === "y" };
    }
    return { is: "open", prompt: this };
  }

  render(columns: number, rows: number): View {
    const choice = this.standard ? "[Y/n]" : "[y/N]";
    const lines = wrapped(`${this.question} ${choice}`, "title", columns).slice(
      -Math.max(rows, 1),
    );
    const last = lines.at(-1)?.text ?? "";
    return {
      lines,
      cursor: {
        row: lines.length - 1,
        column: Math.min(last.length + 1, Math.max(columns - 1, 0)),
      },
    };
  }
}
