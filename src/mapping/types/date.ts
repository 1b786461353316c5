// date: a day of the calendar, without time or zone.

import { z } from "zod";

import type { Value } from "../../core/value.ts";
import { defineType, type OptionFault } from "./definition.ts";
import { invalid, NULL_READING, textKey, valid } from "./reading.ts";
import { checkedFormat, dateFormat, type DateFormat } from "./date-format.ts";
import { dayNumber, dayOf, dayText, isDay, SECONDS_A_DAY, type Day } from "./calendar.ts";
import { instantText, isWithinYears, writtenTime } from "./instant.ts";
import { localOf, startOfDay } from "./zone.ts";
import { zoneSchema } from "./time-options.ts";
import { whole } from "./chance.ts";

const ISO_DAY = /^(\d{4})-(\d\d)-(\d\d)$/;

export const dateType = defineType({
  name: "date",
  docs: {
    summary:
      'A day of the calendar: birthday, due date. It travels as 2026-03-01. `{ date: "DD.MM.YYYY" }` says how a side writes it (YYYY MM M MMM DD D). ' +
      "`{ date: { zone: Europe/Vienna } }` is for a side that shows instants: it is read as the day it falls on there, and written as the first instant of the day; " +
      "the same day is left as it is. 30 February, and an instant where no zone is said, are held.",
    example:
      'born: { crm: { at: birthdate, as: { date: "DD.MM.YYYY" } }, as: date }\nend: { billing: { at: ends_at, as: { date: { zone: Europe/Vienna } } }, as: date }',
  },
  options: z.strictObject({
    format: z.string().optional().describe("How this side writes a date, such as DD.MM.YYYY."),
    zone: zoneSchema.optional().describe("This side shows instants; the day is that of this time zone."),
  }),
  short: {
    schema: z.string().describe("How this side writes a date, such as DD.MM.YYYY."),
    toOptions: (given) => (typeof given === "string" ? { format: given } : null),
  },
  faults: ({ format, zone }) => dateFaults(format, zone),
  build: ({ format, zone }) => {
    const form = checkedFormat(format);
    const read = (raw: string): string | null =>
      zone !== undefined ? dayInZone(raw, zone) : form === null ? isoDay(raw) : formattedDay(raw, form);
    const expected = zone !== undefined ? "an instant" : `a date${format === undefined ? "" : ` like ${format}`}`;
    return {
      name: "date",
      lossless: true,
      read: (raw) => {
        if (raw === null) return NULL_READING;
        const day = typeof raw === "string" ? read(raw) : null;
        if (day !== null) return valid(day);
        return invalid(
          raw,
          expected,
          zone === undefined && typeof raw === "string" && writtenTime(raw) !== null ? TIME_ADVICE : "",
        );
      },
      write: (value, shown) => {
        const day = typeof value === "string" ? dayIn(value) : null;
        if (day === null) return value;
        if (zone !== undefined) return instantLikeShown(day, zone, shown);
        return form === null ? value : form.write({ ...day, hour: 0, minute: 0, second: 0, millisecond: 0 });
      },
      key: textKey,
      sample: (random) => written(whole(random, -20_000, 40_000)),
      edges: ["2024-02-29", "2000-02-29", "1999-12-31", "2026-03-29", "2026-10-25", "0999-01-01", "9998-12-31"].map(
        (day) => {
          const parts = dayIn(day);
          return parts === null ? null : written(dayNumber(parts));
        },
      ),
    };

    /** A day as this side would show it. */
    function written(number: number): Value {
      const day = dayOf(number);
      if (zone !== undefined) return instantText({ seconds: startOfDay(zone, number), fraction: "" });
      return form === null ? dayText(day) : form.write({ ...day, hour: 0, minute: 0, second: 0, millisecond: 0 });
    }
  },
});

const TIME_ADVICE = "to take the day of an instant, say in which time zone: { date: { zone: Europe/Vienna } }";

function dateFaults(format: string | undefined, zone: string | undefined): readonly OptionFault[] {
  if (format === undefined) return [];
  if (zone !== undefined) {
    return [
      {
        code: "E_ENUM",
        option: null,
        message: "a date is written by a format or as an instant of a zone, not both",
        hint: "leave one of format and zone out",
      },
    ];
  }
  const form = dateFormat(format);
  if (typeof form !== "string" && !form.hasTime) return [];
  const reason = typeof form === "string" ? form : "a date has no time; use datetime";
  return [
    {
      code: "E_ENUM",
      option: null,
      message: `"${format}" is not a date format: ${reason}`,
      found: format,
      expected: "such as YYYY-MM-DD or DD.MM.YYYY",
    },
  ];
}

/** Null when it is not a canonical date. */
function dayIn(text: string): Day | null {
  const match = ISO_DAY.exec(text);
  if (match === null) return null;
  const day = { year: Number(match[1]), month: Number(match[2]), day: Number(match[3]) };
  return isDay(day) ? day : null;
}

function isoDay(raw: string): string | null {
  if (dayIn(raw) !== null) return raw;
  const typed = raw.trim();
  return dayIn(typed) === null ? null : typed;
}

function formattedDay(raw: string, form: DateFormat): string | null {
  const parts = form.read(raw);
  return parts !== null && isDay(parts) ? dayText(parts) : null;
}

function dayInZone(raw: string, zone: string): string | null {
  const written = writtenTime(raw);
  if (written === null || written.zone === null) return null;
  const local = localOf(zone, written.localSeconds - written.offsetSeconds);
  return isWithinYears(local) ? dayText(dayOf(Math.floor(local / SECONDS_A_DAY))) : null;
}

function instantLikeShown(day: Day, zone: string, shown: Value | undefined): Value {
  if (typeof shown === "string" && dayInZone(shown, zone) === dayText(day)) return shown;
  const number = dayNumber(day);
  const start = startOfDay(zone, number);
  // A zone may leave a day out (Samoa, 30 December 2011): no instant says it, and `read` refuses the date alone.
  if (Math.floor(localOf(zone, start) / SECONDS_A_DAY) !== number || !isWithinYears(start)) return dayText(day);
  return instantText({ seconds: start, fraction: "" });
}
