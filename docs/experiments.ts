/**
 * The experiments of docs/experiments.md: measures (`ferry bench` does), keeps every measurement as
 * CSV in docs/experiments/, draws them, and writes the page.
 *
 *     deno task experiments [NAME…]          all, or some of them
 *     deno task experiments --draw           from the CSV that is there
 *     deno task experiments --quick --out /tmp/try [NAME…]     whether they run, not how fast
 */
import { parseArgs } from "@std/cli/parse-args";
import { fromFileUrl, join, resolve } from "@std/path";
import { Bench } from "./experiments/bench.ts";
import { EXPERIMENTS } from "./experiments/list.ts";
import { drawAll } from "./experiments/page.ts";

const options = parseArgs(Deno.args, {
  boolean: ["quick", "draw"],
  string: ["out", "_"],
});
const out = typeof options.out === "string"
  ? resolve(options.out)
  : fromFileUrl(new URL(".", import.meta.url));
const chosen = options._.map(String);
const data = join(out, "experiments");
await Deno.mkdir(data, { recursive: true });

const unknown = chosen.find((name) =>
  EXPERIMENTS.every((experiment) => experiment.name !== name)
);
if (unknown !== undefined) {
  throw new Error(
    `no experiment ${unknown}: ${EXPERIMENTS.map(({ name }) => name).join()}`,
  );
}
if (options.draw !== true) {
  for (const experiment of EXPERIMENTS) {
    if (chosen.length > 0 && !chosen.includes(experiment.name)) continue;
    await Bench.run(experiment, data, options.quick === true);
  }
}
await drawAll(out);
