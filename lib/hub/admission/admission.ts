/** Whether a newcomer may join a hub, and the name it gets. */
import { Failure } from "../../failure.ts";
import {
  MAX_ADDRESS_SHARE,
  MAX_CONNECTIONS,
  MAX_PEERS,
} from "../../protocol/limits.ts";
import type { MessageOf } from "../../protocol/message.ts";
import type { Clock } from "../../time/clock.ts";
import type { Member } from "../member.ts";
import type { NameBook } from "./names.ts";
import { nameForOneshot, nameForPeer, type Names } from "./naming.ts";
import { assertNotReserved, type Registry } from "../registry.ts";
import { originOf } from "./strangers.ts";

/**
 * A connection from which nothing has come for so long has left a PING unanswered; who comes with
 * the same key may take its name. Milliseconds.
 */
const SILENT_MS = 15_000;

/** What decides who may join. */
export interface AdmissionNeeds {
  readonly clock: Clock;
  /** Who holds which name now. */
  readonly registry: Registry<Member>;
  /** Everyone connected, also those that have not greeted. */
  readonly members: ReadonlySet<Member>;
  readonly maxPeers?: number | undefined;
  /** Peers and one-shots together. */
  readonly maxConnections?: number | undefined;
  /** Whose names are whose; without it names belong to nobody. */
  readonly names?: NameBook | undefined;
  /** `member` holds its name no more: the same peer has come back. */
  leave(member: Member): void;
}

/** Lets newcomers join. */
export class Admission {
  readonly #needs: AdmissionNeeds;

  constructor(needs: AdmissionNeeds) {
    this.#needs = needs;
  }

  /**
   * The name `member` gets, held for it from now on where it is a peer. Throws Failure `limit`,
   * `bad-name` or `name-taken`.
   */
  admit(member: Member, hello: MessageOf<"hello">): string {
    const { registry, maxPeers: limit = MAX_PEERS } = this.#needs;
    const { name, role } = hello;
    this.#assertRoom(member, name);
    if (role === "oneshot") return this.#nameOfOneshot(member, hello);
    this.#takeOver(member, hello);
    if (registry.size >= limit) {
      const state = `the hub has its ${limit} peers`;
      throw new Failure("limit", `Cannot join as ${name}: ${state}`);
    }
    return this.#claim(member, hello);
  }

  /** The names that belong to the key a member has shown. Throws Failure `input` for a damaged book of names. */
  namesOf({ key, info }: Member): string[] {
    const { names: book } = this.#needs;
    if (book === undefined || key === undefined) return [];
    const { namesOf, owner } = this.#known(book);
    // Its own may have been freed since it has joined.
    const names = new Set([...namesOf(key), info?.name.toLowerCase() ?? ""]);
    return [...names].filter((name) => owner(name) === key);
  }

  /** Throws Failure `limit` when there are too many connections, or too many from its address. */
  #assertRoom({ address }: Member, name: string): void {
    const { members, maxConnections: limit = MAX_CONNECTIONS } = this.#needs;
    const joined = [...members].filter(({ info }) => info !== undefined);
    if (joined.length >= limit) {
      const state = `the hub has its ${limit} connections`;
      throw new Failure("limit", `Cannot join as ${name}: ${state}`);
    }
    const share = Math.ceil(limit * MAX_ADDRESS_SHARE);
    if (joined.length < share) return;
    const origin = originOf(address);
    const near = joined.filter((other) => originOf(other.address) === origin);
    if (near.length >= share) {
      const state = `the hub has ${share} connections from its address`;
      throw new Failure("limit", `Cannot join as ${name}: ${state}`);
    }
  }

  #nameOfOneshot(
    { key, address }: Member,
    { name, adapt }: MessageOf<"hello">,
  ): string {
    const { registry, names } = this.#needs;
    if (names !== undefined) {
      return nameForOneshot({ name, adapt, key }, this.#known(names));
    }
    if (!adapt) assertNotReserved(name);
    // Where names belong to nobody, only the machine a peer runs on may send under that peer's name.
    const own = registry.find(name)?.address === address;
    return own ? name : registry.freeVariant(name);
  }

  /** The same peer has come back before its old connection was found dead: that one goes. */
  #takeOver(member: Member, { name, token }: MessageOf<"hello">): void {
    const holder = this.#needs.registry.find(name);
    if (holder === undefined || holder.key !== member.key) return;
    const isDead = member.key !== undefined &&
      holder.connection.heartbeat.silentMs > SILENT_MS;
    if (holder.token !== token && !isDead) return;
    this.#needs.leave(holder);
    holder.connection.abort(new Failure("disconnected", "it connected anew"));
  }

  #claim(member: Member, { name, adapt }: MessageOf<"hello">): string {
    const { registry, names, clock } = this.#needs;
    const { key } = member;
    if (names === undefined || key === undefined) {
      return registry.claim(name, member, adapt);
    }
    const given = nameForPeer({ name, adapt, key }, this.#known(names));
    names.bind(given, key, clock.date());
    return registry.claim(given, member, false);
  }

  #known(book: NameBook): Names {
    const { registry } = this.#needs;
    return {
      isHeld: (name) => registry.find(name) !== undefined,
      // Who holds a name keeps it while connected, also when it was freed meanwhile.
      owner: (name) => registry.find(name)?.key ?? book.owner(name),
      namesOf: (key) => book.namesOf(key),
    };
  }
}
