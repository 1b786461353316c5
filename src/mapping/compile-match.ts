// `match`: how the counterpart of a record without a link is found. Values that lose something cannot stand for a record.

import { problem, type KeyPath } from "../core/problem.ts";
import { readPath, sideEntries, type CompileContext } from "./compile-context.ts";
import { compileScore, reportUnknownField, SCORE_KEYS, type MatchFields } from "./compile-match-score.ts";
import type { EntityFile } from "./file-entity.ts";
import { shown } from "./issues.ts";
import { keyFault } from "./laws.ts";
import type { FieldLens } from "./lens.ts";
import type { MatchRule } from "./match.ts";

export function compileMatch(
  match: EntityFile["match"],
  fields: MatchFields,
  at: KeyPath,
  context: CompileContext,
): readonly MatchRule[] {
  return (match ?? []).flatMap((entry, index): readonly MatchRule[] => {
    const path = [...at, index];
    if (Array.isArray(entry)) return fieldsRule(entry, fields, path, context);
    if (!SCORE_KEYS.some((key) => key in entry)) return pathsRule(entry, path, context);
    const rule = compileScore(entry, fields, { index, at: path }, context);
    return rule === null ? [] : [{ kind: "score", rule }];
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
      if (!fields.named.includes(name)) reportUnknownField(name, fields.named, [...at, index], context, "value");
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

function pathsRule(
  entry: Readonly<Record<string, unknown>>,
  at: KeyPath,
  context: CompileContext,
): readonly MatchRule[] {
  const given = sideEntries(entry, at, context, []);
  const paths = { left: sidePath("left", given.left), right: sidePath("right", given.right) };
  return paths.left === null || paths.right === null
    ? []
    : [{ kind: "paths", paths: { left: paths.left, right: paths.right } }];

  function sidePath(side: "left" | "right", text: unknown): ReturnType<typeof readPath> {
    const path = [...at, context.names[side]];
    if (typeof text === "string") return readPath(text, path, context);
    if (text === undefined)
      context.report(
        problem("E_MISSING", path, `the path on ${context.names[side]} is missing`, {
          on: "key",
          hint: `add ${context.names[side]}: PATH`,
        }),
      );
    else
      context.report(
        problem("E_TYPE", path, `${shown(text)} is not a path`, { found: shown(text), expected: "a path" }),
      );
    return null;
  }
}
