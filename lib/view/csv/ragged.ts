// @core
/** Rows that have another number of cells than their table. */
import { Failure } from "../../failure.ts";
import { safe } from "../../text/safe.ts";

/** Counts the rows whose number of cells is not the table's. */
export class Ragged {
  /** How many there were. */
  count = 0;
  #first = "";

  /** @param headed Whether the number expected is that of a header. */
  constructor(readonly expected: number, readonly headed: boolean) {}

  /** Counts one. */
  note(line: number, cells: readonly string[]): void {
    if (this.count++ === 0) {
      this.#first = `line ${line} has ${cellCount(cells.length)}`;
    }
  }

  /** The line for stderr, once the rows are through. */
  words(): string {
    const whole = `${this.#whole()} ${this.expected}`;
    return this.count === 1
      ? `1 ragged row: ${this.#first}, ${whole}`
      : `${this.count} ragged rows, the first of them: ${this.#first}, ${whole}`;
  }

  /** What one of them is with `--strict`. */
  failure(name: string, line: number, cells: readonly string[]): Failure {
    return new Failure(
      "bad-data",
      `Cannot read ${safe(name)} as CSV: line ${line} has ${
        cellCount(cells.length)
      }, ${this.#whole()} ${this.expected}`,
    );
  }

  #whole(): string {
    return this.headed ? "the header has" : "most rows have";
  }
}

function cellCount(count: number): string {
  return count === 1 ? "1 cell" : `${count} cells`;
}
