// The raw list that says given canonical lines. Lines that are there keep their place and what no rule names; new ones go last.
// Raw lines that no key tells apart were never read, and stay. A field that shows its value already is not written, however it is
// spelt there, and neither is one that this side gives by itself.

import type { ExpressionResult } from "../core/expression.ts";
import { NULL_KEY } from "../core/field.ts";
import type { Side } from "../core/ids.ts";
import { valueAt, withValueAt } from "../core/path.ts";
import { isFields, isList, type Fields, type Value } from "../core/value.ts";
import { cellOf } from "./cell.ts";
import type { ExpressionWrite, FieldLens, LinesLens } from "./lens.ts";
import { givesAlone } from "./lines-direction.ts";
import { fieldKey } from "./lines-key.ts";
import { evaluateLines, readLineField, type LineResults } from "./lines-read.ts";
import { obstacleOn, plainPuts, type Put } from "./puts.ts";

export type WrittenLines =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly message: string; readonly code?: string };

/** One entry of the list to be: a raw line as it stands, or one that is to say a canonical line. */
interface Entry {
  /** As it stands there now; null: a new one. */
  readonly raw: Value;
  /** Null: nothing is said of it. */
  readonly line: Fields | null;
  readonly results: LineResults[number] | undefined;
}

/** One field of one entry that shows something else than it shall. */
interface Wanted {
  readonly entry: number;
  readonly field: FieldLens;
  readonly value: Value;
  readonly raw: Fields;
}

/** Expressions of all lines are evaluated together: the list is one page. */
export async function writeLines(
  lines: LinesLens,
  side: Side,
  value: Value,
  shown: Value | undefined,
): Promise<WrittenLines> {
  if (!isList(value)) return { ok: true, value };
  const [results] = await evaluateLines(lines, side, [shown]);
  const entries = entriesOf(lines, side, { value, shown, results: results ?? [] });
  const wanted = wantedIn(lines, side, entries);
  return put(side, entries, wanted, await evaluated(side, wanted));
}

/** The same for lines that no expression writes or reads on this side. */
export function writeLinesNow(lines: LinesLens, side: Side, value: Value, shown: Value | undefined): WrittenLines {
  if (!isList(value)) return { ok: true, value };
  const entries = entriesOf(lines, side, { value, shown, results: [] });
  return put(side, entries, wantedIn(lines, side, entries), new Map());
}

function entriesOf(
  lines: LinesLens,
  side: Side,
  given: { readonly value: Value; readonly shown: Value | undefined; readonly results: LineResults },
): readonly Entry[] {
  const { value, shown, results } = given;
  const name = lines.key.policy.name;
  const wanted = new Map(
    (isList(value) ? value : []).flatMap((line): [string, Fields][] =>
      isFields(line) ? [[fieldKey(lines, side, line, name), line]] : [],
    ),
  );
  const met = new Set<string>();
  const entries: Entry[] = [];
  for (const [index, raw] of (isList(shown) ? shown : []).entries()) {
    const key = isFields(raw) ? rawKey(lines, side, raw, results[index]) : NULL_KEY;
    const line = wanted.get(key);
    if (!isFields(raw) || key === NULL_KEY || met.has(key)) entries.push({ raw, line: null, results: undefined });
    else if (line !== undefined) entries.push({ raw, line, results: results[index] });
    met.add(key);
  }
  for (const [key, line] of wanted) if (!met.has(key)) entries.push({ raw: null, line, results: undefined });
  return entries;
}

function rawKey({ key }: LinesLens, side: Side, raw: Fields, results: LineResults[number] | undefined): string {
  const reading = readLineField(key, side, raw, results);
  return reading.kind === "value" ? reading.cell.key : NULL_KEY;
}

function wantedIn(lines: LinesLens, side: Side, entries: readonly Entry[]): readonly Wanted[] {
  return entries.flatMap(({ raw, line, results }, entry) => {
    if (line === null) return [];
    const there = isFields(raw) ? raw : null;
    return lines.fields.flatMap((field): readonly Wanted[] => {
      const value = line[field.policy.name];
      if (value === undefined || givesAlone(lines, field, side)) return [];
      const reading = there === null ? null : readLineField(field, side, there, results);
      const wanted = value === null ? NULL_KEY : cellOf(field.sides[side].type, value).key;
      const shows = reading?.kind === "value" ? reading.cell.key : reading?.kind === "invalid" ? null : NULL_KEY;
      return shows === wanted ? [] : [{ entry, field, value, raw: there ?? {} }];
    });
  });
}

/** What each write expression gave, in the order of those wanted that it writes. */
type Evaluated = ReadonlyMap<ExpressionWrite, readonly ExpressionResult[]>;

async function evaluated(side: Side, wanted: readonly Wanted[]): Promise<Evaluated> {
  const fields = [...new Set(wanted.map(({ field }) => field))];
  const jobs = fields.flatMap((field) => {
    const { target, type } = field.sides[side];
    if (target.kind !== "expressions") return [];
    const own = wanted.filter((each) => each.field === field);
    const inputs = own.map(({ raw }) => raw);
    const bindings = own.map(({ value }) => ({ value: value === null ? null : type.write(value, undefined) }));
    return target.writes.map(async (write): Promise<readonly [ExpressionWrite, readonly ExpressionResult[]]> => [
      write,
      await write.expression.evaluate(inputs, bindings),
    ]);
  });
  return new Map(await Promise.all(jobs));
}

function put(side: Side, entries: readonly Entry[], wanted: readonly Wanted[], results: Evaluated): WrittenLines {
  const written: Value[] = entries.map(({ raw, line }) => (line === null ? raw : (raw ?? {})));
  const met = new Map<FieldLens, number>();
  for (const each of wanted) {
    const { field, entry } = each;
    const { name } = field.policy;
    const nth = met.get(field) ?? 0;
    met.set(field, nth + 1);
    const puts = putsOf(each, side, (write) => results.get(write)?.[nth]);
    if (!puts.ok) return { ...puts, message: `${name}: ${puts.message}` };
    let next: Value = written[entry] ?? {};
    for (const { path, value } of puts.puts) {
      const obstacle = obstacleOn(isFields(next) ? next : {}, path);
      if (obstacle !== null) return { ok: false, message: `${name}: ${obstacle}` };
      if (value === null && valueAt(next, path) === undefined) continue;
      next = withValueAt(next, path, value);
    }
    written[entry] = next;
  }
  return { ok: true, value: written };
}

type Puts =
  | { readonly ok: true; readonly puts: readonly Put[] }
  | { readonly ok: false; readonly message: string; readonly code: string };

function putsOf(
  { field, value, raw }: Wanted,
  side: Side,
  resultOf: (write: ExpressionWrite) => ExpressionResult | undefined,
): Puts {
  const { target } = field.sides[side];
  if (target.kind !== "expressions") return { ok: true, puts: plainPuts(field.sides[side], value, raw) };
  const puts: Put[] = [];
  for (const write of target.writes) {
    const result = resultOf(write);
    if (result === undefined) throw new Error("cannot happen: an expression gave no result for its line");
    if (!result.ok) return { ok: false, message: `${result.code}: ${result.message}`, code: result.code };
    // Nothing for a null clears the place, as for a record.
    if (result.value !== undefined) puts.push({ path: write.path, value: result.value });
    else if (value === null) puts.push({ path: write.path, value: null });
  }
  return { ok: true, puts };
}
