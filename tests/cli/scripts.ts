/** Where the acceptance scripts are. */
const FOLDER = new URL("../../testdata/cli/", import.meta.url);

/** A script by its name, which says what it guards. */
export interface Script {
  readonly name: string;
  readonly source: string;
  /** Why it cannot be played here: a program it needs is not installed. */
  readonly lacks: string | undefined;
}

const NEEDS = /^# Needs (\w+)\.$/m;

/** All scripts, in the order of their names. */
export function readScripts(): Script[] {
  return [...Deno.readDirSync(FOLDER)].map((entry) => entry.name)
    .filter((name) => name.endsWith(".txt")).sort().map((name) => {
      const source = Deno.readTextFileSync(new URL(name, FOLDER));
      return {
        name: name.slice(0, -".txt".length),
        source,
        lacks: lackOf(NEEDS.exec(source)?.[1]),
      };
    });
}

function lackOf(program: string | undefined): string | undefined {
  if (program === undefined) return undefined;
  try {
    new Deno.Command(program, { args: ["--version"] }).outputSync();
    return undefined;
  } catch {
    return `${program} is not installed`;
  }
}
