// Tests of a mapping given as text, run as `syncline test` runs them.

import { parse } from "yaml";

import type { Value } from "../../../src/core/value.ts";
import { compileMapping } from "../../../src/mapping/compile.ts";
import { readMappingFile } from "../../../src/mapping/read-file.ts";
import { coverageOf, type Coverage } from "../../../src/mapping/testing/coverage.ts";
import { runTests, type MappingTests, type TestRun } from "../../../src/mapping/testing/run-tests.ts";
import type { TestResult } from "../../../src/mapping/testing/run-test.ts";
import { PLAIN_SHAPE, type RecordShape } from "../../../src/mapping/testing/world.ts";
import { entityText } from "../compiled.ts";
import { expressions } from "../expressions.ts";

/** Records say when they changed under `at`. */
const SHAPE: RecordShape = {
  ...PLAIN_SHAPE,
  modified: ({ at }) => (typeof at === "string" ? (Date.parse(at) as ReturnType<RecordShape["modified"]>) : null),
};

export function testsIn(text: string): MappingTests {
  const { file } = readMappingFile(parse(text));
  if (file === null) throw new Error("the file has a wrong shape");
  const { mapping, problems } = compileMapping(file, { file: "mappings/test.yaml", expressions });
  if (mapping === null) throw new Error(JSON.stringify(problems, null, 1));
  return { mapping, file, shapeOf: () => SHAPE };
}

/** One entity `thing` with sides `crm` and `billing`, and these tests. */
function thingText(fields: string, tests: string, more = ""): string {
  return entityText(fields, `${more}\ntests:\n  ${tests.trim().split("\n").join("\n  ")}`);
}

export function ran(fields: string, tests: string, more = ""): Promise<TestRun> {
  return runTests(testsIn(thingText(fields, tests, more)));
}

export async function ranOne(fields: string, test: string, more = ""): Promise<TestResult> {
  const { results, problems } = await ran(fields, test, more);
  const [result] = results;
  if (result === undefined || problems.length > 0) throw new Error(JSON.stringify(problems, null, 1));
  return result;
}

export async function coverage(fields: string, tests: string, more = ""): Promise<Coverage> {
  const given = testsIn(thingText(fields, tests, more));
  const { results } = await runTests(given);
  return coverageOf(given, results, expressions);
}

/** `create name: "Ada" -> "Eve"` of each failure; `-` where there is nothing. */
export function failuresOf({ failures }: TestResult): readonly string[] {
  const text = (value: Value | undefined): string => (value === undefined ? "-" : JSON.stringify(value));
  return failures.map(({ what, key, expected, found }) => `${what} ${key}: ${text(expected)} -> ${text(found)}`);
}
