/** Opens a menu over a running hub or peer, and closes it. */
import type { FerryEvent } from "../../lib/events.ts";
import type { Context } from "../context.ts";
import type { Globals } from "../globals.ts";
import type { Reporter } from "../report.ts";
import { Desk, type Entry, offerMenu, type Post } from "./desk.ts";
import { PlainUi } from "./plain_ui.ts";
import { Questions } from "./questions.ts";
import { Record } from "./record.ts";
import { ScreenUi } from "./screen_ui.ts";
import { Ended, type Ui } from "./ui.ts";

/** A menu that is open. */
export interface OpenMenu {
  /**
   * Offers the items until one quits or the keyboard ends. Throws the reason when the program is
   * told to stop.
   */
  offer(post: Post, entries: readonly Entry[]): Promise<void>;
  /** Says that who is connected has changed. */
  refresh(): void;
  /** Gives the terminal back. */
  close(): void;
}

/** Takes the terminal over: the reporter's words go through the menu from now on until it is closed. */
export async function openMenu(
  context: Context,
  globals: Globals,
  reporter: Reporter,
  questions: Questions,
): Promise<OpenMenu> {
  const record = new Record(context.clock);
  let refresh = () => {};
  const hearing: Context = {
    ...context,
    onEvent: (event: FerryEvent) => {
      record.hear(event);
      refresh();
    },
  };
  const ui = await openUi(hearing, globals, questions);
  refresh = () => ui.refresh();
  const restore = reporter.through(ui.context);
  return {
    offer: async (post, entries) => {
      try {
        await offerMenu(new Desk(ui, post, record), entries);
      } catch (error) {
        if (!(error instanceof Ended)) throw error;
      }
    },
    refresh: () => ui.refresh(),
    close: () => {
      restore();
      ui.close();
    },
  };
}

/** Opens a way to ask; whoever opens it closes it. */
export async function openUi(
  context: Context,
  globals: Globals,
  questions: Questions,
): Promise<Ui> {
  return isPlain(context, globals)
    ? new PlainUi(context, questions)
    : await ScreenUi.open(context, globals.color, questions);
}

/** Whether nothing may be drawn. */
function isPlain(context: Context, { accessible }: Globals): boolean {
  return accessible || Boolean(context.env("ACCESSIBLE")) ||
    context.env("TERM") === "dumb" || context.stdin.keys === undefined;
}
