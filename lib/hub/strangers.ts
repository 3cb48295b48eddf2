// @core
/** Connections that have not greeted: who must go when there are too many, and how much is said of them. */
import { Failure } from "../failure.ts";

/** Lines about strangers in one window; beyond it they are only counted. */
const LINES = 20;
const WINDOW_MS = 10_000;

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
 * Of those who wait to greet, oldest first, the one who makes room for another: the oldest of the
 * origin that has the most. So one origin drives out itself and nobody else, and many behind one
 * address are held to no count of their own.
 */
export function firstToGo<T extends { readonly address: string }>(
  waiting: readonly T[],
): T | undefined {
  const byOrigin = Map.groupBy(waiting, ({ address }) => originOf(address));
  let most: readonly T[] = [];
  for (const group of byOrigin.values()) {
    if (group.length > most.length) most = group;
  }
  return most[0];
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
