/** Viewing a file: everything, one date, a range of dates. */
import { extname } from "@std/path";
import { Failure } from "../../lib/failure.ts";
import { option, paths } from "./command_line.ts";
import type { Desk } from "./desk.ts";
import { existingPath } from "./path_names.ts";
import { PATH_HINT } from "./words.ts";

const DATED = [".json", ".ndjson", ".jsonl", ".csv", ".tsv"];
/** Looking for the date field takes no longer; it can be typed, too. */
const LOOK_MS = 2_000;

/** Asks which file, and shows it. */
export async function viewItem(desk: Desk): Promise<void> {
  while (true) {
    const typed = await desk.ui.text({
      key: "view",
      title: "View which file?",
      hint: PATH_HINT,
      paths: true,
      check: (text) => text.trim() === "" ? "Type a path." : undefined,
    });
    if (typed === undefined) return;
    const path = await existingPath(typed, desk.context);
    if (path !== undefined && await viewFile(desk, path)) return;
    if (path === undefined) {
      desk.ui.say("error: Cannot view it: there is no such file");
    }
    desk.ui.keep("view", typed);
  }
}

/** Shows a file, asking first which dates of data are wanted; false when they went back instead. */
export async function viewFile(desk: Desk, path: string): Promise<boolean> {
  if (!DATED.includes(extname(path).toLowerCase())) {
    await desk.run(["view", ...paths([path])], { draws: true });
    return true;
  }
  let field: string | undefined;
  let detected: string | undefined;
  let looked = false;
  let current: string | undefined;
  while (true) {
    const shown = field ??
      (looked ? detected ?? "none found" : "found by itself");
    const items = [
      { id: "all", label: "Everything" },
      { id: "date", label: "One date" },
      { id: "range", label: "A range of dates" },
      { id: "field", label: `Date field: ${shown}` },
    ];
    const how = await desk.ui.choose({
      title: () => "Show what of it?",
      items: () => items,
      current,
    });
    if (how === undefined) return false;
    current = how;
    if (how === "all") {
      await desk.run(["view", ...paths([path])], { draws: true });
      return true;
    }
    if (!looked && field === undefined) {
      looked = true;
      detected = await dateField(desk, path);
    }
    if (how === "field") {
      field = await desk.ui.text({
        key: "date-field",
        title: "Which field holds the date?",
        initial: field ?? detected ?? "",
        check: (text) =>
          text.trim() === "" ? "Type the name of a field." : undefined,
      }) ?? field;
      continue;
    }
    const dates = how === "date"
      ? await oneDate(desk, field ?? detected)
      : await range(desk, field ?? detected);
    if (dates === undefined) continue;
    const chosen = field === undefined ? [] : option("date-field", field);
    await desk.run(["view", ...dates, ...chosen, ...paths([path])], {
      draws: true,
    });
    return true;
  }
}

async function oneDate(
  { ui }: Desk,
  field: string | undefined,
): Promise<string[] | undefined> {
  const date = await ui.text({
    key: "date",
    title: `Which date${
      by(field)
    }? As 2026-05-01, 2026-05, 2026, today, yesterday or 7d`,
    check: (text) => text.trim() === "" ? "Type a date." : undefined,
  });
  return date === undefined ? undefined : option("date", date.trim());
}

async function range(
  { ui }: Desk,
  field: string | undefined,
): Promise<string[] | undefined> {
  while (true) {
    const from = await ui.text({
      key: "from",
      title: `From which date${by(field)}? Empty for the beginning`,
    });
    if (from === undefined) return undefined;
    const to = await ui.text({
      key: "to",
      title: "To which date, that one included? Empty for the end",
      check: (text) =>
        text.trim() === "" && from.trim() === ""
          ? "Type one date at least."
          : undefined,
    });
    if (to === undefined) {
      ui.keep("from", from);
      continue;
    }
    return [
      ...(from.trim() === "" ? [] : option("from", from.trim())),
      ...(to.trim() === "" ? [] : option("to", to.trim())),
    ];
  }
}

function by(field: string | undefined): string {
  return field === undefined ? "" : ` (${field})`;
}

/** The field `view` finds by itself, as it says it; undefined when it finds none in time. */
async function dateField(
  desk: Desk,
  path: string,
): Promise<string | undefined> {
  const enough = new AbortController();
  const stop = desk.context.clock.after(
    LOOK_MS,
    () => enough.abort(new Failure("cancelled", "it took too long")),
  );
  let found: string | undefined;
  const said = (text: string) => {
    const [, name] = /^date field: (.+?) \(/m.exec(text) ?? [];
    if (name === undefined || found !== undefined) return;
    if (!name.startsWith("none")) found = name;
    enough.abort(new Failure("cancelled", "it was said"));
  };
  try {
    await desk.quietly(
      ["view", "--from", "0001", ...paths([path])],
      () => {},
      said,
      enough.signal,
    );
  } finally {
    stop();
  }
  return found;
}
