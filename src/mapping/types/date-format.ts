// Patterns such as DD.MM.YYYY or MM/DD/YYYY HH:mm: read and written by the same tokens.
//
//   YYYY MM M DD D   HH H mm ss SSS (milliseconds)   MMM (Jan)   [text] stands for itself, as does every other character

import { digits } from "./calendar.ts";

interface DateParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

export interface DateFormat {
  readonly hasTime: boolean;
  /** The parts of a text in this format, each within its own digits but not checked against the calendar; null: another format. */
  read(text: string): DateParts | null;
  write(parts: DateParts): string;
}

type Part = keyof DateParts;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const TOKENS: Readonly<Record<string, { readonly part: Part; readonly regex: string; readonly length: number }>> = {
  YYYY: { part: "year", regex: "(\\d{4})", length: 4 },
  MMM: { part: "month", regex: `(${MONTHS.join("|")})`, length: 3 },
  MM: { part: "month", regex: "(\\d{2})", length: 2 },
  M: { part: "month", regex: "(\\d{1,2})", length: 1 },
  DD: { part: "day", regex: "(\\d{2})", length: 2 },
  D: { part: "day", regex: "(\\d{1,2})", length: 1 },
  HH: { part: "hour", regex: "(\\d{2})", length: 2 },
  H: { part: "hour", regex: "(\\d{1,2})", length: 1 },
  mm: { part: "minute", regex: "(\\d{2})", length: 2 },
  ss: { part: "second", regex: "(\\d{2})", length: 2 },
  SSS: { part: "millisecond", regex: "(\\d{3})", length: 3 },
};

const SPLIT = /\[([^\]]*)\]|YYYY|MMM|MM|M|DD|D|HH|H|mm|ss|SSS|[\s\S]/g;
const NOTHING: DateParts = { year: 1970, month: 1, day: 1, hour: 0, minute: 0, second: 0, millisecond: 0 };
const LENGTH_MAX = 60;

/** The format that a pattern describes, or in one sentence why it describes none. */
export function dateFormat(pattern: string): DateFormat | string {
  if (pattern.length > LENGTH_MAX) return "a date format is shorter than that";
  const pieces = [...pattern.matchAll(SPLIT)].map(([piece, literal]) => ({ piece, literal: literal ?? null }));
  const parts: Part[] = [];
  let regex = "";
  let variableBefore = false;
  for (const { piece, literal } of pieces) {
    const token = literal === null ? TOKENS[piece] : undefined;
    if (token === undefined) {
      regex += escaped(literal ?? piece);
      variableBefore = /^\d/.test(literal ?? piece) && variableBefore;
      continue;
    }
    if (parts.includes(token.part)) return `the ${token.part} stands in it twice`;
    if (variableBefore && token.regex.startsWith("(\\d"))
      return `${piece} follows a part that may have one digit or two; put a mark between them`;
    parts.push(token.part);
    regex += token.regex;
    variableBefore = token.length === 1;
  }
  const missing = (["year", "month", "day"] as const).find((part) => !parts.includes(part));
  if (missing !== undefined) return `the ${missing} is missing (YYYY, MM and DD in capital letters; mm is minutes)`;

  const reader = new RegExp(`^${regex}$`, "i");
  return {
    hasTime: parts.includes("hour"),
    read: (text) => {
      const match = reader.exec(text.trim());
      if (match === null) return null;
      const found = parts.map((part, index) => [part, partNumber(match[index + 1] ?? "")] as const);
      return { ...NOTHING, ...Object.fromEntries(found) };
    },
    write: (value) => pieces.map(({ piece, literal }) => literal ?? tokenText(piece, value)).join(""),
  };
}

/** The format of options that were checked; null: none was given. */
export function checkedFormat(pattern: string | undefined): DateFormat | null {
  const format = pattern === undefined ? null : dateFormat(pattern);
  if (typeof format === "string") throw new Error(`a format that was checked is none: ${format}`);
  return format;
}

function partNumber(text: string): number {
  const month = MONTHS.findIndex((name) => name.toLowerCase() === text.toLowerCase());
  return month >= 0 ? month + 1 : Number(text);
}

function tokenText(piece: string, value: DateParts): string {
  const token = TOKENS[piece];
  if (token === undefined) return piece;
  const number = value[token.part];
  return piece === "MMM" ? (MONTHS[number - 1] ?? "") : digits(number, token.length);
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
