// The part of a mapping file whose change stops a pair until a person accepts it: sides, objects, scope, match, fields. What
// only says how to act (conflicts, guards, schedules, what may be written) takes effect at once and is not in it.

import { canonicalText, isFields, type Fields, type Value } from "../core/value.ts";
import type { EntityFile } from "./file-entity.ts";
import type { RuleFile } from "./file-rule.ts";
import type { MappingFile } from "./file.ts";

/** Equal texts, equal meaning. Order counts where it has a meaning: of the sides, of match rules, of `values`. */
export function meaningText(file: MappingFile): string {
  const entities: Record<string, Value> = {};
  for (const [name, entity] of Object.entries(file.entities))
    entities[name] = entityMeaning(entity, Object.keys(file.sides));
  return canonicalText({ sides: Object.entries(file.sides), entities });
}

function entityMeaning(entity: EntityFile, sides: readonly string[]): Fields {
  const rules: Record<string, Value> = {};
  for (const [name, rule] of Object.entries(entity.fields)) rules[name] = ruleMeaning(rule, entity.direction);
  return {
    sides: sides.map((side) => plain(entity[side])),
    match: plain(entity.match ?? []),
    fields: rules,
  };
}

function ruleMeaning(rule: RuleFile, entityDirection: string | undefined): Fields {
  const { conflict: _conflict, at_link: _atLink, domain: _domain, values, direction, each, ...rest } = rule;
  const meaning: Record<string, Value> = { ...asFields(plain(rest)) };
  const way = (direction ?? entityDirection)?.replace(/\s+/g, "");
  if (way !== undefined) meaning["direction"] = way;
  if (values !== undefined) meaning["values"] = Object.entries(values);
  if (each !== undefined) {
    const fields = Object.entries(each.fields).map(([name, line]) => [name, ruleMeaning(line, undefined)] as const);
    meaning["each"] = { key: each.key, fields: Object.fromEntries(fields) };
  }
  return meaning;
}

/** What a YAML file holds is JSON; what is undefined is left out. */
function plain(value: unknown): Value {
  return value === undefined ? null : (value as Value);
}

function asFields(value: Value): Fields {
  return isFields(value) ? value : {};
}
