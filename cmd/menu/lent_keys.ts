/** The keyboard, lent to a command that reads it itself. */
import type { KeySource } from "../../lib/term/keys.ts";

/** While a command listens, the menu does not. */
export class LentKeys {
  #listeners = 0;

  /** Whether a command listens now. */
  get taken(): boolean {
    return this.#listeners > 0;
  }

  /** The keyboard as a command gets it. */
  keys(keys: KeySource | undefined): KeySource | undefined {
    return keys && {
      listen: (listener) => {
        this.#listeners++;
        const stop = keys.listen(listener);
        let listening = true;
        return () => {
          if (listening) this.#listeners--;
          listening = false;
          stop();
        };
      },
    };
  }
}
