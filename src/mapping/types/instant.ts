// An instant with every digit it was given: whole seconds since 1970 and the digits behind the point. Canonical text: ISO 8601 in UTC.

import { dayNumber, dayOf, dayText, digits, isDay, SECONDS_A_DAY } from "./calendar.ts";

export interface Instant {
  /** Since 1970-01-01T00:00:00Z; may be negative. */
  readonly seconds: number;
  /** Digits after the point, without zeros at the end; always counted forward from `seconds`. */
  readonly fraction: string;
}

/** What a text in ISO 8601 or the SQL form says. */
export interface WrittenTime {
  /** Seconds since 1970 of the date and time as written, its zone aside. */
  readonly localSeconds: number;
  readonly fraction: string;
  /** Null: a date alone. */
  readonly separator: string | null;
  readonly hasSeconds: boolean;
  /** As written ("Z", "+02:00"); null: no zone. */
  readonly zone: string | null;
  readonly offsetSeconds: number;
}

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:([Tt ])(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,30}))?)?\s?([Zz]|[+-]\d\d(?::?\d\d)?)?)?$/;

const FIRST = dayNumber({ year: 1, month: 1, day: 1 }) * SECONDS_A_DAY;
const LAST = (dayNumber({ year: 9999, month: 12, day: 31 }) + 1) * SECONDS_A_DAY - 1;

/** Null when the text is in another form, or the day or hour does not exist. */
export function writtenTime(text: string): WrittenTime | null {
  const match = ISO.exec(text.trim());
  if (match === null) return null;
  const [, year, month, day, separator = null, hour = "0", minute = "0", second, fraction = "", zone = null] = match;
  const date = { year: Number(year), month: Number(month), day: Number(day) };
  const time = { hour: Number(hour), minute: Number(minute), second: Number(second ?? "0") };
  const offsetSeconds = zone === null ? 0 : offsetOf(zone);
  if (!isDay(date) || !isTime(time) || offsetSeconds === null) return null;
  return {
    localSeconds: localSeconds(date, time),
    fraction: fraction.replace(/0+$/, ""),
    separator,
    hasSeconds: second !== undefined,
    zone,
    offsetSeconds,
  };
}

export interface TimeOfDay {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

export function isTime({ hour, minute, second }: TimeOfDay): boolean {
  return hour <= 23 && minute <= 59 && second <= 59;
}

export function localSeconds(
  day: { readonly year: number; readonly month: number; readonly day: number },
  time: TimeOfDay,
): number {
  return dayNumber(day) * SECONDS_A_DAY + time.hour * 3600 + time.minute * 60 + time.second;
}

function offsetOf(zone: string): number | null {
  if (zone === "Z" || zone === "z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(":", "") || "0");
  if (hours > 18 || minutes > 59) return null;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 3600 + minutes * 60);
}

/** Within the years 1 to 9999, which every system can write. */
export function isWithinYears(seconds: number): boolean {
  return seconds >= FIRST && seconds <= LAST;
}

/** Date and time of day of so many local seconds. */
export function partsOf(
  local: number,
): { readonly year: number; readonly month: number; readonly day: number } & TimeOfDay {
  const days = Math.floor(local / SECONDS_A_DAY);
  const rest = local - days * SECONDS_A_DAY;
  return { ...dayOf(days), hour: Math.floor(rest / 3600), minute: Math.floor((rest % 3600) / 60), second: rest % 60 };
}

export interface TimeStyle {
  readonly separator: string;
  readonly hasSeconds: boolean;
  /** At least so many digits behind the point. */
  readonly fractionDigits: number;
  /** Text after the time: "Z", "+02:00", or nothing. */
  readonly zone: string;
}

export function timeText(local: number, fraction: string, style: TimeStyle): string {
  const parts = partsOf(local);
  const shownFraction = fraction.padEnd(style.fractionDigits, "0");
  const point = shownFraction === "" ? "" : `.${shownFraction}`;
  const seconds = style.hasSeconds || parts.second !== 0 || point !== "" ? `:${digits(parts.second, 2)}${point}` : "";
  return `${dayText(parts)}${style.separator}${digits(parts.hour, 2)}:${digits(parts.minute, 2)}${seconds}${style.zone}`;
}

/** `2026-03-01T12:00:00.5Z`: one text for one instant. */
export function instantText({ seconds, fraction }: Instant): string {
  return timeText(seconds, fraction, { separator: "T", hasSeconds: true, fractionDigits: 0, zone: "Z" });
}

/** "+02:00" in the manner of another offset: "+0200", "+02", "Z". */
export function offsetText(offsetSeconds: number, like: string): string {
  if (offsetSeconds === 0 && /^z$/i.test(like)) return like;
  const minutes = Math.abs(offsetSeconds) / 60;
  const hour = digits(Math.floor(minutes / 60), 2);
  const minute = digits(minutes % 60, 2);
  const sign = offsetSeconds < 0 ? "-" : "+";
  if (/^[+-]\d\d$/.test(like) && minute === "00") return sign + hour;
  return /^[+-]\d{4}$/.test(like) ? sign + hour + minute : `${sign}${hour}:${minute}`;
}
