/** Lets everything else that waits have its turn: for long work that has nothing to wait for itself. */
export function pause(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
