// All tests of a mapping file, without any system.

import { isError, type KeyPath, type Problem } from "../../core/problem.ts";
import type { Side } from "../../core/ids.ts";
import type { MappingFile } from "../file.ts";
import type { Mapping } from "../mapping.ts";
import { readGiven, type Names } from "./given.ts";
import { runTest, type TestFacts, type TestResult } from "./run-test.ts";
import type { RecordShape } from "./world.ts";

export interface MappingTests {
  readonly mapping: Mapping;
  /** The file the mapping was compiled from. */
  readonly file: MappingFile;
  /** By entity and side: how its records say what they are. */
  shapeOf(this: void, entity: string, side: Side): RecordShape;
}

export interface TestRun {
  readonly results: readonly TestResult[];
  /** Tests that cannot be run as they are written. */
  readonly problems: readonly Problem[];
}

export async function runTests(tests: MappingTests): Promise<TestRun> {
  const results: TestResult[] = [];
  const problems: Problem[] = [];
  for (const { entity, test, at, facts } of everyTest(tests)) {
    const given = readGiven(test, at, namesOf(tests, entity));
    problems.push(...given.problems);
    if (given.problems.some(isError)) continue;
    const result = await runTest(given.test, at, facts);
    if ("code" in result) problems.push(result);
    else results.push(result);
  }
  return { results, problems };
}

interface OneTest {
  readonly entity: string;
  readonly test: NonNullable<MappingFile["entities"][string]["tests"]>[number];
  readonly at: KeyPath;
  readonly facts: TestFacts;
}

/** In the order of the file. */
function everyTest({ mapping, file, shapeOf }: MappingTests): readonly OneTest[] {
  return Object.entries(file.entities).flatMap(([name, part]) => {
    const entity = mapping.entities.find(({ policy }) => policy.name === name);
    if (entity === undefined) throw new Error(`cannot happen: the mapping of ${mapping.pair} has no entity "${name}"`);
    const facts: TestFacts = {
      entity,
      names: { left: mapping.sides.left.name, right: mapping.sides.right.name },
      shapes: { left: shapeOf(name, "left"), right: shapeOf(name, "right") },
      clockToleranceMs: mapping.clockToleranceMs,
      constants: new Set(
        Object.entries(part.fields).flatMap(([field, rule]) => (rule.value === undefined ? [] : [field])),
      ),
    };
    return (part.tests ?? []).map((test, index) => ({
      entity: name,
      test,
      at: ["entities", name, "tests", index],
      facts,
    }));
  });
}

function namesOf({ mapping, file }: MappingTests, entity: string): Names {
  return {
    sides: { left: mapping.sides.left.name, right: mapping.sides.right.name },
    entities: Object.keys(file.entities),
    fields: Object.keys(file.entities[entity]?.fields ?? {}),
  };
}
