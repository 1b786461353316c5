// The values that the laws of a rule are tried with: those of the side's type, its edges first, within the rule's `domain`; the
// words of a table all. The same each time, so that `check` says the same each time.

import type { Cell } from "../core/field.ts";
import type { Side } from "../core/ids.ts";
import { canonicalText, exactNumber, isList, type Value } from "../core/value.ts";
import { cellOf } from "./cell.ts";
import type { FieldLens } from "./lens.ts";
import { pick, whole, type Random } from "./types/chance.ts";
import { sampleText, TEXT_EDGES } from "./types/text-domain.ts";
import type { Domain, FieldType } from "./types/type.ts";

/** Cases of each side: too few miss a fault, too many make `check` slow. */
const CASES = 200;

/**
 * Canonical values of one side, in sets: of a rule that names no type it is not known what its expressions are made for, so one
 * kind of value after the other is tried.
 */
export function valuesToTry(field: FieldLens, side: Side): readonly (readonly Cell[])[] {
  const { type } = field.sides[side];
  if (field.table !== null) return [field.table.words[side]];
  const { given } = field.domain;
  const sets =
    given !== null ? [given] : hasDomain(type) && type.name !== "raw" ? [valuesOf(field, type)] : untypedSets(field);
  return sets.map((raws) => cellsOf(field, type, raws));
}

function valuesOf({ domain }: FieldLens, type: FieldType & Domain): readonly Value[] {
  const random = seededRandom();
  const own = Array.from({ length: CASES }, () => type.sample(random));
  const { sample } = domain;
  const bounded = sample === null ? [] : Array.from({ length: CASES }, () => sample(random));
  return [...type.edges, ...own, ...bounded];
}

/** Values of a rule without a type: texts, then numbers, then truth values, then lists of texts. */
function untypedSets({ domain }: FieldLens): readonly (readonly Value[])[] {
  const random = seededRandom();
  const many = (sample: (random: Random) => Value): readonly Value[] =>
    Array.from({ length: CASES }, () => sample(random));
  const numbers = [...NUMBERS, ...many(domain.sample ?? sampleNumber)];
  if (domain.sample !== null) return [numbers];
  return [
    [...TEXT_EDGES, ...many(sampleText)],
    numbers,
    [true, false],
    many((source) => Array.from({ length: whole(source, 0, 3) }, () => sampleText(source))),
  ];
}

const NUMBERS: readonly Value[] = [0, 1, -1, 2, 0.5, -0.5, 0.1, 0.07, 19.99, 2.675, 100, 1e6, -12345.678];

function sampleNumber(random: Random): Value {
  const digits = `${pick(random, ["", "-"])}${String(whole(random, 0, 99_999))}.${String(whole(random, 0, 99)).padStart(2, "0")}`;
  return random() < 0.5 ? whole(random, -1000, 1000) : exactNumber(digits);
}

/** Read by the type, within the domain, each once. */
export function cellsOf(field: FieldLens, type: FieldType, raws: readonly Value[]): readonly Cell[] {
  const cells = new Map<string, Cell>();
  for (const raw of raws) {
    const reading = type.read(raw);
    if (!reading.ok || reading.value === null || !field.domain.includes(reading.value)) continue;
    cells.set(canonicalText(reading.value), cellOf(type, reading.value));
  }
  return [...cells.values()];
}

function hasDomain(type: FieldType): type is FieldType & Domain {
  return "sample" in type && "edges" in type && isList(type.edges as Value);
}

/** A linear congruential generator (Numerical Recipes). */
function seededRandom(): () => number {
  let state = 20_260_704;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}
