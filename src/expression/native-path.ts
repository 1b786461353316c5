// Paths: `a.b.c`, `lines[qty > 1].sku`, `$line.{ "sku": sku }`, `items^(>price).name`.
//
// A step is evaluated for each item so far, lists are flattened by one level, absent results vanish.

import { NotCompiled, type Run, type Scope } from "./native-scope.ts";
import { filterOf } from "./native-filter.ts";
import { groupOf } from "./native-object.ts";
import { orderOf } from "./operators.ts";
import { mergeSort } from "./sort.ts";
import { spend } from "./budget.ts";
import { failed } from "./failure.ts";
import { Exact } from "../core/value.ts";
import {
  collapse,
  isFields,
  isList,
  lookup,
  newSequence,
  pushAll,
  sequenceOf,
  type Item,
  type List,
} from "./sequence.ts";
import type { Node, NodeOf, SortTerm, Step } from "./tree.ts";

/** One step, compiled. */
interface CompiledStep {
  /** Over all items so far. @param last Whether it is the last step of its path. */
  readonly overAll: (items: readonly Item[], slots: Item[], last: boolean) => Item;
  /** Over one item that is not a list; null: the step is about the items together. */
  readonly overOne: Run | null;
}

export function compilePath(path: NodeOf<"path">, scope: Scope): Run {
  const steps = path.steps.map((step, index) => compileStep(step, scope, index === 0));
  if (path.group !== null || path.keepSingleton) return listPath(path, steps, scope);
  const names = namesOf(path.steps);
  const [name] = names ?? [];
  if (name !== undefined && path.steps.length === 1) return alongName(name, steps);
  if (names !== null) {
    return (context, slots) =>
      isList(context) ? overItems(steps, 0, context, slots) : alongNames(names, context, steps, slots);
  }
  const startsWithVariable = path.steps[0]?.node?.kind === "variable";
  return (context, slots) =>
    isList(context) && !startsWithVariable ? overItems(steps, 0, context, slots) : overOneItem(steps, context, slots);
}

/** A path whose result is grouped, or stays a list: its sequence is needed as such. */
function listPath(path: NodeOf<"path">, steps: readonly CompiledStep[], scope: Scope): Run {
  const startsWithVariable = path.steps[0]?.node?.kind === "variable";
  const group = path.group === null ? null : groupOf(path.group, scope);
  return (context, slots) => {
    const start = isList(context) && !startsWithVariable ? context : sequenceOf(context);
    let result = overItems(steps, 0, start, slots);
    if (path.keepSingleton && isList(result)) {
      if (result.constructed === true && result.sequence !== true) result = sequenceOf(result);
      // Marking a list of the input would change nothing: only sequences collapse.
      if (result.sequence === true) (result as { keepSingleton?: boolean }).keepSingleton = true;
    }
    return group === null ? result : group(result, slots);
  };
}

function overItems(steps: readonly CompiledStep[], from: number, start: readonly Item[], slots: Item[]): Item {
  let items = start;
  let result: Item;
  for (let index = from; index < steps.length; index += 1) {
    result = steps[index]?.overAll(items, slots, index === steps.length - 1);
    if (!isList(result) || result.length === 0) return result;
    items = result;
  }
  return result;
}

/** The same, without making a list for each step, as long as there is one item: a sequence of one is that item in the end. */
function overOneItem(steps: readonly CompiledStep[], start: Item, slots: Item[]): Item {
  let item = start;
  for (let index = 0; index < steps.length; index += 1) {
    const overOne = steps[index]?.overOne ?? null;
    if (overOne === null) return overItems(steps, index, sequenceOf(item), slots);
    item = overOne(item, slots);
    if (item === undefined) return undefined;
    if (!isList(item)) continue;
    if (index < steps.length - 1) return overItems(steps, index + 1, flattened([item]), slots);
    // A single list of the data, at the end of the path, is given as it is.
    return item.sequence === true ? flattened([item]) : item;
  }
  return item;
}

/** One name alone, which most rules are. */
function alongName(name: string, steps: readonly CompiledStep[]): Run {
  return (context, slots) => {
    if (!isFields(context)) return isList(context) ? overItems(steps, 0, context, slots) : undefined;
    const item = context[name];
    return typeof item === "object" && isList(item) && item.sequence === true ? flattened([item]) : item;
  };
}

/** `a.b.c` where no list is on the way, which is nearly always; with one, the steps go on from there. */
function alongNames(names: readonly string[], start: Item, steps: readonly CompiledStep[], slots: Item[]): Item {
  let item = start;
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index] ?? "";
    if (isList(item)) return overItems(steps, index, flattened([item]), slots);
    item = isFields(item) ? item[name] : undefined;
    if (item === undefined) return undefined;
  }
  return isList(item) && item.sequence === true ? flattened([item]) : item;
}

/** Null: there is more than names in it, or one that every object inherits. */
function namesOf(steps: readonly Step[]): readonly string[] | null {
  const names: string[] = [];
  for (const { node, filters } of steps) {
    if (node?.kind !== "name" || filters.length > 0 || node.name in Object.prototype) return null;
    names.push(node.name);
  }
  return names;
}

function compileStep(step: Step, scope: Scope, first: boolean): CompiledStep {
  if (step.tuple || step.focus !== null || step.indexes.length > 0) throw new NotCompiled("@ or #");
  const filters = step.filters.map((filter) => filterOf(filter, scope, step.sort === null ? "step" : "node"));
  if (step.sort !== null) return { overAll: sortStep(step.sort, filters, scope), overOne: null };
  const { node } = step;
  if (node === null) throw new NotCompiled("an empty step");
  if (first && node.kind === "block" && node.constructed)
    throw new NotCompiled("a block that makes a list, as first step");
  const run = compileStepNode(node, scope);
  // `[a, b].c` makes its list once, over the whole context.
  if (first && node.kind === "array" && node.constructed)
    return { overAll: (items, slots) => run(items, slots), overOne: null };
  const overOne = withFilters(run, filters);
  return { overAll: (items, slots, last) => mapStep(items, overOne, slots, last), overOne };
}

function withFilters(run: Run, filters: readonly Filter[]): Run {
  let all = run;
  for (const filter of filters) {
    const before = all;
    all = (item, slots) => filter(before(item, slots), slots);
  }
  return all;
}

function compileStepNode(node: Node, scope: Scope): Run {
  if (node.kind !== "name") return scope.compile(node, scope);
  if (node.predicates.length > 0 || node.group !== null) throw new NotCompiled("a name with a predicate of its own");
  const { name, keepList } = node;
  return (context) => {
    if (isFields(context)) return collapse(Object.hasOwn(context, name) ? context[name] : undefined, keepList);
    return collapse(lookup(context, name), keepList);
  };
}

type Filter = ReturnType<typeof filterOf>;

function mapStep(items: readonly Item[], run: Run, slots: Item[], last: boolean): Item {
  spend(items.length * 4);
  const flat = newSequence();
  let first: Item;
  let count = 0;
  for (const item of items) {
    const result = run(item, slots);
    if (result === undefined) continue;
    if (count === 0) first = result;
    count += 1;
    pushFlat(flat, result);
  }
  // As in overOneItem.
  return last && count === 1 && isList(first) && first.sequence !== true ? first : flat;
}

function flattened(results: readonly Item[]): List {
  const flat = newSequence();
  for (const result of results) pushFlat(flat, result);
  return flat;
}

function pushFlat(flat: Item[], result: Item): void {
  if (isList(result) && result.constructed !== true) pushAll(flat, result);
  else flat.push(result);
}

function sortStep(terms: readonly SortTerm[], filters: readonly Filter[], scope: Scope): CompiledStep["overAll"] {
  const compiled = terms.map((term) => ({ by: scope.compile(term.by, scope), descending: term.descending }));
  return (items, slots) => {
    spend(items.length * 20);
    // One item or none is not sorted but given as it is, a sequence staying one.
    let result: Item = items.length <= 1 ? items : mergeSort(items, (a, b) => isLater(a, b, compiled, slots));
    for (const filter of filters) result = filter(result, slots);
    return result;
  };
}

function isLater(
  a: Item,
  b: Item,
  terms: readonly { readonly by: Run; readonly descending: boolean }[],
  slots: Item[],
): boolean {
  spend(terms.length * 10);
  for (const { by, descending } of terms) {
    const left = by(a, slots);
    const right = by(b, slots);
    if (left === undefined && right === undefined) continue;
    // What is absent comes last, whichever way.
    if (left === undefined) return true;
    if (right === undefined) return false;
    const order = isSortable(left) && isSortable(right) ? orderOf(left, right) : null;
    if (order === null) throw failed("^(…) sorts by numbers or by texts, not by both or by anything else");
    if (order === 0) continue;
    // Whatever is not smaller counts as larger.
    return order < 0 ? descending : !descending;
  }
  return false;
}

function isSortable(item: Item): item is string | number | Exact {
  return typeof item === "string" || typeof item === "number" || item instanceof Exact;
}
