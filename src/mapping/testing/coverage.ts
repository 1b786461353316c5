// What the tests of a file do not exercise: rules that no test writes, situations that none meets, policies that none puts to use,
// and changes of the file that none notices.

import { NULL_KEY, type FieldPolicy, type FieldSight } from "../../core/field.ts";
import { SIDES, type BySide, type Side } from "../../core/ids.ts";
import { consistent, moved } from "../../core/sight.ts";
import { isError, type KeyPath } from "../../core/problem.ts";
import { canonicalText, sameValue } from "../../core/value.ts";
import type { Situation } from "../../core/decision.ts";
import type { ExpressionCompiler } from "../../core/expression.ts";
import { compileMapping } from "../compile.ts";
import type { EntityFile } from "../file-entity.ts";
import { linesIn } from "../lines-key.ts";
import type { EntityMapping } from "../mapping.ts";
import { mutantsOf, type Mutant } from "./mutants.ts";
import { runTests, type MappingTests } from "./run-tests.ts";
import type { TestResult } from "./run-test.ts";

export interface Gap {
  readonly entity: string;
  readonly at: KeyPath;
  /** `vip: never written to crm`, `situation gone-left`, `conflict: crm`. */
  readonly what: string;
}

export interface Coverage {
  readonly rules: readonly Gap[];
  readonly situations: readonly Gap[];
  readonly policies: readonly Gap[];
  readonly mutants: { readonly total: number; readonly killed: number; readonly survived: readonly Mutant[] };
}

/** @param results Of `runTests` on the same file. */
export async function coverageOf(
  tests: MappingTests,
  results: readonly TestResult[],
  expressions: ExpressionCompiler,
): Promise<Coverage> {
  const { mapping, file } = tests;
  const names = { left: mapping.sides.left.name, right: mapping.sides.right.name };
  const rules: Gap[] = [];
  const situations: Gap[] = [];
  const policies: Gap[] = [];
  for (const entity of mapping.entities) {
    const { name } = entity.policy;
    const own = results.filter((result) => result.entity === name);
    const part = file.entities[name];
    if (part === undefined) continue;
    const at: KeyPath = ["entities", name];
    const met = new Set(own.flatMap((result) => result.situations));
    rules.push(
      ...entity.policy.fields.flatMap((field) =>
        unwritten(field, own, names).map((what) => ({ entity: name, at: [...at, "fields", field.name], what })),
      ),
    );
    situations.push(
      ...possibleSituations(entity, part, names)
        .filter((each) => !met.has(each))
        .map((each) => ({ entity: name, at, what: `situation ${each}` })),
    );
    policies.push(
      ...unusedPolicies(part, own, met, names).map(({ key, what }) => ({ entity: name, at: [...at, ...key], what })),
    );
  }
  return { rules, situations, policies, mutants: await tryMutants(tests, expressions) };
}

// ---------------------------------------------------------------- rules

/** A side counts once a test has written it by this rule, or opened a case about it. */
function unwritten(field: FieldPolicy, results: readonly TestResult[], names: BySide<string>): readonly string[] {
  const decisions = results.flatMap(({ trace }) => trace.decisions);
  const inCase = decisions.some(({ cases }) => cases.some((each) => each.field === field.name));
  const written = (side: Side): boolean =>
    decisions.some(({ writes }) =>
      writes.some((write) => write.side === side && write.fields.some((each) => each.field === field.name)),
    );
  const due = SIDES.filter((side) => field.writes === "both" || field.writes === side);
  return due
    .filter((side) => !written(side) && !(inCase && due.length === 1))
    .map((side) => `${field.name}: never written to ${names[side]}`);
}

// ---------------------------------------------------------------- situations

/** Those that records of this entity can get into by themselves; what only a failing system brings about is left out. */
function possibleSituations({ policy }: EntityMapping, part: EntityFile, names: BySide<string>): readonly Situation[] {
  const hasScope = (side: Side): boolean => {
    const own = part[names[side]];
    return typeof own === "object" && own !== null && "scope" in own;
  };
  const written = (side: Side): boolean => policy.fields.some(({ writes }) => writes === "both" || writes === side);
  const matching: readonly Situation[] = ["matched", "matched-taken", "ambiguous", "redirected"];
  return [
    "in-sync",
    ...(written("right") ? (["changed-left", "new-left"] as const) : []),
    ...(written("left") ? (["changed-right", "new-right"] as const) : []),
    ...(written("left") && written("right") ? (["converged", "mergeable", "conflict"] as const) : []),
    ...(policy.matches ? matching : []),
    ...(policy.matches && policy.withoutKey === "quarantine" ? (["no-key"] as const) : []),
    "gone-left",
    "gone-right",
    "gone-edited",
    ...(hasScope("left") ? (["left-scope"] as const) : []),
    ...(hasScope("right") ? (["right-scope"] as const) : []),
  ];
}

// ---------------------------------------------------------------- policies

interface Policy {
  readonly key: KeyPath;
  readonly what: string;
}

function unusedPolicies(
  part: EntityFile,
  results: readonly TestResult[],
  met: ReadonlySet<Situation>,
  names: BySide<string>,
): readonly Policy[] {
  const found: Policy[] = [];
  const unused = (key: KeyPath, said: unknown, used: boolean): void => {
    if (said !== undefined && !used)
      found.push({ key, what: `${key.filter((each) => each !== "fields").join(".")}: ${textOf(said)}` });
  };
  const sights = results.flatMap(({ trace }) => trace.sights);
  unused(["conflict"], part.conflict, sights.some(isDisputed));
  unused(["at_link"], part.at_link, sights.some(isUndecidedAtLink));
  unused(["gone_edited"], part.gone_edited, met.has("gone-edited"));
  unused(["on_scope_exit"], part.on_scope_exit, met.has("left-scope") || met.has("right-scope"));
  unused(
    ["without_key"],
    part.without_key,
    met.has("no-key") || results.some(({ trace }) => trace.decisions.some(isWithoutKey)),
  );
  unused(["foreign"], part.foreign, met.has("new-left") && met.has("new-right"));
  if (typeof part.when_gone === "string")
    unused(["when_gone"], part.when_gone, met.has("gone-left") && met.has("gone-right"));
  else {
    unused(["when_gone", names.left], part.when_gone?.[names.left], met.has("gone-left"));
    unused(["when_gone", names.right], part.when_gone?.[names.right], met.has("gone-right"));
  }
  for (const [field, rule] of Object.entries(part.fields)) {
    const own = sights.filter(({ policy }) => policy.name === field);
    unused(["fields", field, "conflict"], rule.conflict, own.some(isDisputed));
    unused(["fields", field, "at_link"], rule.at_link, own.some(isUndecidedAtLink));
    unused(["fields", field, "strength"], rule.strength, own.some(isEditedWhereGiven));
    unused(
      ["fields", field, "merge"],
      rule.merge,
      own.some((sight) => sight.combined !== null && bothMoved(sight)),
    );
    unused(["fields", field, "blank"], rule.blank, own.some(isCleared));
    for (const [line, { strength, direction }] of Object.entries(rule.each?.fields ?? {})) {
      const receiving = direction?.split("->")[1]?.trim() === names.left ? "left" : "right";
      const isEdited = (sight: FieldSight): boolean => isLineEdited(sight, receiving, rule.each?.key ?? "", line);
      unused(["fields", field, "each", "fields", line, "strength"], strength, own.some(isEdited));
    }
  }
  return found;
}

function textOf(said: unknown): string {
  return typeof said === "string" ? said : JSON.stringify(said);
}

function bothMoved(sight: FieldSight): boolean {
  return moved(sight.left, sight.baseLeft) && moved(sight.right, sight.baseRight);
}

function hasBase({ baseLeft, baseRight }: FieldSight): boolean {
  return baseLeft !== null || baseRight !== null;
}

function isDisputed(sight: FieldSight): boolean {
  return hasBase(sight) && bothMoved(sight) && !consistent(sight);
}

function isUndecidedAtLink(sight: FieldSight): boolean {
  const filled = (reading: FieldSight["left"]): boolean => reading.kind === "value" && reading.cell.key !== NULL_KEY;
  return !hasBase(sight) && filled(sight.left) && filled(sight.right) && !consistent(sight);
}

function isEditedWhereGiven(sight: FieldSight): boolean {
  const { writes } = sight.policy;
  if (writes === "both" || !hasBase(sight)) return false;
  return writes === "left" ? moved(sight.left, sight.baseLeft) : moved(sight.right, sight.baseRight);
}

/** One field of a line that the side had when both last agreed is another one now. */
function isLineEdited(sight: FieldSight, side: Side, key: string, name: string): boolean {
  const { reading, base } =
    side === "left" ? { reading: sight.left, base: sight.baseLeft } : { reading: sight.right, base: sight.baseRight };
  if (reading.kind !== "value" || base === null) return false;
  const before = new Map(linesIn(base.value).map((line) => [canonicalText(line[key] ?? null), line]));
  return linesIn(reading.cell.value).some((line) => {
    const other = before.get(canonicalText(line[key] ?? null));
    return other !== undefined && !sameValue(line[name] ?? null, other[name] ?? null);
  });
}

function isCleared(sight: FieldSight): boolean {
  const cleared = (reading: FieldSight["left"], base: FieldSight["baseLeft"]): boolean =>
    reading.kind === "value" && reading.cell.key === NULL_KEY && base !== null && base.key !== NULL_KEY;
  return cleared(sight.left, sight.baseLeft) || cleared(sight.right, sight.baseRight);
}

/** New although it has nothing to be found by: no test could tell it otherwise. */
function isWithoutKey({ situation, quarantine }: TestResult["trace"]["decisions"][number]): boolean {
  return situation === "no-key" || quarantine.some(({ code }) => code === "no-key");
}

// ---------------------------------------------------------------- mutants

async function tryMutants(tests: MappingTests, expressions: ExpressionCompiler): Promise<Coverage["mutants"]> {
  let total = 0;
  const survived: Mutant[] = [];
  for (const mutant of mutantsOf(tests.file)) {
    const { mapping, problems } = compileMapping(mutant.file, { file: tests.mapping.file, expressions });
    // What `check` refuses needs no test.
    if (mapping === null || problems.some(isError)) continue;
    total += 1;
    const run = await runTests({ ...tests, mapping, file: onlyTestsOf(mutant) });
    if (run.problems.length === 0 && run.results.every(({ failures }) => failures.length === 0)) survived.push(mutant);
  }
  return { total, killed: total - survived.length, survived };
}

/** Another entity's tests cannot notice. */
function onlyTestsOf({ file, entity }: Mutant): Mutant["file"] {
  const entities = Object.entries(file.entities).map(
    ([name, part]) => [name, name === entity ? part : { ...part, tests: [] }] as const,
  );
  return { ...file, entities: Object.fromEntries(entities) };
}
