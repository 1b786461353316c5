// datetime: an instant. It travels in UTC with every digit it came with; each side keeps its own zone, precision and form.

import { z } from "zod";

import { digitsOf, type Value } from "../../core/value.ts";
import { defineType, type OptionFault } from "./definition.ts";
import { invalid, NULL_READING, textKey, valid } from "./reading.ts";
import { checkedFormat, dateFormat, type DateFormat } from "./date-format.ts";
import { isDay, SECONDS_A_DAY } from "./calendar.ts";
import { decimalOf, isNumber, numberOf } from "./exact-decimal.ts";
import {
  instantText,
  isTime,
  isWithinYears,
  localSeconds,
  offsetText,
  partsOf,
  timeText,
  writtenTime,
  type Instant,
} from "./instant.ts";
import { instantOfLocal, isFixedZone, localOf, offsetAt, startOfDay } from "./zone.ts";
import { zoneSchema } from "./time-options.ts";
import { letters, whole } from "./chance.ts";

const FORMS = ["iso", "local", "epoch_s", "epoch_ms"] as const;
const PRECISIONS = { minute: 0, second: 0, millisecond: 3, microsecond: 6 } as const;
type Precision = keyof typeof PRECISIONS;

const formSchema = z
  .enum(FORMS)
  .describe(
    "iso: text with its zone (unless said). local: text without zone, in the time of `zone`. epoch_s, epoch_ms: seconds or milliseconds since 1970.",
  );

const optionsSchema = z.strictObject({
  form: formSchema.optional(),
  zone: zoneSchema.optional().describe("The time zone of values that say none."),
  precision: z
    .enum(["minute", "second", "millisecond", "microsecond"])
    .optional()
    .describe("What this side keeps; finer digits are cut when it is written."),
  format: z.string().optional().describe("How this side writes it, such as DD.MM.YYYY HH:mm; in the time of `zone`."),
  dates: z
    .literal("start")
    .optional()
    .describe("A date alone is read as the start of that day in `zone`; otherwise it is held."),
});

type DatetimeOptions = z.output<typeof optionsSchema>;

const CANONICAL = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d*[1-9])?Z$/;

export const datetimeType = defineType({
  name: "datetime",
  docs: {
    summary:
      "An instant. It travels as ISO 8601 in UTC with every digit it came with; a side is written in the offset, the separator and the number of digits that its record shows. " +
      "`zone` is the time zone of values that say none (without it they are held): an hour that clocks show twice is the first one, one they skip counts on from before. " +
      "`form` is local, epoch_s or epoch_ms for sides that show those; `precision: second` is for sides that keep no more (lossy toward the finer side). A date alone is held unless `dates: start`.",
    example:
      "created: { crm: { at: created_at, as: { datetime: { zone: Europe/Vienna } } }, billing: { at: created, as: { datetime: epoch_s } }, as: datetime }",
  },
  options: optionsSchema,
  short: { schema: formSchema, toOptions: (given) => (typeof given === "string" ? { form: given } : null) },
  faults: datetimeFaults,
  build: (options) => {
    const format = checkedFormat(options.format);
    const side: DatetimeSide = { ...options, dateFormat: format, keeps: precisionOf(options) };
    const local = format !== null || options.form === "local";
    return {
      name: "datetime",
      // A local time cannot tell the two hours that clocks show twice.
      lossless: side.keeps === null && (!local || isFixedZone(options.zone ?? "")),
      read: (raw) => {
        if (raw === null) return NULL_READING;
        if (
          typeof raw === "string" &&
          options.form !== "epoch_s" &&
          options.form !== "epoch_ms" &&
          CANONICAL.test(raw) &&
          writtenTime(raw) !== null &&
          format === null
        ) {
          return { ok: true, value: raw };
        }
        const instant = instantOf(raw, side);
        if (typeof instant === "string") return invalid(raw, "an instant", instant);
        return isWithinYears(instant.seconds)
          ? valid(instantText(instant))
          : invalid(raw, "an instant of the years 1 to 9999");
      },
      write: (value, shown) => {
        const instant = typeof value === "string" ? canonicalInstant(value) : null;
        return instant === null ? value : writeInstant(cut(instant, side.keeps), shown, side);
      },
      key: textKey,
      sample: (random) =>
        written(whole(random, -1_000_000_000, 4_000_000_000), letters(random, whole(random, 0, 4), "0123456789")),
      // Around both clock changes of central Europe in 2026, leap day, before 1970, the last second of a year.
      edges: [
        1_774_746_000, 1_774_749_599, 1_792_886_400, 1_792_890_000, 1_792_893_599, 1_709_164_800, -1, 0, 1_798_761_599,
      ].map((seconds) => written(seconds, "")),
    };

    function written(seconds: number, fraction: string): Value {
      return writeInstant(cut({ seconds, fraction: fraction.replace(/0+$/, "") }, side.keeps), undefined, side);
    }
  },
});

interface DatetimeSide extends DatetimeOptions {
  readonly dateFormat: DateFormat | null;
  /** What the side can hold; null: every digit. */
  readonly keeps: Precision | null;
}

function datetimeFaults(options: DatetimeOptions): readonly OptionFault[] {
  const faults: OptionFault[] = [];
  const hint = "zone: Europe/Vienna";
  const needsZone =
    options.form === "local"
      ? "form local"
      : options.format !== undefined
        ? "format"
        : options.dates === undefined
          ? null
          : "dates: start";
  if (needsZone !== null && options.zone === undefined) {
    faults.push({
      code: "E_MISSING",
      option: null,
      message: `datetime with ${needsZone} needs to know the time zone`,
      expected: "zone",
      hint,
    });
  }
  if (options.format !== undefined) {
    const format = dateFormat(options.format);
    const reason = typeof format === "string" ? format : format.hasTime ? null : "it has no hour (HH)";
    if (reason !== null) {
      const message = `"${options.format}" is not a format of a date and time: ${reason}`;
      faults.push({
        code: "E_ENUM",
        option: "format",
        message,
        found: options.format,
        expected: "such as DD.MM.YYYY HH:mm",
      });
    }
    if (options.form !== undefined && options.form !== "local") {
      faults.push({
        code: "E_ENUM",
        option: "form",
        message: `form ${options.form} and format contradict each other`,
        found: options.form,
      });
    }
  }
  return faults;
}

function precisionOf({ precision, form, format }: DatetimeOptions): Precision | null {
  if (precision !== undefined) return precision;
  if (form === "epoch_s") return "second";
  if (form === "epoch_ms") return "millisecond";
  if (format === undefined) return null;
  return format.includes("SSS") ? "millisecond" : format.includes("ss") ? "second" : "minute";
}

/** Digits that the side cannot hold are cut, not rounded: a meeting does not move into the next minute. */
function cut({ seconds, fraction }: Instant, keeps: Precision | null): Instant {
  if (keeps === null) return { seconds, fraction };
  return {
    seconds: keeps === "minute" ? Math.floor(seconds / 60) * 60 : seconds,
    fraction: fraction.slice(0, PRECISIONS[keeps]).replace(/0+$/, ""),
  };
}

function canonicalInstant(text: string): Instant | null {
  const written = writtenTime(text);
  return written === null || written.zone === null
    ? null
    : { seconds: written.localSeconds - written.offsetSeconds, fraction: written.fraction };
}

/** The instant that a raw value says, or advice on what is missing. */
function instantOf(raw: Value, side: DatetimeSide): Instant | string {
  if (side.form === "epoch_s" || side.form === "epoch_ms") return epochInstant(raw, side.form);
  if (typeof raw !== "string")
    return isNumber(raw) ? "if it counts from 1970, say { datetime: epoch_s } or epoch_ms" : "";
  if (side.dateFormat !== null && side.zone !== undefined) return formattedInstant(raw, side.dateFormat, side.zone);
  const written = writtenTime(raw);
  if (written === null) return "";
  if (written.separator === null) {
    if (side.dates === undefined || side.zone === undefined)
      return "it is a date alone; see the option dates of datetime";
    return { seconds: startOfDay(side.zone, written.localSeconds / SECONDS_A_DAY), fraction: "" };
  }
  if (written.zone !== null)
    return { seconds: written.localSeconds - written.offsetSeconds, fraction: written.fraction };
  if (side.zone === undefined) return "it says no time zone; give one, as in { datetime: { zone: Europe/Vienna } }";
  return { seconds: instantOfLocal(side.zone, written.localSeconds), fraction: written.fraction };
}

function epochInstant(raw: Value, form: "epoch_s" | "epoch_ms"): Instant | string {
  const digits = typeof raw === "string" && /^-?\d{1,20}(\.\d{1,20})?$/.test(raw.trim()) ? raw.trim() : digitsOf(raw);
  const expected = `it should count ${form === "epoch_s" ? "seconds" : "milliseconds"} since 1970`;
  if (digits === null) return expected;
  const seconds = form === "epoch_s" ? decimalOf(digits) : decimalOf(digits).times("0.001");
  const whole = seconds.floor();
  if (!isWithinYears(whole.toNumber())) return `${expected}, and is far away`;
  return { seconds: whole.toNumber(), fraction: seconds.minus(whole).toFixed().slice(2) };
}

function formattedInstant(raw: string, format: DateFormat, zone: string): Instant | string {
  const parts = format.read(raw);
  if (parts === null || !isDay(parts) || !isTime(parts)) return "";
  const fraction = String(parts.millisecond).padStart(3, "0").replace(/0+$/, "");
  return { seconds: instantOfLocal(zone, localSeconds(parts, parts)), fraction };
}

function writeInstant(instant: Instant, shown: Value | undefined, side: DatetimeSide): Value {
  if (side.form === "epoch_s" || side.form === "epoch_ms") return epochLikeShown(instant, shown, side.form);
  if (side.dateFormat !== null && side.zone !== undefined) {
    const parts = partsOf(localOf(side.zone, instant.seconds));
    return side.dateFormat.write({ ...parts, millisecond: Number(instant.fraction.padEnd(3, "0").slice(0, 3)) });
  }
  const style = typeof shown === "string" ? writtenTime(shown) : null;
  const shownDigits = typeof shown === "string" ? (/[.,](\d+)/.exec(shown)?.[1]?.length ?? 0) : 0;
  const separator = style?.separator ?? "T";
  const common = { separator, hasSeconds: style?.hasSeconds ?? true, fractionDigits: shownDigits };
  const isLocal = side.form === "local" || (style !== null && style.separator !== null && style.zone === null);
  if (isLocal && side.zone !== undefined) {
    const local = localOf(side.zone, instant.seconds);
    // The second of two equal hours can only be told by its offset; a side that is declared local has no place for it.
    if (side.form === "local" || instantOfLocal(side.zone, local) === instant.seconds) {
      return timeText(local, instant.fraction, { ...common, zone: "" });
    }
  }
  const offset =
    style?.zone === null || style === null
      ? 0
      : /^z$/i.test(style.zone)
        ? 0
        : offsetIn(side, instant, style.offsetSeconds);
  const whole = offset % 60 === 0 ? offset : 0;
  const local = isWithinYears(instant.seconds + whole) ? whole : 0;
  return timeText(instant.seconds + local, instant.fraction, {
    ...common,
    zone: offsetText(local, style?.zone ?? "Z"),
  });
}

/** The zone's offset at that instant where the zone is known, else the one that the record shows. */
function offsetIn(side: DatetimeSide, instant: Instant, shownOffset: number): number {
  return side.zone === undefined ? shownOffset : offsetAt(side.zone, instant.seconds);
}

function epochLikeShown({ seconds, fraction }: Instant, shown: Value | undefined, form: "epoch_s" | "epoch_ms"): Value {
  const exact = decimalOf(String(seconds)).plus(decimalOf(fraction === "" ? "0" : `0.${fraction}`));
  const count = form === "epoch_s" ? exact : exact.times(1000);
  return typeof shown === "string" ? count.toFixed() : (numberOf(count) ?? count.toFixed());
}
