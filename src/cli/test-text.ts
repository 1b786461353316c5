// Results of `syncline test` as people read them, and as a program does.
//
//   FAIL  customer: a new customer is created in billing
//       mappings/crm-billing.yaml:80:54  billing create name: another value
//         - "Ada Byron"
//         + "Ada Lovelace"
//
// --json: { ok, tests, failed, problems: […],
//   pairs: [{ pair, file,
//     tests: [{ entity, name, file, line, column, ok, situations, again: "quiet"|"writes"|null, mirrored: "same"|"differs"|null,
//               failures: [{ what, side, key, file, line, column, expected, found, message }] }],
//     coverage: null | { rules: [GAP], situations: [GAP], policies: [GAP], mutants: { total, killed, survived: [GAP] } } }] }
//   GAP: { entity, what, file, line, column }; a value that is not there is left out of a failure.

import { jsonText } from "../core/json.ts";
import type { KeyPath } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import type { YamlFile } from "../config/yaml-file.ts";
import type { Mapping } from "../mapping/mapping.ts";
import type { Coverage, Gap } from "../mapping/testing/coverage.ts";
import type { TestFailure, TestResult } from "../mapping/testing/run-test.ts";
import { counted } from "./problems-text.ts";

export interface PairTests {
  readonly pair: string;
  /** The mapping file, as named to people. */
  readonly file: string;
  readonly locate: YamlFile["locate"];
  readonly mapping: Mapping;
  readonly results: readonly TestResult[];
  /** Null: not asked for, or a test fails. */
  readonly coverage: Coverage | null;
}

export function testsText(done: readonly PairTests[], quiet: boolean): string {
  const lines = done.flatMap((pair) => pairLines(pair, quiet));
  const results = done.flatMap(({ results }) => results);
  const failed = results.filter(({ failures }) => failures.length > 0).length;
  const summary = `${counted(results.length, "test")} of ${counted(done.length, "pair")}: ${failed === 0 ? "all pass" : `${String(failed)} failed`}`;
  return [...lines, summary].join("\n");
}

function pairLines(pair: PairTests, quiet: boolean): readonly string[] {
  const results = pair.results.flatMap((result) =>
    result.failures.length === 0 ? (quiet ? [] : [okLine(result)]) : failedLines(result, pair),
  );
  const lines =
    results.length === 0 && pair.coverage === null ? [] : [pair.pair, ...results.map((line) => `  ${line}`)];
  return [
    ...lines,
    ...(pair.coverage === null ? [] : coverageLines(pair.coverage, pair)),
    ...(lines.length > 0 ? [""] : []),
  ];
}

function okLine({ entity, name, mirrored, again }: TestResult): string {
  const ways = [...(again === "quiet" ? ["quiet after it"] : []), ...(mirrored === "same" ? ["and back"] : [])];
  return `ok    ${entity}: ${name}${ways.length === 0 ? "" : `  (${ways.join(", ")})`}`;
}

function failedLines({ entity, name, failures }: TestResult, pair: PairTests): readonly string[] {
  return [
    `FAIL  ${entity}: ${name}`,
    ...failures.flatMap((failure) => failureLines(failure, pair).map((line) => `    ${line}`)),
  ];
}

function failureLines(failure: TestFailure, pair: PairTests): readonly string[] {
  const { at, side, key, expected, found, message } = failure;
  const who = side === null || key.startsWith(pair.mapping.sides[side].name) ? "" : `${pair.mapping.sides[side].name} `;
  return [
    `${placeText(pair, at)}  ${who}${key}: ${message}`,
    ...(expected === undefined ? [] : [`  - ${jsonText(expected)}`]),
    ...(found === undefined ? [] : [`  + ${jsonText(found)}`]),
  ];
}

function placeText({ file, locate }: PairTests, at: KeyPath): string {
  const { line, column } = locate(at, "value");
  return `${file}:${String(line)}:${String(column)}`;
}

function coverageLines({ rules, situations, policies, mutants }: Coverage, pair: PairTests): readonly string[] {
  const gap = ({ entity, at, what }: Gap): string => `    ${placeText(pair, at)}  ${entity}: ${what}`;
  const section = (title: string, gaps: readonly Gap[]): readonly string[] =>
    gaps.length === 0 ? [] : [`  ${title}`, ...gaps.map(gap)];
  const survived = mutants.survived.map(({ entity, at, change }) => ({ entity, at, what: change }));
  return [
    ...section("rules that no test exercises", rules),
    ...section("situations that no test meets", situations),
    ...section("policies that no test puts to use", policies),
    ...section("changes of the file that no test notices", survived),
    `  changes noticed: ${String(mutants.killed)} / ${String(mutants.total)}`,
  ];
}

export function testsJson(done: readonly PairTests[]): Readonly<Record<string, unknown>> {
  const results = done.flatMap(({ results }) => results);
  return {
    tests: results.length,
    failed: results.filter(({ failures }) => failures.length > 0).length,
    pairs: done.map((pair) => ({
      pair: pair.pair,
      file: pair.file,
      tests: pair.results.map((result) => resultJson(result, pair)),
      coverage: pair.coverage === null ? null : coverageJson(pair.coverage, pair),
    })),
  };
}

function resultJson({ entity, name, at, failures, situations, again, mirrored }: TestResult, pair: PairTests): unknown {
  return {
    entity,
    name,
    ...placeJson(pair, at),
    ok: failures.length === 0,
    situations,
    again,
    mirrored,
    failures: failures.map((failure) => failureJson(failure, pair)),
  };
}

function failureJson({ what, side, key, at, expected, found, message }: TestFailure, pair: PairTests): unknown {
  return {
    what,
    side: side === null ? null : pair.mapping.sides[side].name,
    key,
    ...placeJson(pair, at),
    ...(expected === undefined ? {} : { expected: plain(expected) }),
    ...(found === undefined ? {} : { found: plain(found) }),
    message,
  };
}

function coverageJson({ rules, situations, policies, mutants }: Coverage, pair: PairTests): unknown {
  const gap = ({ entity, at, what }: Gap): unknown => ({ entity, what, ...placeJson(pair, at) });
  const survived = mutants.survived.map(({ entity, at, change }) => gap({ entity, at, what: change }));
  return {
    rules: rules.map(gap),
    situations: situations.map(gap),
    policies: policies.map(gap),
    mutants: { total: mutants.total, killed: mutants.killed, survived },
  };
}

function placeJson(
  { file, locate }: PairTests,
  at: KeyPath,
): { readonly file: string; readonly line: number; readonly column: number } {
  return { file, ...locate(at, "value") };
}

/** Exact numbers as JSON numbers. */
function plain(value: Value): unknown {
  return JSON.parse(jsonText(value));
}
