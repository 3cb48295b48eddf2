/**
 * Makes the pictures of the README: runs commands on a terminal in memory, and the menu of a peer in
 * tmux, and turns what stands there into SVG.
 *
 *     deno run -A docs/picture.ts
 */
import { fromFileUrl } from "@std/path";
import { run } from "../cmd/run.ts";
import { menuOfAlice } from "./menu.ts";
import { systemClock } from "../lib/time/clock.ts";
import { fakeContext } from "../tests/fake_context.ts";

const CELL = { width: 8, height: 16 };
const MARGIN = 10;
const INK = "#d8dee9";
const PAPER = "#12161f";
/** The sixteen colours of the terminal, as the pictures have them. */
const BASIC =
  "3b4252 bf616a a3be8c ebcb8b 81a1c1 b48ead 88c0d0 e5e9f0 4c566a d08770 b5d19c f0d399 8fb4dd c895bf 9fd3df ffffff"
    .split(" ").map((hex) => `#${hex}`);

/** One character and how it is drawn. */
interface Cell {
  readonly char: string;
  readonly ink: string;
  readonly paper: string | undefined;
  readonly bold: boolean;
}

/** Text with colour sequences as an SVG picture of a terminal. */
function svgOf(text: string): string {
  const lines = text.trimEnd().split("\n").map(cellsOf);
  const columns = Math.max(...lines.map((cells) => cells.length));
  const width = columns * CELL.width + 2 * MARGIN;
  const height = lines.length * CELL.height + 2 * MARGIN;
  const body = lines.flatMap((cells, row) => [
    ...shapes(cells, row),
    ...texts(cells, row),
  ]);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="100%" height="100%" rx="6" fill="${PAPER}"/>`,
    "<style>g rect{shape-rendering:crispEdges}</style>",
    `<g font-family="ui-monospace,Menlo,Consolas,monospace" font-size="13">`,
    ...body,
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

function cellsOf(line: string): Cell[] {
  const cells: Cell[] = [];
  let ink = INK;
  let paper: string | undefined;
  let bold = false;
  for (const [n, part] of line.split("\x1b[").entries()) {
    const code = n === 0 ? undefined : /^([0-9;]*)m/.exec(part);
    if (code) {
      const numbers = (code[1] ?? "").split(";").map(Number);
      while (numbers.length > 0) {
        const number = numbers.shift() ?? 0;
        if (number === 0) [ink, paper, bold] = [INK, undefined, false];
        else if (number === 1) bold = true;
        else if (number === 2) ink = BASIC[8] ?? INK;
        else if (number === 22) [ink, bold] = [INK, false];
        else if (number === 38) ink = colour(numbers);
        else if (number === 48) paper = colour(numbers);
        else if (number === 39) ink = INK;
        else if (number === 49) paper = undefined;
        else if (number >= 30 && number < 38) ink = BASIC[number - 30] ?? INK;
        else if (number >= 90 && number < 98) ink = BASIC[number - 82] ?? INK;
      }
    }
    for (const char of part.slice(code?.[0].length ?? 0)) {
      cells.push({ char, ink, paper, bold });
    }
  }
  return cells;
}

/** The colour whose numbers come next. */
function colour(numbers: number[]): string {
  if (numbers.shift() === 2) return hex(numbers.splice(0, 3));
  const n = numbers.shift() ?? 0;
  if (n < 16) return BASIC[n] ?? INK;
  if (n >= 232) {
    return hex([8 + (n - 232) * 10, 8 + (n - 232) * 10, 8 + (n - 232) * 10]);
  }
  const level = (v: number) => v === 0 ? 0 : 55 + 40 * v;
  const cube = n - 16;
  return hex([
    level(Math.floor(cube / 36)),
    level(Math.floor(cube / 6) % 6),
    level(cube % 6),
  ]);
}

function hex(channels: readonly number[]): string {
  return `#${channels.map((c) => c.toString(16).padStart(2, "0")).join("")}`;
}

/** Backgrounds and half blocks, neighbours of one colour as one. */
function shapes(cells: readonly Cell[], row: number): string[] {
  const half = CELL.height / 2;
  return [
    ...runs(cells, (cell) => cell.paper).map((run) =>
      rect(run, row * CELL.height, CELL.height)
    ),
    ...runs(cells, (cell) => cell.char === "▀" ? cell.ink : undefined).map((
      run,
    ) => rect(run, row * CELL.height, half)),
  ];
}

interface Run {
  readonly from: number;
  readonly length: number;
  readonly fill: string;
}

function runs(
  cells: readonly Cell[],
  fillOf: (cell: Cell) => string | undefined,
): Run[] {
  const found: Run[] = [];
  for (let at = 0; at < cells.length;) {
    const fill = fillOf(cells[at] as Cell);
    let end = at + 1;
    while (end < cells.length && fillOf(cells[end] as Cell) === fill) end++;
    if (fill !== undefined) found.push({ from: at, length: end - at, fill });
    at = end;
  }
  return found;
}

function rect({ from, length, fill }: Run, y: number, height: number): string {
  return `<rect x="${MARGIN + from * CELL.width}" y="${MARGIN + y}" width="${
    length * CELL.width
  }" height="${height}" fill="${fill}"/>`;
}

function texts(cells: readonly Cell[], row: number): string[] {
  const style = (cell: Cell) =>
    cell.char === "▀" ? undefined : `${cell.ink}${cell.bold ? " bold" : ""}`;
  return runs(cells, style).flatMap(({ from, length, fill: styled }) => {
    const text = cells.slice(from, from + length).map(({ char }) => char).join(
      "",
    );
    if (text.trim() === "") return [];
    const [fill, bold] = styled.split(" ");
    const weight = bold === undefined ? "" : ' font-weight="bold"';
    // Renderers run plain spaces together.
    const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
      .replaceAll(" ", "\u00a0");
    return `<text x="${MARGIN + from * CELL.width}" y="${
      MARGIN + row * CELL.height + 13
    }" textLength="${
      length * CELL.width
    }" fill="${fill}"${weight}>${escaped}</text>`;
  });
}

/** What a command prints on a terminal, below the line it was typed in. */
async function session(...args: string[]): Promise<string> {
  const world = fakeContext({
    terminal: true,
    columns: 84,
    rows: 40,
    clock: systemClock,
    cwd: fromFileUrl(new URL("../testdata/demo", import.meta.url)),
    env: { TERM: "tmux-256color", COLORTERM: "truecolor" },
  });
  const status = await run(args, world.context);
  if (status !== 0) throw new Error(world.stderr());
  const words = args.map((arg) => /^[\w./=:-]+$/.test(arg) ? arg : `'${arg}'`);
  return `\x1b[2m$\x1b[0m \x1b[1mferry ${words.join(" ")}\x1b[0m\n` +
    `${world.stdout()}${world.stderr()}`;
}

if (import.meta.main) {
  const save = (name: string, text: string) =>
    Deno.writeTextFile(new URL(`${name}.svg`, import.meta.url), svgOf(text));
  await save("menu", await menuOfAlice());
  const pictures: Record<string, string[][]> = {
    "view-image": [["view", "harbour.png", "--width", "72"]],
    "view-data": [
      ["view", "readings.csv", "--where", "station=north", "-n", "5"],
      ["view", "orders.json", "--date", "2026-05-03", "--tz", "UTC"],
    ],
  };
  for (const [name, commands] of Object.entries(pictures)) {
    const parts: string[] = [];
    for (const args of commands) parts.push(await session(...args));
    await save(name, parts.join("\n"));
  }
}
