// @core
/** Connections that have not greeted: who must go when there are too many, and how much is said of them. */
import { Failure } from "../../failure.ts";
import {
  GREETING_GRACE_MS,
  MAX_GREETING,
  MAX_GREETING_AT_ONCE,
} from "../../protocol/limits.ts";

/** Lines about strangers in one window; beyond it they are only counted. */
const LINES = 20;
const WINDOW_MS = 10_000;

/** Connections ended for one that comes: so a rush shrinks again, and many closings at once hold nobody up. */
const AT_ONCE = 2;

/** What counts as one origin: an IPv4 address, or the /64 an IPv6 address lies in, which one host may fill alone. */
export function originOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped !== null) return mapped[1] ?? address;
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.replace(/%.*$/, "").split("::");
  const groups = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  if (tail !== undefined) {
    while (groups.length + after.length < 8) groups.push("0");
  }
  return [...groups, ...after].slice(0, 4).map((group) =>
    Number.parseInt(group, 16).toString(16)
  ).join(":") + "::/64";
}

/**
 * The connections that wait to greet. Of too many the oldest of the origin that has the most makes
 * room, once it has had a moment for its greeting: one origin drives out itself and nobody else,
 * and many behind one address are held to no count of their own.
 */
export class Waiting<T> {
  /** When each came, the oldest first. */
  readonly #byOrigin = new Map<string, Map<T, number>>();
  #size = 0;

  /** Connections that wait. */
  get size(): number {
    return this.#size;
  }

  /** One has come from `address` at `now` (ms). */
  add(one: T, address: string, now: number): void {
    const origin = originOf(address);
    const same = this.#byOrigin.get(origin) ?? new Map<T, number>();
    this.#byOrigin.set(origin, same.set(one, now));
    this.#size++;
  }

  /** One waits no longer. */
  delete(one: T, address: string): void {
    const origin = originOf(address);
    const same = this.#byOrigin.get(origin);
    if (same?.delete(one) !== true) return;
    this.#size--;
    if (same.size === 0) this.#byOrigin.delete(origin);
  }

  /** Takes away those who must make room for one more at `now`. */
  takeWhoMustGo(now: number): T[] {
    const gone: T[] = [];
    while (this.#size >= MAX_GREETING && gone.length < AT_ONCE) {
      const [origin, same] = this.#most();
      const [oldest] = same;
      if (oldest === undefined) break;
      const [one, since] = oldest;
      const young = now - since < GREETING_GRACE_MS;
      if (young && this.#size < MAX_GREETING_AT_ONCE) break;
      same.delete(one);
      if (same.size === 0) this.#byOrigin.delete(origin);
      this.#size--;
      gone.push(one);
    }
    return gone;
  }

  #most(): readonly [string, Map<T, number>] {
    let most: readonly [string, Map<T, number>] = ["", new Map()];
    for (const group of this.#byOrigin) {
      if (group[1].size > most[1].size) most = group;
    }
    return most;
  }
}

/** What is said of strangers: the first in a while each by itself, a flood in one line. */
export class StrangerLog {
  readonly #say: (who: string, failure: Failure) => void;
  #since = -Infinity;
  #lines = 0;
  #unsaid = 0;

  constructor(say: (who: string, failure: Failure) => void) {
    this.#say = say;
  }

  /** A stranger's connection ended badly at `now` (ms). */
  add(who: string, failure: Failure, now: number): void {
    if (now - this.#since >= WINDOW_MS) {
      this.close();
      this.#since = now;
      this.#lines = 0;
    }
    if (this.#lines++ < LINES) this.#say(who, failure);
    else this.#unsaid++;
  }

  /** Says how many were not told of one by one. */
  close(): void {
    if (this.#unsaid === 0) return;
    const state =
      `${this.#unsaid} more were turned away before they had joined`;
    this.#unsaid = 0;
    this.#say("strangers", new Failure("limit", state));
  }
}
