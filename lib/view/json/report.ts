// @core
/** What `--paths` and `--stats` say about JSON. */
import { safe } from "../../text/safe.ts";
import { pad, width } from "../../text/width.ts";
import { JsonPrinter } from "./printer.ts";
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
  if (!page.terminal) return asJson(survey, counts);
  const totals = inColumns(counts.map(([name, n]) => [name, String(n)]));
  if (numbers.length === 0) return totals;
  return totals + "\n" + inColumns([
    ["number", "count", "min", "max"],
    ...numbers.map(({ path, types, minText, maxText }) => [
      safe(path === "" ? "." : path),
      String(types.get("number") ?? 0),
      minText,
      maxText,
    ]),
  ]);
}

/** The same as a JSON document; numbers of the file keep their tokens. */
function asJson(
  survey: PathSurvey,
  counts: readonly (readonly [string, number])[],
): string {
  const printer = new JsonPrinter({});
  const member = (key: string, kind: "string" | "number", text: string) => {
    printer.token("key", JSON.stringify(key));
    printer.token(kind, text);
  };
  printer.token("{", "{");
  for (const [name, count] of counts) member(name, "number", String(count));
  printer.token("key", '"paths"');
  printer.token("[", "[");
  for (const { path, count, types, minText, maxText } of survey.facts) {
    printer.token("{", "{");
    member("path", "string", JSON.stringify(path === "" ? "." : path));
    member("count", "number", String(count));
    printer.token("key", '"types"');
    printer.token("{", "{");
    for (const [type, n] of types) member(type, "number", String(n));
    printer.token("}", "}");
    if (minText !== "") {
      member("min", "number", minText);
      member("max", "number", maxText);
    }
    printer.token("}", "}");
  }
  printer.token("]", "]");
  printer.token("}", "}");
  return printer.take();
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
