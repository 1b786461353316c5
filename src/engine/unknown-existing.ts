// An update or a delete whose outcome is not known: the record is read and compared.
//
//   the record shows                          update                              delete
//   all that was sent                         it happened                         -
//   some of it, and nothing of before         it happened, and was edited since   -
//   nothing of it                             it is decided again                 it is decided again
//   nothing: it is gone                       it is decided again                 it happened

import type { FieldWrite, Write } from "../core/decision.ts";
import { type Cell, NULL_CELL, NULL_KEY, type Reading } from "../core/field.ts";
import { type Side, otherSide } from "../core/ids.ts";
import type { WriteOutcome } from "../core/settle.ts";
import type { Entity, RunContext } from "./context.ts";
import { listFor } from "./look-up.ts";
import { confirmed } from "./outcome.ts";
import type { Intent } from "./ports/intent.ts";
import { adopted, stillUnknown } from "./unknown-outcome.ts";

export async function resolveExisting(
  context: RunContext,
  entity: Entity,
  intent: Intent,
  write: Write,
): Promise<WriteOutcome> {
  const object = entity.objects[write.side];
  const id = write.id;
  if (id === null) throw new Error(`intent ${intent.id}: ${write.op} without a record`);
  const [found] = object.capabilities.get ? await object.get([id]) : await listFor(entity, write.side, [id]);
  if (found === undefined) return { kind: "unknown", message: "the connector gave no answer", needsPerson: false };
  if (!found.ok) {
    if (found.failure.kind !== "gone") return stillUnknown(found.failure.message);
    if (write.op === "delete")
      return {
        kind: "done",
        id,
        version: null,
        readBack: {},
        undisturbed: true,
        fingerprint: null,
        matchKeys: null,
        effect: true,
      };
    return { kind: "again", why: "the record has gone", waitMs: 0 };
  }
  if (write.op === "delete") return { kind: "again", why: "the record is still there", waitMs: 0 };
  const [reading] = await entity.mapping.read(write.side, [found.value.fields]);
  const happened = write.fields.every((field) => {
    const shown = reading?.fields[field.field];
    return (
      field.after.kind === "value" && (shown?.kind === "value" ? shown.cell.key : NULL_KEY) === field.after.cell.key
    );
  });
  if (happened) return confirmed(context, entity, write.side, { write, current: null }, found.value, found.value);
  // A listing may lag behind what it has just been told.
  const settleMs = object.capabilities.changes?.settleMs ?? object.capabilities.findSettleMs;
  if (!object.capabilities.get && context.clock.now() - intent.openedAt < settleMs)
    return stillUnknown("the listing does not show it yet");
  // A write arrives whole: where one field shows it, and none what was there before, it happened, and the rest was edited since.
  const changed = write.fields.filter(
    (field) => field.after.kind === "value" && !sameKey(field.after.cell, field.before),
  );
  const arrived = changed.some(
    (field) => field.after.kind === "value" && shows(reading?.fields[field.field], field.after.cell),
  );
  const untouched = changed.some((field) => shows(reading?.fields[field.field], field.before));
  if (arrived && !untouched) return adopted(id, found.value.version);
  // Deciding again adds both sides' changes up: one that has arrived already would count twice.
  const doubtful = changed.find(
    (field) => addsUp(entity, write.side, field) && !shows(reading?.fields[field.field], field.before),
  );
  if (doubtful !== undefined)
    return {
      kind: "unknown",
      message: `${doubtful.field} was written or was edited, and which cannot be told`,
      needsPerson: true,
    };
  return { kind: "again", why: "the write did not happen, or somebody has edited since", waitMs: 0 };
}

/** A rule that puts the changes of both sides together (a counter). */
function addsUp(entity: Entity, side: Side, { field, before, after }: FieldWrite): boolean {
  if (after.kind !== "value") return false;
  const base = before ?? NULL_CELL;
  const moved = { left: after.cell, right: after.cell, baseLeft: base, baseRight: base };
  const other = entity.mapping.cell(otherSide(side), field, after.cell.value);
  return (
    entity.mapping.combine(field, side === "left" ? { ...moved, right: other } : { ...moved, left: other }) !== null
  );
}

function sameKey(one: Cell, other: Cell | null): boolean {
  return one.key === (other?.key ?? NULL_KEY);
}

function shows(reading: Reading | undefined, cell: Cell | null): boolean {
  return (reading?.kind === "value" ? reading.cell.key : NULL_KEY) === (cell?.key ?? NULL_KEY);
}
