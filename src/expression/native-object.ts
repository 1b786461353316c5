// Objects made: `{ "name": value }`, and a list grouped by a key: `items{ sku: qty }`.

import type { Run, Scope } from "./native-scope.ts";
import { spend } from "./budget.ts";
import { failed } from "./failure.ts";
import { append, isList, setField, type Item } from "./sequence.ts";
import type { Pair } from "./tree.ts";

interface CompiledPair {
  readonly name: Run;
  readonly value: Run;
}

interface Group {
  data: Item;
  readonly pair: CompiledPair;
}

/** The object of one context: nearly always with names that are written out, and then without looking for equal ones. */
export function objectOf(pairs: readonly Pair[], scope: Scope): Run {
  const group = groupOf(pairs, scope);
  const names = pairs.map(([name]) => (name.kind === "literal" && name.predicates.length === 0 ? name.value : null));
  const fixed = names.filter((name) => typeof name === "string" && !isReserved(name) && name !== "__proto__");
  if (fixed.length !== pairs.length || new Set(fixed).size !== pairs.length) return group;
  const fields = pairs.map(([, value], index) => ({ name: String(fixed[index]), value: scope.compile(value, scope) }));
  return (context, slots) => {
    if (isList(context)) return group(context, slots);
    spend(fields.length * 5);
    const made: Record<string, Item> = {};
    for (const { name, value } of fields) {
      const item = value(context, slots);
      if (item !== undefined) made[name] = item;
    }
    return made;
  };
}

/** Each item of the list belongs to the groups that its keys name; each value is evaluated over all items of its group. */
export function groupOf(pairs: readonly Pair[], scope: Scope): Run {
  const compiled = pairs.map(([name, value]) => ({
    name: scope.compile(name, scope),
    value: scope.compile(value, scope),
  }));
  return (input, slots) => {
    const groups = new Map<string, Group>();
    for (const item of itemsOf(input)) {
      for (const pair of compiled) addToGroup(groups, pair, item, slots);
    }
    const made: Record<string, Item> = {};
    for (const name of propertyOrder(groups.keys())) {
      const group = groups.get(name);
      const value = group?.pair.value(group.data, slots);
      if (value !== undefined) setField(made, name, value);
    }
    return made;
  };
}

/** Nothing to group still makes one object, of what does not look at its context. */
function itemsOf(input: Item): readonly Item[] {
  if (!isList(input)) return [input];
  return input.length === 0 ? [undefined] : input;
}

function addToGroup(groups: Map<string, Group>, pair: CompiledPair, item: Item, slots: Item[]): void {
  spend(60);
  const name = pair.name(item, slots);
  if (name === undefined) return;
  if (typeof name !== "string") throw failed("the name of a field is not text");
  if (isReserved(name)) throw failed(`${name} is a name that jsonata keeps for itself`);
  const group = groups.get(name);
  if (group === undefined) groups.set(name, { data: item, pair });
  else if (group.pair === pair) group.data = append(group.data, item);
  else throw failed(`two fields of one object are named ${JSON.stringify(name).slice(0, 60)}`);
}

function isReserved(name: string): boolean {
  return name === "_jsonata_lambda" || name === "_jsonata_function";
}

/** Numbers first, as in any object of JavaScript: the order in which the values are evaluated shows in errors. */
function propertyOrder(names: Iterable<string>): string[] {
  const order: Record<string, Item> = {};
  for (const name of names) setField(order, name, true);
  return Object.keys(order);
}
