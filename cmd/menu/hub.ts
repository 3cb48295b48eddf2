/** The menu over a running hub. */
import type { Hub } from "../../lib/hub/hub.ts";
import { type Address, formatAddress } from "../../lib/net/address.ts";
import { safe } from "../../lib/text/safe.ts";
import type { Context } from "../context.ts";
import type { Globals } from "../globals.ts";
import type { Receiving } from "../receiving.ts";
import type { Reporter } from "../report.ts";
import { hubArguments } from "./hub_args.ts";
import { HUB_MENU } from "./menus.ts";
import { openMenu } from "./open.ts";
import { Questions } from "./questions.ts";
import { countOf } from "./words.ts";

/** A hub that runs in this process. */
export interface HubPlace {
  readonly hub: Hub;
  readonly name: string;
  /** Where commands on this machine reach it. */
  readonly address: Address;
  readonly insecure: boolean;
  readonly receiving: Receiving;
}

/** Lets offers that are asked about wait for the menu. */
export function attend(receiving: Receiving): Questions {
  const questions = new Questions();
  receiving.ask = (offer, signal) => questions.ask(offer, signal);
  return questions;
}

/** Offers the menu until the hub is to stop. Throws the reason when the program is told to. */
export async function runMenu(
  { hub, name, address, insecure, receiving }: HubPlace,
  questions: Questions,
  context: Context,
  globals: Globals,
  reporter: Reporter,
): Promise<void> {
  const hubArgs = await hubArguments({ address, insecure }, context, globals);
  const menu = await openMenu(context, globals, reporter, questions);
  try {
    await menu.offer({
      role: "hub",
      name: () => name,
      title: () =>
        `Hub ${safe(name)} on ${safe(formatAddress(hub.addr))}: ${
          countOf(hub.peers().length, "peer")
        }${receiving.paused ? ", accepting paused" : ""}`,
      hubArgs,
      peers: () => hub.peers(),
      receiving,
      disconnect: (peer) => hub.disconnect(peer),
      passing: () => hub.routes(),
    }, HUB_MENU);
  } finally {
    menu.close();
  }
}
