// @core
/** What `--paths` and `--stats` say about JSON. */
import { safe } from "../../text/safe.ts";
import { pad, width } from "../../text/width.ts";
import type { PathFacts, PathSurvey } from "./survey.ts";

/** What a report is printed on. */
interface Page {
  readonly terminal: boolean;
}

/**
 * Every distinct path with its types and the number of values: in columns on a terminal, elsewhere
 * separated by tabs.
 */
export function reportPaths(survey: PathSurvey, page: Page): string {
  const rows = survey.facts.map((facts) => [
    safe(facts.path === "" ? "." : facts.path),
    types(facts),
    String(facts.count),
  ]);
  if (survey.unlisted > 0) rows.push(["…", "", String(survey.unlisted)]);
  if (!page.terminal) return rows.map((row) => row.join("\t") + "\n").join("");
  return inColumns(rows);
}

/** Counts by type, nesting, and the range of numbers: for reading, or (not on a terminal) as JSON. */
export function reportStats(survey: PathSurvey, page: Page): string {
  const counts: [string, number][] = [
    ["depth", survey.deepest],
    ["keys", survey.keys],
    ...survey.totals(),
  ];
  const numbers = survey.facts.filter(({ types }) => types.has("number"));
  if (!page.terminal) {
    const paths = survey.facts.map(({ path, count, types, min, max }) => ({
      path: path === "" ? "." : path,
      count,
      types: Object.fromEntries(types),
      ...(types.has("number") ? { min, max } : {}),
    }));
    return JSON.stringify(
      { ...Object.fromEntries(counts), paths },
      undefined,
      2,
    ) + "\n";
  }
  const totals = inColumns(counts.map(([name, n]) => [name, String(n)]));
  if (numbers.length === 0) return totals;
  return totals + "\n" + inColumns([
    ["number", "count", "min", "max"],
    ...numbers.map(({ path, types, min, max }) => [
      safe(path === "" ? "." : path),
      String(types.get("number") ?? 0),
      String(min),
      String(max),
    ]),
  ]);
}

function types(facts: PathFacts): string {
  return [...facts.types].sort((a, b) => b[1] - a[1]).map(([type]) => type)
    .join("|");
}

function inColumns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => widths[i] = Math.max(widths[i] ?? 0, width(cell)));
  }
  return rows.map((row) =>
    row.map((cell, i) => pad(cell, widths[i] ?? 0)).join("  ").trimEnd() + "\n"
  ).join("");
}
