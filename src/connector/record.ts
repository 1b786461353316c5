// An item of the wire becomes a RemoteRecord and back. Paths are compiled once per object; a page of records costs one walk of
// the declared places per item, and what lies elsewhere is passed on untouched, not copied.

import { remoteId, type RemoteId } from "../core/ids.ts";
import { pathText, valueAt, withoutValueAt, withValueAt, type Path } from "../core/path.ts";
import { digitsOf, isFields, type Fields, type Value } from "../core/value.ts";
import type { BrokenItem, RemoteRecord } from "./contract.ts";
import { parseInstant } from "./instant.ts";
import { decodeWire, encodeWire, type WireForm, type WireType } from "./wire-type.ts";

export interface RecordField {
  readonly name: string;
  readonly at: Path;
  readonly type: WireType | null;
  readonly form: WireForm | null;
  /** What stands on the wire for null; undefined: null itself. */
  readonly none: Value | undefined;
  readonly readOnly: boolean;
}

export interface RecordShape {
  readonly id: Path;
  readonly version: Path | null;
  readonly modified: Path | null;
  readonly deleted: Path | null;
  /** Values at `deleted` that mean so; null: whatever is truthy. */
  readonly deletedIs: readonly Value[] | null;
  readonly fields: readonly RecordField[];
  /** Remember each item beside its record, for writing whole records back with everything in them. */
  readonly keepsItems: boolean;
}

export interface RecordCodec {
  decode(
    item: Value,
  ): { readonly ok: true; readonly record: RemoteRecord } | { readonly ok: false; readonly broken: BrokenItem };
  /**
   * Decoded fields in wire shape; read-only fields are left out.
   * @param shown The record as just read, for the forms its values had; null: not known.
   */
  encode(fields: Fields, shown: RemoteRecord | null): Fields;
  /** The whole item as just read with these fields put in, without what is read-only: for systems that only replace. */
  replacement(changed: Fields, current: RemoteRecord): Fields;
  /** The item a record was decoded from; rebuilt from its fields when it came from elsewhere (the state database). */
  itemOf(record: RemoteRecord): Fields;
  /** Wire path of a decoded top-level name. */
  wirePath(name: string): Path;
  /** The item with the id at its place: what batches send of a record. */
  withId(item: Fields, id: RemoteId): Fields;
}

/** Declared places below one key of the wire. */
interface Node {
  readonly below: Map<string, Node>;
  /** Taken out of its container when decoded: it moves to its name. */
  taken: boolean;
}

export function createRecordCodec(shape: RecordShape): RecordCodec {
  const root = placesOf(shape.fields);
  const byName = new Map(shape.fields.map((field) => [field.name, field]));
  const items = new WeakMap<Fields, Fields>();

  const decode: RecordCodec["decode"] = (item) => {
    if (!isFields(item))
      return { ok: false, broken: { id: null, code: "E_SCHEMA", message: "an item is not an object" } };
    const id = remoteId(valueAt(item, shape.id));
    if (id === null) {
      return {
        ok: false,
        broken: { id: null, code: "E_SCHEMA", message: `an item has no id at ${pathText(shape.id)}` },
      };
    }
    const fields = decodeFields(item, root, shape.fields);
    if (shape.keepsItems) items.set(fields, item);
    const deleted = shape.deleted === null ? undefined : valueAt(item, shape.deleted);
    const record: RemoteRecord = {
      id,
      version: shape.version === null ? null : versionText(valueAt(item, shape.version)),
      modified: shape.modified === null ? null : parseInstant(valueAt(item, shape.modified)),
      deleted: saysDeleted(deleted, shape.deletedIs),
      fields,
    };
    return { ok: true, record };
  };

  const wiring: Wiring = { byName, inside: byFirstKey(shape.fields) };
  const itemOf = (record: RemoteRecord): Fields =>
    items.get(record.fields) ?? wireOf(record.fields, {}, wiring, undefined, true);

  return {
    decode,
    itemOf,
    withId(item, id) {
      const made = withValueAt(item, shape.id, id);
      return isFields(made) ? made : item;
    },
    wirePath: (name) => byName.get(name)?.at ?? [name],
    encode: (fields, shown) => wireOf(fields, {}, wiring, shown === null ? undefined : itemOf(shown), false),
    replacement(changed, current) {
      const item = itemOf(current);
      let wire: Value = wireOf(changed, item, wiring, item, false);
      for (const { at, readOnly } of shape.fields) if (readOnly) wire = withoutValueAt(wire, at);
      return isFields(wire) ? wire : item;
    },
  };
}

function byFirstKey(fields: readonly RecordField[]): ReadonlyMap<string, readonly RecordField[]> {
  const inside = new Map<string, RecordField[]>();
  for (const field of fields) {
    const key = String(field.at[0]);
    inside.set(key, [...(inside.get(key) ?? []), field]);
  }
  return inside;
}

function placesOf(fields: readonly RecordField[]): Node {
  const root: Node = { below: new Map(), taken: false };
  for (const { at, name } of fields) {
    // What lies inside a list is read from there but stays: a list with holes would be no list.
    if (at.some((step) => typeof step === "number") || (at.length === 1 && at[0] === name)) continue;
    let here = root;
    for (const step of at) {
      const key = String(step);
      let next = here.below.get(key);
      if (next === undefined) {
        next = { below: new Map(), taken: false };
        here.below.set(key, next);
      }
      here = next;
    }
    here.taken = true;
  }
  return root;
}

function decodeFields(item: Fields, root: Node, fields: readonly RecordField[]): Fields {
  if (fields.length === 0) return item;
  const decoded = root.below.size === 0 ? { ...item } : without(item, root);
  for (const { name, at, type, none } of fields) {
    const value = valueAt(item, at);
    if (value === undefined) continue;
    if (none !== undefined && value === none) decoded[name] = null;
    else decoded[name] = type === null ? value : decodeWire(type, value);
  }
  return decoded;
}

/** A copy of the containers on the way, without the places that are taken. */
function without(from: Fields, node: Node): Record<string, Value> {
  const copy: Record<string, Value> = {};
  for (const name in from) {
    const value = from[name];
    if (value === undefined) continue;
    const below = node.below.get(name);
    if (below === undefined) copy[name] = value;
    else if (below.taken) continue;
    else copy[name] = isFields(value) ? without(value, below) : value;
  }
  return copy;
}

interface Wiring {
  readonly byName: ReadonlyMap<string, RecordField>;
  /** Listed fields by the first key of their place. */
  readonly inside: ReadonlyMap<string, readonly RecordField[]>;
}

/**
 * @param onto Item that the fields are put into.
 * @param shown Item as just read: the forms of its values, and what listed places inside a replaced container hold.
 * @param whole True: also what is read-only, to rebuild an item that was read.
 */
function wireOf(fields: Fields, onto: Fields, wiring: Wiring, shown: Fields | undefined, whole: boolean): Fields {
  let wire: Value = { ...onto };
  // Unlisted names first: a listed place may lie inside one of them.
  for (const [name, value] of Object.entries(fields)) {
    if (wiring.byName.has(name)) continue;
    wire = withValueAt(wire, [name], value);
    // An unlisted container comes without the listed fields that moved out of it; replacing it must not drop them.
    for (const { at } of wiring.inside.get(name) ?? []) {
      const kept = valueAt(shown, at);
      if (kept !== undefined && at.length > 1 && isFields(value)) wire = withValueAt(wire, at, kept);
    }
  }
  for (const [name, value] of Object.entries(fields)) {
    const field = wiring.byName.get(name);
    if (field === undefined || (field.readOnly && !whole)) continue;
    const written =
      value === null && field.none !== undefined
        ? field.none
        : encodeWire(field.type, field.form, value, valueAt(shown, field.at));
    wire = withValueAt(wire, field.at, written);
  }
  return wire as Fields;
}

function versionText(value: Value | undefined): string | null {
  if (typeof value === "string") return value === "" ? null : value;
  return value === undefined ? null : digitsOf(value);
}

/** @param deletedIs Values that mean it is deleted; null: whatever is truthy. */
export function saysDeleted(value: Value | undefined, deletedIs: readonly Value[] | null): boolean {
  return deletedIs === null ? truthy(value) : deletedIs.some((each) => each === value);
}

function truthy(value: Value | undefined): boolean {
  return (
    value !== undefined &&
    value !== null &&
    value !== false &&
    value !== "" &&
    value !== 0 &&
    value !== "false" &&
    value !== "0"
  );
}
