// `match`: how the counterpart of a record without a link is found. Values that lose something cannot stand for a record.

import { didYouMean, problem, type KeyPath } from "../core/problem.ts";
import { readPath, reportNotSupported, sideEntries, type CompileContext } from "./compile-context.ts";
import type { EntityFile } from "./file-entity.ts";
import { shown } from "./issues.ts";
import { keyFault } from "./laws.ts";
import type { FieldLens } from "./lens.ts";
import type { MatchRule } from "./match.ts";

export const SCORE_KEYS: readonly string[] = ["score", "link_at", "review_at"];

export interface MatchFields {
  readonly compiled: readonly FieldLens[];
  /** All that the file names, those that could not be compiled too. */
  readonly named: readonly string[];
}

export function compileMatch(
  match: EntityFile["match"],
  fields: MatchFields,
  at: KeyPath,
  context: CompileContext,
): readonly MatchRule[] {
  return (match ?? []).flatMap((entry, index): readonly MatchRule[] => {
    const path = [...at, index];
    return Array.isArray(entry) ? fieldsRule(entry, fields, path, context) : pathsRule(entry, path, context);
  });
}

function fieldsRule(
  names: readonly string[],
  fields: MatchFields,
  at: KeyPath,
  context: CompileContext,
): readonly MatchRule[] {
  const lenses: FieldLens[] = [];
  names.forEach((name, index) => {
    const field = fields.compiled.find(({ policy }) => policy.name === name);
    if (field === undefined) {
      if (!fields.named.includes(name)) reportUnknownField(name, fields.named, [...at, index], context);
      return;
    }
    const fault = keyFault(field);
    if (fault === null) lenses.push(field);
    else
      context.report(
        problem("E_KEY", [...at, index], `field "${name}" ${fault}, so it cannot tell records apart`, {
          found: name,
          expected: "a field that keeps its whole value on both sides",
        }),
      );
  });
  return lenses.length === names.length ? [{ kind: "fields", fields: lenses }] : [];
}

function reportUnknownField(name: string, known: readonly string[], at: KeyPath, context: CompileContext): void {
  const hint = didYouMean(name, known);
  const more = { found: name, expected: known.join(", "), ...(hint === undefined ? {} : { hint }) };
  context.report(problem("E_KEY", at, `there is no field "${name}"`, more));
}

function pathsRule(
  entry: Readonly<Record<string, unknown>>,
  at: KeyPath,
  context: CompileContext,
): readonly MatchRule[] {
  const [scored] = SCORE_KEYS.filter((key) => key in entry);
  if (scored !== undefined) {
    reportNotSupported("matching by `score`", [...at, scored], context);
    return [];
  }
  const given = sideEntries(entry, at, context, []);
  const paths = { left: sidePath("left", given.left), right: sidePath("right", given.right) };
  return paths.left === null || paths.right === null
    ? []
    : [{ kind: "paths", paths: { left: paths.left, right: paths.right } }];

  function sidePath(side: "left" | "right", text: unknown): ReturnType<typeof readPath> {
    const path = [...at, context.names[side]];
    if (typeof text === "string") return readPath(text, path, context);
    if (text === undefined)
      context.report(problem("E_MISSING", path, `the path on ${context.names[side]} is missing`, { on: "key" }));
    else
      context.report(
        problem("E_TYPE", path, `${shown(text)} is not a path`, { found: shown(text), expected: "a path" }),
      );
    return null;
  }
}
