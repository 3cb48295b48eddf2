/** What this program is: the kind of its executable and the commit it was made from. */
// The compile task (release/compile.ts) writes its own in place of this one.
import made from "./build.json" with { type: "json" };

/** How the program was put together: `deno run` on its sources, `deno compile`, or an archive that unpacks itself. */
export type Kind = "source" | "compiled" | "portable";

/** The kind of executable this is. */
export const KIND: Kind = isKind(made.kind) ? made.kind : "source";

/**
 * The commit this program was made from, with `-dirty` behind it where files were changed since;
 * undefined when it is not known. Asks git when run from the sources.
 */
export function commitOf(): string | undefined {
  const { commit }: { commit: unknown } = made;
  if (typeof commit === "string") return commit;
  return KIND === "source" ? describeCommit(import.meta.dirname) : undefined;
}

/** What git says of the repository whose folder `cmd` is given; undefined without one. */
function describeCommit(cmd: string | undefined): string | undefined {
  if (cmd === undefined) return undefined;
  const root = `${cmd}/..`;
  try {
    // A copy of the sources inside some other repository must not pass for a commit of that.
    Deno.lstatSync(`${root}/.git`);
    const { success, stdout } = new Deno.Command("git", {
      args: [
        "-C",
        root,
        "describe",
        "--always",
        "--dirty",
        "--exclude=*",
        "--abbrev=12",
      ],
      stderr: "null",
    }).outputSync();
    const text = new TextDecoder().decode(stdout).trim();
    return success && /^[0-9a-f]{7,40}(-dirty)?$/.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

function isKind(text: string): text is Kind {
  return text === "source" || text === "compiled" || text === "portable";
}
