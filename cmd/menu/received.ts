/** What arrived: looking at it, saving it elsewhere, opening it. */
import { basename, join } from "@std/path";
import { Failure, systemState } from "../../lib/failure.ts";
import { safe, safeLines } from "../../lib/text/safe.ts";
import type { Desk } from "./desk.ts";
import { isDirectory, resolvePath, unwritable } from "./path_names.ts";
import type { Received } from "./record.ts";
import { viewFile } from "./view.ts";
import { PATH_HINT, receivedLine } from "./words.ts";

/** More of what lay in the inbox before are not listed. */
const MAX_OLDER = 200;

/** Lists what arrived, newest first, and does with it what is wanted. */
export async function receivedItem(desk: Desk): Promise<void> {
  const older = await inInbox(desk);
  const all = () => {
    const now = desk.record.received();
    const known = new Set(now.map(({ path }) => path));
    return [...now, ...older.filter(({ path }) => !known.has(path))];
  };
  let current: string | undefined;
  while (true) {
    const id = await desk.ui.choose({
      title: () => "Received, newest first",
      items: () =>
        all().map((one) => ({
          id: one.id,
          label: receivedLine(one, desk.context.clock.date()),
        })),
      empty: "Nothing has arrived yet.",
      current,
    });
    if (id === undefined) return;
    current = id;
    const one = all().find((each) => each.id === id);
    if (one !== undefined) await handle(desk, one);
  }
}

async function handle(desk: Desk, one: Received): Promise<void> {
  const { ui } = desk;
  const { path, message } = one;
  if (path === undefined) {
    return ui.say(
      message === undefined
        ? "It was not kept."
        : `${safe(one.from ?? "")}:\n${safeLines(message)}`,
    );
  }
  const ofFiles = one.kind === "directory" ? [] : [
    { id: "view", label: "View it here" },
    { id: "save", label: "Save a copy as…" },
  ];
  while (true) {
    const what = await ui.choose({
      title: () => safe(path),
      items: () => [
        ...ofFiles,
        { id: "open", label: "Open it with its program" },
      ],
    });
    if (what === undefined) return;
    if (what === "view" && await viewFile(desk, path)) return;
    if (what === "save" && await saveAs(desk, path)) return;
    if (what === "open") return await openWithProgram(desk, path);
  }
}

async function saveAs(desk: Desk, path: string): Promise<boolean> {
  const { ui, context } = desk;
  while (true) {
    const typed = await ui.text({
      key: "save",
      title: "Save it as what? A path, or a directory",
      hint: PATH_HINT,
      initial: basename(path),
      paths: true,
      check: (text) => text.trim() === "" ? "Type a path." : undefined,
    });
    if (typed === undefined) return false;
    let target = resolvePath(typed, context);
    if (await isDirectory(target)) target = join(target, basename(path));
    const missing = await unwritable(target, context);
    if (missing !== undefined) {
      ui.say(
        `error: Cannot save ${safe(target)}: there is no directory ${
          safe(missing)
        }`,
      );
      ui.keep("save", typed);
      continue;
    }
    if (target === path || await exists(target)) {
      const replace = target !== path &&
        await ui.confirm(`${safe(target)} exists. Replace it?`);
      if (!replace) {
        ui.keep("save", typed);
        continue;
      }
    }
    try {
      await Deno.copyFile(path, target);
      ui.say(`saved ${safe(basename(path))} → ${safe(target)}`);
      return true;
    } catch (error) {
      throw new Failure(
        "output",
        `Cannot save ${safe(target)}: ${systemState(error)}`,
        { cause: error },
      );
    }
  }
}

/** Lets the system open a file as a double click would. */
async function openWithProgram(desk: Desk, path: string): Promise<void> {
  const { os } = desk.context.platform;
  const [program, ...args] = os === "windows"
    ? ["explorer", path]
    : os === "darwin"
    ? ["open", path]
    : ["xdg-open", path];
  try {
    const { success } = await new Deno.Command(program ?? "", {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    // Windows' explorer gives 1 also when it opened the file.
    if (success || os === "windows") return;
  } catch {
    // No such program: said below.
  }
  desk.ui.say(
    `error: Cannot open ${safe(path)}: this system has no program for it`,
  );
}

/** What lies in the inbox from before, newest first. */
async function inInbox({ post }: Desk): Promise<Received[]> {
  const dir = post.receiving?.dir;
  const found: Received[] = [];
  if (dir === undefined) return found;
  try {
    for await (const { name, isFile } of Deno.readDir(dir)) {
      if (!isFile || name.endsWith(".part")) continue;
      const path = join(dir, name);
      const { size, mtime } = await Deno.stat(path);
      found.push({
        id: path,
        name,
        from: undefined,
        kind: "file",
        bytes: size,
        at: mtime?.getTime() ?? 0,
        path,
      });
    }
  } catch {
    // No inbox yet, or it cannot be read: what arrived since is listed.
  }
  return found.sort((a, b) => b.at - a.at).slice(0, MAX_OLDER);
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch {
    return false;
  }
}
