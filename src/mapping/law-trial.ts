// Trying the laws of a rule on values: each is put on its side, carried across, back, and across again, through the rule's own
// expressions and types, on records that hold nothing else.
//
//   value -> across -> back -> again        again ~ across, else the rule is unlawful; back ~ value, else detail is lost
//   value over a record that shows another  ~ across, else what is written depends on what stood there before
//
// What a side cannot hold is held in a run and says nothing here.

import { NULL_KEY, type Cell } from "../core/field.ts";
import { otherSide, type BySide, type Side } from "../core/ids.ts";
import { canonicalText, type Fields, type Value } from "../core/value.ts";
import { cellsOf } from "./law-values.ts";
import { simplerValues } from "./law-shrink.ts";
import { readField } from "./lens-read.ts";
import { writeFields } from "./lens-write.ts";
import type { FieldLens } from "./lens.ts";
import { settledCell } from "./settled.ts";

/** A value of `from` that is carried across, back, and across again, and then is another one. */
export interface Counterexample {
  readonly from: Side;
  readonly value: Value;
  readonly across: Value;
  readonly again: Value | null;
  /** What the other side showed before; then `again` is what it shows after the same value is written over that. */
  readonly over?: Value;
}

/** A record of one side, and what the rule reads of it. */
interface Shown {
  readonly record: Fields;
  readonly cell: Cell;
}

export interface Trials {
  /** Values that went across and back. */
  readonly done: number;
  readonly tried: number;
  /** Each of them came back as it was. */
  readonly comesBack: boolean;
  readonly counterexample: Counterexample | null;
  /** An expression went beyond its limits, so no more was tried. */
  readonly exceeded: string | null;
  /** The smallest value that does not come back as it was. */
  readonly lost: Lost | null;
}

export interface Lost {
  readonly from: Side;
  readonly value: Value;
  readonly across: Value;
  readonly back: Value;
}

/** Shrinking tries so many simpler values at most. */
const SHRINK_MAX = 120;

/** Values written over another one, about: a rule that leaves a part of the old value standing does so for many. */
const OVER_MAX = 60;

/** So many at once: a first one alone, because an expression that hangs costs its whole time each try. */
const TOGETHER_MAX = 64;

export async function tryValues(field: FieldLens, from: Side, values: readonly Cell[]): Promise<Trials> {
  const tryAmong = (rest: BySide<Fields>): Promise<Trials> =>
    tryAll(field, from, { count: values.length, rest }, async (index) => {
      const cell = values[index];
      return cell === undefined ? HELD : put(field, from, cell, rest[from]);
    });
  const alone = await tryAmong(NOTHING);
  if (alone.done > 0 || alone.exceeded !== null) return alone;
  // Expressions may need what else stands in the record: a rate, a scale.
  const rest = { left: filled(field, "left", FILLING_NUMBER), right: filled(field, "right", FILLING_NUMBER) };
  return Object.keys(rest.left).length + Object.keys(rest.right).length === 0 ? alone : tryAmong(rest);
}

const NOTHING: BySide<Fields> = { left: {}, right: {} };
const FILLING_NUMBER = 2;
const FILLING_TEXT = "x";

/** A value at each name that a side's `read` looks at and its `write` does not set. */
function filled({ sides }: FieldLens, side: Side, value: Value): Fields {
  const { source, target } = sides[side];
  if (source.kind !== "expression" || target.kind !== "expressions") return {};
  const written = new Set(target.writes.map(({ path: [first] }) => first));
  const names = (source.expression.reads ?? []).filter((name) => !written.has(name));
  return Object.fromEntries(names.map((name) => [name, value]));
}

/** The same on records as they are found. */
export async function tryRecords(field: FieldLens, from: Side, records: readonly Fields[]): Promise<Trials> {
  return tryAll(field, from, { count: records.length, rest: NOTHING }, async (index) => {
    const record = records[index];
    return record === undefined ? HELD : show(field, from, record);
  });
}

type Step = { readonly ok: true; readonly shown: Shown } | { readonly ok: false; readonly exceeded: string | null };

const HELD: Step = { ok: false, exceeded: null };

type Start = (index: number) => Promise<Step>;

interface Journey {
  readonly start: Shown;
  readonly across: Shown;
  readonly back: Shown;
  readonly again: Cell | null;
}

type JourneyResult =
  { readonly ok: true; readonly journey: Journey } | { readonly ok: false; readonly exceeded: string | null };

interface Among {
  readonly count: number;
  /** What stands in the records beside the field. */
  readonly rest: BySide<Fields>;
}

async function tryAll(field: FieldLens, from: Side, { count, rest }: Among, start: Start): Promise<Trials> {
  const journeys: Journey[] = [];
  let exceeded: string | null = null;
  let tried = 0;
  for (let together = 1; tried < count && exceeded === null; together = Math.min(together * 2, TOGETHER_MAX)) {
    const indexes = Array.from({ length: Math.min(together, count - tried) }, (_, index) => tried + index);
    const results = await Promise.all(indexes.map(async (index) => travel(field, from, await start(index), rest)));
    for (const result of results) {
      if (result.ok) journeys.push(result.journey);
      else exceeded ??= result.exceeded;
    }
    tried += indexes.length;
  }
  const lost = journeys
    .filter(({ start: { cell }, back }) => back.cell.key !== cell.key)
    .map((each): Lost => ({
      from,
      value: each.start.cell.value,
      across: each.across.cell.value,
      back: each.back.cell.value,
    }))
    .reduce<Lost | null>(
      (best, each) => (best === null || sizeOf(each.value) < sizeOf(best.value) ? each : best),
      null,
    );
  return {
    done: journeys.length,
    tried,
    comesBack: lost === null,
    exceeded,
    lost,
    counterexample: await counterexampleOf(field, from, journeys, rest),
  };
}

async function travel(field: FieldLens, from: Side, step: Step, rest: BySide<Fields>): Promise<JourneyResult> {
  if (!step.ok) return step;
  const to = otherSide(from);
  const across = await cross(field, from, step.shown.cell, rest[to]);
  if (!across.ok) return across;
  const back = await cross(field, to, across.shown.cell, step.shown.record);
  if (!back.ok) return back;
  const again = await cross(field, from, back.shown.cell, across.shown.record);
  if (!again.ok && again.exceeded !== null) return again;
  return {
    ok: true,
    journey: { start: step.shown, across: across.shown, back: back.shown, again: again.ok ? again.shown.cell : null },
  };
}

/** The value put on the other side's record. */
async function cross(field: FieldLens, from: Side, cell: Cell, before: Fields): Promise<Step> {
  const to = otherSide(from);
  const words = from === "left" ? field.table?.toRight : field.table?.toLeft;
  const given = words === undefined ? settledCell(field.sides[to], cell) : (words.get(cell.key) ?? null);
  return given === null ? HELD : put(field, to, given, before);
}

async function put(field: FieldLens, side: Side, cell: Cell, before: Fields): Promise<Step> {
  const { name } = field.policy;
  const written = await writeFields(new Map([[name, field]]), side, { [name]: cell }, before);
  if (!written.ok) return { ok: false, exceeded: isBeyondLimits(written.code) ? written.message : null };
  return show(field, side, { ...before, ...written.record });
}

async function show(field: FieldLens, side: Side, record: Fields): Promise<Step> {
  const { source } = field.sides[side];
  const result = source.kind === "expression" ? ((await source.expression.evaluate([record]))[0] ?? null) : null;
  if (result?.ok === false) {
    return { ok: false, exceeded: isBeyondLimits(result.code) ? `${result.code}: ${result.message}` : null };
  }
  const reading = readField(field, side, record, result);
  return reading.kind === "value" && reading.cell.key !== NULL_KEY
    ? { ok: true, shown: { record, cell: reading.cell } }
    : HELD;
}

function isBeyondLimits(code: string | undefined): boolean {
  return code === "E_EXPR_TIMEOUT" || code === "E_EXPR_RESOURCE";
}

// ---------------------------------------------------------------- counter-examples

async function counterexampleOf(
  field: FieldLens,
  from: Side,
  journeys: readonly Journey[],
  rest: BySide<Fields>,
): Promise<Counterexample | null> {
  const unstable = smallest(journeys.flatMap((journey) => unstableIn(from, journey) ?? []));
  if (unstable !== null) return shrink(field, from, unstable, rest);
  return smallest(await dependentIn(field, from, journeys));
}

function unstableIn(from: Side, { start, across, again }: Journey): Counterexample | null {
  if (again === null || again.key === across.cell.key) return null;
  return { from, value: start.cell.value, across: across.cell.value, again: again.value };
}

/**
 * Each value written over a record that shows the one before it, and that has something wherever `read` looks. Paths and types
 * cannot depend on what stood there.
 */
async function dependentIn(
  field: FieldLens,
  from: Side,
  journeys: readonly Journey[],
): Promise<readonly Counterexample[]> {
  const to = otherSide(from);
  if (field.sides[to].target.kind !== "expressions") return [];
  const filling = filled(field, to, FILLING_TEXT);
  const isFilled = Object.keys(filling).length > 0;
  const step = Math.max(1, Math.floor(journeys.length / OVER_MAX));
  const found = await Promise.all(
    journeys.map(async ({ start, across }, index): Promise<Counterexample | null> => {
      if (index % step !== 0) return null;
      const earlier = journeys[index === 0 ? journeys.length - 1 : index - 1];
      if (earlier === undefined) return null;
      const { record } = earlier.across;
      for (const before of isFilled ? [record, { ...record, ...filling }] : [record]) {
        const again = await cross(field, from, start.cell, before);
        if (!again.ok || again.shown.cell.key === across.cell.key) continue;
        const showed = await show(field, to, before);
        const over = showed.ok ? showed.shown.cell.value : earlier.across.cell.value;
        return { from, value: start.cell.value, across: across.cell.value, again: again.shown.cell.value, over };
      }
      return null;
    }),
  );
  return found.filter((each) => each !== null);
}

async function shrink(
  field: FieldLens,
  from: Side,
  first: Counterexample,
  rest: BySide<Fields>,
): Promise<Counterexample> {
  let best = first;
  let left = SHRINK_MAX;
  for (let isSmaller = true; isSmaller && left > 0;) {
    isSmaller = false;
    const { type } = field.sides[from];
    for (const cell of cellsOf(field, type, simplerValues(best.value)).slice(0, left)) {
      left -= 1;
      const result = await travel(field, from, await put(field, from, cell, rest[from]), rest);
      const found = result.ok ? unstableIn(from, result.journey) : null;
      if (found === null || sizeOf(found.value) > sizeOf(best.value)) continue;
      isSmaller = canonicalText(found.value) !== canonicalText(best.value);
      best = found;
      break;
    }
  }
  return best;
}

export function smallest(found: readonly Counterexample[]): Counterexample | null {
  return found.reduce<Counterexample | null>(
    (best, each) => (best === null || totalSize(each) < totalSize(best) ? each : best),
    null,
  );
}

function totalSize({ value, over }: Counterexample): number {
  return sizeOf(value) + (over === undefined ? 0 : sizeOf(over));
}

function sizeOf(value: Value): number {
  return canonicalText(value).length;
}
