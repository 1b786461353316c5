// Field rules and match keys drafted from samples of both sides. What is suggested says why: names, types, and how many of the
// records that could be joined show the same. Nothing here is written anywhere: a person reads it first.

import type { BySide } from "../../core/ids.ts";
import type { Path } from "../../core/path.ts";
import { digitsOf, type Fields, type Value } from "../../core/value.ts";
import { isPartsType } from "../types/type.ts";
import { columnsOf, type Column } from "./column.ts";
import { isTelling, joinBy, keysOf, type Joined, type KeyFound } from "./join.ts";
import { keyOf, kindOf, specsFor, typeOf } from "./kind.ts";
import { isAbout, nameLikeness, wordsOf } from "./names.ts";

export interface Sample {
  readonly records: readonly Fields[];
  readonly id: Path;
  /** What the connector itself uses of a record. */
  readonly skipped: readonly Path[];
  /** Top-level names that cannot be written. */
  readonly readOnly: ReadonlySet<string>;
}

export interface Evidence {
  /** Joined records that show the same; null: none could be joined. */
  readonly equal: number | null;
  readonly of: number;
  /** How alike the names are, 0 to 1. */
  readonly names: number;
  /** In words, for what is neither: `factor 100 in 20 of 20`. */
  readonly note: string | null;
}

interface SuggestedRule {
  readonly name: string;
  readonly rule: Readonly<Record<string, unknown>>;
  readonly evidence: Evidence;
}

export interface SuggestedMatch {
  /** As it stands under `match`. */
  readonly rule: readonly string[] | Readonly<Record<string, string>>;
  readonly shared: number;
  readonly of: number;
}

export interface Suggestion {
  readonly samples: BySide<number>;
  /** Records of the samples that are the same on both sides. */
  readonly joined: number;
  readonly match: readonly SuggestedMatch[];
  readonly rules: readonly SuggestedRule[];
  /** Paths that nothing was suggested for. */
  readonly unmatched: BySide<readonly string[]>;
}

/** With fewer joined records, names have the say. */
const JOINED_MIN = 3;
const EQUAL_MIN = 0.6;
const NAMES_MIN = 0.75;
/** A table with more entries is a list of things, not of words. */
const WORDS_MAX = 8;

export function suggest(samples: BySide<Sample>, names: BySide<string>): Suggestion {
  const columns = {
    left: columnsOf(samples.left.records, samples.left.id, samples.left.skipped),
    right: columnsOf(samples.right.records, samples.right.id, samples.right.skipped),
  };
  const keys = keysOf(columns.left, columns.right);
  const [best] = keys.filter(({ left, right }) => !left.isId && !right.isId);
  const joined = best === undefined ? [] : joinBy(best);
  const drafted = pairUp(columns, joined);
  const rules = named(drafted).map(({ draft, name }): SuggestedRule => ({
    name,
    rule: ruleOf(draft, name, samples, names),
    evidence: draft.evidence,
  }));
  const match = matchesOf(keys, named(drafted), names);
  const unmatched = (side: "left" | "right"): readonly string[] => {
    const inRules = drafted.flatMap((draft) => draft[side].map(({ text }) => text));
    const inMatch = match.flatMap(({ rule }) =>
      Object.entries(rule).flatMap(([name, path]) => (name === names[side] ? [path] : [])),
    );
    const used = new Set([...inRules, ...inMatch]);
    return columns[side].filter(({ isId, text }) => !isId && !used.has(text)).map(({ text }) => text);
  };
  return {
    samples: { left: samples.left.records.length, right: samples.right.records.length },
    joined: joined.length,
    match,
    rules,
    unmatched: { left: unmatched("left"), right: unmatched("right") },
  };
}

// ---------------------------------------------------------------- which columns are one field

interface Draft {
  /** Several of a side make up one value. */
  readonly left: readonly Column[];
  readonly right: readonly Column[];
  readonly spec: unknown;
  /** Table of words, left to right. */
  readonly values: ReadonlyMap<string, string> | null;
  /** What the right side shows is the left's value times this. */
  readonly times: string | null;
  readonly evidence: Evidence;
  readonly score: number;
}

function pairUp(columns: BySide<readonly Column[]>, joined: Joined): readonly Draft[] {
  const candidates: Draft[] = [];
  const left = columns.left.filter(({ isId }) => !isId);
  const right = columns.right.filter(({ isId }) => !isId);
  for (const one of left) for (const other of right) candidates.push(...(draftOf(one, other, joined) ?? []));
  candidates.push(
    ...personNames(left, right, joined),
    ...personNames(
      right,
      left,
      joined.map((pair) => ({ left: pair.right, right: pair.left })),
    ).map(turned),
  );
  const taken = { left: new Set<string>(), right: new Set<string>() };
  const chosen: Draft[] = [];
  for (const draft of candidates.sort((a, b) => b.score - a.score)) {
    if (draft.left.some(({ text }) => taken.left.has(text)) || draft.right.some(({ text }) => taken.right.has(text)))
      continue;
    for (const { text } of draft.left) taken.left.add(text);
    for (const { text } of draft.right) taken.right.add(text);
    chosen.push(draft);
  }
  const order = new Map(columns.left.map(({ text }, index) => [text, index]));
  const place = ({ left: [first] }: Draft): number => order.get(first?.text ?? "") ?? 0;
  return chosen.sort((a, b) => place(a) - place(b));
}

function turned(draft: Draft): Draft {
  return { ...draft, left: draft.right, right: draft.left };
}

function draftOf(left: Column, right: Column, joined: Joined): readonly Draft[] | null {
  const alike = nameLikeness(left.text, right.text);
  const both = joined.flatMap((pair) => {
    const one = left.values[pair.left];
    const other = right.values[pair.right];
    return one === undefined || other === undefined ? [] : [[one, other] as const];
  });
  const plain = { left: [left], right: [right], values: null, times: null };
  const specs = specsFor(kindOf(left), kindOf(right));
  if (both.length < JOINED_MIN) {
    const [spec] = specs;
    if (specs.length === 0 || alike < NAMES_MIN) return null;
    const readable = specs.find((each) => isReadable(each, left) && isReadable(each, right));
    return [
      {
        ...plain,
        spec: readable === undefined ? spec : readable,
        evidence: evidence(both.length === 0 ? null : equalOf(spec, both), both.length, alike),
        score: alike * 0.6,
      },
    ];
  }
  const [best] = specs.map((spec) => ({ spec, equal: equalOf(spec, both) })).sort((a, b) => b.equal - a.equal);
  const variety = Math.min(left.distinct, right.distinct) > 1 || alike >= NAMES_MIN;
  if (best !== undefined && variety && best.equal / both.length >= EQUAL_MIN) {
    const score = (best.equal / both.length) * 0.7 + alike * 0.3;
    return [{ ...plain, spec: best.spec, evidence: evidence(best.equal, both.length, alike), score }];
  }
  return tableOf(plain, both, alike) ?? factorOf(plain, both, alike);
}

function evidence(equal: number | null, of: number, names: number, note: string | null = null): Evidence {
  return { equal, of, names: Math.round(names * 100) / 100, note };
}

function equalOf(spec: unknown, both: readonly (readonly [Value, Value])[]): number {
  return both.filter(([one, other]) => {
    const key = keyOf(spec, one);
    return key !== null && key === keyOf(spec, other);
  }).length;
}

function isReadable(spec: unknown, { values }: Column): boolean {
  return values.every((value) => value === undefined || keyOf(spec, value) !== null);
}

type Plain = Pick<Draft, "left" | "right" | "values" | "times">;

/** Few words on each side, and each always stands beside the same other one. */
function tableOf(plain: Plain, both: readonly (readonly [Value, Value])[], alike: number): readonly Draft[] | null {
  const table = new Map<string, string>();
  let kept = 0;
  for (const [one, other] of both) {
    if (typeof one !== "string" || typeof other !== "string") return null;
    const known = table.get(one);
    if (known === undefined) table.set(one, other);
    if (known === undefined || known === other) kept += 1;
  }
  const right = new Set(table.values());
  if (
    table.size < 2 ||
    table.size > WORDS_MAX ||
    right.size !== table.size ||
    table.size * 2 > both.length ||
    kept / both.length < 0.9
  )
    return null;
  const note = `${String(table.size)} pairs of words that go together in ${String(kept)} of ${String(both.length)}`;
  return [
    {
      ...plain,
      spec: null,
      values: table,
      evidence: evidence(kept, both.length, alike, note),
      score: (kept / both.length) * 0.6 + alike * 0.3,
    },
  ];
}

const FACTORS = [100, 1000, 10, 60, 0.01, 0.001];

/** Cents and euros, grams and kilograms. */
function factorOf(plain: Plain, both: readonly (readonly [Value, Value])[], alike: number): readonly Draft[] | null {
  const numbers = both.map(([one, other]) => [Number(digitsOf(one) ?? one), Number(digitsOf(other) ?? other)] as const);
  if (numbers.some(([one, other]) => !Number.isFinite(one) || !Number.isFinite(other))) return null;
  for (const factor of FACTORS) {
    const kept = numbers.filter(
      ([one, other]) => one !== 0 && Math.abs(one * factor - other) < 1e-9 * Math.abs(other),
    ).length;
    if (kept / both.length < 0.9) continue;
    const note = `the right is ${String(factor)} times the left in ${String(kept)} of ${String(both.length)}`;
    return [
      {
        ...plain,
        spec: "decimal",
        times: String(factor),
        evidence: evidence(kept, both.length, alike, note),
        score: (kept / both.length) * 0.6 + alike * 0.3,
      },
    ];
  }
  return null;
}

/** First and last name here, one name there. */
function personNames(parts: readonly Column[], wholes: readonly Column[], joined: Joined): readonly Draft[] {
  const first = parts.find(({ text }) => isAbout(text, "firstname"));
  const last = parts.find(({ text }) => isAbout(text, "lastname"));
  const type = typeOf("person_name");
  if (first === undefined || last === undefined || type === null || !isPartsType(type)) return [];
  return wholes.flatMap((whole) => {
    if (!isAbout(whole.text, "name")) return [];
    const both = joined.filter(
      (pair) => whole.values[pair.right] !== undefined && last.values[pair.left] !== undefined,
    );
    const equal = both.filter((pair) => {
      const together = type.join([first.values[pair.left], last.values[pair.left]]);
      return (
        together?.ok === true &&
        together.value !== null &&
        type.key(together.value) === keyOf("person_name", whole.values[pair.right])
      );
    }).length;
    if (both.length >= JOINED_MIN && equal / both.length < EQUAL_MIN) return [];
    const found = evidence(both.length === 0 ? null : equal, both.length, 0.9);
    return [
      {
        left: [first, last],
        right: [whole],
        spec: "person_name",
        values: null,
        times: null,
        evidence: found,
        score: 1,
      },
    ];
  });
}

// ---------------------------------------------------------------- how it is written down

/** The left's own word is the field's name; where two would have the same, its whole path. */
function named(drafts: readonly Draft[]): readonly { readonly draft: Draft; readonly name: string }[] {
  const taken = new Set<string>();
  return drafts.map((draft) => {
    const several = draft.left.length > 1 ? draft.right : draft.left;
    const path = several[0]?.path ?? [];
    const [short, long] = [String(path.at(-1) ?? "field"), wordsOf(path.join(" ")).join("_")];
    let name = taken.has(short) ? long : short;
    for (let more = 2; taken.has(name); more += 1) name = `${long}_${String(more)}`;
    taken.add(name);
    return { draft, name };
  });
}

function ruleOf(
  { left, right, spec, values, times }: Draft,
  name: string,
  samples: BySide<Sample>,
  names: BySide<string>,
): Readonly<Record<string, unknown>> {
  const place = (columns: readonly Column[]): unknown =>
    columns.length > 1 ? columns.map(({ text }) => text) : columns[0]?.text;
  const rule: Record<string, unknown> = {};
  const isSpelledOut = (columns: readonly Column[], type: unknown): boolean =>
    type === "country" &&
    columns.some((column) => column.values.some((value) => typeof value === "string" && value.length > 3));
  const side = (columns: readonly Column[]): unknown =>
    isSpelledOut(columns, spec) ? { at: place(columns), as: { country: "name" } } : place(columns);
  if (place(left) !== name || isSpelledOut(left, spec)) rule[names.left] = side(left);
  if (times !== null) rule[names.right] = { at: place(right), as: { decimal: { times } } };
  else if (place(right) !== name || isSpelledOut(right, spec)) rule[names.right] = side(right);
  if (spec !== null && spec !== undefined) rule["as"] = spec;
  if (values !== null) rule["values"] = Object.fromEntries(values);
  const direction = directionOf(left, right, samples, names);
  if (direction !== null) rule["direction"] = direction;
  return rule;
}

function directionOf(
  left: readonly Column[],
  right: readonly Column[],
  samples: BySide<Sample>,
  names: BySide<string>,
): string | null {
  const closed = (columns: readonly Column[], { readOnly }: Sample): boolean =>
    columns.some(({ path }) => readOnly.has(String(path[0])));
  if (closed(right, samples.right)) return closed(left, samples.left) ? null : `${names.right} -> ${names.left}`;
  return closed(left, samples.left) ? `${names.left} -> ${names.right}` : null;
}

/** Stored ids of the other side first, then fields that name a record. */
function matchesOf(
  keys: readonly KeyFound[],
  rules: readonly { readonly draft: Draft; readonly name: string }[],
  names: BySide<string>,
): readonly SuggestedMatch[] {
  const byPaths = keys
    .filter(({ left, right }) => left.isId !== right.isId)
    .map(({ left, right, shared, of }): SuggestedMatch => ({
      rule: { [names.left]: left.text, [names.right]: right.text },
      shared,
      of,
    }));
  const byFields = keys.filter(isTelling).flatMap(({ left, right, shared, of, spec }): readonly SuggestedMatch[] => {
    const field = rules.find(
      ({ draft }) =>
        draft.left[0] === left && draft.right[0] === right && draft.left.length === 1 && draft.values === null,
    );
    // A text that both sides may spell otherwise is no name of a record.
    return field === undefined || (spec !== null && typeof spec === "object" && "text" in spec)
      ? []
      : [{ rule: [field.name], shared, of }];
  });
  return [...byPaths.slice(0, 1), ...byFields.slice(0, 2)];
}
