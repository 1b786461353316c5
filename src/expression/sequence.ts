// JSONata's lists. A result list made by a path is a *sequence*: alone at the end of an expression it collapses (none:
// absent, one: the item itself), which a list of the data never does. As in the reference the difference is a mark on the
// array, because a sequence put into an object keeps it. `plain.ts` takes the marks off.

import { spend } from "./budget.ts";
import { Exact } from "../core/value.ts";

/** A value on the way, or `undefined`: absent. */
export type Item = undefined | null | boolean | number | string | Exact | List | Fields;

export interface Fields {
  readonly [name: string]: Item;
}

export interface List extends ReadonlyArray<Item> {
  /** Made by a path or a function; collapses. */
  readonly sequence?: boolean;
  /** A sequence that stays a list with one item (`items[]`). */
  keepSingleton?: boolean;
  /** Made by `[…]` inside a path; not flattened into the surrounding sequence. */
  readonly constructed?: boolean;
  /** The whole input, being a list, wrapped so that it counts as one item. */
  readonly outer?: boolean;
}

interface OpenList extends Array<Item> {
  sequence?: boolean;
  keepSingleton?: boolean;
  constructed?: boolean;
  outer?: boolean;
}

export function isList(item: Item): item is List {
  return Array.isArray(item);
}

export function isFields(item: Item): item is Fields {
  return typeof item === "object" && item !== null && !Array.isArray(item) && !(item instanceof Exact);
}

export function newSequence(): OpenList {
  const list: OpenList = [];
  list.sequence = true;
  return list;
}

/** A sequence of one item, even an absent one. */
export function sequenceOf(item: Item): OpenList {
  const list: OpenList = [item];
  list.sequence = true;
  return list;
}

/** The input of an expression as its outermost `$`. */
export function outermost(input: Item): Item {
  if (!isList(input)) return input;
  const wrapped = sequenceOf(input);
  wrapped.outer = true;
  return wrapped;
}

/** The input that `outermost` wrapped. */
export function unwrapped(item: Item): Item {
  return isList(item) && item.outer === true ? item[0] : item;
}

export function markConstructed(list: Item[]): List {
  const open: OpenList = list;
  open.constructed = true;
  return open;
}

/** What a sequence is once its expression is done; anything else is itself. */
export function collapse(item: Item, keepSingleton: boolean): Item {
  if (!isList(item) || item.sequence !== true) return item;
  if (keepSingleton) item.keepSingleton = true;
  if (item.length === 0) return undefined;
  if (item.length > 1 || item.keepSingleton === true) return item;
  return item[0];
}

/** Both in one list; an absent one adds nothing. */
export function append(first: Item, second: Item): Item {
  if (first === undefined) return second;
  if (second === undefined) return first;
  const left = isList(first) ? first : [first];
  const right = isList(second) ? second : [second];
  spend(left.length + right.length);
  return [...left, ...right];
}

/** The field of an object; of a list, the fields of its items, flattened by one level. Own fields only. */
export function lookup(item: Item, name: string): Item {
  if (isFields(item)) return Object.hasOwn(item, name) ? item[name] : undefined;
  if (!isList(item)) return undefined;
  spend(item.length * 4);
  const found = newSequence();
  for (const entry of item) {
    const value = lookup(entry, name);
    if (value === undefined) continue;
    if (isList(value)) pushAll(found, value);
    else found.push(value);
  }
  return found;
}

/** Adds the items of a list; `push(...items)` overflows the stack with some ten thousand. */
export function pushAll(list: Item[], items: readonly Item[]): void {
  spend(items.length);
  for (const item of items) list.push(item);
}

/** Sets a field of an object being made. `__proto__` would change what the object is, not what it holds. */
export function setField(fields: Record<string, Item>, name: string, value: Item): void {
  if (name === "__proto__") {
    Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true });
  } else fields[name] = value;
}
