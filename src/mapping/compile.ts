// A mapping file becomes a compiled Mapping, once. Every problem of the file is collected; an error among them means no mapping.

import type { ExpressionCompiler } from "../core/expression.ts";
import type { BySide } from "../core/ids.ts";
import { isError, problem, type KeyPath, type Problem } from "../core/problem.ts";
import { parseDuration } from "../core/units.ts";
import { reportReservedName, type CompileContext } from "./compile-context.ts";
import { compileEntity } from "./compile-entity.ts";
import { orderEntities } from "./entity-order.ts";
import type { CompiledRule } from "./law-check.ts";
import type { MappingFile } from "./file.ts";
import { compileGuards } from "./guards.ts";
import type { Mapping } from "./mapping.ts";
import { meaningText } from "./meaning.ts";
import { startsWith } from "./reads.ts";
import { compileSchedule } from "./schedule.ts";
import { compileSides } from "./side-names.ts";

export interface CompileOptions {
  /** The file, as named to people. */
  readonly file: string;
  readonly expressions: ExpressionCompiler;
  /** Country of phone numbers whose rule names none (ISO 3166, two letters). */
  readonly countryDefault?: string;
}

export interface CompiledMapping {
  /** Null when a problem is an error. */
  readonly mapping: Mapping | null;
  readonly problems: readonly Problem[];
  /** Those without an error, for `checkLaws`: what their expressions do is only told by trying. */
  readonly rules: readonly CompiledRule[];
  /** The file's names of the sides; null: they cannot be told. */
  readonly names: BySide<string> | null;
}

export function compileMapping(file: MappingFile, options: CompileOptions): CompiledMapping {
  const problems: Problem[] = [];
  // A fault of a rule's type shows on both of its sides; it is told once.
  const told = new Set<string>();
  const report = (each: Problem): void => {
    const text = JSON.stringify([each.code, each.path, each.message]);
    if (!told.has(text)) problems.push(each);
    told.add(text);
  };
  const sides = compileSides(file.sides, report);
  if (sides === null) return { mapping: null, problems, rules: [], names: null };

  const context: CompileContext = {
    names: { left: sides.left.name, right: sides.right.name },
    expressions: options.expressions,
    country: options.countryDefault ?? null,
    report,
  };
  const known = Object.keys(file.entities);
  known.forEach((name) => reportReservedName(name, ["entities", name], context));
  if (known.length === 0) {
    const hint = "say what is kept in step, as in the example of docs/mapping-guide.md";
    report(problem("E_MISSING", ["entities"], "a mapping needs at least one entity", { hint }));
  }
  const compiled = Object.entries(file.entities).map(([name, entity]) => compileEntity(name, entity, known, context));
  const { ordered, problems: cycles } = orderEntities(compiled);
  cycles.forEach(report);

  const mapping: Mapping = {
    pair: file.pair,
    file: options.file,
    state: file.state ?? "proposed",
    sides,
    schedule: compileSchedule(file.schedule, context),
    guards: compileGuards(file.guards, context),
    onChange: file.on_change ?? "accept",
    clockToleranceMs: readDuration(file.clock_tolerance ?? "30s", ["clock_tolerance"], context),
    tombstonesMs: readDuration(file.tombstones ?? "90d", ["tombstones"], context),
    meaning: meaningText(file),
    entities: ordered.map((entity) => entity.mapping),
  };
  // A rule with an error has stand-ins for what could not be compiled.
  const faults = problems.filter(isError).map(({ path }) => path);
  const rules = compiled
    .flatMap((entity) => entity.rules)
    .filter(({ at }) => !faults.some((path) => startsWith(path, at)));
  return { mapping: problems.some(isError) ? null : mapping, problems, rules, names: context.names };
}

function readDuration(text: string, at: KeyPath, context: CompileContext): number {
  const ms = parseDuration(text);
  if (ms !== null) return ms;
  context.report(
    problem("E_TYPE", at, `"${text}" is not a duration`, {
      found: text,
      expected: "a number with its unit: 500ms 30s 5m 2h 7d",
    }),
  );
  return 0;
}
