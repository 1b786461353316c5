// Putting canonical values on a side: the record's top-level fields that change. A nested value keeps its unmapped parts,
// because the record's whole top-level value is taken and only what the rule names is put in.

import type { Cell } from "../core/field.ts";
import type { Side } from "../core/ids.ts";
import { valueAt, withValueAt } from "../core/path.ts";
import { sameValue, type Fields, type Value } from "../core/value.ts";
import type { FieldLens } from "./lens.ts";
import { writeLines } from "./lines-write.ts";
import type { WriteResult } from "./mapping.ts";
import { obstacleOn, plainPuts, type Put } from "./puts.ts";

type Puts =
  | { readonly ok: true; readonly puts: readonly Put[] }
  | { readonly ok: false; readonly message: string; readonly code?: string };

/** @param current The record as just read; null for a create. */
export async function writeFields(
  lenses: ReadonlyMap<string, FieldLens>,
  side: Side,
  fields: Readonly<Record<string, Cell>>,
  current: Fields | null,
): Promise<WriteResult> {
  const before: Fields = current ?? {};
  let next: Fields = before;
  const touched = new Set<string>();
  for (const [name, cell] of Object.entries(fields)) {
    const lens = lenses.get(name);
    if (lens === undefined) throw new Error(`cannot happen: a write of field "${name}", which no rule names`);
    const written = await putsOf(lens, side, cell, before);
    if (!written.ok) return { ...written, field: name };
    for (const { path, value } of written.puts) {
      const obstacle = obstacleOn(next, path);
      if (obstacle !== null) return { ok: false, field: name, message: obstacle };
      next = withValueAt(next, path, value) as Fields;
      touched.add(String(path[0]));
    }
  }
  const changed = [...touched].filter((name) => differs(before[name], next[name]));
  return { ok: true, record: Object.fromEntries(changed.map((name) => [name, next[name] ?? null])) };
}

async function putsOf(lens: FieldLens, side: Side, cell: Cell, before: Fields): Promise<Puts> {
  const { type, target } = lens.sides[side];
  switch (target.kind) {
    case "none":
      return { ok: false, message: "the rule has no way to write this side" };
    case "path":
      if (lens.lines !== null && cell.value !== null) {
        const written = await writeLines(lens.lines, side, cell.value, valueAt(before, target.path));
        return written.ok ? { ok: true, puts: [{ path: target.path, value: written.value }] } : written;
      }
      return { ok: true, puts: plainPuts(lens.sides[side], cell.value, before) };
    case "parts":
      return { ok: true, puts: plainPuts(lens.sides[side], cell.value, before) };
    case "expressions": {
      const bindings = { value: cell.value === null ? null : type.write(cell.value, undefined) };
      const puts: Put[] = [];
      for (const { path, expression } of target.writes) {
        const [result] = await expression.evaluate([before], bindings);
        if (result === undefined) throw new Error("cannot happen: an expression gave no result for its input");
        if (!result.ok) return { ok: false, message: `${result.code}: ${result.message}`, code: result.code };
        // Nothing for a null clears the place: else a cleared value could never be written.
        if (result.value !== undefined) puts.push({ path, value: result.value });
        else if (cell.value === null) puts.push({ path, value: null });
      }
      return { ok: true, puts };
    }
  }
}

function differs(before: Value | undefined, after: Value | undefined): boolean {
  return before === undefined || after === undefined || !sameValue(before, after);
}
