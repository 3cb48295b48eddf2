/** Which cases `ferry bench` measures, from the words on its command line. */
import {
  type Case,
  type Path,
  PATHS,
  SCENARIO_NAMES,
  type ScenarioName,
  SCENARIOS,
} from "../../lib/bench/cases.ts";
import { Failure } from "../../lib/failure.ts";
import { MAX_MESSAGE_BYTES } from "../../lib/protocol/limits.ts";
import { formatSize } from "../../lib/bench/format.ts";
import { didYouMean } from "../suggest.ts";

/** What can be reached, and what was asked for. */
export interface Choice {
  /** Scenarios (`csv`), paths (`peer`), or both (`csv/peer`); none is everything. */
  readonly words: readonly string[];
  /** Bytes instead of each scenario's own. */
  readonly size: number | undefined;
  /** How many recipients each path has; a path that is not there cannot be measured. */
  readonly recipients: Readonly<Partial<Record<Path, number>>>;
}

/** Whether a case is meant by words as in Choice. Throws Failure `usage`. */
export function meantBy(
  words: readonly string[],
): (one: Pick<Case, "scenario" | "path">) => boolean {
  const wanted = new Set(words.flatMap(pairsOf));
  return ({ scenario, path }) =>
    words.length === 0 || wanted.has(`${scenario}/${path}`);
}

/** The cases chosen, in the order they are measured. Throws Failure `usage`. */
export function casesOf({ words, size, recipients }: Choice): Case[] {
  const isMeant = meantBy(words);
  const everything = words.length === 0;
  const cases: Case[] = [];
  for (const scenario of SCENARIO_NAMES) {
    for (const path of PATHS) {
      if (!isMeant({ scenario, path })) continue;
      const count = recipients[path];
      if (count === undefined) {
        if (everything || !words.some((word) => word.includes(path))) continue;
        throw new Failure("usage", `Cannot measure ${path}: ${absence(path)}`);
      }
      const bytes = size ?? SCENARIOS[scenario].bytes;
      assertFits(scenario, bytes);
      cases.push({ scenario, path, bytes, recipients: count });
    }
  }
  if (cases.length > 0) return cases;
  throw new Failure("usage", "Cannot measure: none of that can be reached", {
    hint: "see ferry help bench for scenarios and paths",
  });
}

function pairsOf(word: string): string[] {
  const [scenario = "", path, ...more] = word.split("/");
  const scenarios = SCENARIO_NAMES.filter((name) => name === scenario);
  const paths = PATHS.filter((name) => name === (path ?? scenario));
  if (path === undefined && paths.length > 0) {
    return SCENARIO_NAMES.map((name) => `${name}/${scenario}`);
  }
  if (
    scenarios.length === 0 || more.length > 0 ||
    (path !== undefined && paths.length === 0)
  ) {
    const wrong = scenarios.length === 0 || path === undefined;
    const known = wrong ? [...SCENARIO_NAMES, ...PATHS] : PATHS;
    throw new Failure(
      "usage",
      `Cannot measure ${JSON.stringify(word)}: there is no such scenario`,
      {
        hint: `there are ${SCENARIO_NAMES.join(", ")}, each /${
          PATHS.join(", /")
        }`,
        ...didYouMean(wrong ? scenario : path, known),
      },
    );
  }
  return (path === undefined ? PATHS : paths).map((path) =>
    `${scenario}/${path}`
  );
}

function absence(path: Path): string {
  return path === "hub"
    ? "--to names peers only"
    : "no peer was asked for (--peers N)";
}

function assertFits(scenario: ScenarioName, bytes: number): void {
  if (bytes === 0) {
    throw new Failure("usage", "Cannot measure: --size is 0", {
      hint: "the smallest is 1",
    });
  }
  if (SCENARIOS[scenario].kind === "file" || bytes <= MAX_MESSAGE_BYTES) return;
  throw new Failure(
    "usage",
    `Cannot send a ${scenario} of ${formatSize(bytes)}: messages hold 1 MiB`,
    { hint: "name a scenario of files: csv, image or file" },
  );
}
