// money: an exact amount in major units; its currency is fixed by the rule or travels with it.
//
//   { money: EUR }                  number or text            travels as the number
//   money, raw has a currency       { amount, currency }      travels as { amount, currency }
//   money, raw has none             number or text            travels as the number
//
// An amount with more decimals than its currency has is held, never rounded.

import { z } from "zod";

import { canonicalText, digitsOf, exactNumber, isFields, type Exact, type Value } from "../../core/value.ts";
import { defineType, type OptionFault } from "./definition.ts";
import { invalid, NULL_READING, shownText, valid } from "./reading.ts";
import { CURRENCY_CODES, currencyDecimals, isCurrency } from "./currencies.ts";
import {
  decimalPlaces,
  isNumber,
  numberInText,
  numberKey,
  numberLikeShown,
  PLAIN_MARKS,
  shifted,
} from "./exact-decimal.ts";
import { pick, whole } from "./chance.ts";
import { scaleSchema, writtenSchema } from "./number-options.ts";
import type { TypeReading } from "./type.ts";

const FORMS = ["major", "minor"] as const;
const FLOATS = new Set(["float", "double", "real"]);

const currencySchema = z
  .string()
  .refine((code) => !FLOATS.has(code.toLowerCase()), {
    params: { code: "E_FLOAT_MONEY", expected: "a currency; amounts are always exact decimals" },
    abort: true,
  })
  .refine(isCurrency, {
    params: { code: "E_ENUM", expected: "an ISO 4217 code, such as EUR", names: [...CURRENCY_CODES, ...FORMS] },
  });

const optionsSchema = z.strictObject({
  currency: currencySchema.optional().describe("The currency of every amount of this field (ISO 4217)."),
  form: z
    .enum(FORMS)
    .optional()
    .describe("major: 12.34 (unless said). minor: 1234, in the smallest unit of the currency."),
  scale: scaleSchema
    .optional()
    .describe("Decimals of an amount in major units, where they are not those of the currency."),
  written: writtenSchema.optional(),
});

type MoneyOptions = z.output<typeof optionsSchema>;

export const moneyType = defineType({
  name: "money",
  docs: {
    summary:
      "An amount of money, exact, compared and carried in major units. `{ money: EUR }` fixes the currency; `{ money: minor }` on a side says that it counts in the " +
      "smallest unit (cents; JPY has none, KWD has three decimals). Without a fixed currency an object { amount, currency } carries its own, " +
      "and amounts of different currencies are never equal. More decimals than the currency has, or another currency than the fixed one: the field is held, nothing is rounded.",
    example: "due: { crm: total, billing: { at: amount_due, as: { money: minor } }, as: { money: USD } }",
  },
  options: optionsSchema,
  short: {
    schema: z.enum([...FORMS, ...CURRENCY_CODES]).describe("The currency, or the form of this side."),
    toOptions: (given) =>
      typeof given !== "string" ? null : looksLikeForm(given) ? { form: given } : { currency: given },
  },
  faults: moneyFaults,
  build: (options) => {
    const currency = options.currency ?? null;
    return {
      name: "money",
      lossless: true,
      read: (raw) => readMoney(raw, options),
      write: (value, shown) => writeMoney(value, shown, options),
      key: (value) => (isNumber(value) ? numberKey(value) : canonicalText(value)),
      sample: (random) => {
        const code = currency ?? pick(random, ["EUR", "JPY", "KWD"]);
        const decimals = options.scale ?? currencyDecimals(code) ?? 2;
        const units = whole(random, -99_999, 99_999);
        const amount = options.form === "minor" ? units : exactNumber(`${String(units)}e-${String(decimals)}`);
        if (currency === null && (options.form === "minor" || random() < 0.5)) return { amount, currency: code };
        return random() < 0.5 ? amount : String(amount);
      },
      edges:
        currency === null
          ? [{ amount: 0, currency: "EUR" }, { amount: "-5", currency: "jpy" }, "7 USD"]
          : [0, "0", -1, "12345678901234567890", `3 ${currency}`],
    };
  },
});

/** A word in small letters that is no code: a form, well or badly spelled. */
function looksLikeForm(word: string): boolean {
  return /^[a-z]{4,}$/.test(word) && !FLOATS.has(word);
}

function moneyFaults({ currency, form, scale }: MoneyOptions): readonly OptionFault[] {
  if (form !== "minor" || currency === undefined || scale !== undefined || currencyDecimals(currency) !== null)
    return [];
  const message = `${currency} has no smallest unit, so an amount in minor units needs a scale`;
  return [{ code: "E_MISSING", option: null, message, expected: "scale" }];
}

interface RawMoney {
  readonly amount: number | Exact;
  readonly currency: string | null;
}

function readMoney(raw: Value, options: MoneyOptions): TypeReading {
  if (raw === null || (isFields(raw) && raw.amount === null)) return NULL_READING;
  const found = rawMoney(raw);
  if (found === null) return invalid(raw, "an amount of money");
  const fixed = options.currency ?? null;
  if (found.currency !== null && fixed !== null && found.currency !== fixed)
    return invalid(raw, `an amount in ${fixed}`);
  const currency = fixed ?? found.currency;
  const scale = scaleOf(options, currency);
  const minor = options.form === "minor";
  if (minor && scale === null)
    return invalid(
      raw,
      "an amount whose currency is known",
      "minor units need one, as in { money: { currency: EUR, form: minor } }",
    );
  const amount = minor ? shifted(digitsOf(found.amount) ?? "", -(scale ?? 0)) : found.amount;
  if (amount === null) return invalid(raw, "an amount of money");
  if (scale !== null && decimalPlaces(digitsOf(amount) ?? "") > scale) {
    const unit = minor ? "a whole number of minor units" : `an amount with at most ${String(scale)} decimals`;
    return {
      ok: false,
      message: `${shownText(raw)} is not ${unit}${currency === null ? "" : ` (${currency})`}; money is not rounded`,
    };
  }
  return valid(fixed !== null || currency === null ? amount : { amount, currency });
}

/** The amount and currency that a record shows: 12.34, "12.34", "12.34 EUR", "EUR 12.34", { amount, currency }. */
function rawMoney(raw: Value): RawMoney | null {
  if (isNumber(raw)) return { amount: raw === 0 ? 0 : raw, currency: null };
  if (typeof raw === "string") {
    const match = /^\s*(?:([A-Za-z]{3})\s*)?([+-]?[\d.]+)(?:\s*([A-Za-z]{3}))?\s*$/.exec(raw);
    const [, before, digits = "", after] = match ?? [];
    if (before !== undefined && after !== undefined) return null;
    return checkedMoney(numberInText(digits), before ?? after ?? null);
  }
  if (!isFields(raw)) return null;
  const { amount = null, currency = null } = raw;
  if (currency !== null && typeof currency !== "string") return null;
  return checkedMoney(typeof amount === "string" ? numberInText(amount) : amount, currency);
}

function checkedMoney(amount: Value, currency: string | null): RawMoney | null {
  const code = currency?.trim().toUpperCase() ?? null;
  if (!isNumber(amount) || (code !== null && !isCurrency(code))) return null;
  return { amount, currency: code };
}

function scaleOf(options: MoneyOptions, currency: string | null): number | null {
  return options.scale ?? (currency === null ? null : currencyDecimals(currency));
}

function writeMoney(value: Value, shown: Value | undefined, options: MoneyOptions): Value {
  const found = rawMoney(value);
  if (found === null) return value;
  const fixed = options.currency ?? null;
  // Another currency than this side's: `read` refuses it as it is.
  if (found.currency !== null && fixed !== null && found.currency !== fixed) return value;
  const currency = fixed ?? found.currency;
  const scale = scaleOf(options, currency);
  const minor = options.form === "minor";
  const amount = minor && scale !== null ? shifted(digitsOf(found.amount) ?? "", scale) : found.amount;
  if (amount === null) return value;
  const form = { text: options.written === "text", scale: minor ? 0 : scale, marks: PLAIN_MARKS };

  if (isFields(shown)) {
    // An amount without a currency does not take on the one that the record has: that would be a guess.
    const code = currency === null ? null : likeCase(currency, shown.currency);
    const labelled = code !== null || Object.hasOwn(shown, "currency") ? { currency: code } : {};
    return { ...shown, amount: numberLikeShown(amount, shown.amount, form), ...labelled };
  }
  const label = typeof shown === "string" ? /^\s*([A-Za-z]{3})\s*|\s*([A-Za-z]{3})\s*$/.exec(shown) : null;
  if (label !== null && typeof shown === "string" && currency !== null) {
    const written = String(numberLikeShown(amount, shown.replace(label[0], ""), form));
    const code = likeCase(currency, label[1] ?? label[2]);
    return label[1] === undefined ? `${written} ${code}` : `${code} ${written}`;
  }
  const written = numberLikeShown(amount, shown, form);
  return fixed === null && currency !== null ? { amount: written, currency } : written;
}

/** The code in small letters where the record has it so. */
function likeCase(code: string, shown: Value | undefined): string {
  return typeof shown === "string" && shown !== "" && shown === shown.toLowerCase() ? code.toLowerCase() : code;
}
