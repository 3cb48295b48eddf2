/** Sending: what, to whom, and the command that does it. */
import { safe } from "../../lib/text/safe.ts";
import { option, paths } from "./command_line.ts";
import type { Desk } from "./desk.ts";
import { existingPath } from "./path_names.ts";
import { ageOf, PATH_HINT } from "./words.ts";

/** Asks what and to whom, several if `several`, and sends it. */
export async function sendItem(desk: Desk, several: boolean): Promise<void> {
  while (true) {
    const what = await askWhat(
      desk,
      "Send what? A path, or words to send as a message",
    );
    if (what === undefined) return;
    const to = await askRecipients(desk, several);
    if (to === undefined) {
      // Back to what was typed.
      desk.ui.keep("what", what.typed);
      continue;
    }
    await desk.run(
      [
        "send",
        ...desk.post.hubArgs(),
        ...option("to", to.join(",")),
        ...what.args,
      ],
      { label: `Sending ${safe(what.typed)} to ${to.map(safe).join(", ")}` },
    );
    return;
  }
}

/** Asks what, and sends it to everyone. */
export async function broadcastItem(desk: Desk): Promise<void> {
  const what = await askWhat(
    desk,
    "Broadcast what? A path, or words to send as a message",
  );
  if (what === undefined) return;
  const { post } = desk;
  // What is told to everyone is not news to who tells it.
  const except = post.role === "peer" ? option("except", post.name()) : [];
  await desk.run(["broadcast", ...post.hubArgs(), ...except, ...what.args], {
    label: `Broadcasting ${safe(what.typed)}`,
  });
}

interface What {
  readonly typed: string;
  readonly args: readonly string[];
}

/** A path, or words and what they are to be sent as; undefined to go back. */
async function askWhat(
  { ui, context }: Desk,
  title: string,
): Promise<What | undefined> {
  while (true) {
    const typed = await ui.text({
      key: "what",
      title,
      hint: PATH_HINT,
      paths: true,
      check: (text) =>
        text.trim() === "" ? "Type a path, or what to say." : undefined,
    });
    if (typed === undefined) return undefined;
    const path = await existingPath(typed, context);
    if (path !== undefined) return { typed, args: paths([path]) };
    const json = isJson(typed);
    const words = [
      { id: "text", label: "Send the words as a text message" },
      ...(json ? [{ id: "data", label: "Send them as JSON" }] : []),
    ];
    // An object or a list was meant as data.
    if (json && /^\s*[[{]/.test(typed)) words.reverse();
    const as = await ui.choose({
      title: () => `There is no file or directory ${safe(typed)}. What is it?`,
      items: () => [...words, { id: "again", label: "A path: type it again" }],
    });
    if (as === "text" || as === "data") {
      return { typed, args: option(as, typed) };
    }
    ui.keep("what", typed);
  }
}

/** Who gets it, from who is connected now. */
async function askRecipients(
  { ui, post, context }: Desk,
  several: boolean,
): Promise<readonly string[] | undefined> {
  const items = () => [
    ...post.peers().map(({ name, address, since }) => ({
      id: name,
      label: `${safe(name)}  ${safe(address)}  ${
        ageOf(context.clock.date() - since).replace(" ago", "")
      }`,
    })),
    ...(post.role === "hub"
      ? []
      : [{ id: "hub", label: "hub  the hub itself" }]),
  ];
  const choice = {
    title: () => "Send to whom?",
    items,
    empty: "Nobody is connected. Whoever joins appears here.",
  };
  if (several) return await ui.chooseSeveral(choice);
  const one = await ui.choose(choice);
  return one === undefined ? undefined : [one];
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
