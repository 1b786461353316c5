// Mapping files that differ from the given one in one thing that matters. A test that notices none of them proves little.

import { isFields, isList, type Fields, type Value } from "../../core/value.ts";
import type { KeyPath } from "../../core/problem.ts";
import type { EntityFile } from "../file-entity.ts";
import type { RuleFile } from "../file-rule.ts";
import type { MappingFile } from "../file.ts";
import type { Change } from "./mutant-change.ts";
import { matchChanges } from "./mutants-match.ts";
import { plain, textOf, without } from "./mutants-text.ts";

export interface Mutant {
  readonly entity: string;
  /** The key changed, in the file as it is. */
  readonly at: KeyPath;
  /** In words: `email: conflict: crm becomes billing`. */
  readonly change: string;
  readonly file: MappingFile;
}

/** In the order of the file; the same file gives the same mutants. */
export function mutantsOf(file: MappingFile): readonly Mutant[] {
  const sides = Object.keys(file.sides);
  return Object.entries(file.entities).flatMap(([name, entity]) =>
    [
      ...entityChanges(entity, sides),
      ...Object.keys(entity.fields).flatMap((field) => fieldChanges(entity, field, sides)),
    ].map(({ at, change, entity: changed }) => ({
      entity: name,
      at: ["entities", name, ...at],
      change,
      file: { ...file, entities: { ...file.entities, [name]: changed } },
    })),
  );
}

// ---------------------------------------------------------------- the entity's own keys

function entityChanges(entity: EntityFile, sides: readonly string[]): readonly Change[] {
  return [
    ...matchChanges(entity),
    ...scopeChanges(entity, sides),
    ...allowChanges(entity, sides),
    ...policyChanges(entity, sides),
  ];
}

function scopeChanges(entity: EntityFile, sides: readonly string[]): readonly Change[] {
  return sides.flatMap((side) => {
    const own = plain(entity[side]);
    if (!isFields(own) || own["scope"] === undefined) return [];
    return [
      { at: [side, "scope"], change: `scope of ${side} dropped`, entity: { ...entity, [side]: without(own, "scope") } },
    ];
  });
}

function allowChanges(entity: EntityFile, sides: readonly string[]): readonly Change[] {
  const { allow } = entity;
  if (allow === undefined) return [];
  const bySide: Readonly<Record<string, readonly ("create" | "update" | "delete")[]>> = Array.isArray(allow)
    ? Object.fromEntries(sides.map((side) => [side, allow]))
    : allow; // the other half of the union
  return Object.entries(bySide).flatMap(([side, operations]) =>
    operations.map((operation) => ({
      at: Array.isArray(allow) ? ["allow"] : ["allow", side],
      change: `${side} may no longer ${operation}`,
      entity: {
        ...entity,
        allow: { ...bySide, [side]: operations.filter((each) => each !== operation) },
      } as EntityFile,
    })),
  );
}

/** Words of each policy, so that another one can be put in. */
const POLICY_WORDS = {
  gone_edited: ["review", "restore", "delete"],
  on_scope_exit: ["freeze", "unlink", "delete"],
  without_key: ["quarantine", "create"],
  foreign: ["keep", "delete", "review"],
  strength: ["weak", "normal", "strong", "review"],
} as const;

const WHEN_GONE = ["unlink", "delete", "restore", "review"];

function policyChanges(entity: EntityFile, sides: readonly string[]): readonly Change[] {
  const changes: Change[] = [];
  const put = (at: KeyPath, from: string, to: string, changed: object): void =>
    void changes.push({
      at,
      change: `${at.join(".")}: ${from} becomes ${to}`,
      entity: { ...entity, ...changed },
    });
  for (const [key, words] of Object.entries(POLICY_WORDS)) {
    const said = plain(entity[key]);
    if (typeof said === "string") put([key], said, otherWord(said, words), { [key]: otherWord(said, words) });
  }
  for (const key of ["conflict", "at_link"] as const) {
    const said = entity[key];
    if (said !== undefined) put([key], said, otherSideWord(said, sides), { [key]: otherSideWord(said, sides) });
  }
  const gone = plain(entity.when_gone);
  if (typeof gone === "string")
    put(["when_gone"], gone, otherWord(gone, WHEN_GONE), { when_gone: otherWord(gone, WHEN_GONE) });
  if (isFields(gone)) {
    for (const [side, word] of Object.entries(gone)) {
      if (typeof word === "string")
        put(["when_gone", side], word, otherWord(word, WHEN_GONE), {
          when_gone: { ...gone, [side]: otherWord(word, WHEN_GONE) },
        });
    }
  }
  if (entity.direction !== undefined) {
    const flipped = flippedDirection(entity.direction);
    put(["direction"], entity.direction, flipped, { direction: flipped });
  }
  return changes;
}

function otherWord(said: string, words: readonly string[]): string {
  return words[(words.indexOf(said) + 1) % words.length] ?? said;
}

/** The other side wins; where a person decides, the first side does. */
function otherSideWord(said: string, sides: readonly string[]): string {
  return sides.find((side) => side !== said) ?? said;
}

function flippedDirection(text: string): string {
  return text
    .split("->")
    .map((part) => part.trim())
    .reverse()
    .join(" -> ");
}

// ---------------------------------------------------------------- field rules

function fieldChanges(entity: EntityFile, field: string, sides: readonly string[]): readonly Change[] {
  const rule = entity.fields[field];
  if (rule === undefined) return [];
  const put = (at: KeyPath, words: string, changed: RuleFile | null): Change => ({
    at: ["fields", field, ...at],
    change: `${field}: ${words}`,
    entity: {
      ...entity,
      fields: changed === null ? withoutKey(entity.fields, field) : { ...entity.fields, [field]: changed },
    },
  });
  return ownChanges(rule, sides, put);
}

function ownChanges(rule: RuleFile, sides: readonly string[], put: Put): readonly Change[] {
  return [
    put([], "rule dropped", null),
    ...typeChanges(rule.as).map(({ at, words, type }) =>
      put(["as", ...at], words, type === null ? withoutKey(rule, "as") : { ...rule, as: type }),
    ),
    ...ruleWordChanges(rule, sides, put),
    ...valuesChanges(rule, put),
    ...["group", "merge", "blank", "empty", "ref", "optional", "law"].flatMap((key) =>
      rule[key] === undefined ? [] : [put([key], `${key} dropped`, withoutKey(rule, key))],
    ),
    ...sides.flatMap((side) => ruleSideChanges(rule, side, put)),
    ...lineChanges(rule, sides, put),
  ];
}

/** The rules inside `each`, as those of an entity. */
function lineChanges(rule: RuleFile, sides: readonly string[], put: Put): readonly Change[] {
  const { each } = rule;
  if (each === undefined) return [];
  return Object.entries(each.fields).flatMap(([name, line]) => {
    const putLine: Put = (at, words, changed) =>
      put(["each", "fields", name, ...at], `each: ${name}: ${words}`, {
        ...rule,
        each: {
          ...each,
          fields: changed === null ? withoutKey(each.fields, name) : { ...each.fields, [name]: changed },
        },
      });
    return ownChanges(line, sides, putLine);
  });
}

type Put = (at: KeyPath, words: string, changed: RuleFile | null) => Change;

function ruleWordChanges(rule: RuleFile, sides: readonly string[], put: Put): readonly Change[] {
  const changes: Change[] = [];
  const { direction, strength } = rule;
  for (const key of ["conflict", "at_link"] as const) {
    const said = rule[key];
    if (said === undefined) continue;
    const word = otherSideWord(said, sides);
    changes.push(put([key], `${key}: ${said} becomes ${word}`, { ...rule, [key]: word }));
  }
  if (direction !== undefined) {
    const flipped = flippedDirection(direction);
    changes.push(put(["direction"], `direction: ${direction} becomes ${flipped}`, { ...rule, direction: flipped }));
    changes.push(put(["direction"], "direction dropped", withoutKey(rule, "direction")));
  }
  if (strength !== undefined) {
    const word = otherWord(strength, POLICY_WORDS.strength) as typeof strength;
    changes.push(put(["strength"], `strength: ${strength} becomes ${word}`, { ...rule, strength: word }));
  }
  if (rule.value !== undefined)
    changes.push(put(["value"], "value becomes another one", { ...rule, value: '"(mutant)"' }));
  return changes;
}

function valuesChanges(rule: RuleFile, put: Put): readonly Change[] {
  const entries = Object.entries(rule.values ?? {});
  return entries.flatMap(([key, value], index) => {
    const [nextKey, nextValue] = entries[index + 1] ?? [];
    const dropped = put(["values", key], `values: ${key} dropped`, {
      ...rule,
      values: Object.fromEntries(entries.filter(([name]) => name !== key)),
    });
    if (nextKey === undefined || nextValue === undefined) return [dropped];
    const swapped = { ...rule.values, [key]: nextValue, [nextKey]: value };
    return [dropped, put(["values", key], `values: ${key} and ${nextKey} swapped`, { ...rule, values: swapped })];
  });
}

interface TypeChange {
  readonly at: KeyPath;
  readonly words: string;
  /** Null: no type at all. */
  readonly type: string | Fields | null;
}

function typeChanges(spec: unknown): readonly TypeChange[] {
  const said = spec === undefined ? null : plain(spec);
  if (typeof said === "string") return [{ at: [], words: `as: ${said} dropped`, type: null }];
  if (!isFields(said)) return [];
  return Object.entries(said).flatMap(([name, options]): readonly TypeChange[] => [
    { at: [], words: `as: ${textOf(said)} dropped`, type: null },
    ...optionChanges(name, options).map(({ words, left }) => ({
      at: [name],
      words,
      type: left === null ? name : { [name]: left },
    })),
  ]);
}

/** One option less, each in turn. */
function optionChanges(name: string, options: Value): readonly { readonly words: string; readonly left: Value }[] {
  const gone = (what: string): string => `${name}: ${what} dropped`;
  if (isList(options))
    return options.map((each, index) => ({
      words: gone(textOf(each)),
      left: options.filter((_, other) => other !== index),
    }));
  if (isFields(options))
    return Object.keys(options).map((key) => ({
      words: gone(key),
      left: Object.keys(options).length === 1 ? null : without(options, key),
    }));
  return options === null ? [] : [{ words: gone(textOf(options)), left: null }];
}

function ruleSideChanges(rule: RuleFile, side: string, put: Put): readonly Change[] {
  const said = plain(rule[side]);
  const changes: Change[] = [];
  const change = (at: KeyPath, words: string, changed: Value): void =>
    void changes.push(put([side, ...at], `${side}: ${words}`, { ...rule, [side]: changed }));
  if (isList(said) && said.length > 1) change([], `${textOf(said)} turned round`, said.toReversed());
  if (!isFields(said)) return changes;
  const { at, as, read, write } = said;
  if (isList(at) && at.length > 1) change(["at"], `${textOf(at)} turned round`, { ...said, at: at.toReversed() });
  if (typeof read === "string") change(["read"], "read gives nothing", { ...said, read: "null" });
  const writes = write !== undefined && isFields(write) ? write : {};
  for (const path of Object.keys(writes))
    change(["write", path], `write puts nothing at ${path}`, { ...said, write: { ...writes, [path]: "null" } });
  for (const key of ["empty", "default"])
    if (said[key] !== undefined) change([key], `${key} dropped`, without(said, key));
  for (const { at: below, words, type } of typeChanges(as)) {
    change(["as", ...below], words, type === null ? without(said, "as") : { ...said, as: type });
  }
  return changes;
}

// ---------------------------------------------------------------- small things

function withoutKey<T extends object>(object: T, key: string): T {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key)) as T; // every key dropped here is optional
}
