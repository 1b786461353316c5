// `tests:` of an entity: whether they can be read. `syncline test` runs them.

import { problem, type KeyPath } from "../core/problem.ts";
import { sideEntries, type CompileContext } from "./compile-context.ts";
import type { TestFile } from "./file-entity.ts";
import { shown } from "./issues.ts";

const TEST_KEYS = ["name", "base", "link", "expect"];
const EXPECT_KEYS = ["cases", "link", "situation"];
export const RESERVED_IN_TESTS: readonly string[] = [...TEST_KEYS, ...EXPECT_KEYS];
const OPERATION_KEYS = ["create", "update", "delete"];

export function checkTests(tests: readonly TestFile[], at: KeyPath, context: CompileContext): void {
  tests.forEach((test, index) => {
    const path = [...at, index];
    const records = sideEntries<unknown>(test, path, context, TEST_KEYS);
    for (const side of ["left", "right"] as const) checkRecord(records[side], [...path, context.names[side]], context);
    const expected = sideEntries<unknown>(test.expect, [...path, "expect"], context, EXPECT_KEYS);
    for (const side of ["left", "right"] as const) {
      checkWrites(expected[side], [...path, "expect", context.names[side]], context);
    }
  });
}

function checkRecord(record: unknown, at: KeyPath, context: CompileContext): void {
  if (record === undefined || record === null || isObject(record)) return;
  if (Array.isArray(record)) {
    record.forEach((each, index) => checkRecord(each, [...at, index], context));
    return;
  }
  context.report(
    problem("E_TYPE", at, `${shown(record)} is not a record`, {
      found: shown(record),
      expected: "a record: its fields by name",
    }),
  );
}

function checkWrites(writes: unknown, at: KeyPath, context: CompileContext): void {
  if (writes === undefined || writes === null) return;
  if (!isObject(writes)) {
    context.report(
      problem("E_TYPE", at, `${shown(writes)} does not say what is written`, {
        found: shown(writes),
        expected: OPERATION_KEYS.join(", "),
      }),
    );
    return;
  }
  for (const key of Object.keys(writes)) {
    if (OPERATION_KEYS.includes(key)) continue;
    context.report(
      problem("E_UNKNOWN_KEY", [...at, key], `unknown key "${key}"`, {
        on: "key",
        expected: OPERATION_KEYS.join(", "),
      }),
    );
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
