// @core
/** Which name a newcomer gets on a hub where names belong to keys. */
import { Failure } from "../../failure.ts";
import {
  assertNotReserved,
  RESERVED_NAMES,
  taken,
  variantsOf,
} from "../registry.ts";

/** What is known of names when one is given; names in any case, keys as HELLO carries them. */
export interface Names {
  /** Whether a connected peer holds the name. */
  isHeld(name: string): boolean;
  /** The key the name belongs to: of who holds it, or for whom it is kept. */
  owner(name: string): string | undefined;
  /** Every name that is kept for `key`, in lower case. */
  namesOf(key: string): ReadonlySet<string>;
}

/** What a newcomer asks for. */
export interface Wish {
  readonly name: string;
  readonly adapt: boolean;
  /** The key it has shown, if any. */
  readonly key: string | undefined;
}

/**
 * The name a peer gets: the one it asks for; with `adapt` the first of its variants that it had
 * before and is free now, else the first that is free and belongs to nobody. Throws Failure
 * `bad-name` or `name-taken`.
 */
export function nameForPeer(wish: Wish, names: Names): string {
  const { name, adapt, key } = wish;
  if (!adapt) {
    assertNotReserved(name);
    if (names.isHeld(name)) throw taken(name);
    assertOwn(wish, names);
    return name;
  }
  const isFree = (one: string) => isGivable(one) && !names.isHeld(one);
  const own = key === undefined ? undefined : names.namesOf(key);
  return (own === undefined || own.size === 0
    ? undefined
    : find(name, (one) => own.has(one.toLowerCase()) && isFree(one))) ??
    find(name, (one) => isFree(one) && names.owner(one) === undefined) ??
    fail(taken(name));
}

/**
 * The name a one-shot sends under: the one it asks for, if it belongs to its key or to nobody; with
 * `adapt` else the first variant of which that is true. It may be one that a peer of its own key
 * holds now. Throws Failure `bad-name` or `name-taken`.
 */
export function nameForOneshot(wish: Wish, names: Names): string {
  const { name, adapt, key } = wish;
  if (!adapt) {
    assertNotReserved(name);
    assertOwn(wish, names);
    return name;
  }
  const own = key === undefined ? undefined : names.namesOf(key);
  const isOwn = (one: string) =>
    key !== undefined && isGivable(one) && names.owner(one) === key;
  return (own === undefined || own.size === 0
    ? undefined
    : find(name, isOwn)) ??
    find(name, (one) => isGivable(one) && names.owner(one) === undefined) ??
    fail(taken(name));
}

/** The refusal of a name that another key has. */
export function belongsToAnother(name: string): Failure {
  return new Failure(
    "name-taken",
    `Cannot join as ${name}: the name belongs to another; ferry peers --forget ${name} on the hub's machine frees it`,
  );
}

function assertOwn({ name, key }: Wish, names: Names): void {
  const owner = names.owner(name);
  if (owner !== undefined && owner !== key) throw belongsToAnother(name);
}

function isGivable(name: string): boolean {
  return !RESERVED_NAMES.includes(name.toLowerCase());
}

function find(
  name: string,
  fits: (variant: string) => boolean,
): string | undefined {
  for (const variant of variantsOf(name)) if (fits(variant)) return variant;
}

function fail(failure: Failure): never {
  throw failure;
}
