// A decision as it is stored: the same, at a fifth of its length. A first load stores and reads back one of these a record, twice,
// so its length is what a first load costs. What can be told from the rest is left out:
//
//   cell     [value]             its key is the value's JSON
//            [value, 1]          its key is a quote and the text
//            [value, key]        any other key
//   field    [name, after, sent, reason, before, writtenBase, blank, assumed]   without its end where that is as usual
//            after               a cell, or what it waits for
//            sent                0: the same as after
//            reason              0: the write's own

import type { Decision, FieldWrite, Write } from "../core/decision.ts";
import type { Cell } from "../core/field.ts";
import { jsonText } from "../core/json.ts";
import type { RemoteId, Side } from "../core/ids.ts";
import type { Value } from "../core/value.ts";

type PackedCell = readonly [value: Value] | readonly [value: Value, key: string | 1];

interface PackedWaiting {
  readonly entity: string;
  readonly side: Side;
  readonly id: RemoteId;
}

type PackedField = readonly [
  name: string,
  after: PackedCell | PackedWaiting,
  sent: PackedCell | null | 0,
  reason?: string | 0,
  before?: PackedCell | null,
  writtenBase?: PackedCell | null,
  blank?: boolean,
  assumed?: PackedCell,
];

type PackedWrite = Omit<Write, "fields"> & { readonly fields: readonly PackedField[] };

/** `left` and `right` keep their names: statements look for them. */
export type PackedDecision = Omit<Decision, "writes"> & { readonly writes: readonly PackedWrite[] };

export function packedDecision(decision: Decision): Value {
  const packed: PackedDecision = { ...decision, writes: decision.writes.map(packedWrite) };
  return packed as unknown as Value; // nothing but values in plain objects and lists
}

export function unpackedDecision(packed: PackedDecision): Decision {
  return {
    ...packed,
    writes: packed.writes.map((write) => ({
      ...write,
      fields: write.fields.map((field) => unpackedField(field, write.reason)),
    })),
  };
}

function packedWrite(write: Write): PackedWrite {
  return { ...write, fields: write.fields.map((field) => packedField(field, write.reason)) };
}

function packedField(field: FieldWrite, writeReason: string): PackedField {
  const { after } = field;
  const packed = after.kind === "value" ? packedCell(after.cell) : waitingFor(after);
  const isSame = after.kind === "value" && field.sent !== null && sameCell(after.cell, field.sent);
  const sent = isSame ? 0 : orNull(field.sent);
  const reason = field.reason === writeReason ? 0 : field.reason;
  const { assumed } = field;
  if (field.before === null && field.writtenBase === null && !field.blank && assumed === undefined)
    return reason === 0 ? [field.field, packed, sent] : [field.field, packed, sent, reason];
  const whole = [
    field.field,
    packed,
    sent,
    reason,
    orNull(field.before),
    orNull(field.writtenBase),
    field.blank,
  ] as const;
  return assumed === undefined ? whole : [...whole, packedCell(assumed)];
}

function unpackedField(
  [field, packed, sent, reason = 0, before = null, writtenBase = null, blank = false, assumed]: PackedField,
  writeReason: string,
): FieldWrite {
  const after: FieldWrite["after"] = isWaiting(packed)
    ? { kind: "waiting", ...packed }
    : { kind: "value", cell: cellOf(packed) };
  return {
    field,
    before: before === null ? null : cellOf(before),
    after,
    sent: sent === 0 ? (after.kind === "value" ? after.cell : null) : sent === null ? null : cellOf(sent),
    writtenBase: writtenBase === null ? null : cellOf(writtenBase),
    blank,
    reason: reason === 0 ? writeReason : reason,
    ...(assumed === undefined ? {} : { assumed: cellOf(assumed) }),
  };
}

function waitingFor({ entity, side, id }: PackedWaiting): PackedWaiting {
  return { entity, side, id };
}

function isWaiting(packed: PackedCell | PackedWaiting): packed is PackedWaiting {
  return !Array.isArray(packed);
}

function orNull(cell: Cell | null): PackedCell | null {
  return cell === null ? null : packedCell(cell);
}

function packedCell({ value, key }: Cell): PackedCell {
  if (typeof value === "string" && key.length === value.length + 1 && key === `"${value}`) return [value, 1];
  return jsonText(value) === key ? [value] : [value, key];
}

function cellOf([value, key]: PackedCell): Cell {
  if (key === undefined) return { value, key: jsonText(value) };
  return { value, key: key === 1 ? `"${typeof value === "string" ? value : ""}` : key };
}

function sameCell(a: Cell, b: Cell): boolean {
  return a === b || (a.key === b.key && (a.value === b.value || jsonText(a.value) === jsonText(b.value)));
}
