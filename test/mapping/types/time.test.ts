// date, datetime, duration: tables of what each reads and writes; clock changes are those of Vienna (29 March and 25 October 2026).

import { describe, expect, test } from "@jest/globals";

import type { Value } from "../../../src/core/value.ts";
import { dayNumber, dayOf } from "../../../src/mapping/types/calendar.ts";
import { compiled, exact, read, same } from "./compiled.ts";

const invalid = { invalid: expect.any(String) };
const VIENNA = { datetime: { zone: "Europe/Vienna" } };
const DAY_IN_VIENNA = { date: { zone: "Europe/Vienna" } };
const LOCAL = { datetime: { zone: "Europe/Vienna", form: "local" } };
const FORMAT = { datetime: { zone: "Europe/Vienna", format: "DD.MM.YYYY HH:mm" } };

const READ: readonly (readonly [spec: unknown, raw: Value, value: unknown])[] = [
  ["date", "2026-02-28", "2026-02-28"],
  ["date", "2026-02-30", { invalid: '"2026-02-30" is not a date' }],
  ["date", "2024-02-29", "2024-02-29"],
  ["date", "2100-02-29", invalid],
  ["date", "0000-01-01", invalid],
  ["date", "2026-2-3", invalid],
  ["date", 20260203, invalid],
  ["date", "2026-02-28T00:00:00Z", { invalid: expect.stringContaining("{ date: { zone: Europe/Vienna } }") }],
  [{ date: "DD.MM.YYYY" }, "03.02.2026", "2026-02-03"],
  [{ date: "DD.MM.YYYY" }, "31.02.2026", { invalid: '"31.02.2026" is not a date like DD.MM.YYYY' }],
  [{ date: "DD.MM.YYYY" }, "2026-02-03", invalid],
  [{ date: "M/D/YYYY" }, "2/3/2026", "2026-02-03"],
  [{ date: "YYYYMMDD" }, "20260203", "2026-02-03"],
  [{ date: "DD-MMM-YYYY" }, "03-feb-2026", "2026-02-03"],
  [{ date: "YYYY[ year] MM D" }, "2026 year 02 3", "2026-02-03"],
  [DAY_IN_VIENNA, "2026-03-28T23:30:00Z", "2026-03-29"],
  [DAY_IN_VIENNA, "2026-03-29T22:30:00Z", "2026-03-30"],
  [DAY_IN_VIENNA, "2026-03-28T22:59:59.999Z", "2026-03-28"],
  [DAY_IN_VIENNA, "2026-03-28T23:30:00", invalid],
  ["datetime", "2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z"],
  ["datetime", "2026-03-01 12:00:00.500+02:00", "2026-03-01T10:00:00.5Z"],
  ["datetime", "2026-03-01T12:00+0530", "2026-03-01T06:30:00Z"],
  ["datetime", "2026-03-01T12:00:00.123456789Z", "2026-03-01T12:00:00.123456789Z"],
  ["datetime", "2026-02-30T12:00:00Z", invalid],
  ["datetime", "2026-03-01T24:00:00Z", invalid],
  ["datetime", "2026-03-01T12:00:00", { invalid: expect.stringContaining("no time zone") }],
  ["datetime", "2026-03-01", { invalid: expect.stringContaining("date alone") }],
  ["datetime", 1_772_366_400, { invalid: expect.stringContaining("epoch_s") }],
  ["datetime", "0001-01-01T00:00:00+02:00", invalid],
  [VIENNA, "2026-07-01T12:00:00", "2026-07-01T10:00:00Z"],
  [VIENNA, "2026-03-29T02:30:00", "2026-03-29T01:30:00Z"],
  [VIENNA, "2026-10-25T02:30:00", "2026-10-25T00:30:00Z"],
  [VIENNA, "2026-10-25T03:00:00", "2026-10-25T02:00:00Z"],
  [{ datetime: { zone: "Europe/Vienna", dates: "start" } }, "2026-07-01", "2026-06-30T22:00:00Z"],
  [FORMAT, "25.10.2026 02:30", "2026-10-25T00:30:00Z"],
  [FORMAT, "25.10.2026 24:30", invalid],
  [{ datetime: "epoch_s" }, 1_772_366_400, "2026-03-01T12:00:00Z"],
  [{ datetime: "epoch_s" }, "1772366400.25", "2026-03-01T12:00:00.25Z"],
  [{ datetime: "epoch_ms" }, 1_772_366_400_500, "2026-03-01T12:00:00.5Z"],
  [{ datetime: "epoch_ms" }, -1, "1969-12-31T23:59:59.999Z"],
  [{ datetime: "epoch_s" }, exact("1e18"), invalid],
  ["duration", "PT90M", "PT1H30M"],
  ["duration", "p1w", "P7D"],
  ["duration", "P1Y14M", "P2Y2M"],
  ["duration", "-PT0.50S", "-PT0.5S"],
  ["duration", "PT", invalid],
  ["duration", "90", invalid],
  [{ duration: "minutes" }, 90, "PT1H30M"],
  [{ duration: "minutes" }, "0.5", "PT30S"],
  [{ duration: "days" }, 14, "P14D"],
];

const WRITTEN: readonly (readonly [spec: unknown, value: Value, shown: Value | undefined, written: Value])[] = [
  [{ date: "D.M.YYYY" }, "2026-02-03", undefined, "3.2.2026"],
  [{ date: "DD-MMM-YYYY" }, "2026-02-03", undefined, "03-Feb-2026"],
  [DAY_IN_VIENNA, "2026-03-29", undefined, "2026-03-28T23:00:00Z"],
  [DAY_IN_VIENNA, "2026-03-30", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"],
  [DAY_IN_VIENNA, "2026-03-29", "2026-03-29T09:15:00+02:00", "2026-03-29T09:15:00+02:00"],
  ["datetime", "2026-03-01T12:00:00Z", "2026-01-01T00:00:00.000Z", "2026-03-01T12:00:00.000Z"],
  ["datetime", "2026-07-01T12:00:00Z", "2026-01-01 00:00:00+02:00", "2026-07-01 14:00:00+02:00"],
  ["datetime", "2026-07-01T12:00:00Z", "2026-01-01T00:00:00+0000", "2026-07-01T12:00:00+0000"],
  [VIENNA, "2026-07-01T12:00:00Z", "2026-01-01T00:00:00+01:00", "2026-07-01T14:00:00+02:00"],
  [VIENNA, "2026-07-01T12:00:00Z", "2026-01-01 00:00", "2026-07-01 14:00"],
  [VIENNA, "2026-10-25T00:30:00Z", "2026-01-01 00:00:00", "2026-10-25 02:30:00"],
  [VIENNA, "2026-10-25T01:30:00Z", "2026-01-01 00:00:00", "2026-10-25 01:30:00Z"],
  [LOCAL, "2026-10-25T01:30:00Z", undefined, "2026-10-25T02:30:00"],
  [FORMAT, "2026-07-01T12:00:59Z", undefined, "01.07.2026 14:00"],
  [{ datetime: { precision: "second" } }, "2026-03-01T12:00:00.999Z", undefined, "2026-03-01T12:00:00Z"],
  [{ datetime: "epoch_s" }, "2026-03-01T12:00:00.999Z", undefined, 1_772_366_400],
  [{ datetime: "epoch_ms" }, "2026-03-01T12:00:00.9994Z", "1", "1772366400999"],
  [{ datetime: "epoch_s" }, "1969-12-31T23:59:59.5Z", undefined, -1],
  [{ duration: "minutes" }, "PT1H30M", "5", "90"],
  [{ duration: "hours" }, "PT20M", undefined, "PT20M"],
  [{ duration: "days" }, "P1M", undefined, "P1M"],
];

const SAME: readonly (readonly [spec: unknown, a: Value, b: Value, same: boolean])[] = [
  ["datetime", "2026-03-01T12:00:00Z", "2026-03-01T13:00:00.000+01:00", true],
  ["datetime", "2026-03-01T12:00:00Z", "2026-03-01T12:00:00.001Z", false],
  ["duration", "P1D", "PT24H", true],
  ["duration", "P1M", "P30D", false],
];

describe("time", () => {
  test.each(READ)("%j reads %j as %j", (spec, raw, value) => {
    expect(read(spec, raw)).toEqual(value);
  });

  test.each(WRITTEN)("%j writes %j over %j as %j", (spec, value, shown, written) => {
    expect(compiled(spec).write(value, shown)).toEqual(written);
  });

  test.each(SAME)("%j: are %j and %j the same? %s", (spec, a, b, expected) => {
    expect(same(spec, a, b)).toBe(expected);
  });

  test("a date over a clock change does not move, whatever zone the instants are of", () => {
    for (const zone of ["Europe/Vienna", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "America/Sao_Paulo"]) {
      const instants = compiled({ date: { zone } });
      for (let number = dayNumber({ year: 2018, month: 10, day: 1 }); dayOf(number).year < 2019; number += 1) {
        const { year, month, day } = dayOf(number);
        const date = `${String(year)}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
        expect(instants.read(instants.write(date, undefined))).toEqual({ ok: true, value: date });
      }
    }
  });

  test("a day that a zone left out is not written as another day", () => {
    const samoa = compiled({ date: { zone: "Pacific/Apia" } });

    expect(samoa.read(samoa.write("2011-12-30", undefined)).ok).toBe(false);
  });

  test("a length that a unit cannot say is held, not rounded", () => {
    const days = compiled("duration", { duration: "days" });

    expect(days.read(days.write("P1M", undefined)).ok).toBe(false);
    expect(days.read(days.write("PT1H", undefined)).ok).toBe(false);
    expect(days.read(days.write("PT12H", undefined))).toEqual({ ok: true, value: "PT12H" });
  });

  test("day numbers count every day of four centuries, leap days included", () => {
    const first = dayNumber({ year: 1900, month: 1, day: 1 });
    const last = dayNumber({ year: 2300, month: 1, day: 1 });

    expect(dayNumber({ year: 1970, month: 1, day: 1 })).toBe(0);
    expect(dayNumber({ year: 2000, month: 3, day: 1 })).toBe(11_017);
    expect(last - first).toBe(146_097);
    for (let number = first; number <= last; number += 1) {
      if (dayNumber(dayOf(number)) !== number) throw new Error(`day ${String(number)} does not come back`);
    }
  });
});
