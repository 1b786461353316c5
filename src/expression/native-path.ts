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
import type { NodeOf, SortTerm, Step } from "./tree.ts";

/** One step over a list of items. */
type StepRun = (items: readonly Item[], slots: Item[], last: boolean) => Item;

export function compilePath(path: NodeOf<"path">, scope: Scope): Run {
  const steps = path.steps.map((step, index) => compileStep(step, scope, index === 0));
  const general = generalPath(path, steps, scope);
  const fast = path.group === null && !path.keepSingleton ? fastPath(path.steps, steps, scope) : null;
  return fast ?? general;
}

function generalPath(path: NodeOf<"path">, steps: readonly StepRun[], scope: Scope): Run {
  const startsWithVariable = path.steps[0]?.node?.kind === "variable";
  const group = path.group === null ? null : groupOf(path.group, scope);
  return (context, slots) => {
    const start = isList(context) && !startsWithVariable ? context : sequenceOf(context);
    let result = runSteps(steps, 0, start, slots);
    if (path.keepSingleton && isList(result)) {
      if (result.constructed === true && result.sequence !== true) result = sequenceOf(result);
      // Marking a list of the input would change nothing: only sequences collapse.
      if (result.sequence === true) (result as { keepSingleton?: boolean }).keepSingleton = true;
    }
    return group === null ? result : group(result, slots);
  };
}

function runSteps(steps: readonly StepRun[], from: number, start: readonly Item[], slots: Item[]): Item {
  let items = start;
  let result: Item;
  for (let index = from; index < steps.length; index += 1) {
    result = steps[index]?.(items, slots, index === steps.length - 1);
    if (!isList(result) || result.length === 0) return result;
    items = result;
  }
  return result;
}

/** `a.b.c` and `$v.b.c` where no list is on the way, which is nearly always; with one, the steps go on from there. */
function fastPath(steps: readonly Step[], runs: readonly StepRun[], scope: Scope): Run | null {
  const [first, ...rest] = steps.map(plainStep);
  if (first === undefined || first === null || rest.some((step) => step?.kind !== "name")) return null;
  const names = rest.map((step) => (step?.kind === "name" ? step.name : ""));
  if (first.kind === "variable") {
    const start = scope.compile(first, scope);
    return (context, slots) => fieldsAlong(start(context, slots), names, runs, 1, slots);
  }
  if (first.kind !== "name") return null;
  const allNames = [first.name, ...names];
  return (context, slots) =>
    isList(context) ? runSteps(runs, 0, context, slots) : fieldsAlong(context, allNames, runs, 0, slots);
}

/** @param offset Of the first name in `runs`. */
function fieldsAlong(
  start: Item,
  names: readonly string[],
  runs: readonly StepRun[],
  offset: number,
  slots: Item[],
): Item {
  let item = start;
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index] ?? "";
    if (isList(item)) return runSteps(runs, index + offset, flattened([item]), slots);
    item = isFields(item) && Object.hasOwn(item, name) ? item[name] : undefined;
    if (item === undefined) return undefined;
  }
  return isList(item) && item.sequence === true ? flattened([item]) : item;
}

function plainStep(step: Step): Step["node"] {
  const { node } = step;
  if (node === null || step.filters.length > 0 || node.predicates.length > 0 || node.group !== null || node.keepList)
    return null;
  return node;
}

function compileStep(step: Step, scope: Scope, first: boolean): StepRun {
  if (step.tuple || step.focus !== null || step.indexes.length > 0) throw new NotCompiled("@ or #");
  const filters = step.filters.map((filter) => filterOf(filter, scope));
  if (step.sort !== null) return sortStep(step.sort, filters, scope);
  const { node } = step;
  if (node === null) throw new NotCompiled("an empty step");
  if (first && node.kind === "block" && node.constructed)
    throw new NotCompiled("a block that makes a list, as first step");
  const run = compileStepNode(node, scope);
  // `[a, b].c` makes its list once, over the whole context.
  if (first && node.kind === "array" && node.constructed) return (items, slots) => run(items, slots);
  return (items, slots, last) => mapStep(items, run, filters, slots, last);
}

function compileStepNode(node: NonNullable<Step["node"]>, scope: Scope): Run {
  if (node.kind !== "name") return scope.compile(node, scope);
  if (node.predicates.length > 0 || node.group !== null) throw new NotCompiled("a name with a predicate of its own");
  const { name, keepList } = node;
  return (context) => collapse(lookup(context, name), keepList);
}

type Filter = ReturnType<typeof filterOf>;

function mapStep(items: readonly Item[], run: Run, filters: readonly Filter[], slots: Item[], last: boolean): Item {
  spend(items.length * 4);
  const results: Item[] = [];
  for (const item of items) {
    let result = run(item, slots);
    for (const filter of filters) result = filter(result, slots);
    if (result !== undefined) results.push(result);
  }
  const [only] = results;
  // A single list of the data, at the end of the path, is given as it is.
  if (last && results.length === 1 && isList(only) && only.sequence !== true) return only;
  return flattened(results);
}

function flattened(results: readonly Item[]): List {
  const flat = newSequence();
  for (const result of results) {
    if (isList(result) && result.constructed !== true) pushAll(flat, result);
    else flat.push(result);
  }
  return flat;
}

function sortStep(terms: readonly SortTerm[], filters: readonly Filter[], scope: Scope): StepRun {
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
