// Simpler values than a given one: what a counter-example is shrunk to, step by step, while it still is one.

import { digitsOf, exactNumber, isFields, isList, type Value } from "../core/value.ts";

/** The simplest first. Never the value itself. */
export function simplerValues(value: Value): readonly Value[] {
  if (typeof value === "string") return simplerTexts(value);
  const digits = digitsOf(value);
  if (digits !== null) return simplerNumbers(digits);
  if (isList(value)) return value.map((_entry, index) => value.filter((_other, position) => position !== index));
  if (!isFields(value)) return [];
  const names = Object.keys(value);
  return names.map((name) => Object.fromEntries(Object.entries(value).filter(([other]) => other !== name)));
}

/** Longer texts are cut in halves only, until single characters are few. */
const LETTERS_MAX = 24;

function simplerTexts(text: string): readonly string[] {
  const letters = Array.from(text);
  const half = Math.floor(letters.length / 2);
  const cuts = letters.length > 1 ? [letters.slice(0, half), letters.slice(half)] : [];
  const without = letters.length > LETTERS_MAX ? [] : letters.map((_letter, index) => letters.toSpliced(index, 1));
  const plainer =
    letters.length > LETTERS_MAX
      ? []
      : letters.flatMap((letter, index) => (isPlain(letter) ? [] : [letters.toSpliced(index, 1, "a")]));
  const candidates = ["", "a", "a b", ...[...cuts, ...without, ...plainer].map((each) => each.join(""))];
  return [...new Set(candidates)].filter(
    (each) =>
      each !== text &&
      (each.length < text.length || (each.length === text.length && plainness(each) > plainness(text))),
  );
}

function isPlain(letter: string): boolean {
  return /^[A-Za-z0-9 ]$/.test(letter);
}

function plainness(text: string): number {
  return Array.from(text).filter(isPlain).length;
}

function simplerNumbers(digits: string): readonly Value[] {
  const [whole = "0", fraction = ""] = digits.replace("-", "").split(".");
  const candidates = ["0", "1", whole, ...(fraction === "" ? [] : [`0.${fraction}`])];
  if (digits.startsWith("-")) candidates.push("-1", digits.slice(1));
  for (let length = 1; length < whole.length; length += 1) candidates.push(whole.slice(0, length));
  for (let length = 1; length < fraction.length; length += 1) candidates.push(`${whole}.${fraction.slice(0, length)}`);
  const found = new Map<string, Value>();
  for (const candidate of candidates) {
    const number = exactNumber(candidate);
    const text = number === null ? null : digitsOf(number);
    if (text !== null && text !== digits && text.length <= digits.length) found.set(text, number);
  }
  return [...found.values()];
}
