// A draft as the rule of a mapping file.

import type { BySide } from "../../core/ids.ts";
import type { Column } from "./column.ts";
import type { Draft } from "./draft.ts";
import { wordsOf } from "./names.ts";

export interface NamedDraft {
  readonly draft: Draft;
  /** The field's canonical name. */
  readonly name: string;
}

/** The left's own word is the field's name; where two would have the same, its whole path. */
export function named(drafts: readonly Draft[]): readonly NamedDraft[] {
  const taken = new Set<string>();
  return drafts.map((draft) => {
    const several = draft.left.length > 1 ? draft.right : draft.left;
    const path = several[0]?.path ?? [];
    const [short, long] = [String(path.at(-1) ?? "field"), wordsOf(path.join(" ")).join("_")];
    let name = taken.has(short) ? long : short;
    for (let more = 2; taken.has(name); more += 1) name = `${long}_${String(more)}`;
    taken.add(name);
    return { draft, name };
  });
}

export interface Writing {
  readonly names: BySide<string>;
  /** Top-level names that cannot be written. */
  readonly readOnly: BySide<ReadonlySet<string>>;
}

export function ruleOf(draft: Draft, name: string, { names, readOnly }: Writing): Readonly<Record<string, unknown>> {
  const { left, right, spec, values, times, ref, lines } = draft;
  const rule: Record<string, unknown> = {};
  if (placeOf(left) !== name || isSpelledOut(left, spec)) rule[names.left] = sideOf(left, spec);
  if (times !== null) rule[names.right] = { at: placeOf(right), as: { decimal: { times } } };
  else if (placeOf(right) !== name || isSpelledOut(right, spec)) rule[names.right] = sideOf(right, spec);
  if (spec !== null && spec !== undefined) rule["as"] = spec;
  if (values !== null) rule["values"] = Object.fromEntries(values);
  if (ref !== null) rule["ref"] = ref.entity;
  if (ref?.optional === true) rule["optional"] = true;
  if (lines !== null) {
    const fields = named(lines.fields);
    const open = { names, readOnly: { left: NOTHING, right: NOTHING } };
    rule["each"] = {
      key: fields.find((each) => each.draft === lines.key)?.name,
      fields: Object.fromEntries(fields.map((each) => [each.name, ruleOf(each.draft, each.name, open)])),
    };
  }
  const direction = directionOf(left, right, { names, readOnly });
  if (direction !== null) rule["direction"] = direction;
  return rule;
}

/** Of a field inside lines: what cannot be written is said of whole lists. */
const NOTHING: ReadonlySet<string> = new Set();

function placeOf(columns: readonly Column[]): unknown {
  return columns.length > 1 ? columns.map(({ text }) => text) : columns[0]?.text;
}

function isSpelledOut(columns: readonly Column[], spec: unknown): boolean {
  return (
    spec === "country" &&
    columns.some((column) => column.values.some((value) => typeof value === "string" && value.length > 3))
  );
}

function sideOf(columns: readonly Column[], spec: unknown): unknown {
  return isSpelledOut(columns, spec) ? { at: placeOf(columns), as: { country: "name" } } : placeOf(columns);
}

function directionOf(left: readonly Column[], right: readonly Column[], { names, readOnly }: Writing): string | null {
  const closed = (columns: readonly Column[], side: ReadonlySet<string>): boolean =>
    columns.some(({ path }) => side.has(String(path[0])));
  if (closed(right, readOnly.right)) return closed(left, readOnly.left) ? null : `${names.right} -> ${names.left}`;
  return closed(left, readOnly.left) ? `${names.left} -> ${names.right}` : null;
}
