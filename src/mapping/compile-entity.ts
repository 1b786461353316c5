// One entity of the file: its sides, policies, rules and matching.

import type { BySide, Side } from "../core/ids.ts";
import { SIDES } from "../core/ids.ts";
import type { Expression } from "../core/expression.ts";
import { didYouMean, problem, type KeyPath } from "../core/problem.ts";
import {
  directionHint,
  readDirection,
  readExpression,
  readResolution,
  reportReservedName,
  sideEntries,
  type CompileContext,
  type Direction,
} from "./compile-context.ts";
import { compileMatch } from "./compile-match.ts";
import { compileRule, type RuleDefaults } from "./compile-rule.ts";
import { entityLenses } from "./entity-lenses.ts";
import type { Ordered } from "./entity-order.ts";
import { ENTITY_KEY_NAMES, entitySideSchema, type EntityFile } from "./file-entity.ts";
import { withGroups } from "./groups.ts";
import { issueProblems } from "./issues.ts";
import type { CompiledRule } from "./law-check.ts";
import type { FieldLens } from "./lens.ts";
import type { EntityMapping, EntityPolicy, Operation, WhenGone } from "./mapping.ts";
import { reportOverlaps } from "./overlap.ts";
import { checkTests } from "./test-shape.ts";

export interface CompiledEntity extends Ordered {
  readonly mapping: EntityMapping;
  readonly rules: readonly CompiledRule[];
}

/** @param known Names of all entities of the file. */
export function compileEntity(
  name: string,
  entity: EntityFile,
  known: readonly string[],
  context: CompileContext,
): CompiledEntity {
  const at: KeyPath = ["entities", name];
  const { objects, scopes } = compileSides(entity, at, context);
  const direction =
    entity.direction === undefined ? null : readDirection(entity.direction, [...at, "direction"], context);
  const defaults: RuleDefaults = {
    direction,
    strength: entity.strength ?? "normal",
    conflict: readResolution(entity.conflict, [...at, "conflict"], context),
    atLink: readResolution(entity.at_link, [...at, "at_link"], context),
  };
  const rules = withGroups(entity.fields, [...at, "fields"], context);
  const fields: FieldLens[] = [];
  /** Entities that the rules name; the parents are those that records wait for. */
  const named: { readonly entity: string; readonly path: KeyPath; readonly waits: boolean }[] = [];
  for (const [field, rule] of Object.entries(rules)) {
    const ruleAt = [...at, "fields", field];
    reportReservedName(field, ruleAt, context);
    if (rule.group !== undefined) reportReservedName(rule.group, [...ruleAt, "group"], context);
    const lens = compileRule(field, { rule, at: ruleAt, defaults }, context);
    if (lens !== null) fields.push(lens);
    // Records of an entity may name each other: that orders records, not entities.
    if (rule.ref !== undefined && rule.ref !== name)
      named.push({ entity: rule.ref, path: [...ruleAt, "ref"], waits: rule.optional !== true });
    for (const [line, { ref }] of Object.entries(rule.each?.fields ?? {})) {
      if (ref !== undefined && ref !== name)
        named.push({ entity: ref, path: [...ruleAt, "each", "fields", line, "ref"], waits: rule.optional !== true });
    }
  }
  for (const [index, parent] of (entity.after ?? []).entries())
    named.push({ entity: parent, path: [...at, "after", index], waits: true });
  for (const each of named) reportUnknownEntity(each, known, context);
  const parents = named.filter(({ waits }) => waits);

  if (Object.keys(entity.fields).length === 0) {
    context.report(
      problem("E_MISSING", [...at, "fields"], "an entity needs at least one field rule", {
        on: "value",
        hint: "fields: { email: { as: email } }",
      }),
    );
  }
  reportOverlaps(fields, [...at, "fields"], context);
  checkTests(entity.tests ?? [], [...at, "tests"], context);
  const matchRules = compileMatch(
    entity.match,
    { compiled: fields, named: Object.keys(entity.fields) },
    [...at, "match"],
    context,
  );
  const policy = compilePolicy(name, { entity, at, direction, fields }, context);
  const compiled = fields.flatMap((lens) => rulesOf(name, lens, { entity, at }));
  return { name, parents, rules: compiled, mapping: entityLenses({ policy, objects, scopes, fields, matchRules }) };
}

/** A field's rule, and those of its lines. */
function rulesOf(
  name: string,
  lens: FieldLens,
  { entity, at }: { readonly entity: EntityFile; readonly at: KeyPath },
): readonly CompiledRule[] {
  const field = lens.policy.name;
  const file = entity.fields[field];
  const matchedAt = (entity.match ?? []).flatMap((entry, index): KeyPath[] => {
    const position = Array.isArray(entry) ? entry.indexOf(field) : -1;
    return position < 0 ? [] : [[...at, "match", index, position]];
  });
  const ruleAt = [...at, "fields", field];
  const own: CompiledRule = {
    entity: name,
    field,
    lens,
    at: ruleAt,
    accepted: file?.law === "lossy",
    matchedAt,
    list: null,
  };
  const ofLines = (lens.lines?.fields ?? []).map((line): CompiledRule => {
    const lineName = line.policy.name;
    const accepted = file?.each?.fields[lineName]?.law === "lossy";
    const lineAt = [...ruleAt, "each", "fields", lineName];
    const keyAt = lens.lines?.key === line ? [[...ruleAt, "each", "key"]] : [];
    return {
      entity: name,
      field: `${field}.${lineName}`,
      lens: line,
      at: lineAt,
      accepted,
      matchedAt: keyAt,
      list: lens,
    };
  });
  return [own, ...ofLines];
}

function compileSides(
  entity: EntityFile,
  at: KeyPath,
  context: CompileContext,
): { readonly objects: BySide<string>; readonly scopes: BySide<Expression | null> } {
  const entries = sideEntries<unknown>(entity, at, context, ENTITY_KEY_NAMES);
  const read = (side: Side): { object: string; scope: Expression | null } => {
    const path = [...at, context.names[side]];
    const entry = entries[side];
    if (entry === undefined) {
      const message = `the object of ${context.names[side]} is missing`;
      context.report(
        problem("E_MISSING", path, message, { on: "key", hint: `${context.names[side]}: { object: NAME }` }),
      );
      return { object: "", scope: null };
    }
    const parsed = entitySideSchema.safeParse(entry);
    if (!parsed.success) {
      for (const each of issueProblems(parsed.error.issues, entry, path, () => ["object", "scope"]))
        context.report(each);
      return { object: "", scope: null };
    }
    const { object, scope } = parsed.data;
    return { object, scope: scope === undefined ? null : readExpression(scope, [...path, "scope"], context) };
  };
  const sides = { left: read("left"), right: read("right") };
  return {
    objects: { left: sides.left.object, right: sides.right.object },
    scopes: { left: sides.left.scope, right: sides.right.scope },
  };
}

interface PolicyText {
  readonly entity: EntityFile;
  readonly at: KeyPath;
  readonly direction: Direction | null;
  readonly fields: readonly FieldLens[];
}

function compilePolicy(
  name: string,
  { entity, at, direction, fields }: PolicyText,
  context: CompileContext,
): EntityPolicy {
  reportMirrorKeys(entity, at, context);
  return {
    name,
    allow: compileAllow(entity.allow, fields, [...at, "allow"], context),
    whenGone: bySide<WhenGone>(entity.when_gone, "unlink", [...at, "when_gone"], context),
    goneEdited: entity.gone_edited ?? "review",
    onScopeExit: entity.on_scope_exit ?? "freeze",
    foreign: entity.foreign ?? "keep",
    givingSide: direction?.giving ?? null,
    mirror: direction !== undefined && entity.strength === "strong",
    withoutKey: entity.without_key ?? "quarantine",
    matches: (entity.match ?? []).length > 0,
    fields: fields.map(({ policy }) => policy),
  };
}

/** `strength` and `foreign` are about the receiving side of a one-way entity. */
function reportMirrorKeys(entity: EntityFile, at: KeyPath, context: CompileContext): void {
  for (const key of ["strength", "foreign"] as const) {
    if (entity[key] === undefined || entity.direction !== undefined) continue;
    const message = `\`${key}\` is about the receiving side of a one-way entity, so it needs a \`direction\``;
    context.report(problem("E_MISSING", [...at, "direction"], message, { on: "key", hint: directionHint(context) }));
  }
  const { foreign, direction, strength } = entity;
  if (foreign === undefined || foreign === "keep" || direction === undefined || strength === "strong") return;
  const message = `\`foreign: ${foreign}\` is for a mirror, so it needs \`strength: strong\``;
  context.report(problem("E_MISSING", [...at, "strength"], message, { on: "key", hint: "add strength: strong" }));
}

const ALLOWED: readonly Operation[] = ["create", "update"];

function compileAllow(
  allow: EntityFile["allow"],
  fields: readonly FieldLens[],
  at: KeyPath,
  context: CompileContext,
): BySide<readonly Operation[]> {
  const allowed = bySide<readonly Operation[]>(allow, ALLOWED, at, context);
  const closed = SIDES.filter((side) => allowed[side].length === 0);
  const needed = (side: Side): boolean =>
    fields.some(({ policy }) => policy.writes === "both" || policy.writes === side);
  if (
    closed.length === 2 ||
    (closed.length === 1 && fields.length > 0 && !SIDES.some((side) => !closed.includes(side) && needed(side)))
  ) {
    const message = "nothing may be written on any side that the rules write, so nothing can be kept in step";
    context.report(
      problem("E_BOTH_READ_ONLY", at, message, { hint: "allow an operation on the side that is to be written" }),
    );
  } else if (closed[0] !== undefined) {
    const name = context.names[closed[0]];
    const twoWay = fields.filter(({ policy }) => policy.writes === "both").map((field) => field.policy.name);
    if (twoWay.length === 0) return allowed;
    const other = context.names[closed[0] === "left" ? "right" : "left"];
    const message = `${name} is never written, yet these rules go both ways: ${twoWay.join(", ")}; edits of ${other} will wait, counted as blocked`;
    context.report(
      problem("W_NEVER_WRITTEN", at, message, {
        hint: `say \`direction: ${name} -> ${other}\` on the entity or on these rules`,
      }),
    );
  }
  return allowed;
}

/** What a key says for both sides at once, or by side. */
function bySide<T>(
  text: T | Readonly<Record<string, T>> | undefined,
  standard: T,
  at: KeyPath,
  context: CompileContext,
): BySide<T> {
  if (text === undefined) return { left: standard, right: standard };
  if (typeof text !== "object" || text === null || Array.isArray(text)) return { left: text, right: text };
  const entries = sideEntries(text as Readonly<Record<string, T>>, at, context);
  return { left: entries.left ?? standard, right: entries.right ?? standard };
}

function reportUnknownEntity(
  { entity, path }: { readonly entity: string; readonly path: KeyPath },
  known: readonly string[],
  context: CompileContext,
): void {
  if (known.includes(entity)) return;
  const hint = didYouMean(entity, known);
  const more = { found: entity, expected: known.join(", "), ...(hint === undefined ? {} : { hint }) };
  context.report(problem("E_ENUM", path, `there is no entity "${entity}"`, more));
}
