// Local time in a time zone and back, by the platform's zone data.

import { dayNumber, SECONDS_A_DAY } from "./calendar.ts";

const formatters = new Map<string, Intl.DateTimeFormat | null>();

function formatterOf(zone: string): Intl.DateTimeFormat | null {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  let formatter: Intl.DateTimeFormat | null;
  try {
    formatter = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      calendar: "iso8601",
      numberingSystem: "latn",
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    formatter = null; // how the platform says that it knows no such zone
  }
  formatters.set(zone, formatter);
  return formatter;
}

export function isZone(zone: string): boolean {
  return formatterOf(zone) !== null;
}

export function zoneNames(): readonly string[] {
  return ["UTC", ...Intl.supportedValuesOf("timeZone")];
}

/** Zones without clock changes: there every local time means one instant. */
export function isFixedZone(zone: string): boolean {
  return /^(?:UTC|GMT|Etc\/.+|[+-]\d\d:\d\d)$/i.test(zone);
}

/** Since 1980 clocks were changed at full quarters of an hour only (in Liberia once, in 1972, thirty seconds beside one). */
const QUARTER = 900;
const QUARTERS_SINCE = 315_532_800;
/** Offsets that are remembered; asking the platform takes some five microseconds. Full: forgotten altogether. */
const REMEMBERED_MAX = 50_000;
const remembered = new Map<string, Map<number, number>>();

/** Seconds that local time is ahead of UTC at an instant (seconds since 1970). */
export function offsetAt(zone: string, epochSeconds: number): number {
  if (zone === "UTC") return 0;
  if (epochSeconds < QUARTERS_SINCE) return platformOffset(zone, epochSeconds);
  const quarter = Math.floor(epochSeconds / QUARTER);
  let offsets = remembered.get(zone);
  if (offsets === undefined || offsets.size >= REMEMBERED_MAX) {
    offsets = new Map();
    remembered.set(zone, offsets);
  }
  let offset = offsets.get(quarter);
  if (offset === undefined) {
    offset = platformOffset(zone, quarter * QUARTER);
    offsets.set(quarter, offset);
  }
  return offset;
}

function platformOffset(zone: string, epochSeconds: number): number {
  const formatter = formatterOf(zone);
  if (formatter === null) throw new Error(`no such time zone: ${zone}`);
  const parts = new Map(formatter.formatToParts(epochSeconds * 1000).map((part) => [part.type, part.value]));
  const number = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type));
  const year = parts.get("era")?.startsWith("B") === true ? 1 - number("year") : number("year");
  const days = dayNumber({ year, month: number("month"), day: number("day") });
  const local = days * SECONDS_A_DAY + number("hour") * 3600 + number("minute") * 60 + number("second");
  return local - epochSeconds;
}

/**
 * The instant at which clocks in the zone show a local time (both as seconds since 1970). When clocks were set back and show it
 * twice: the first time. When they were set forward over it: as if they had not been, so 02:30 is what they then call 03:30.
 */
export function instantOfLocal(zone: string, localSeconds: number): number {
  const before = localSeconds - offsetAt(zone, localSeconds - SECONDS_A_DAY);
  if (localOf(zone, before) === localSeconds) return before;
  const after = localSeconds - offsetAt(zone, localSeconds + SECONDS_A_DAY);
  return localOf(zone, after) === localSeconds ? after : before;
}

export function localOf(zone: string, epochSeconds: number): number {
  return epochSeconds + offsetAt(zone, epochSeconds);
}

/** The first instant of a day: midnight, or when clocks skip it, the moment after. */
export function startOfDay(zone: string, day: number): number {
  const localMidnight = day * SECONDS_A_DAY;
  const instant = instantOfLocal(zone, localMidnight);
  if (localOf(zone, instant) === localMidnight) return instant;
  // Clocks jump over midnight: the day starts where the day before ends, at the jump itself.
  let early = instant - SECONDS_A_DAY;
  let late = instant;
  while (late - early > 1) {
    const middle = Math.floor((early + late) / 2);
    if (localOf(zone, middle) >= localMidnight) late = middle;
    else early = middle;
  }
  return late;
}
