// What a side's value would be on the other side (`f` and `g`): written there and read back, without writing anything.

import type { ExpressionResult } from "../core/expression.ts";
import { NULL_CELL, NULL_KEY, NO_WAY, type Carried, type Cell, type Reading } from "../core/field.ts";
import { otherSide, type RemoteId, type Side } from "../core/ids.ts";
import { withValueAt } from "../core/path.ts";
import { canonicalText, type Fields, type Value } from "../core/value.ts";
import { readingOf } from "./lens-read.ts";
import { cellOf } from "./cell.ts";
import type { FieldLens, LinesLens, SideLens } from "./lens.ts";
import { lineId, linesIn } from "./lines-key.ts";
import type { RefLookup, RefNeed } from "./reference.ts";
import { readBack } from "./settled.ts";
import { scalarText } from "./word-types.ts";

/** What a side that is written and read by expressions shows of a value it is given. */
export type Trial = (field: FieldLens, to: Side, cell: Cell) => Carried | Promise<Carried>;

/** Taken for given: the value as the type has it. */
const untried: Trial = (_field, _to, cell) => asCarried(cell);

/** The field's value on the other side. Asynchronous only where the other side is written by expressions and `trial` is. */
export function carryField(
  field: FieldLens,
  from: Side,
  reading: Reading,
  lookup: RefLookup,
  trial: Trial = tryOne,
): Carried | Promise<Carried> {
  const to = otherSide(from);
  if (field.policy.writes !== "both" && field.policy.writes !== to) return NO_WAY;
  if (field.sides[to].target.kind === "none" || reading.kind === "absent") return NO_WAY;
  if (reading.kind === "invalid") return reading;

  const given = reading.cell;
  if (field.table !== null) {
    const word = tableWord(field, from, given.key);
    if (word !== null) return asCarried(word);
  }
  if (given.key === NULL_KEY) return carryNull(field, from, trial);
  if (field.lines !== null) return carryLines(field, field.lines, { from, lookup, trial }, given);
  if (field.table !== null)
    return { kind: "invalid", found: given.value, message: "the table of values has no such entry" };
  if (field.ref !== null) return carryRef(field, from, given, lookup);
  return receive(field, to, given, trial);
}

/** The records of other entities that carrying this reading needs. */
export function refNeeds(field: FieldLens, from: Side, reading: Reading): readonly RefNeed[] {
  const { lines } = field;
  if (lines === null) {
    const need = refNeed(field, from, reading);
    return need === null ? [] : [need];
  }
  if (reading.kind !== "value") return [];
  const named = lines.fields.filter((each) => each.ref !== null && each.policy.writes !== from);
  return linesIn(reading.cell.value).flatMap((line) =>
    named.flatMap((each) => {
      const value = line[each.policy.name] ?? null;
      return value === null
        ? []
        : (refNeed(each, from, { kind: "value", cell: cellOf(each.sides[from].type, value) }) ?? []);
    }),
  );
}

function refNeed(field: FieldLens, from: Side, reading: Reading): RefNeed | null {
  if (field.ref === null || reading.kind !== "value" || reading.cell.key === NULL_KEY) return null;
  const id = scalarText(reading.cell.value);
  return id === null ? null : { entity: field.ref, side: from, id: id as RemoteId };
}

function tableWord(field: FieldLens, from: Side, key: string): Cell | null {
  const words = from === "left" ? field.table?.toRight : field.table?.toLeft;
  return words?.get(key) ?? null;
}

function carryNull(field: FieldLens, from: Side, trial: Trial): Carried | Promise<Carried> {
  const here = field.sides[from].forNull;
  const there = field.sides[otherSide(from)].forNull;
  if (there !== null) return asCarried(there);
  if (here === null) return asCarried(NULL_CELL);
  const word = field.table === null ? null : tableWord(field, from, here.key);
  return word === null ? receive(field, otherSide(from), here, trial) : asCarried(word);
}

function carryRef(field: FieldLens, from: Side, given: Cell, lookup: RefLookup): Carried {
  const need = refNeed(field, from, { kind: "value", cell: given });
  if (need === null) return { kind: "invalid", found: given.value, message: "this is not the id of a record" };
  const counterpart = lookup(need);
  if (counterpart === null) return { kind: "waiting", ...need };
  return asCarried(cellOf(field.sides[otherSide(from)].type, counterpart));
}

function receive(field: FieldLens, to: Side, given: Cell, trial: Trial): Carried | Promise<Carried> {
  const side = field.sides[to];
  if (field.sameForm) return asCarried(given);
  const settled = readBack(side, given.value);
  if (!settled.ok) return { kind: "invalid", found: given.value, message: settled.message };
  const cell = cellOf(side.type, settled.value);
  return readsOnlyWhatItWrites(side) ? trial(field, to, cell) : asCarried(cell);
}

/** Which way lines are carried, and who stands for the records that they name. */
export interface LinesWay {
  readonly from: Side;
  readonly lookup: RefLookup;
  /** Answers at once; left out: what expressions make of a value is not tried. */
  readonly trial?: Trial;
}

function carryLines(field: FieldLens, lines: LinesLens, way: LinesWay, given: Cell): Carried {
  const to = otherSide(way.from);
  const carried: Fields[] = [];
  const ids = new Set<string>();
  for (const line of linesIn(given.value)) {
    const result = carryLine(lines, way, line);
    if ("waiting" in result) return result.waiting;
    const name = `${lines.key.policy.name} ${JSON.stringify(line[lines.key.policy.name] ?? null)}`;
    if (!result.ok) return { kind: "invalid", found: given.value, message: `line of ${name}: ${result.message}` };
    const id = lineId(lines, to, result.line);
    if (id === null || ids.has(id)) {
      const message = `the line of ${name} would not be told apart from another one on the other side`;
      return { kind: "invalid", found: given.value, message };
    }
    ids.add(id);
    carried.push(result.line);
  }
  return asCarried(cellOf(field.sides[to].type, carried));
}

type CarriedLine =
  | { readonly ok: true; readonly line: Fields }
  | { readonly ok: false; readonly message: string }
  /** For the counterpart of a record that the line names. */
  | { readonly ok: false; readonly waiting: Extract<Carried, { readonly kind: "waiting" }> };

/** One canonical line in the normal form of the other side. */
export function carryLine(lines: LinesLens, way: LinesWay, line: Fields): CarriedLine {
  const carried: Record<string, Value> = {};
  for (const field of lines.fields) {
    const { name } = field.policy;
    const value = line[name];
    if (value === undefined) continue;
    const across = carryLineField(field, way, value);
    if (across.kind === "waiting") return { ok: false, waiting: across };
    if (across.kind === "invalid") return { ok: false, message: `${name}: ${across.message}` };
    if (across.kind === "value") carried[name] = across.cell.value;
  }
  return { ok: true, line: carried };
}

/** A field of a canonical line. */
export function carryLineField(field: FieldLens, { from, lookup, trial = untried }: LinesWay, value: Value): Carried {
  const cell = value === null ? NULL_CELL : cellOf(field.sides[from].type, value);
  const carried = carryField(field, from, { kind: "value", cell }, lookup, trial);
  if (carried instanceof Promise) throw new Error("cannot happen: an expression of lines was tried for one line alone");
  return carried;
}

/**
 * Whether an empty record is enough to see what a side's `read` makes of its `write`: the writes use nothing but `$value`, and
 * the read nothing but what they put whole. Otherwise the value itself is taken; what the side then shows is read back after
 * the real write, and becomes its base.
 */
function readsOnlyWhatItWrites(side: SideLens): boolean {
  if (side.source.kind !== "expression" || side.target.kind !== "expressions") return false;
  const put = new Set<string | number | undefined>();
  for (const { path, expression } of side.target.writes) {
    if (path.length !== 1 || expression.reads === null || expression.reads.length > 0) return false;
    put.add(path[0]);
  }
  return side.source.expression.reads?.every((name) => put.has(name)) ?? false;
}

async function tryOne(field: FieldLens, to: Side, cell: Cell): Promise<Carried> {
  const [carried] = await tryAll(field, to, [cell]);
  return carried ?? NO_WAY;
}

/** Values written by a side's expressions, each on an empty record, and read again: as many results, in order. */
async function tryAll(field: FieldLens, to: Side, cells: readonly Cell[]): Promise<readonly Carried[]> {
  const { source, target, type } = field.sides[to];
  if (source.kind !== "expression" || target.kind !== "expressions") return cells.map(asCarried);
  const bindings = cells.map(({ value }) => ({ value: type.write(value, undefined) }));
  const empty = cells.map((): Fields => ({}));
  const failed = new Map<number, ExpressionResult & { readonly ok: false }>();
  let records: readonly Fields[] = empty;
  for (const { path, expression } of target.writes) {
    const results = await expression.evaluate(empty, bindings);
    records = records.map((record, index) => {
      const result = results[index];
      if (result?.ok === false && !failed.has(index)) failed.set(index, result);
      return result?.ok === true && result.value !== undefined
        ? (withValueAt(record, path, result.value) as Fields)
        : record;
    });
  }
  const results = await source.expression.evaluate(records);
  return cells.map((cell, index): Carried => {
    const result = failed.get(index) ?? results[index];
    if (result?.ok === false)
      return { kind: "invalid", found: cell.value, message: `${result.code}: ${result.message}` };
    const reading = readingOf(field, to, result?.value);
    if (reading.kind === "value") return reading;
    const message =
      reading.kind === "invalid" ? reading.message : "`read` finds nothing where `write` has put this value";
    return { kind: "invalid", found: cell.value, message };
  });
}

/**
 * A field's values on the other side, a page of records at once. What the expressions of lines make of a value is tried for all
 * lines of the page together, each value once.
 */
export async function carryPage(
  field: FieldLens,
  from: Side,
  page: readonly Reading[],
  lookup: RefLookup,
): Promise<readonly Carried[]> {
  const { lines } = field;
  if (lines === null) return together(page.map((reading) => carryField(field, from, reading, lookup)));
  const met = new Map<FieldLens, Map<string, Cell>>();
  const note: Trial = (each, _to, cell) => {
    const cells = met.get(each) ?? new Map<string, Cell>();
    met.set(each, cells.set(canonicalText(cell.value), cell));
    return asCarried(cell);
  };
  const taken = await together(page.map((reading) => carryField(field, from, reading, lookup, note)));
  if (met.size === 0) return taken;
  const tried = new Map<FieldLens, ReadonlyMap<string, Carried>>();
  for (const [each, cells] of met) {
    const results = await tryAll(each, otherSide(from), [...cells.values()]);
    tried.set(each, new Map([...cells.keys()].map((text, index) => [text, results[index] ?? NO_WAY])));
  }
  const known: Trial = (each, _to, cell) => tried.get(each)?.get(canonicalText(cell.value)) ?? asCarried(cell);
  return together(page.map((reading) => carryField(field, from, reading, lookup, known)));
}

/** Without a promise a value where none is needed: a page has thousands. */
function together(carried: readonly (Carried | Promise<Carried>)[]): readonly Carried[] | Promise<readonly Carried[]> {
  const isHere = (each: Carried | Promise<Carried>): each is Carried => !(each instanceof Promise);
  if (carried.every(isHere)) return carried;
  return Promise.all(carried.map(async (each) => each));
}

function asCarried(cell: Cell): Carried {
  return { kind: "value", cell };
}
