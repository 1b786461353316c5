// Predicates: `list[0]`, `list[-1]`, `list[price > 10]`.

import type { Run, Scope } from "./native-scope.ts";
import { isNumber, isTrue } from "./coerce.ts";
import { spend } from "./budget.ts";
import { isList, newSequence, type Item, type List } from "./sequence.ts";
import type { Node } from "./tree.ts";

/**
 * @param where "step": of a step of a path, where a list of one and its item are the same.
 * @returns What takes a list (anything else counts as a list of one) and gives the chosen items.
 */
export function filterOf(predicate: Node, scope: Scope, where: "step" | "node"): (input: Item, slots: Item[]) => Item {
  if (predicate.kind === "literal" && typeof predicate.value === "number") {
    const place = Math.floor(predicate.value);
    return (input) => itemAt(input, place, where);
  }
  const chosen = scope.compile(predicate, scope);
  return (input, slots) => chooseItems(input, chosen, slots);
}

function itemAt(input: Item, place: number, where: "step" | "node"): Item {
  const list = isList(input) ? input : [input];
  const item = list[place < 0 ? list.length + place : place];
  if (isList(item) || (where === "step" && item !== undefined)) return item;
  const found = newSequence();
  if (item !== undefined) found.push(item);
  return found;
}

function chooseItems(input: Item, chosen: Run, slots: Item[]): Item {
  const list = isList(input) ? input : [input];
  const found = newSequence();
  spend(list.length * 4);
  for (let index = 0; index < list.length; index += 1) {
    const item = list[index];
    const result = chosen(item, slots);
    if (isNumber(result)) {
      if (isPlace(result, index, list.length)) found.push(item);
    } else if (isList(result) && isNumbers(result)) {
      for (const place of result) if (isPlace(place, index, list.length)) found.push(item);
    } else if (isTrue(result)) found.push(item);
  }
  return found;
}

function isNumbers(list: List): boolean {
  spend(list.length);
  return list.every((item) => isNumber(item));
}

/** No list is so long that an Exact, which has more digits than a double keeps, is a place in it. */
function isPlace(number: Item, index: number, length: number): boolean {
  if (typeof number !== "number") return false;
  const place = Math.floor(number);
  return (place < 0 ? length + place : place) === index;
}
