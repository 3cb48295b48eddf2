// @core
/** A column of numbers reduced to what a chart has room for, in constant memory. */

/** Collects values in order and gives back at most `room` averages of neighbours. */
export class Series {
  readonly #room: number;
  #means: number[] = [];
  /** How many values each mean stands for, but the last one being built. */
  #step = 1;
  #sum = 0;
  #pending = 0;
  #count = 0;

  /** @param room Points of the chart, at least 2. */
  constructor(room: number) {
    this.#room = Math.max(2, room);
  }

  /** How many values were taken. */
  get count(): number {
    return this.#count;
  }

  /** Takes the next value. */
  add(value: number): void {
    this.#count++;
    this.#sum += value;
    if (++this.#pending < this.#step) return;
    this.#means.push(this.#sum / this.#pending);
    this.#sum = 0;
    this.#pending = 0;
    // Twice the room is kept, so that the points of the chart stay evenly filled.
    if (this.#means.length < this.#room * 2) return;
    this.#means = pairs(this.#means);
    this.#step *= 2;
  }

  /** The points, from the first to the last. */
  points(): number[] {
    const means = this.#pending > 0
      ? [...this.#means, this.#sum / this.#pending]
      : this.#means;
    if (means.length <= this.#room) return means;
    return Array.from({ length: this.#room }, (_, i) => {
      const from = Math.floor(i * means.length / this.#room);
      const until = Math.floor((i + 1) * means.length / this.#room);
      const part = means.slice(from, Math.max(until, from + 1));
      return part.reduce((total, n) => total + n, 0) / part.length;
    });
  }
}

function pairs(values: readonly number[]): number[] {
  const halved: number[] = [];
  for (let i = 0; i + 1 < values.length; i += 2) {
    halved.push(((values[i] as number) + (values[i + 1] as number)) / 2);
  }
  return halved;
}
