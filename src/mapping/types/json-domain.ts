// JSON values to test with.

import { Exact, type Value } from "../../core/value.ts";
import { pick, whole, type Random } from "./chance.ts";
import { sampleText } from "./text-domain.ts";

export const JSON_EDGES: readonly Value[] = [
  "",
  "null",
  "5",
  5,
  0,
  false,
  [],
  {},
  [null],
  [[]],
  { a: null },
  new Exact("12345678901234567890"),
  { b: 1, a: [1, "1", { c: true }] },
];

export function sampleJson(random: Random): Value {
  return sampleBelow(random, 3);
}

function sampleBelow(random: Random, depth: number): Value {
  const kind = whole(random, 0, depth > 0 ? 6 : 4);
  if (kind === 0) return random() < 0.5;
  if (kind <= 2) return whole(random, -1000, 1000) / pick(random, [1, 10, 100]);
  if (kind <= 4) return sampleText(random);
  const length = whole(random, 0, 3);
  const items = Array.from({ length }, () => sampleBelow(random, depth - 1));
  return kind === 5 ? items : Object.fromEntries(items.map((item, index) => [`k${String(index)}`, item]));
}
