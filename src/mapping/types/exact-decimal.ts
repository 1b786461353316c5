// Exact arithmetic on canonical numbers, and numbers written as text. decimal.js does the sums; nothing here is a float.

import { Decimal } from "decimal.js";

import { digitsOf, Exact, exactNumber, type Value } from "../../core/value.ts";
import { textKey } from "./reading.ts";

/** Products of two numbers of 400 digits are still exact; a quotient that never ends is far longer than anyone looks. */
const PRECISION = 900;
const Arithmetic = Decimal.clone({
  precision: PRECISION,
  rounding: Decimal.ROUND_HALF_EVEN,
  toExpNeg: -9e15,
  toExpPos: 9e15,
});

/** Digits kept behind the longest of both numbers when a quotient never ends: enough that rounding the way back is exact. */
const QUOTIENT_EXTRA = 20;

export type DecimalNumber = Decimal;

export function decimalOf(digits: string): Decimal {
  return new Arithmetic(digits);
}

/** The canonical number; null when it has more digits than any amount has. */
export function numberOf(decimal: Decimal): number | Exact | null {
  return exactNumber(decimal.toFixed());
}

export function times(digits: string, factor: Decimal): Decimal {
  return decimalOf(digits).times(factor);
}

/** Null when the quotient has no end, or one that no amount comes near. */
export function exactQuotient(number: Decimal, divisor: Decimal): Decimal | null {
  const quotient = number.dividedBy(divisor);
  // The last digits of one without end may happen to be zeros, which are not counted.
  return quotient.precision() < PRECISION / 2 ? quotient : null;
}

/** The exact quotient, or one with so many digits that `times` and rounding to `scale` give the same number again. */
export function dividedBy(digits: string, divisor: Decimal, scale: number): Decimal {
  const number = decimalOf(digits);
  const exact = exactQuotient(number, divisor);
  if (exact !== null) return exact;
  const kept = Math.max(number.decimalPlaces(), scale) + Math.max(0, divisor.e) + QUOTIENT_EXTRA;
  return number.dividedBy(divisor).toDecimalPlaces(kept);
}

/** Whether 1 / number ends: only then does dividing by it lose nothing. */
export function hasExactInverse(number: Decimal): boolean {
  return exactQuotient(new Arithmetic(1), number) !== null;
}

/** Half goes to the even digit, so that rounding many amounts has no drift. */
export function rounded(decimal: Decimal, scale: number): Decimal {
  return decimal.toDecimalPlaces(scale, Decimal.ROUND_HALF_EVEN);
}

/** The number moved by so many decimal places: (1234, -2) is 12.34. */
export function shifted(digits: string, places: number): number | Exact | null {
  return exactNumber(`${digits}e${String(places)}`);
}

export function decimalPlaces(digits: string): number {
  const point = digits.indexOf(".");
  return point < 0 ? 0 : digits.length - point - 1;
}

/** Comparison text of a canonical number: its digits. Most numbers print as their digits; only small and large ones have an exponent. */
export function numberKey(value: Value): string {
  if (typeof value !== "number") return digitsOf(value) ?? textKey(value);
  const text = String(value);
  return text.includes("e") ? (digitsOf(value) ?? text) : text;
}

/** Ordinary amounts: so few digits that a double holds them exactly as written. */
const SHORT = /^-?(?:0|[1-9]\d{0,8})(?:\.\d{1,6})?$/;

export function isNumber(value: Value | undefined): value is number | Exact {
  return typeof value === "number" || value instanceof Exact;
}

/** How a side writes numbers in text. */
export interface NumberMarks {
  readonly point: "." | ",";
  /** Between thousands; null: nothing stands there. */
  readonly group: string | null;
}

export const PLAIN_MARKS: NumberMarks = { point: ".", group: null };

/** The number a text says; null when it says none. `1.5` is not a number where "." stands between thousands. */
export function numberInText(text: string, marks: NumberMarks = PLAIN_MARKS): number | Exact | null {
  if (marks === PLAIN_MARKS && SHORT.test(text)) return Number(text) + 0; // plus 0: -0 is 0
  let plain = text.trim();
  if (marks.group !== null && plain.includes(marks.group)) {
    const [whole = "", ...rest] = plain.split(marks.point);
    const groups = whole.replace(/^[+-]/, "").split(marks.group);
    const wellGrouped = groups.every((group, index) => (index === 0 ? /^\d{1,3}$/ : /^\d{3}$/).test(group));
    if (!wellGrouped) return null;
    plain = [whole.split(marks.group).join(""), ...rest].join(marks.point);
  }
  if (marks.point === ",") plain = plain.includes(".") ? "" : plain.replace(",", ".");
  return exactNumber(plain.replace(/^\+(?=[\d.])/, "").replace(/^(-?)\./, "$10."));
}

export interface NumberForm {
  /** Whether to write text where the record shows nothing yet. */
  readonly text: boolean;
  /** Decimals of such text; null: as many as the number has. */
  readonly scale: number | null;
  readonly marks: NumberMarks;
}

/** A number in the form a record shows: a number, or text with at least as many decimals as it has there. */
export function numberLikeShown(
  number: number | Exact,
  shown: Value | undefined,
  form: NumberForm,
): number | Exact | string {
  const asText = typeof shown === "string" || (!isNumber(shown) && form.text);
  if (!asText) return number;
  const decimals =
    typeof shown === "string" ? (shown.trim().split(form.marks.point)[1] ?? "").length : (form.scale ?? 0);
  const padded = withDecimals(digitsOf(number) ?? "", decimals);
  const [whole = "", fraction] = padded.split(".");
  const grouped =
    form.marks.group !== null && typeof shown === "string" && shown.includes(form.marks.group)
      ? whole.replace(/\B(?=(\d{3})+$)/g, form.marks.group)
      : whole;
  return fraction === undefined ? grouped : `${grouped}${form.marks.point}${fraction}`;
}

function withDecimals(digits: string, decimals: number): string {
  const missing = decimals - decimalPlaces(digits);
  if (missing <= 0) return digits;
  return `${digits.includes(".") ? digits : `${digits}.`}${"0".repeat(missing)}`;
}
