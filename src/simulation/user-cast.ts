// The cast for a mapping of the user's own: records made of the values its types allow, on objects that have the fields its rules
// write. What a rule only reads through an expression cannot be made up, and stays empty.

import type { Cell } from "../core/field.ts";
import { NULL_CELL } from "../core/field.ts";
import type { RemoteId, Side } from "../core/ids.ts";
import { isFields, isList, type Fields, type Value } from "../core/value.ts";
import type { EntityMapping, Mapping } from "../mapping/mapping.ts";
import type { Cast } from "./play.ts";
import type { Populace, Systems } from "./populace.ts";
import type { ObjectShape } from "./system/account.ts";

/** One field of one side, written in many ways. */
interface Fillings {
  readonly field: string;
  readonly values: readonly Fields[];
  readonly empty: Fields | null;
  /** The entity whose record it names. */
  readonly ref: string | null;
  /** It is part of a match rule. */
  readonly isKey: boolean;
}

/** What people can enter in one object. */
interface Form {
  readonly entity: EntityMapping;
  readonly shape: ObjectShape;
  readonly fields: readonly Fillings[];
}

/** Stands for an id until a record is chosen. */
const SOMEBODY = "(somebody)";
/** Fewer make records alike, more make the start slow. */
const VALUES_MAX = 60;

/** @returns null with the reason when no record of the mapping can be made up. */
export async function userCast(
  mapping: Mapping,
): Promise<{ readonly cast: Cast; readonly problem: null } | { readonly cast: null; readonly problem: string }> {
  const forms = { left: await formsOf(mapping, "left"), right: await formsOf(mapping, "right") };
  const useless = mapping.entities.find((entity) =>
    [forms.left, forms.right].every((side) => (side.find((form) => form.entity === entity)?.fields.length ?? 0) === 0),
  );
  if (useless !== undefined)
    return { cast: null, problem: `no field of ${useless.policy.name} can be made up: all are read by expressions` };
  const active: Mapping = { ...mapping, state: "active" };
  return { cast: { mapping: active, populace: populaceOf(forms) }, problem: null };
}

async function formsOf(mapping: Mapping, side: Side): Promise<readonly Form[]> {
  return Promise.all(
    mapping.entities.map(async (entity): Promise<Form> => {
      const all = await Promise.all(entity.policy.fields.map((field) => fillingsOf(entity, side, field.name)));
      const fields = all.filter((each) => each.values.length > 0);
      const key = fields
        .filter((each) => each.isKey)
        .flatMap(({ values: [first] }) => (first === undefined ? [] : [Object.keys(first)]))
        .find((names) => names.length === 1)?.[0];
      return { entity, fields, shape: { name: entity.objects[side], key: key ?? null, spelled: [], rewritten: null } };
    }),
  );
}

async function fillingsOf(entity: EntityMapping, side: Side, field: string): Promise<Fillings> {
  const written = async (cell: Cell): Promise<readonly Fields[]> => {
    const made = await entity.write(side, { [field]: cell }, null);
    return made.ok && Object.keys(made.record).length > 0 ? [made.record] : [];
  };
  const probe = await written({ value: SOMEBODY, key: JSON.stringify(SOMEBODY) }).catch(() => []);
  const [asRef] =
    probe.length === 0
      ? []
      : (await entity.read(side, probe)).map((reading) => entity.refNeeds(side, reading.fields)[0]);
  if (asRef !== undefined) return { field, values: probe, empty: null, ref: asRef.entity, isKey: false };
  const cells = entity.values(side, field).slice(0, VALUES_MAX * 3);
  const values = (await Promise.all(cells.map(written))).flat().slice(0, VALUES_MAX);
  const [empty] = await written(NULL_CELL);
  const keys =
    values.length === 0 ? [] : (await entity.read(side, values.slice(0, 1))).flatMap((reading) => reading.matchKeys);
  return { field, values, empty: empty ?? null, ref: null, isKey: keys.some((key) => key !== null) };
}

function populaceOf(forms: { readonly left: readonly Form[]; readonly right: readonly Form[] }): Populace {
  const formOf = (side: Side, object: string): Form | undefined =>
    forms[side].find((form) => form.shape.name === object);
  const filled = (systems: Systems, side: Side, filling: Fillings, number: number): Fields | null => {
    const value = filling.values[number % filling.values.length];
    if (value === undefined || filling.ref === null) return value ?? null;
    const parent = forms[side].find((form) => form.entity.policy.name === filling.ref);
    const ids = parent === undefined ? [] : systems[side].ids(parent.shape.name);
    const id = ids[number % Math.max(1, ids.length)];
    return id === undefined ? null : (placed(value, id) as Fields); // an object stays one
  };
  const fresh: Populace["fresh"] = (systems, side, object, number, pick) => {
    const form = formOf(side, object);
    if (form === undefined || form.fields.length === 0) return null;
    let fields: Fields = {};
    form.fields.forEach((filling, index) => {
      // Keys are all there and all different; of the other fields some are left out.
      if (!filling.isKey && (pick + index) % 5 === 0) return;
      fields = merged(fields, filled(systems, side, filling, filling.isKey ? number : number * 7 + index) ?? {});
    });
    return fields;
  };
  return {
    objects: { left: shapesOf(forms.left), right: shapesOf(forms.right) },
    fields: Math.max(1, ...[...forms.left, ...forms.right].map((form) => form.fields.length)),
    fresh,
    twin(systems, side, object, _from, _fromId, number) {
      // The number of an earlier record makes the same key.
      return fresh(systems, side, object, Math.max(1, number - 1), number);
    },
    edited(systems, side, object, fields, field, number) {
      const form = formOf(side, object);
      const filling = form?.fields[field % Math.max(1, form.fields.length)];
      if (filling === undefined || (number === null && (filling.empty === null || filling.isKey))) return null;
      const change = number === null ? filling.empty : filled(systems, side, filling, number * 13 + 5);
      return change === null ? null : merged(fields, change);
    },
  };
}

/** Entities may share an object: people enter it once. */
function shapesOf(forms: readonly Form[]): readonly ObjectShape[] {
  return [...new Map(forms.map((form) => [form.shape.name, form.shape])).values()];
}

function placed(value: Value, id: RemoteId): Value {
  if (value === SOMEBODY) return id;
  if (isList(value)) return value.map((each) => placed(each, id));
  return isFields(value)
    ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, placed(each, id)]))
    : value;
}

function merged(one: Fields, other: Fields): Fields {
  const result: Record<string, Value> = { ...one };
  for (const [name, value] of Object.entries(other)) {
    const before = result[name];
    result[name] = isFields(before) && isFields(value) ? merged(before, value) : value;
  }
  return result;
}
