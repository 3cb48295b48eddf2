/** Prints what was asked of the paths in JSON. */
import { prepareWidth } from "../../text/width_loader.ts";
import type { ViewOut } from "../out.ts";
import { reportPaths, reportStats } from "./report.ts";
import type { PathSurvey } from "./survey.ts";

/** Prints the paths of a survey (`--paths`), or else its figures (`--stats`). */
export async function writeSurvey(
  survey: PathSurvey,
  options: { readonly paths?: boolean | undefined },
  out: ViewOut,
): Promise<void> {
  const report = options.paths === true ? reportPaths : reportStats;
  await prepareWidth(survey.facts.map(({ path }) => path).join(""));
  await out.write(report(survey, out.screen));
}
