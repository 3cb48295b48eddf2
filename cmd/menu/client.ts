/** The menu over a connection that stays. */
import { type Address, formatAddress } from "../../lib/net/address.ts";
import type { Client } from "../../lib/peer/client.ts";
import { safe } from "../../lib/text/safe.ts";
import type { Context } from "../context.ts";
import type { Globals } from "../globals.ts";
import type { HubChoice } from "../hub_choice.ts";
import type { Receiving } from "../receiving.ts";
import type { Reporter } from "../report.ts";
import type { Post } from "./desk.ts";
import { hubArguments } from "./hub_args.ts";
import { CLIENT_MENU } from "./menus.ts";
import { type OpenMenu, openMenu } from "./open.ts";
import { Questions } from "./questions.ts";
import { countOf } from "./words.ts";

/** The menu of a peer; it stays while the hub comes and goes. */
export class ClientMenu {
  readonly #insecure: boolean;
  #address: Address;
  readonly #receiving: Receiving;
  readonly #questions = new Questions();
  #client: Client | undefined;
  #lost = false;
  #menu: OpenMenu | undefined;
  #closed = false;

  constructor({ address, access }: HubChoice, receiving: Receiving) {
    this.#address = address;
    this.#insecure = !access.secure;
    this.#receiving = receiving;
    receiving.ask = (offer, signal) => this.#questions.ask(offer, signal);
  }

  /** The hub is there, for the first time or again. */
  connected(client: Client, address: Address): void {
    this.#address = address;
    this.#client = client;
    this.#lost = false;
    client.onPresence(() => this.#menu?.refresh());
    this.#menu?.refresh();
  }

  /** The hub is gone, for now; `again` when it was before this attempt. */
  disconnected(): "first" | "again" {
    const before = this.#lost;
    this.#lost = true;
    this.#menu?.refresh();
    return before ? "again" : "first";
  }

  /** Offers the menu until it is left or closed. Throws the reason when the program is told to stop. */
  async offer(
    context: Context,
    globals: Globals,
    reporter: Reporter,
  ): Promise<void> {
    const where = { address: this.#address, insecure: this.#insecure };
    const hubArgs = await hubArguments(where, context, globals);
    const menu = await openMenu(context, globals, reporter, this.#questions);
    this.#menu = menu;
    try {
      if (!this.#closed) await menu.offer(this.#post(hubArgs), CLIENT_MENU);
    } finally {
      menu.close();
    }
  }

  /** Ends the menu, whatever it is about to ask. */
  close(): void {
    this.#closed = true;
    this.#menu?.close();
  }

  #post(hubArgs: () => readonly string[]): Post {
    const name = () => this.#client?.name ?? "";
    const others = () =>
      this.#lost
        ? []
        : [...this.#client?.peers.values() ?? []].filter((peer) =>
          peer.name !== name()
        );
    return {
      role: "peer",
      name,
      title: () => {
        const where = safe(formatAddress(this.#address));
        if (this.#lost) {
          return `${safe(name())}, trying to reach ${where} again`;
        }
        const hub = safe(this.#client?.welcome.hub ?? where);
        const paused = this.#receiving.paused ? ", accepting paused" : "";
        return `${safe(name())} on ${hub}: ${
          countOf(others().length, "other")
        }${paused}`;
      },
      hubArgs,
      peers: others,
      receiving: this.#receiving,
    };
  }
}
