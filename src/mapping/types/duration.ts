// duration: a length of time in ISO 8601. A day is 24 hours and a week seven days; a month has no fixed length.

import { z } from "zod";

import { digitsOf, type Value } from "../../core/value.ts";
import { defineType } from "./definition.ts";
import { invalid, NULL_READING, textKey, valid } from "./reading.ts";
import {
  decimalOf,
  exactQuotient,
  numberInText,
  numberLikeShown,
  numberOf,
  PLAIN_MARKS,
  type DecimalNumber,
} from "./exact-decimal.ts";
import { pick, whole } from "./chance.ts";
import { writtenSchema } from "./number-options.ts";

const UNITS = { milliseconds: "0.001", seconds: "1", minutes: "60", hours: "3600", days: "86400" } as const;
const formSchema = z
  .enum(["iso", "milliseconds", "seconds", "minutes", "hours", "days"])
  .describe("iso: PT1H30M (unless said). Otherwise a number of that unit.");

const ISO =
  /^([+-]?)P(?!$)(?:(\d{1,9})Y)?(?:(\d{1,9})M)?(?:(\d{1,12}(?:\.\d{1,20})?)W)?(?:(\d{1,15}(?:\.\d{1,20})?)D)?(?:T(?!$)(?:(\d{1,12}(?:\.\d{1,20})?)H)?(?:(\d{1,12}(?:\.\d{1,20})?)M)?(?:(\d{1,15}(?:\.\d{1,20})?)S)?)?$/i;

export const durationType = defineType({
  name: "duration",
  docs: {
    summary:
      "A length of time. It travels in ISO 8601 (PT1H30M); PT90M is equal to it, P1D to PT24H, P1Y to P12M. `{ duration: minutes }` (milliseconds, seconds, hours, days) is for a side that " +
      "shows a number. Months and years have no fixed length: a side that counts in such a unit holds them.",
    example: "warranty: { crm: { at: warranty_days, as: { duration: days } }, as: duration }",
  },
  options: z.strictObject({ form: formSchema.optional(), written: writtenSchema.optional() }),
  short: { schema: formSchema, toOptions: (given) => (typeof given === "string" ? { form: given } : null) },
  build: ({ form = "iso", written }) => {
    const unit = form === "iso" ? null : decimalOf(UNITS[form]);
    const style = { text: written === "text", scale: null, marks: PLAIN_MARKS };
    return {
      name: "duration",
      // A third of a minute has no end in minutes: such a duration is held, not rounded.
      lossless: true,
      read: (raw) => {
        if (raw === null) return NULL_READING;
        if (unit === null) {
          const length = typeof raw === "string" ? isoLength(raw) : null;
          return length === null ? invalid(raw, "an ISO 8601 duration such as PT1H30M") : valid(lengthText(length));
        }
        const digits = digitsOf(typeof raw === "string" ? numberInText(raw) : raw);
        if (digits === null || digits.length > DIGITS_MAX) return invalid(raw, `a number of ${form}`);
        return valid(lengthText({ months: 0, seconds: decimalOf(digits).times(unit) }));
      },
      write: (value, shown) => {
        if (unit === null || typeof value !== "string") return value;
        const length = isoLength(value);
        if (length === null || length.months !== 0) return value;
        const count = exactQuotient(length.seconds, unit);
        const number = count === null ? null : numberOf(count);
        return number === null || (digitsOf(number) ?? "").length > DIGITS_MAX
          ? value
          : numberLikeShown(number, shown, style);
      },
      key: textKey,
      sample: (random) => {
        const minutes = whole(random, -5_000, 50_000);
        if (unit !== null) return pick<Value>(random, [minutes, String(minutes)]);
        return pick(random, [
          `P${String(Math.abs(minutes))}D`,
          `P1Y${String(Math.abs(minutes))}M`,
          `${minutes < 0 ? "-" : ""}PT${String(Math.abs(minutes))}M0.5S`,
        ]);
      },
      edges:
        unit === null
          ? ["PT0S", "P0D", "-P1D", "P12M", "P1W", "PT36H", "PT0.50S", "P1Y2M3DT4H5M6.789S", "pt1h"]
          : [0, 1, "90", 0.5, -1],
    };
  },
});

/** Numbers of more digits are no length of time. */
const DIGITS_MAX = 15;

interface Length {
  /** Negative with the seconds: a duration has one sign. */
  readonly months: number;
  readonly seconds: DecimalNumber;
}

function isoLength(text: string): Length | null {
  const match = ISO.exec(text.trim());
  if (match === null) return null;
  const [, sign, years = "0", months = "0", weeks = "0", days = "0", hours = "0", minutes = "0", seconds = "0"] = match;
  const factor = sign === "-" ? -1 : 1;
  const parts = [
    decimalOf(weeks).times(604_800),
    decimalOf(days).times(UNITS.days),
    decimalOf(hours).times(UNITS.hours),
    decimalOf(minutes).times(UNITS.minutes),
    decimalOf(seconds),
  ];
  const total = parts.reduce((sum, part) => sum.plus(part), decimalOf("0"));
  return { months: factor * (Number(years) * 12 + Number(months)), seconds: total.times(factor) };
}

/** The one text of a length: largest units first, zeros left out. */
function lengthText({ months, seconds }: Length): string {
  const total = seconds.abs();
  const wholeMinutes = total.dividedToIntegerBy(60);
  const hours = wholeMinutes.dividedToIntegerBy(60);
  const days = hours.dividedToIntegerBy(24);
  const allMonths = Math.abs(months);
  const date = [
    [String(Math.floor(allMonths / 12)), "Y"],
    [String(allMonths % 12), "M"],
    [days.toFixed(), "D"],
  ] as const;
  const time = [
    [hours.minus(days.times(24)).toFixed(), "H"],
    [wholeMinutes.minus(hours.times(60)).toFixed(), "M"],
    [total.minus(wholeMinutes.times(60)).toFixed(), "S"],
  ] as const;
  const shown = (parts: typeof date | typeof time): string =>
    parts.map(([count, unit]) => (count === "0" ? "" : count + unit)).join("");
  const clock = shown(time);
  const text = shown(date) + (clock === "" ? "" : `T${clock}`);
  if (text === "") return "PT0S";
  return `${months < 0 || seconds.isNegative() ? "-" : ""}P${text}`;
}
