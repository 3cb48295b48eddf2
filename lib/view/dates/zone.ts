// @core
/** Time zones: what `--tz` may name, and where a stretch of a zone's wall clock lies in time. */
import { Failure } from "../../failure.ts";
import { safe } from "../../text/safe.ts";
import { DAY_MS } from "./calendar.ts";

/** A half-open stretch of milliseconds: `from` belongs to it, `until` does not. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

/** How values are set against the dates asked for. */
export interface Zone {
  /** What the announcement calls it. */
  readonly label: string;
  /** The zone that zoned values and counts are converted to. */
  readonly id: string;
  /** `written`: every value counts with the wall clock it shows; nothing is converted. */
  readonly asWritten: boolean;
}

/**
 * The zone `--tz` names: `local`, `UTC`, an IANA name, an offset (`+02:00`), or `written`.
 *
 * @param local The IANA name of this machine's zone.
 * @throws Failure `usage` for a zone that is not known.
 */
export function zoneNamed(name: string, local: string): Zone {
  const lower = name.toLowerCase();
  if (lower === "written") {
    return { label: "as written", id: local, asWritten: true };
  }
  if (lower === "local") return { label: local, id: local, asWritten: false };
  const id = lower === "utc" || lower === "z" ? "UTC" : name;
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(id);
  } catch {
    throw new Failure(
      "usage",
      `Cannot use time zone "${safe(name)}": it is not known`,
      {
        hint:
          "Give local, UTC, written, an offset like +02:00 or a name like " +
          "Europe/Berlin",
      },
    );
  }
  return { label: id, id, asWritten: false };
}

/** The day number of the calendar day it is in `zone` at `now` (milliseconds since 1970, UTC). */
export function today(now: number, zone: Zone): number {
  return Math.floor(wallAt(now, zone) / DAY_MS);
}

/** The wall clock of `zone` at an instant. */
function wallAt(instant: number, zone: Zone): number {
  const there = Temporal.Instant.fromEpochMilliseconds(instant)
    .toZonedDateTimeISO(zone.id);
  return instant + Math.round(there.offsetNanoseconds / 1e6);
}

/** The years Temporal can place in time, with room to spare; beyond, walls stand for instants. */
const PLACEABLE = 8e15;

/**
 * The instants at which the zone's clock shows a time in `span`. Two spans where the clock goes
 * back and shows it twice; an hour that the clock skips has no instants.
 */
export function instantsOf(span: Span, zone: Zone): Span[] {
  const spans = (["earlier", "later"] as const).map((which) => ({
    from: instantOf(span.from, zone, which),
    until: instantOf(span.until, zone, which),
  }));
  const [first, second] = spans as [Span, Span];
  return first.from === second.from && first.until === second.until
    ? [first]
    : spans;
}

function instantOf(
  wall: number,
  zone: Zone,
  disambiguation: "earlier" | "later",
): number {
  if (Math.abs(wall) > PLACEABLE) return wall;
  const clock = Temporal.Instant.fromEpochMilliseconds(wall)
    .toZonedDateTimeISO("UTC").toPlainDateTime();
  const there = clock.toZonedDateTime(zone.id, { disambiguation });
  if (there.toPlainDateTime().equals(clock)) return there.epochMilliseconds;
  // The clock never shows this: it stands for the moment at which it was skipped.
  const before = clock.toZonedDateTime(zone.id, { disambiguation: "earlier" });
  return before.getTimeZoneTransition("next")?.epochMilliseconds ??
    there.epochMilliseconds;
}
