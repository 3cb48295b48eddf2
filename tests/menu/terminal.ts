/** A terminal in memory: what stands on its screen after everything that was written. */
import { graphemesOf, width } from "../../lib/text/width.ts";

/** Knows the sequences a menu may use, and throws for any other. Lines longer than the screen wrap. */
export class FakeTerminal {
  /** Everything scrolled off and everything on the screen, as cells. */
  #lines: string[][] = [[]];
  #row = 0;
  #column = 0;

  constructor(public columns: number, public rows: number) {}

  /** Where the cursor stands: the line counted from the very first, and the column. */
  get cursor(): { line: string; column: number } {
    return { line: this.#text(this.#row), column: this.#column };
  }

  /** All lines, those scrolled off too, without the empty ones below the cursor. */
  lines(): string[] {
    const lines = this.#lines.map((_, row) => this.#text(row));
    while (lines.length > this.#row + 1 && lines.at(-1) === "") lines.pop();
    return lines;
  }

  /** Takes what a program writes. */
  write(data: string): void {
    let rest = data;
    while (rest !== "") {
      const end = rest.search(/\p{Cc}/u);
      const text = end < 0 ? rest : rest.slice(0, end);
      for (const grapheme of graphemesOf(text)) this.#put(grapheme);
      const char = rest[text.length];
      rest = rest.slice(text.length + 1);
      if (char === "\r") this.#column = 0;
      else if (char === "\n") this.#newLine();
      else if (char !== undefined) {
        const sequence = /^\[([\d;?]*)([A-Za-z])/.exec(rest);
        if (sequence === null) {
          throw new Error(`unknown sequence ${JSON.stringify(rest)}`);
        }
        this.#control(sequence[1] ?? "", sequence[2] ?? "");
        rest = rest.slice(sequence[0].length);
      }
    }
  }

  /** Another size: as most terminals do, lines too long for it wrap, and the cursor stays with its text. */
  resize(columns: number, rows: number): void {
    const before = this.#lines;
    const [row, column] = [this.#row, this.#column];
    this.#lines = [];
    this.columns = columns;
    this.rows = rows;
    for (const [at, line] of before.entries()) {
      if (at === row) {
        this.#row = this.#lines.length + Math.floor(column / columns);
        this.#column = column % columns;
      }
      do this.#lines.push(line.splice(0, columns)); while (line.length > 0);
    }
    while (this.#lines.length <= this.#row) this.#lines.push([]);
  }

  #control(parameters: string, final: string): void {
    const count = Number(parameters || "1");
    switch (final) {
      case "A":
        this.#row = Math.max(
          this.#row - count,
          this.#lines.length - this.rows,
          0,
        );
        return;
      case "B":
        this.#row = Math.min(this.#row + count, this.#lines.length - 1);
        return;
      case "C":
        this.#column = Math.min(this.#column + count, this.columns - 1);
        return;
      case "J":
        this.#lines.length = this.#row + 1;
        this.#lines[this.#row]?.splice(this.#column);
        return;
      case "K":
        this.#lines[this.#row]?.splice(this.#column);
        return;
      case "m":
      case "h":
      case "l":
        return;
      default:
        throw new Error(`unknown sequence ESC [${parameters}${final}`);
    }
  }

  #put(grapheme: string): void {
    const w = Math.max(width(grapheme), 1);
    if (this.#column + w > this.columns) {
      this.#newLine();
      this.#column = 0;
    }
    const line = this.#lines[this.#row] ?? [];
    while (line.length < this.#column) line.push(" ");
    line[this.#column] = grapheme;
    // The second cell of a wide character.
    if (w === 2) line[this.#column + 1] = "";
    this.#column += w;
  }

  /** As a terminal with its output processed does: a new line begins at the first column. */
  #newLine(): void {
    this.#row++;
    this.#column = 0;
    if (this.#row === this.#lines.length) this.#lines.push([]);
  }

  #text(row: number): string {
    return (this.#lines[row] ?? []).join("").trimEnd();
  }
}
