// The built-in functions on lists and objects, those that call a function among them.

import { builtin, type Builtins } from "./builtin.ts";
import { spend } from "./budget.ts";
import { isNumber, isTrue } from "./coerce.ts";
import { failed } from "./failure.ts";
import { equal, orderOf } from "./operators.ts";
import { Exact } from "../core/value.ts";
import {
  append,
  isFields,
  isList,
  lookup,
  newSequence,
  pushAll,
  setField,
  type Fields,
  type Item,
  type List,
} from "./sequence.ts";
import { InlineFunction, type Argument } from "./signature.ts";
import { mergeSort } from "./sort.ts";
import { asItem } from "./text-functions.ts";

export const listFunctions: Builtins = {
  count: builtin("a", (list) => listOf(list)?.length ?? 0),
  append: builtin("x x", (first, second) => append(asItem(first), asItem(second))),
  exists: builtin("x", (item) => item !== undefined),
  type: builtin("x", (item) => typeName(asItem(item))),
  keys: builtin("x-", (item) => keysOf(asItem(item))),
  lookup: builtin("x- s", (item, name) => lookup(asItem(item), typeof name === "string" ? name : "undefined")),
  merge: builtin("a<o>", (objects) => merge(listOf(objects))),
  reverse: builtin("a", (list) => reverse(listOf(list))),
  distinct: builtin("x", (item) => distinct(asItem(item))),
  sort: builtin("a f?", (list, later) => sort(listOf(list), later)),
  map: builtin("a f", (list, change) => map(listOf(list), functionOf(change))),
  filter: builtin("a f", (list, keep) => filter(listOf(list), functionOf(keep))),
  reduce: builtin("a f j?", (list, combine, start) => reduce(listOf(list), functionOf(combine), asItem(start))),
  each: builtin("o- f", (fields, change) => each(fieldsOf(fields), functionOf(change))),
  sift: builtin("o- f?", (fields, keep) => sift(fieldsOf(fields), functionOf(keep))),
  error: builtin("s?", (message) => {
    throw failed(textOr(message, "$error() was evaluated"));
  }),
  assert: builtin("b s?", (condition, message) => {
    if (condition !== true) throw failed(textOr(message, "$assert() did not hold"));
    return undefined;
  }),
};

function textOr(message: Argument, otherwise: string): string {
  return typeof message === "string" && message !== "" ? message : otherwise;
}

function listOf(argument: Argument): List | undefined {
  const item = asItem(argument);
  return isList(item) ? item : undefined;
}

function fieldsOf(argument: Argument): Fields {
  const item = asItem(argument);
  return isFields(item) ? item : {};
}

function functionOf(argument: Argument): InlineFunction {
  if (argument instanceof InlineFunction) return argument;
  throw failed("a function is needed here");
}

function typeName(item: Item): Item {
  if (item === undefined) return undefined;
  if (item === null) return "null";
  if (isList(item)) return "array";
  if (item instanceof Exact) return "number";
  // NaN is a number to nobody here, and the reference calls it an object.
  return typeof item === "number" && !isNumber(item) ? "object" : typeof item;
}

function keysOf(item: Item): Item {
  const names = newSequence();
  if (isFields(item)) pushAll(names, Object.keys(item));
  if (!isList(item)) return names;
  spend(item.length);
  const seen: Record<string, Item> = {};
  for (const entry of item) {
    const keys = keysOf(entry);
    if (isList(keys)) for (const key of keys) if (typeof key === "string") setField(seen, key, true);
  }
  pushAll(names, Object.keys(seen));
  return names;
}

function merge(objects: List | undefined): Item {
  if (objects === undefined) return undefined;
  const merged: Record<string, Item> = {};
  for (const fields of objects) {
    if (!isFields(fields)) continue;
    const names = Object.keys(fields);
    spend(names.length * 4 + 4);
    for (const name of names) setField(merged, name, fields[name]);
  }
  return merged;
}

function reverse(list: List | undefined): Item {
  if (list === undefined || list.length <= 1) return list;
  spend(list.length);
  return [...list].reverse();
}

function distinct(item: Item): Item {
  if (!isList(item) || item.length <= 1) return item;
  const kept: Item[] = item.sequence === true ? newSequence() : [];
  for (const entry of item) {
    spend(kept.length * 2);
    if (!kept.some((other) => equal(entry, other))) kept.push(entry);
  }
  return kept;
}

function sort(list: List | undefined, later: Argument): Item {
  if (list === undefined || list.length <= 1) return list;
  spend(list.length * 20);
  if (later instanceof InlineFunction) return mergeSort(list, (a, b) => isLaterBy(later, a, b));
  const texts = list.every((item) => typeof item === "string");
  const numbers = list.every((item) => (typeof item === "number" && !Number.isNaN(item)) || item instanceof Exact);
  if (!texts && !numbers) throw failed("$sort without a function sorts only texts or only numbers");
  return mergeSort(list, (a, b) => (isSortable(a) && isSortable(b) ? (orderOf(a, b) ?? 0) > 0 : false));
}

function isSortable(item: Item): item is string | number | Exact {
  return typeof item === "string" || typeof item === "number" || item instanceof Exact;
}

/** By JavaScript's own truth, which the reference uses here: an empty list is true. */
function isLaterBy(later: InlineFunction, a: Item, b: Item): boolean {
  spend(CALLBACK_COST);
  return Boolean(later.call([a, b]));
}

/** Work of calling a function that was written as an argument, its body apart, in units of the budget. */
const CALLBACK_COST = 10;

/** As many arguments as the function has parameters, the first in any case. */
function callWith(inline: InlineFunction, item: Item, place: Item, whole: Item): Item {
  spend(CALLBACK_COST);
  if (inline.arity < 2) return inline.call([item]);
  return inline.call(inline.arity < 3 ? [item, place] : [item, place, whole]);
}

function map(list: List | undefined, change: InlineFunction): Item {
  if (list === undefined) return undefined;
  const changed = newSequence();
  list.forEach((item, index) => {
    const result = callWith(change, item, index, list);
    if (result !== undefined) changed.push(result);
  });
  return changed;
}

function filter(list: List | undefined, keep: InlineFunction): Item {
  if (list === undefined) return undefined;
  const kept = newSequence();
  list.forEach((item, index) => {
    if (isTrue(callWith(keep, item, index, list))) kept.push(item);
  });
  return kept;
}

function reduce(list: List | undefined, combine: InlineFunction, start: Item): Item {
  if (list === undefined) return undefined;
  if (combine.arity < 2) throw failed("the function of $reduce needs two parameters");
  const fromFirst = start === undefined && list.length > 0;
  let result = fromFirst ? list[0] : start;
  for (let index = fromFirst ? 1 : 0; index < list.length; index += 1) {
    spend(CALLBACK_COST);
    result = combine.call([result, list[index], index, list].slice(0, Math.max(2, combine.arity)));
  }
  return result;
}

function each(fields: Fields, change: InlineFunction): Item {
  const changed = newSequence();
  for (const name of Object.keys(fields)) {
    const result = callWith(change, fields[name], name, fields);
    if (result !== undefined) changed.push(result);
  }
  return changed;
}

function sift(fields: Fields, keep: InlineFunction): Item {
  const kept: Record<string, Item> = {};
  for (const name of Object.keys(fields)) {
    if (isTrue(callWith(keep, fields[name], name, fields))) setField(kept, name, fields[name]);
  }
  return Object.keys(kept).length === 0 ? undefined : kept;
}
