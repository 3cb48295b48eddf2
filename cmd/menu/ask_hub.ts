/** Asks which hub is meant: an address, or a ticket. */
import { Failure } from "../../lib/failure.ts";
import { parseAddress } from "../../lib/net/address.ts";
import { decodeTicket, isTicket } from "../../lib/net/ticket.ts";
import type { Context } from "../context.ts";
import type { Globals } from "../globals.ts";
import { openUi } from "./open.ts";
import { Questions } from "./questions.ts";
import { Cancelled, Ended, type Ui } from "./ui.ts";
import { WHICH_HUB } from "./words.ts";

/** Asks on a terminal no menu is open on; undefined when there was no answer. */
export async function askForHub(
  context: Context,
  globals: Globals,
): Promise<string | undefined> {
  const ui = await openUi(context, globals, new Questions());
  try {
    return await askHub(ui, "");
  } catch (error) {
    if (error instanceof Ended) return undefined;
    if (!(error instanceof Cancelled)) throw error;
    throw new Failure("sigint", "Cannot join: it was cancelled");
  } finally {
    ui.close();
  }
}

/** Asks for an address or a ticket, until it is one; undefined when they went back. */
export async function askHub(
  ui: Ui,
  initial: string,
): Promise<string | undefined> {
  const hub = await ui.text({
    key: "hub",
    title: WHICH_HUB,
    initial,
    check: (text) => {
      try {
        if (isTicket(text)) decodeTicket(text);
        else parseAddress(text.trim());
        return undefined;
      } catch (error) {
        return error instanceof Failure ? error.message : "That is no address.";
      }
    },
  });
  return hub?.trim();
}
