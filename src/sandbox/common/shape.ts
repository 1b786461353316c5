// What a sandbox's records look like: one list of fields gives the checks of the API, the columns of the page and its forms.

import type { IdScheme, Plain } from "./database.ts";

type FieldKind =
  | { readonly kind: "text" }
  | { readonly kind: "email" }
  | { readonly kind: "boolean" }
  | { readonly kind: "choice"; readonly choices: readonly string[] }
  /** Text with two decimals, as "199.00": never a binary fraction. */
  | { readonly kind: "amount" }
  | { readonly kind: "integer" }
  | { readonly kind: "date" }
  /** Text that must match; `says` completes "must be …". */
  | { readonly kind: "pattern"; readonly pattern: RegExp; readonly says: string }
  | { readonly kind: "reference"; readonly to: string };

export type FieldShape = FieldKind & {
  readonly name: string;
  readonly label: string;
  readonly required?: boolean;
  /** No other record of the object may have the same value. */
  readonly unique?: boolean;
  /** Kept by the system; what a caller sends for it is refused or ignored, as the API says. */
  readonly readOnly?: boolean;
  /** What a new record has before anything is set; default: nothing. */
  readonly initial?: Plain;
  /** What the system makes of a text before it keeps it. */
  readonly tidy?: (text: string) => string;
};

export interface ObjectShape extends IdScheme {
  /** One record in words: "contact". */
  readonly singular: string;
  readonly title: string;
  readonly fields: readonly FieldShape[];
}

export type Checked = { readonly ok: true; readonly value: Plain } | { readonly ok: false; readonly message: string };

/** All but tab and line ends: no form and no XML can hold them. */
const CONTROL = /[^\P{Cc}\t\n\r]/u;
const TEXT_MAX = 500;
const EMAIL = /^\s*[^\s@]+@[^\s@]+\.[^\s@]+\s*$/;
const AMOUNT = /^-?\d{1,12}(?:\.\d{1,2})?$/;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

/** A value as JSON has it. An empty text is the same as null: these systems know one kind of empty. */
export function checkValue(field: FieldShape, input: unknown): Checked {
  const tidied = typeof input === "string" && field.tidy !== undefined ? field.tidy(input) : input;
  if (tidied === null || tidied === undefined || tidied === "") {
    return field.required === true ? refuse("must not be empty") : { ok: true, value: null };
  }
  switch (field.kind) {
    case "boolean":
      return typeof tidied === "boolean" ? { ok: true, value: tidied } : refuse("must be true or false");
    case "integer":
      return typeof tidied === "number" && Number.isSafeInteger(tidied)
        ? { ok: true, value: tidied }
        : refuse("must be a whole number");
    case "amount":
      return checkAmount(typeof tidied === "number" ? String(tidied) : tidied);
    case "choice":
      return typeof tidied === "string" && field.choices.includes(tidied)
        ? { ok: true, value: tidied }
        : refuse(`must be one of ${field.choices.join(", ")}`);
    case "text":
    case "reference":
      return checkText(tidied, /^/, "");
    case "email":
      return checkText(tidied, EMAIL, "an e-mail address");
    case "pattern":
      return checkText(tidied, field.pattern, field.says);
    case "date":
      return typeof tidied === "string" && isDate(tidied)
        ? { ok: true, value: tidied }
        : refuse("must be a date as 2025-01-31");
  }
}

/** A value as a form or an XML element has it: always text. */
export function checkWritten(field: FieldShape, text: string): Checked {
  return checkValue(field, typedText(field, text));
}

function typedText(field: FieldShape, text: string): unknown {
  const trimmed = text.trim();
  if (field.kind === "boolean")
    return trimmed === "true" || trimmed === "1" ? true : trimmed === "false" || trimmed === "0" ? false : trimmed;
  if (field.kind === "integer") return /^[+-]?\d{1,15}$/.test(trimmed) ? Number(trimmed) : trimmed;
  return field.kind === "text" || field.kind === "email" ? text : trimmed;
}

function checkText(value: unknown, pattern: RegExp, says: string): Checked {
  if (typeof value !== "string") return refuse("must be a text");
  if (value.length > TEXT_MAX) return refuse(`must have at most ${String(TEXT_MAX)} characters`);
  if (CONTROL.test(value)) return refuse("must not have control characters");
  return pattern.test(value) ? { ok: true, value } : refuse(`must be ${says}`);
}

function checkAmount(value: unknown): Checked {
  if (typeof value !== "string" || !AMOUNT.test(value)) return refuse("must be an amount with at most two decimals");
  const [whole = "0", fraction = ""] = value.split(".");
  return { ok: true, value: `${whole}.${fraction.padEnd(2, "0")}` };
}

function isDate(text: string): boolean {
  const match = DATE.exec(text);
  if (match === null) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function refuse(message: string): Checked {
  return { ok: false, message };
}
