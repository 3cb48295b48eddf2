/** Lets a few at a time do what must not be done by many at once; the others wait in the order they came. */
export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** At most `count` at a time. */
  constructor(count: number) {
    this.#free = count;
  }

  /** Does it when its turn comes, and passes the turn on however that ends. */
  async within<T>(act: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
    try {
      return await act();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
