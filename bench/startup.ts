/** How fast a command that does next to nothing is over. */
import { fromFileUrl, join } from "@std/path";
import { wholeProcess } from "./processes.ts";
import type { Contenders, Scenario } from "./scenario.ts";

const MAIN = fromFileUrl(new URL("../main.ts", import.meta.url));
const BUILT = fromFileUrl(new URL("../dist/ferry", import.meta.url));
/** A single start takes too short a time to be told from the noise. */
const STARTS = 20;

/** Starts of the executable (`deno task compile` makes it), of the sources, and of an empty script. */
export const startup: Scenario = {
  title: `start-up: ${STARTS} times ferry --help`,
  bytes: 0,
  aim: "the executable at least 0.5 of an empty Deno script",
  async run(stage) {
    const empty = join(stage.dir, "empty.ts");
    await Deno.writeTextFile(empty, "export {};\n");
    const deno = [Deno.execPath(), "run", "-A"];
    const times = ([program = "", ...args]: string[]) => async () => {
      const from = performance.now();
      for (let n = 0; n < STARTS; n++) await wholeProcess(program, args);
      return performance.now() - from;
    };
    const sources: Contenders = {
      "empty script": times([...deno, empty]),
      "sources --help": times([...deno, MAIN, "--help"]),
      "sources --version": times([...deno, MAIN, "--version"]),
    };
    try {
      await Deno.stat(BUILT);
    } catch {
      throw new Error("dist/ferry is not there: deno task compile makes it");
    }
    return {
      ferry: times([BUILT, "--help"]),
      "ferry --version": times([BUILT, "--version"]),
      ...sources,
    };
  },
};
