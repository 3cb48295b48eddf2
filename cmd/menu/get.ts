/** Getting what the hub shares: looking through it, and the command that gets what is chosen. */
import type { SharedListed } from "../../lib/events.ts";
import { EXIT } from "../../lib/failure.ts";
import { safe } from "../../lib/text/safe.ts";
import { option, paths } from "./command_line.ts";
import type { Desk } from "./desk.ts";
import { sharedChoice, SHARES_NOTHING } from "./words.ts";

/** More of a directory is not offered here, but `ferry ls` lists it. */
const MAX_SHOWN = 500;

/** Lists what is shared, goes into directories, and gets a file or all of a directory. */
export async function getItem(desk: Desk): Promise<void> {
  /** The directories gone into; the last one is shown. */
  const way: string[] = [];
  let current: string | undefined;
  while (true) {
    const dir = way.at(-1);
    const found = await look(desk, dir);
    if (found === undefined) return;
    const all = dir === undefined ? "Everything" : `All of ${safe(dir)}/`;
    const chosen = await desk.ui.choose({
      title: () => dir === undefined ? "Get what?" : `In ${safe(dir)}/`,
      items: () => [
        ...found.slice(0, MAX_SHOWN).map((one) => ({
          id: one.name,
          label: sharedChoice(one, dir),
        })),
        ...(found.length === 0 ? [] : [{ id: ".", label: all }]),
      ],
      empty: "Nothing is there.",
      current,
    });
    current = undefined;
    if (chosen === undefined) {
      if (way.length === 0) return;
      current = way.pop();
      continue;
    }
    const one = found.find(({ name }) => name === chosen);
    if (one?.kind === "directory") {
      way.push(one.name);
      continue;
    }
    return await get(desk, one?.name ?? dir ?? ".");
  }
}

/** What lies in a directory; undefined when that cannot be told, which is said. */
async function look(
  desk: Desk,
  dir: string | undefined,
): Promise<SharedListed[] | undefined> {
  const found: SharedListed[] = [];
  const said: string[] = [];
  const status = await desk.quietly(
    ["ls", ...desk.post.hubArgs(), ...(dir === undefined ? [] : paths([dir]))],
    (event) => {
      if (event.event === "shared" && found.length <= MAX_SHOWN) {
        found.push(event);
      }
    },
    (line) => said.push(line.trimEnd()),
  );
  if (status === EXIT.ok) return found;
  desk.ui.say(status === EXIT.refused ? SHARES_NOTHING : said.join("\n"));
}

/** Gets it to where everything else arrives. */
async function get(desk: Desk, path: string): Promise<void> {
  const inbox = desk.post.receiving?.dir;
  await desk.run([
    "get",
    ...desk.post.hubArgs(),
    ...(inbox === undefined ? [] : option("inbox", inbox)),
    ...paths([path]),
  ], { label: `Getting ${safe(path)}` });
}
