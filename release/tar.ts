/** Writes a tar archive that is the same for the same files: no dates, no owners, in the order given. */

/** One file of an archive. */
export interface Entry {
  /** With `/`, at most 100 bytes of ASCII. */
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly executable: boolean;
}

const BLOCK = 512;

/** The archive in pieces. Throws RangeError for a name that does not fit. */
export function* tarOf(
  entries: Iterable<Entry>,
): Generator<Uint8Array<ArrayBuffer>> {
  for (const entry of entries) {
    yield header(entry);
    yield entry.bytes;
    yield new Uint8Array((BLOCK - entry.bytes.length % BLOCK) % BLOCK);
  }
  yield new Uint8Array(2 * BLOCK);
}

function header({ name, bytes, executable }: Entry): Uint8Array<ArrayBuffer> {
  if (name.length > 100 || !/^[\x21-\x7e]+$/.test(name)) {
    throw new RangeError(`${name} does not fit into a tar header`);
  }
  const block = new Uint8Array(BLOCK);
  const put = (at: number, text: string) =>
    block.set(new TextEncoder().encode(text), at);
  const octal = (value: number, digits: number) =>
    value.toString(8).padStart(digits, "0");
  put(0, name);
  put(100, octal(executable ? 0o700 : 0o600, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(bytes.length, 11));
  put(136, octal(0, 11));
  // The checksum counts its own field as spaces.
  put(148, "        ");
  put(156, "0");
  put(257, "ustar\x0000");
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, `${octal(sum, 6)}\0 `);
  return block;
}
