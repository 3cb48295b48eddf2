// @core
/** The xterm palette of 256 colours: a 6×6×6 cube from 16 on, 24 greys from 232 on. */

/** Channel values of the cube. */
const LEVELS = [0, 95, 135, 175, 215, 255];

/** The palette's nearest colour (by squared distance); never one of the first 16, which users change. */
export function ansi256(red: number, green: number, blue: number): number {
  const [r, g, b] = [level(red), level(green), level(blue)];
  const cube = [LEVELS[r] ?? 0, LEVELS[g] ?? 0, LEVELS[b] ?? 0];
  const mean = (red + green + blue) / 3;
  const step = Math.max(0, Math.min(23, Math.round((mean - 8) / 10)));
  const grey = 8 + step * 10;
  const distance = (c: readonly number[]) =>
    (red - (c[0] ?? 0)) ** 2 + (green - (c[1] ?? 0)) ** 2 +
    (blue - (c[2] ?? 0)) ** 2;
  return distance([grey, grey, grey]) < distance(cube)
    ? 232 + step
    : 16 + 36 * r + 6 * g + b;
}

function level(value: number): number {
  if (value < 48) return 0;
  if (value < 115) return 1;
  return Math.min(5, Math.floor((value - 35) / 40));
}
