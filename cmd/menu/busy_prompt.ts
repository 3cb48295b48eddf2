/** What stands below a command under way. */
import type { Key } from "../../lib/term/decode.ts";
import {
  type Prompt,
  type Step,
  type View,
  wrapped,
} from "../../lib/term/prompt.ts";
import { BUSY_HINT } from "./words.ts";

/** Left with Esc to cancel, answered with `b` to let it run on. */
export class BusyPrompt implements Prompt<"background"> {
  readonly draft = "";

  constructor(readonly label: string) {}

  press({ name, text }: Key): Step<"background"> {
    if (name === "escape") return { is: "back" };
    if (name === "text" && text === "b") {
      return { is: "done", value: "background" };
    }
    return { is: "open", prompt: this };
  }

  render(columns: number, rows: number): View {
    const lines = [
      ...wrapped(this.label, "title", columns),
      ...wrapped(BUSY_HINT, "hint", columns),
    ].slice(0, Math.max(rows, 1));
    return { lines, cursor: { row: 0, column: 0 } };
  }
}
