/** Where the acceptance scripts are. */
const FOLDER = new URL("../../testdata/cli/", import.meta.url);

/** A script by its name, which says what it guards. */
export interface Script {
  readonly name: string;
  readonly source: string;
}

/** All scripts, in the order of their names. */
export function readScripts(): Script[] {
  return [...Deno.readDirSync(FOLDER)].map((entry) => entry.name)
    .filter((name) => name.endsWith(".txt")).sort().map((name) => ({
      name: name.slice(0, -".txt".length),
      source: Deno.readTextFileSync(new URL(name, FOLDER)),
    }));
}
