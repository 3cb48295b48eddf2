/** Lets a few at a time do what must not be done by many at once; the others wait in the order they came. */
export class Turns {
  #free: number;
  readonly #waiting: PromiseWithResolvers<void>[] = [];

  /** At most `count` at a time. */
  constructor(count: number) {
    this.#free = count;
  }

  /** Does it when its turn comes, and passes the turn on however that ends. Throws what it is sent away with. */
  async within<T>(act: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else {
      const turn = Promise.withResolvers<void>();
      this.#waiting.push(turn);
      await turn.promise;
    }
    try {
      return await act();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next.resolve();
    }
  }

  /** Those that wait now get no turn. */
  sendAway(reason: unknown): void {
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
  }
}
