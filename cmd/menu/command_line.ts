/** Command lines as the menu builds them, and as a shell would take them. */

/** The line a person could type for these arguments, each quoted for the shell where it needs it. */
export function shellLine(args: readonly string[]): string {
  return ["ferry", ...args.map(quoted)].join(" ");
}

/** An option with its value as arguments; joined where the value could be taken for an option. */
export function option(name: string, value: string): string[] {
  return value.startsWith("-") || value === ""
    ? [`--${name}=${value}`]
    : [`--${name}`, value];
}

/** Paths as arguments; set apart where one could be taken for an option. */
export function paths(names: readonly string[]): string[] {
  return names.some((name) => name.startsWith("-"))
    ? ["--", ...names]
    : [...names];
}

function quoted(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  // Control characters would not survive a line; $'…' spells them.
  if (/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(word)) {
    const spelt = word.replace(/[\\']/g, "\\$&").replace(/\n/g, "\\n").replace(
      /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
      (char) =>
        `\\U${(char.codePointAt(0) ?? 0).toString(16).padStart(8, "0")}`,
    );
    return `$'${spelt}'`;
  }
  return `'${word.replaceAll("'", "'\\''")}'`;
}
