/** Lays out help: text that is ours and plain ASCII, so a character is a column. */

/** Help is not spread wider than this, nor squeezed narrower. */
const WIDEST = 100;
const NARROWEST = 30;
/** Names longer than this get a line of their own. */
const LONGEST_NAME = 34;

/** Text wrapped to the width; blank lines part paragraphs. */
export function paragraph(text: string, width: number): string {
  return text.split("\n\n").map((part) =>
    wrap(part, clamp(width), 0).join("\n")
  ).join("\n\n");
}

/** Command lines to copy, as they are, each with what it does below it, wrapped. */
export function examples(
  list: readonly { line: string; does: string }[],
  width: number,
): string {
  const indent = " ".repeat(6);
  return list.flatMap(({ line, does }) => [
    `  ${line}`,
    ...wrap(does, clamp(width), indent.length).map((part) => indent + part),
  ]).join("\n");
}

/** Names and explanations side by side, indented by two and wrapped; `""` without rows. */
export function columns(
  rows: readonly (readonly [name: string, text: string])[],
  width: number,
): string {
  const room = clamp(width);
  const longest = Math.min(LONGEST_NAME, Math.floor(room / 2));
  const names = rows.map(([name]) => name.length)
    .filter((length) => length <= longest);
  const indent = Math.max(...names, 0) + 4;
  return rows.flatMap(([name, text]) => {
    const [first = "", ...more] = wrap(text, room, indent);
    const pad = " ".repeat(indent);
    const rest = more.map((line) => pad + line);
    return name.length <= longest
      ? [`  ${name}`.padEnd(indent) + first, ...rest]
      : [`  ${name}`, pad + first, ...rest];
  }).map((line) => line.trimEnd()).join("\n");
}

function clamp(width: number): number {
  return Math.min(Math.max(width, NARROWEST), WIDEST);
}

function wrap(text: string, width: number, indent: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && indent + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
