// @core
/** Paths and patterns of what a hub shares, as they are typed: relative, parted by `/`. */

/** A typed path without what changes nothing about it; undefined for all that is shared. */
export function sharedPath(typed: string): string | undefined {
  const path = typed.replace(/^(\.\/+)+/, "").replace(/\/+$/, "");
  return path === "" || path === "." ? undefined : path;
}

/** Whether a path stands for several: `*` and `?` within a name, `**` across directories. */
export function isPattern(path: string): boolean {
  return /[*?]/.test(path);
}

/** Where to look for what a pattern matches. */
export interface PatternSearch {
  /** The directory above the first name with a wildcard; undefined for all that is shared. */
  readonly under: string | undefined;
  /** Whether directories below that one count too. */
  readonly recursive: boolean;
  matches(path: string): boolean;
}

/** How to find what `pattern` matches. */
export function searchFor(pattern: string): PatternSearch {
  const names = pattern.split("/");
  const first = names.findIndex(isPattern);
  const expression = names.map((name, at) => {
    const last = at === names.length - 1;
    if (name === "**") return last ? ".*" : "(?:.*/)?";
    const literal = name.replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll(/\*+/g, "[^/]*").replaceAll("?", "[^/]");
    return literal + (last ? "" : "/");
  }).join("");
  const matcher = new RegExp(`^${expression}$`, "su");
  return {
    under: first <= 0 ? undefined : names.slice(0, first).join("/"),
    recursive: first < names.length - 1 || names.includes("**"),
    matches: (path) => matcher.test(path),
  };
}
