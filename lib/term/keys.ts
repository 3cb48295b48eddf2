/**
 * Bytes the terminal sends, keys and answers alike. While someone listens the terminal is in raw
 * mode: nothing is echoed, nothing waits for Enter, and Ctrl-C is a key like any other.
 */
export interface KeySource {
  /** Calls `listener` with each piece of input as it is read, until the returned function is called. */
  listen(listener: (bytes: Uint8Array) => void): () => void;
}
