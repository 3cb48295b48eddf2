// @core
/**
 * Who holds which name on a hub. Names are unique without regard to case; `hub` and `all` mean
 * something else and are never held.
 */
import { Failure } from "../failure.ts";

/** Names no peer can hold. */
export const RESERVED_NAMES: readonly string[] = ["hub", "all"];

/** How many numbered variants of a name are tried before giving up. */
const MAX_VARIANTS = 10_000;
const MAX_NAME = 64;

/** Names and who holds them. */
export class Registry<Holder> {
  readonly #holders = new Map<string, { name: string; holder: Holder }>();

  /** How many names are held. */
  get size(): number {
    return this.#holders.size;
  }

  /** Who holds `name`, in any case, or undefined. */
  find(name: string): Holder | undefined {
    return this.#holders.get(name.toLowerCase())?.holder;
  }

  /** Everyone, in the order they came. */
  *all(): Generator<Holder> {
    for (const { holder } of this.#holders.values()) yield holder;
  }

  /**
   * Gives `name` to `holder`; with `adapt`, the first free of `name`, `name-2`, `name-3` …. Gives
   * the name as held. Throws Failure `name-taken`, or `bad-name` for a reserved one.
   */
  claim(name: string, holder: Holder, adapt: boolean): string {
    const free = adapt ? this.freeVariant(name) : name;
    assertNotReserved(free);
    const key = free.toLowerCase();
    if (this.#holders.has(key)) throw taken(name);
    this.#holders.set(key, { name: free, holder });
    return free;
  }

  /** The first of `name`, `name-2`, `name-3` … that is neither held nor reserved. Throws Failure `name-taken`. */
  freeVariant(name: string): string {
    for (const variant of variantsOf(name)) {
      const key = variant.toLowerCase();
      if (!this.#holders.has(key) && !RESERVED_NAMES.includes(key)) {
        return variant;
      }
    }
    throw taken(name);
  }

  /** Frees `name` if `holder` holds it; says whether it did. */
  release(name: string, holder: Holder): boolean {
    const key = name.toLowerCase();
    return this.#holders.get(key)?.holder === holder &&
      this.#holders.delete(key);
  }
}

/** `name`, `name-2`, `name-3` …, each within the length of a name. */
export function* variantsOf(name: string): Generator<string> {
  for (let variant = 1; variant <= MAX_VARIANTS; variant++) {
    const suffix = variant === 1 ? "" : `-${variant}`;
    yield name.slice(0, MAX_NAME - suffix.length) + suffix;
  }
}

/** Throws Failure `bad-name` for a name that means something else. */
export function assertNotReserved(name: string): void {
  if (!RESERVED_NAMES.includes(name.toLowerCase())) return;
  const state = `Cannot join as ${name}: the name is reserved`;
  throw new Failure("bad-name", state);
}

/** The refusal of a name that somebody holds. */
export function taken(name: string): Failure {
  const state = `Cannot join as ${name}: the name is already held`;
  return new Failure("name-taken", state);
}
