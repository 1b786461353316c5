// The result of compiled code as a plain value: without the marks of sequences, and checked. Parts that came from the input
// are not copied.

import { spend } from "./budget.ts";
import { ExpressionFailure, failed } from "./failure.ts";
import { DEPTH_MAX } from "../core/json.ts";
import { Exact, type Value } from "../core/value.ts";
import { isList, setField, type Fields, type Item, type List } from "./sequence.ts";

/** @param lengthMax Characters of the result, about. */
export function plainResult(item: Item, lengthMax: number): Value | undefined {
  // Nearly every result is one of these.
  if (item === undefined || item === null || typeof item === "boolean") return item;
  if (typeof item === "string" && item.length < lengthMax) return item;
  if (typeof item === "number" && Number.isFinite(item)) return item === 0 ? 0 : item;
  return new Plain(lengthMax).value(item, 0);
}

class Plain {
  readonly lengthMax: number;
  length = 0;

  constructor(lengthMax: number) {
    this.lengthMax = lengthMax;
  }

  value(item: Item, depth: number): Value {
    if (typeof item === "number") {
      if (!Number.isFinite(item)) throw failed("the result is not a number (a division by zero, perhaps)");
      this.grow(8);
      return item === 0 ? 0 : item;
    }
    if (typeof item === "string") {
      this.grow(item.length + 2);
      return item;
    }
    if (item instanceof Exact) {
      this.grow(item.digits.length);
      return item;
    }
    this.grow(4);
    // What is absent inside a list is null in JSON.
    if (typeof item !== "object" || item === null) return item ?? null;
    spend(4);
    if (depth >= DEPTH_MAX) throw failed(`the result is nested deeper than ${String(DEPTH_MAX)} levels`);
    return isList(item) ? this.list(item, depth) : this.fields(item, depth);
  }

  private list(list: List, depth: number): Value {
    let changed = list.sequence === true || list.constructed === true || list.outer === true;
    const values = list.map((entry) => {
      const value = this.value(entry, depth + 1);
      if (!Object.is(value, entry)) changed = true;
      return value;
    });
    // Unchanged, it is a list of values already.
    return changed ? values : (list as readonly Value[]);
  }

  private fields(fields: Fields, depth: number): Value {
    let changed = false;
    const values: Record<string, Value> = {};
    for (const [name, entry] of Object.entries(fields)) {
      if (entry === undefined) {
        changed = true;
        continue;
      }
      const value = this.value(entry, depth + 1);
      if (!Object.is(value, entry)) changed = true;
      this.grow(name.length + 4);
      setField(values, name, value);
    }
    return changed ? values : (fields as Readonly<Record<string, Value>>);
  }

  private grow(length: number): void {
    this.length += length;
    if (this.length > this.lengthMax) throw tooLarge(this.lengthMax);
  }
}

function tooLarge(lengthMax: number): ExpressionFailure {
  return new ExpressionFailure("E_EXPR_RESOURCE", `the result is larger than ${String(lengthMax)} characters`);
}
