// @core
/** Figures of measurements, as the table, the report and the charts write them. */
import { formatBytes, formatMs, formatRate } from "../text/units.ts";
import type { Row } from "./sample.ts";

/** What stands where there is no figure. */
const NONE = "–";

/** A size as it was asked for: `64 KiB` where it is whole in binary units, else `10.0 MB`. */
export function formatSize(bytes: number): string {
  for (const [unit, power] of [["GiB", 3], ["MiB", 2], ["KiB", 1]] as const) {
    const value = bytes / 1024 ** power;
    if (value >= 1 && Number.isInteger(value)) return `${value} ${unit}`;
  }
  return formatBytes(bytes);
}

/** A duration, or a dash for none. */
export function msOf(ms: number | null | undefined): string {
  return ms === null || ms === undefined ? NONE : formatMs(ms);
}

/** A rate, or a dash for none. */
export function rateOf(bytesPerS: number | null): string {
  return bytesPerS === null ? NONE : formatRate(bytesPerS);
}

/** `38 %`: of what bare TCP makes of the same path; a dash where that was not measured. */
export function shareOf({ share }: Row): string {
  return share === null
    ? NONE
    : `${
      share < 0.0995 ? (share * 100).toFixed(1) : Math.round(share * 100)
    } %`;
}
