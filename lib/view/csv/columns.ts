// @core
/** The columns of a table by name. */
import { Failure } from "../../failure.ts";
import { safe } from "../../text/safe.ts";

/**
 * Names to show and to select by: the header's, a number where it has none or repeats one
 * (`c3`, `name (2)`).
 */
export function columnNames(header: readonly string[]): string[] {
  const taken = new Map<string, number>();
  return header.map((cell, i) => {
    const name = cell.trim() === "" ? `c${i + 1}` : cell.trim();
    const times = (taken.get(name) ?? 0) + 1;
    taken.set(name, times);
    return times === 1 ? name : `${name} (${times})`;
  });
}

/**
 * The index of a column: by its exact name, else regardless of case where only one fits.
 *
 * @throws Failure `usage` when there is no such column.
 */
export function columnIndex(names: readonly string[], wanted: string): number {
  const exact = names.indexOf(wanted);
  if (exact >= 0) return exact;
  const lower = wanted.trim().toLowerCase();
  const near = names.flatMap((name, i) =>
    name.toLowerCase() === lower ? [i] : []
  );
  const [only] = near;
  if (near.length === 1 && only !== undefined) return only;
  throw new Failure(
    "usage",
    `Cannot use column "${safe(wanted)}": there is no such column`,
    { hint: `The columns are: ${names.slice(0, 40).map(safe).join(", ")}` },
  );
}

/** A test of the cells of a row. */
export type RowTest = (cells: readonly string[]) => boolean;

/**
 * The tests that `--where COL=VALUE` and `--filter REGEX` ask for; a row stays if it passes all.
 *
 * @throws Failure `usage` for a condition or a pattern that cannot be read.
 */
export function rowTests(
  names: readonly string[],
  where: readonly string[],
  filter: string | undefined,
): RowTest[] {
  const tests: RowTest[] = where.map((condition) => {
    const { column, value } = split(names, condition);
    return (cells) => cells[column] === value;
  });
  if (filter !== undefined) {
    const pattern = regex(filter);
    tests.push((cells) => cells.some((cell) => pattern.test(cell)));
  }
  return tests;
}

/** Cuts `COL=VALUE` at the first `=` that leaves the name of a column. */
function split(
  names: readonly string[],
  condition: string,
): { column: number; value: string } {
  let first: string | undefined;
  for (let at = condition.indexOf("="); at >= 0;) {
    const name = condition.slice(0, at);
    first ??= name;
    if (names.includes(name)) {
      return { column: names.indexOf(name), value: condition.slice(at + 1) };
    }
    at = condition.indexOf("=", at + 1);
  }
  if (first === undefined) {
    throw new Failure(
      "usage",
      `Cannot use --where "${safe(condition)}": it is not COLUMN=VALUE`,
    );
  }
  return {
    column: columnIndex(names, first),
    value: condition.slice(first.length + 1),
  };
}

function regex(pattern: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch {
    throw new Failure(
      "usage",
      `Cannot use --filter "${safe(pattern)}": it is not a regular expression`,
    );
  }
}
