/** A peer whose hub is spoken by hand: what it does with whatever a hub may say. */
import type { InboxOptions } from "../../lib/inbox/inbox.ts";
import type { ClientOptions } from "../../lib/peer/client.ts";
import type { MessageOf } from "../../lib/protocol/message.ts";
import type { SingleOffer } from "../../lib/protocol/bundle.ts";
import { FakeClock } from "../fake_clock.ts";
import { digestOf } from "./files.ts";
import { TestPeer } from "./hub.ts";
import { offer, type RawEnd, RawListener, welcome } from "./raw.ts";

/** The answer to an offer that was refused, or to a body that was sent. */
export type Verdict = MessageOf<"receipt"> | MessageOf<"reject">;

/** A peer named bob and its hub. */
export class Hosted implements AsyncDisposable {
  private constructor(
    readonly hub: RawEnd,
    readonly peer: TestPeer,
    readonly clock: FakeClock,
  ) {}

  /** Lets a peer join. */
  static async join(
    inbox: Partial<InboxOptions> = {},
    greeting: Partial<ClientOptions> = {},
  ): Promise<Hosted> {
    const clock = new FakeClock();
    using listener = new RawListener();
    const joining = TestPeer.join(listener.port, "bob", clock, inbox, greeting);
    const hub = await listener.accept();
    await hub.expect("hello");
    await hub.send(welcome("bob"));
    return new Hosted(hub, await joining, clock);
  }

  /** Offers a file, or what `fields` say. */
  async offer(fields: Partial<SingleOffer> = {}): Promise<SingleOffer> {
    const offered = offer(fields);
    await this.hub.send({ type: "offer", ...offered });
    return offered;
  }

  /** Sends a body in pieces, and its END. */
  async body(id: string, bytes: Uint8Array, piece = 50_000): Promise<void> {
    for (let at = 0; at < bytes.length; at += piece) {
      await this.hub.data(id, at, bytes.subarray(at, at + piece));
    }
    await this.hub.send({ type: "end", id, ...digestOf(bytes) });
  }

  /** Offers a body, sends it if it is accepted, and gives what the peer made of it. */
  async give(
    bytes: Uint8Array,
    fields: Partial<SingleOffer> = {},
  ): Promise<Verdict> {
    const { id } = await this.offer({ size: bytes.length, ...fields });
    while (true) {
      const heard = await this.hub.next();
      if (heard?.type === "accept") await this.body(id, bytes);
      else if (heard?.type === "receipt" || heard?.type === "reject") {
        return heard;
      } else if (heard?.type !== "ping" && heard?.type !== "progress") {
        throw new Error(`Expected an answer, got ${JSON.stringify(heard)}`);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.hub[Symbol.dispose]();
    await this.peer[Symbol.asyncDispose]();
  }
}

/** The code a verdict gives; `delivered` when all is well. */
export function codeOf(verdict: Verdict): string {
  return "code" in verdict ? verdict.code : verdict.status;
}
