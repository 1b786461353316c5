// A person's own value for the case of a field or a group: whether both sides can hold it, and what each of them will then show.

import type { Cell } from "../core/field.ts";
import type { BySide } from "../core/ids.ts";
import { isFields, type Fields, type Value } from "../core/value.ts";
import type { EntityMapping } from "../mapping/mapping.ts";

export type GivenValue =
  /** By field: what either side shall show. */
  | { readonly ok: true; readonly fields: Readonly<Record<string, BySide<Cell>>> }
  /** In words for the person. */
  | { readonly ok: false; readonly message: string };

/** @param value In the left side's form; a group's values are given by field. */
export async function givenValue(mapping: EntityMapping, unit: string, value: Value): Promise<GivenValue> {
  const members = mapping.policy.fields.filter((policy) => policy.group === unit).map((policy) => policy.name);
  if (members.length > 0 && !isFields(value)) {
    return {
      ok: false,
      message: `"${unit}" is a group: its values are given by field, { "${members.join('": …, "')}": … }`,
    };
  }
  const values: Fields = members.length > 0 && isFields(value) ? value : { [unit]: value };
  const allowed = members.length > 0 ? members : mapping.policy.fields.map((policy) => policy.name);
  const given: Record<string, BySide<Cell>> = {};
  for (const [name, each] of Object.entries(values)) {
    if (!allowed.includes(name)) {
      return { ok: false, message: `there is no field "${name}" in it; there is ${allowed.join(", ")}` };
    }
    const cells = await givenCells(mapping, name, each);
    if (!cells.ok) return { ok: false, message: `${name}: ${cells.message}` };
    given[name] = cells.cells;
  }
  return { ok: true, fields: given };
}

type GivenCells =
  { readonly ok: true; readonly cells: BySide<Cell> } | { readonly ok: false; readonly message: string };

/** Written and read like any value of the left side, so that only what the field may hold gets through. */
async function givenCells(mapping: EntityMapping, field: string, value: Value): Promise<GivenCells> {
  const left = mapping.cell("left", field, value);
  const written = await mapping.write("left", { [field]: left }, null);
  if (written.ok) {
    const [read] = await mapping.read("left", [written.record]);
    const shown = read?.fields[field];
    if (shown?.kind === "invalid") return { ok: false, message: shown.message };
  }
  const [carried] = await mapping.carry("left", [{ [field]: { kind: "value", cell: left } }], () => null);
  const right = carried?.[field];
  switch (right?.kind) {
    case "value":
      return { ok: true, cells: { left, right: right.cell } };
    case "invalid":
      return { ok: false, message: right.message };
    case "waiting":
      return { ok: false, message: "a reference is not given as a value; take one side's" };
    default:
      return { ok: false, message: "the other side cannot be given a value; take one side's" };
  }
}
