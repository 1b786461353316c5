// What the type tests share: a type compiled from its spec, what it reads, and a random source with a seed.

import { fieldType } from "../../../src/mapping/types/registry.ts";
import { isPartsType, type KnownType, type PartsType } from "../../../src/mapping/types/type.ts";
import { exactNumber, type Value } from "../../../src/core/value.ts";

export function compiled(rule: unknown, side?: unknown): KnownType {
  const { type, problems } = fieldType(rule, side, ["as"], ["rule"]);
  if (type === null) throw new Error(`${JSON.stringify([rule, side])}: ${JSON.stringify(problems)}`);
  return type;
}

export function compiledParts(rule: unknown, side?: unknown): PartsType {
  const type = compiled(rule, side);
  if (!isPartsType(type)) throw new Error(`${type.name} has no parts`);
  return type;
}

/** The canonical value, or the message in an object of its own. */
export function read(spec: unknown, raw: Value, side?: unknown): Value {
  const reading = compiled(spec, side).read(raw);
  return reading.ok ? reading.value : { invalid: reading.message };
}

/** Whether two raw values of one type are equivalent. */
export function same(spec: unknown, a: Value, b: Value): boolean {
  const type = compiled(spec);
  const [left, right] = [type.read(a), type.read(b)];
  if (!left.ok || !right.ok) throw new Error(`${left.ok ? "" : left.message} ${right.ok ? "" : right.message}`);
  return type.key(left.value) === type.key(right.value);
}

export function exact(digits: string): Value {
  return exactNumber(digits);
}

/** mulberry32: a small generator that is good enough to pick test values, the same ones for a seed. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
