// A mapping file becomes a compiled Mapping, once. Every problem of the file is collected; an error among them means no mapping.

import type { ExpressionCompiler } from "../core/expression.ts";
import type { BySide } from "../core/ids.ts";
import { isError, problem, type KeyPath, type Problem } from "../core/problem.ts";
import { parseDuration } from "../core/units.ts";
import type { CompileContext } from "./compile-context.ts";
import { compileEntity } from "./compile-entity.ts";
import { orderEntities } from "./entity-order.ts";
import { ENTITY_KEY_NAMES } from "./file-entity.ts";
import { RULE_KEY_NAMES } from "./file-rule.ts";
import type { MappingFile } from "./file.ts";
import { compileGuards } from "./guards.ts";
import type { Mapping } from "./mapping.ts";
import { meaningText } from "./meaning.ts";
import { compileSchedule } from "./schedule.ts";
import { RESERVED_IN_TESTS } from "./test-shape.ts";

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
}

export function compileMapping(file: MappingFile, options: CompileOptions): CompiledMapping {
  const problems: Problem[] = [];
  const report = (each: Problem): void => void problems.push(each);
  const sides = compileSides(file.sides, report);
  if (sides === null) return { mapping: null, problems };

  const context: CompileContext = {
    names: { left: sides.left.name, right: sides.right.name },
    expressions: options.expressions,
    country: options.countryDefault ?? null,
    report,
  };
  const known = Object.keys(file.entities);
  if (known.length === 0) report(problem("E_MISSING", ["entities"], "a mapping needs at least one entity"));
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
  return { mapping: problems.some(isError) ? null : mapping, problems };
}

const SIDE_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/;

function compileSides(sides: MappingFile["sides"], report: (problem: Problem) => void): Mapping["sides"] | null {
  const entries = Object.entries(sides).map(([name, system]) => ({ name, system }));
  const reserved = new Set([
    ...ENTITY_KEY_NAMES,
    ...RULE_KEY_NAMES,
    ...RESERVED_IN_TESTS,
    "review",
    "newest",
    "score",
    "link_at",
    "review_at",
  ]);
  for (const { name } of entries) {
    if (reserved.has(name)) {
      const hint = "choose a short name of the system, such as crm";
      report(
        problem(
          "E_RESERVED",
          ["sides", name],
          `"${name}" is a word of the mapping language, so no side can be called so`,
          { on: "key", found: name, hint },
        ),
      );
    } else if (!SIDE_NAME.test(name)) {
      const expected = "letters, digits, `-` and `_`, beginning with a letter";
      report(
        problem("E_TYPE", ["sides", name], `"${name}" cannot be the name of a side`, {
          on: "key",
          found: name,
          expected,
        }),
      );
    }
  }
  const [left, right] = entries;
  if (left !== undefined && right !== undefined && entries.length === 2)
    return { left, right } satisfies BySide<object>;
  const code = entries.length < 2 ? "E_MISSING" : "E_RANGE";
  const found = entries.map(({ name }) => name).join(", ");
  report(
    problem(code, ["sides"], "a pair has two sides, no more and no fewer", {
      found,
      expected: "two names, each with its system",
    }),
  );
  return null;
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
