// `sides`: two names of the user's choosing, used as keys all over the file, so none may be a key of its own.

import type { BySide } from "../core/ids.ts";
import { problem, type Problem } from "../core/problem.ts";
import { ENTITY_KEY_NAMES } from "./file-entity.ts";
import { RULE_KEY_NAMES } from "./file-rule.ts";
import type { Mapping } from "./mapping.ts";
import { SCORE_KEYS } from "./compile-match-score.ts";
import { RESERVED_IN_TESTS } from "./test-shape.ts";

const SIDE_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/;

const RESERVED = new Set([
  ...ENTITY_KEY_NAMES,
  ...RULE_KEY_NAMES,
  ...RESERVED_IN_TESTS,
  ...SCORE_KEYS,
  "review",
  "newest",
]);

/** Null when reported. The side named first is the left one. */
export function compileSides(
  sides: Readonly<Record<string, string>>,
  report: (problem: Problem) => void,
): Mapping["sides"] | null {
  const entries = Object.entries(sides).map(([name, system]) => ({ name, system }));
  const faults = entries.flatMap(({ name }) => nameFault(name) ?? []);
  faults.forEach(report);
  const [left, right] = entries;
  if (left === undefined || right === undefined || entries.length > 2) {
    const code = entries.length < 2 ? "E_MISSING" : "E_RANGE";
    const found = entries.map(({ name }) => name).join(", ");
    const message = "a pair has two sides, no more and no fewer";
    report(problem(code, ["sides"], message, { found, expected: "two names, each with its system" }));
    return null;
  }
  return faults.length > 0 ? null : ({ left, right } satisfies BySide<object>);
}

function nameFault(name: string): Problem | null {
  const path = ["sides", name];
  if (RESERVED.has(name) || name in Object.prototype) {
    const message = `"${name}" is a word of the mapping language, so no side can be called so`;
    const hint = "choose a short name of the system, such as crm";
    return problem("E_RESERVED", path, message, { on: "key", found: name, hint });
  }
  if (SIDE_NAME.test(name)) return null;
  const expected = "letters, digits, `-` and `_`, beginning with a letter";
  return problem("E_TYPE", path, `"${name}" cannot be the name of a side`, { on: "key", found: name, expected });
}
