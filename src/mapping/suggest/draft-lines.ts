// Lists of lines on both sides: by which of their fields a line is found on the other side, and which others are one field.

import type { Fields, Value } from "../../core/value.ts";
import { isFields, isList } from "../../core/value.ts";
import { columnsOf, type Column } from "./column.ts";
import { draftOf } from "./column-pair.ts";
import { chosenOf, evidence, EQUAL_MIN, JOINED_MIN, NAMES_MIN, PLAIN_DRAFT, type Draft } from "./draft.ts";
import type { Joined } from "./join.ts";
import { keyOf, kindOf, specsFor } from "./kind.ts";
import { nameLikeness } from "./names.ts";

/** All lines of a side, one after the other. */
interface Lines {
  readonly lines: readonly Fields[];
  /** By record: positions of its lines. */
  readonly places: readonly (readonly number[])[];
  readonly columns: readonly Column[];
}

interface Key {
  readonly left: Column;
  readonly right: Column;
  readonly spec: unknown;
  /** Lines of joined records that are found on the other side. */
  readonly joined: Joined;
  /** Lines of joined records, of the side that has more. */
  readonly of: number;
  readonly score: number;
}

/** Null: they hold no lines, or nothing tells one line from another. */
export function linesDraft(left: Column, right: Column, joined: Joined): Draft | null {
  if (kindOf(left) !== "lines" || kindOf(right) !== "lines") return null;
  const [own, other] = [linesOf(left), linesOf(right)];
  const alike = nameLikeness(left.text, right.text);
  const both = joined.filter((pair) => left.values[pair.left] !== undefined && right.values[pair.right] !== undefined);
  if (both.length < JOINED_MIN && alike < NAMES_MIN) return null;
  const key = keyOfLines(own, other, both);
  if (key === null) return null;
  const keyDraft: Draft = {
    left: [key.left],
    right: [key.right],
    spec: key.spec,
    ...PLAIN_DRAFT,
    evidence: evidence(key.joined.length, key.of, nameLikeness(key.left.text, key.right.text)),
    score: 2,
  };
  const others = own.columns.flatMap((one) => other.columns.flatMap((each) => draftOf(one, each, key.joined) ?? []));
  const fields = chosenOf([keyDraft, ...others], own.columns);
  const found = key.of === 0 ? "the names say so" : `${String(key.joined.length)} of ${String(key.of)} lines`;
  const note = `lines by ${key.left.text}: ${found}${key.of === 0 ? "" : " are on both sides"}`;
  return {
    left: [left],
    right: [right],
    spec: null,
    ...PLAIN_DRAFT,
    lines: { key: keyDraft, fields },
    evidence: evidence(null, both.length, alike, note),
    score: key.score * 0.7 + alike * 0.3,
  };
}

function linesOf({ values }: Column): Lines {
  const lines: Fields[] = [];
  const places = values.map((value) => {
    const own: readonly Value[] = isList(value) ? value : [];
    return own.flatMap((line) => (isFields(line) ? [lines.push(line) - 1] : []));
  });
  // The id of a line is a field like the others: a system that gives one may be given it, too.
  return { lines, places, columns: columnsOf(lines, [], []) };
}

function keyOfLines(left: Lines, right: Lines, joined: Joined): Key | null {
  const keys: Key[] = [];
  for (const one of left.columns) {
    for (const other of right.columns) {
      // A key has to keep its whole value, which a type with options may not.
      for (const spec of specsFor(kindOf(one), kindOf(other)).filter(
        (each) => typeof each !== "object" || each === null,
      )) {
        const key = keyBy({ one, other, spec }, left, right, joined);
        if (key !== null) keys.push(key);
      }
    }
  }
  return keys.sort((a, b) => b.score - a.score)[0] ?? null;
}

interface Candidate {
  readonly one: Column;
  readonly other: Column;
  readonly spec: unknown;
}

function keyBy({ one, other, spec }: Candidate, left: Lines, right: Lines, joined: Joined): Key | null {
  const own = left.places.map((places) => keysIn(one, spec, places));
  const others = right.places.map((places) => keysIn(other, spec, places));
  if (own.includes(null) || others.includes(null)) return null;
  const alike = nameLikeness(one.text, other.text);
  // Positions count from one in every list: a code that says the same tells more.
  const telling = kindOf(one) === "integer" ? 0.1 : 0.2;
  if (joined.length < JOINED_MIN) {
    const isCode = ["text", "uuid", "integer"].includes(kindOf(one));
    return isCode && alike >= NAMES_MIN
      ? { left: one, right: other, spec, joined: [], of: 0, score: alike * 0.6 + telling }
      : null;
  }
  const found: { left: number; right: number }[] = [];
  let of = 0;
  for (const pair of joined) {
    const [mine, theirs] = [own[pair.left], others[pair.right]];
    if (mine === null || mine === undefined || theirs === null || theirs === undefined) continue;
    of += Math.max(mine.size, theirs.size);
    for (const [key, place] of mine) {
      const there = theirs.get(key);
      if (there !== undefined) found.push({ left: place, right: there });
    }
  }
  if (found.length < JOINED_MIN || found.length / of < EQUAL_MIN) return null;
  return { left: one, right: other, spec, joined: found, of, score: (found.length / of) * 0.7 + alike * 0.1 + telling };
}

/** Places of one list's lines by their key; null: two have the same, or one has none. */
function keysIn(column: Column, spec: unknown, places: readonly number[]): ReadonlyMap<string, number> | null {
  const found = new Map<string, number>();
  for (const place of places) {
    const key = keyOf(spec, column.values[place]);
    if (key === null || found.has(key)) return null;
    found.set(key, place);
  }
  return found;
}
