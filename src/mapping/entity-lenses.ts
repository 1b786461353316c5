// An entity as the engine asks of it: reading pages of records, carrying values across, writing them.

import type { Expression, ExpressionResult } from "../core/expression.ts";
import { ABSENT, NO_WAY, NULL_CELL, type Carried, type Cell, type Reading } from "../core/field.ts";
import type { BySide, Side } from "../core/ids.ts";
import { valueAt, type Path } from "../core/path.ts";
import { isFields, isList, type Fields, type Value } from "../core/value.ts";
import { combineField } from "./combine.ts";
import { carryPage, refNeeds } from "./lens-carry.ts";
import { readField, type TypeReader } from "./lens-read.ts";
import { writeFields } from "./lens-write.ts";
import { cellOf } from "./cell.ts";
import type { FieldLens } from "./lens.ts";
import type { EntityMapping, EntityPolicy, SideReading } from "./mapping.ts";
import { matchKeys, type MatchRule } from "./match.ts";
import { agreedLines } from "./lines-one-way.ts";
import { evaluateLines, hasLineExpressions, readLines, type LineResults } from "./lines-read.ts";
import { valuesToTry } from "./law-values.ts";
import { compileReads, readText, type Reads } from "./reads.ts";
import { sightOf } from "./sight.ts";

export interface EntityParts {
  readonly policy: EntityPolicy;
  readonly objects: BySide<string>;
  readonly scopes: BySide<Expression | null>;
  readonly fields: readonly FieldLens[];
  readonly matchRules: readonly MatchRule[];
}

export function entityLenses(parts: EntityParts): EntityMapping {
  const { policy, objects, fields } = parts;
  const byName = new Map(fields.map((field) => [field.policy.name, field]));
  const reads = { left: readsOf(parts, "left"), right: readsOf(parts, "right") };
  const matched = new Set(parts.matchRules.flatMap(matchedFields));
  const matching = { ...parts, fields: fields.filter((field) => matched.has(field.policy.name)) };
  const lensOf = (name: string): FieldLens => {
    const lens = byName.get(name);
    if (lens === undefined)
      throw new Error(`cannot happen: entity "${policy.name}" was asked for field "${name}", which no rule names`);
    return lens;
  };

  const wanted = { left: wantedNames(parts, "left", reads.left), right: wantedNames(parts, "right", reads.right) };

  return {
    policy,
    objects,
    wanted,
    permitted: (side, record) => (needsWhole(parts, side, reads[side]) ? record : onlyNamed(record, wanted[side])),
    matchFields: parts.matchRules.map(matchedFields),
    scored: parts.matchRules.flatMap((rule) => (rule.kind === "score" ? [rule.rule] : [])),
    refs: [...new Set(fields.flatMap(refsIn))].sort(),
    fingerprintText: (side, record) => readText(reads[side], record),
    read: (side, records) => readPage(parts, side, records),
    place: (side, records) => readPage(matching, side, records),
    cell: (side, field, value) => baseCell(lensOf(field), side, value),
    refNeeds: (from, readings) =>
      fields.flatMap((field) => {
        const reading = readings[field.policy.name];
        return reading === undefined ? [] : refNeeds(field, from, reading);
      }),
    carry: async (from, page, lookup) => {
      const carried = await Promise.all(
        fields.map((field) =>
          carryPage(
            field,
            from,
            page.map((readings) => readings[field.policy.name] ?? ABSENT),
            lookup,
          ),
        ),
      );
      return page.map((_readings, index) => {
        const record: Record<string, Carried> = {};
        fields.forEach(({ policy }, position) => (record[policy.name] = carried[position]?.[index] ?? NO_WAY));
        return record;
      });
    },
    sight: (name, shown) => sightOf(lensOf(name), shown),
    agreed: (side, name, readBack, assumed) => agreedLines(lensOf(name), side, readBack, assumed),
    values: (side, field) => valuesToTry(lensOf(field), side)[0] ?? [],
    combine: (field, movement) => combineField(lensOf(field), movement),
    write: (side, cells, current) => writeFields(byName, side, cells, current),
  };
}

/** Entities that the field names, itself or inside its lines. */
function refsIn({ ref, lines }: FieldLens): readonly string[] {
  return ref === null ? (lines?.fields ?? []).flatMap(refsIn) : [ref];
}

function matchedFields(rule: MatchRule): readonly string[] {
  if (rule.kind === "score") return rule.rule.fields;
  return rule.kind === "fields" ? rule.fields.map(({ policy }) => policy.name) : [];
}

async function readPage(parts: EntityParts, side: Side, records: readonly Fields[]): Promise<readonly SideReading[]> {
  const { fields, matchRules } = parts;
  const scope = parts.scopes[side];
  const evaluated = fields.map(({ sides }) => {
    const { source } = sides[side];
    return source.kind === "expression" ? source.expression.evaluate(records) : null;
  });
  const [inScope, ...results] =
    scope === null && evaluated.every((each) => each === null)
      ? []
      : await Promise.all([scope === null ? null : scope.evaluate(records), ...evaluated]);
  const lines = await Promise.all(
    fields.map((field, position) => lineResultsOf(field, side, records, results[position] ?? null)),
  );
  return records.map((record, index) => {
    const scopeResult = inScope?.[index] ?? null;
    if (scopeResult?.ok === false) return unreadable(parts, `${scopeResult.code}: ${scopeResult.message}`);
    const readings: Record<string, Reading> = {};
    fields.forEach((field, position) => {
      const read = linesReader(field, side, lines[position]?.[index]);
      readings[field.policy.name] = readField(field, side, record, resultAt(results[position], index), read);
    });
    return {
      inScope: scopeResult === null || isTruthy(scopeResult.value),
      fields: readings,
      matchKeys: matchKeys(matchRules, side, record, readings),
    };
  });
}

/** What the expressions of a field's lines give, by record; null: it has none on this side. */
async function lineResultsOf(
  { lines, sides }: FieldLens,
  side: Side,
  records: readonly Fields[],
  results: readonly ExpressionResult[] | null,
): Promise<readonly LineResults[] | null> {
  if (lines === null || !hasLineExpressions(lines, side)) return null;
  const { source } = sides[side];
  const lists = records.map((record, index) => {
    if (source.kind === "path") return valueAt(record, source.path);
    const result = results?.[index];
    return result?.ok === true ? result.value : undefined;
  });
  return evaluateLines(lines, side, lists);
}

function linesReader({ lines }: FieldLens, side: Side, results: LineResults | undefined): TypeReader | undefined {
  return lines === null || results === undefined ? undefined : (value) => readLines(lines, side, value, results);
}

function resultAt(results: readonly ExpressionResult[] | null | undefined, index: number): ExpressionResult | null {
  return results?.[index] ?? null;
}

/**
 * A record whose scope cannot be told. It is neither let go (its link would freeze, or worse) nor changed: every field is held,
 * and nothing finds it a counterpart.
 */
function unreadable(parts: EntityParts, message: string): SideReading {
  const reading: Reading = { kind: "invalid", found: null, message: `scope: ${message}` };
  const fields = Object.fromEntries(parts.fields.map((field) => [field.policy.name, reading]));
  return { inScope: true, fields, matchKeys: parts.matchRules.map(() => null) };
}

/** Truth as JSONata has it. */
function isTruthy(value: Value | undefined): boolean {
  if (value === undefined || value === null) return false;
  if (isList(value)) return value.some(isTruthy);
  if (isFields(value)) return Object.keys(value).length > 0;
  return typeof value === "object" || Boolean(value);
}

/** A base of an earlier mapping may be of another type: then it is equal to nothing the side shows now. */
function baseCell(field: FieldLens, side: Side, value: Value): Cell {
  return value === null ? NULL_CELL : cellOf(field.sides[side].type, value);
}

function readsOf({ fields, scopes, matchRules }: EntityParts, side: Side): Reads {
  const paths: Path[] = matchRules.flatMap((rule) => (rule.kind === "paths" ? [rule.paths[side]] : []));
  const expressions: (readonly string[] | null)[] = [];
  const scope = scopes[side];
  if (scope !== null) expressions.push(scope.reads);
  for (const { sides } of fields) {
    const { source } = sides[side];
    if (source.kind === "path") paths.push(source.path);
    else if (source.kind === "parts") paths.push(...source.paths);
    else if (source.kind === "expression") expressions.push(source.expression.reads);
  }
  return compileReads(paths, expressions);
}

/** An expression looks at what cannot be told beforehand. */
function needsWhole({ fields }: EntityParts, side: Side, reads: Reads): boolean {
  return (
    reads.whole ||
    fields.some(({ sides }) => {
      const { target } = sides[side];
      return target.kind === "expressions" && target.writes.some(({ expression }) => expression.reads === null);
    })
  );
}

function onlyNamed(record: Fields, names: readonly string[]): Fields {
  const kept: Record<string, Value> = {};
  for (const name of names) {
    const value = Object.hasOwn(record, name) ? record[name] : undefined;
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

/** Of an expression that reads the whole record only the other rules' names are known; the connector then decides what it asks for. */
function wantedNames({ fields }: EntityParts, side: Side, reads: Reads): readonly string[] {
  const names = new Set(reads.paths.map(([first]) => first));
  for (const { sides } of fields) {
    const { target } = sides[side];
    if (target.kind === "path") names.add(target.path[0]);
    if (target.kind === "parts") for (const path of target.paths) names.add(path[0]);
    if (target.kind === "expressions") {
      for (const { path, expression } of target.writes) {
        names.add(path[0]);
        for (const name of expression.reads ?? []) names.add(name);
      }
    }
  }
  return [...names].filter((name) => typeof name === "string").sort();
}
