// `syncline test`: the `tests:` of the mapping files, both ways, without any system.

import type { Command } from "commander";
import type { Instant, Side } from "../core/ids.ts";
import { isError, type LocatedProblem } from "../core/problem.ts";
import { readProject, type Project, type ProjectPair } from "../config/project.ts";
import { locateProblems } from "../config/yaml-file.ts";
import type { ExpressionCompiler } from "../core/expression.ts";
import { createExpressionCompiler } from "../expression/compiler.ts";
import { compileMapping } from "../mapping/compile.ts";
import { coverageOf, type Coverage } from "../mapping/testing/coverage.ts";
import { runTests, type MappingTests } from "../mapping/testing/run-tests.ts";
import type { TestResult } from "../mapping/testing/run-test.ts";
import { EXIT, globalOptions, outputOf } from "./output.ts";
import { problemJson, problemsText } from "./problems-text.ts";
import { recordShape } from "./record-shape.ts";
import { testsJson, testsText, type PairTests } from "./test-text.ts";
import { refuseUnknown } from "./unknown-name.ts";

export function register(program: Command): void {
  program
    .command("test")
    .description("runs the `tests:` of mapping files, both ways, without any system")
    .argument("[pairs...]", "only these pairs")
    .option("--coverage", "also tell what no test exercises, and which changes of the file no test notices")
    .action(async (names: string[], { coverage }: { readonly coverage?: boolean }, command: Command) => {
      const output = outputOf(globalOptions(command));
      const expressions = createExpressionCompiler();
      try {
        const today = Date.now() as Instant; // milliseconds since 1970, as an Instant is
        const tools = { expressions, missingSecrets: "warning" } as const;
        const project = await readProject(output.options.config, process.env, today, tools);
        refuseUnknown(
          "pair",
          names,
          project.pairs.map(({ pair }) => pair),
        );
        const pairs = project.pairs.filter(({ pair }) => names.length === 0 || names.includes(pair));
        const { done, problems } = await testAll(project, pairs, expressions, coverage === true);
        if (problems.length > 0) process.stderr.write(`${problemsText(problems)}\n`);
        output.result(
          { ...testsJson(done), ok: isOk(done, problems), problems: problems.map(problemJson) },
          testsText(done, output.options.quiet),
        );
        process.exitCode = problems.some(isError) ? EXIT.usage : isOk(done, problems) ? EXIT.done : EXIT.failed;
      } finally {
        await expressions.close();
      }
    });
}

function isOk(done: readonly PairTests[], problems: readonly LocatedProblem[]): boolean {
  return !problems.some(isError) && done.every(({ results }) => results.every(({ failures }) => failures.length === 0));
}

interface Tested {
  readonly done: readonly PairTests[];
  readonly problems: readonly LocatedProblem[];
}

async function testAll(
  project: Project,
  pairs: readonly ProjectPair[],
  expressions: ExpressionCompiler,
  withCoverage: boolean,
): Promise<Tested> {
  const done: PairTests[] = [];
  // Without a config there is no pair, and it says why.
  const problems: LocatedProblem[] = project.pairs.length === 0 ? project.problems.filter(isError) : [];
  for (const pair of pairs) {
    const errors = project.problems.filter((each) => each.file === pair.file && isError(each));
    const tests = errors.length > 0 ? null : testsOf(project, pair, expressions);
    problems.push(...errors);
    if (tests === null) continue;
    const run = await runTests(tests);
    problems.push(...locateProblems(run.problems, pair));
    const coverage = withCoverage ? await coverageIfSound(tests, run.results, expressions) : null;
    done.push({
      pair: pair.pair,
      file: pair.file,
      locate: pair.locate,
      mapping: tests.mapping,
      results: run.results,
      coverage,
    });
  }
  return { done, problems };
}

/** A change can only be noticed by tests that pass without it. */
async function coverageIfSound(
  tests: MappingTests,
  results: readonly TestResult[],
  expressions: ExpressionCompiler,
): Promise<Coverage | null> {
  return results.some(({ failures }) => failures.length > 0) ? null : coverageOf(tests, results, expressions);
}

/** The mapping as its own file has it: what is wrong with its systems does not keep its tests from running. */
function testsOf(project: Project, { part, file }: ProjectPair, expressions: ExpressionCompiler): MappingTests | null {
  if (part === null) return null;
  const { mapping } = compileMapping(part, { file, expressions });
  if (mapping === null) return null;
  const shapeOf = (entity: string, side: Side): ReturnType<typeof recordShape> => {
    const object = mapping.entities.find(({ policy }) => policy.name === entity)?.objects[side];
    const system = project.config?.systems.get(mapping.sides[side].system);
    const connector = project.connectors.find(({ name }) => name !== null && name === system?.connector);
    return recordShape(object === undefined ? null : (connector?.part?.objects[object] ?? null));
  };
  return { mapping, file: part, shapeOf };
}
