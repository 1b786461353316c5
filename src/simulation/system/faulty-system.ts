// One simulated account: what people and automations do to its records, and what it tells the engine. The truth is in its rows;
// what a call shows of it is the business of faulty-object.ts.

import type { EngineWrite, FaultySystem, ObjectShape, SystemParts, Table } from "./account.ts";
import { remoteId, type RemoteId } from "../../core/ids.ts";
import { canonicalText, isFields, type Fields, type Value } from "../../core/value.ts";
import { faultyObject } from "./faulty-object.ts";
import type { Habits } from "./habits.ts";
import type { Actor } from "./journal.ts";
import { present, type Row } from "./rows.ts";

export function faultySystem(parts: SystemParts): FaultySystem {
  const { side, habits, scheduler } = parts;
  const tables = new Map(
    parts.objects.map((shape): [string, Table] => [
      shape.name,
      {
        shape,
        rows: new Map(),
        gotAt: new Map(),
        staleAt: new Map(),
        editedAt: new Map(),
        writtenAt: new Map(),
        listedAt: 0,
        roundAt: 0,
        finds: [],
      },
    ]),
  );
  let next = 1;
  let happenings = 0;
  let liedIn = -1;
  let revokedIn = -1;

  const tableOf = (object: string): Table => {
    const table = tables.get(object);
    if (table === undefined) throw new Error(`${side} has no object "${object}"`);
    return table;
  };

  const isUnseen = (table: Table, id: RemoteId): boolean => {
    const tellsVersion = habits.answersVersion && habits.versions !== "none";
    return !habits.answersRecord && !tellsVersion && (table.writtenAt.get(id) ?? 0) > (table.gotAt.get(id) ?? 0);
  };

  const record = (actor: Actor, object: string, row: Row, after: Fields | null, write: EngineWrite | null): void => {
    const now = present(row);
    const same = now.fields !== null && after !== null && canonicalText(now.fields) === canonicalText(after);
    // A write that changes nothing leaves the version as it was.
    if (!same) row.past = [...row.past, { at: scheduler.now(), fields: after, version: now.version + 1 }];
    if (actor !== "engine") tableOf(object).editedAt.set(row.id, scheduler.steps());
    happenings += 1;
    const intent = write === null ? null : parts.intentOf(write.key);
    scheduler.note(`${side} ${object} ${row.id} by ${actor}: ${after === null ? "gone" : canonicalText(after)}`);
    parts.happened({
      seq: happenings,
      step: scheduler.steps(),
      round: parts.round(),
      at: scheduler.now(),
      actor,
      side,
      object,
      id: row.id,
      before: now.fields,
      after,
      sent: write?.sent ?? null,
      key: write?.key ?? null,
      intended: write === null || intent !== null,
      other: intent?.other ?? null,
      asked: write?.asked ?? null,
      blind: write?.blind ?? false,
      unseen: isUnseen(tableOf(object), row.id),
    });
    if (actor === "engine") tableOf(object).writtenAt.set(row.id, scheduler.steps());
    parts.announce(object, row.id);
    if (actor === "engine" && after !== null) void automate(object, row);
  };

  async function automate(object: string, row: Row): Promise<void> {
    if (habits.automation === "none") return;
    const { rewritten } = tableOf(object).shape;
    await scheduler.turn(null, `${side} automation`, parts.random.whole(0, 3000));
    const shown = present(row).fields;
    if (shown === null) return;
    happenings += 1;
    const word = `auto-${side}-${String(happenings)}`;
    if (habits.automation === "stamp") self.change("automation", object, row.id, { ...shown, stamp: word }, null);
    else if (rewritten !== null) self.change("automation", object, row.id, { ...shown, [rewritten]: word }, null);
  }

  const self: FaultySystem = {
    side,
    parts,
    table: tableOf,
    connect: (process) => ({
      name: `${side}-system`,
      object: (name) => faultyObject(self, process, name),
      probe: async () => ({ ok: true, value: null }),
      close: async () => undefined,
    }),
    create(actor, object, fields, write) {
      const table = tableOf(object);
      const id = remoteId(`${side === "left" ? "L" : "R"}${String(next)}`);
      if (id === null) throw new Error("not an id");
      const row: Row = { id, number: next, past: [], key: write?.key ?? null };
      next += 1;
      table.rows.set(id, row);
      record(actor, object, row, spelt(habits, table.shape, fields), write);
      return row;
    },
    change(actor, object, id, fields, write) {
      const table = tableOf(object);
      const row = table.rows.get(id);
      if (row === undefined || present(row).fields === null) return false;
      record(actor, object, row, fields === null ? null : spelt(habits, table.shape, fields), write);
      return true;
    },
    ids: (object) =>
      [...tableOf(object).rows.values()].filter((row) => present(row).fields !== null).map((row) => row.id),
    take(operation) {
      if (revokedIn === parts.round()) return "forbidden";
      const index = parts.armed.findIndex((fault) => fault.operation === operation && fault.side === side);
      const fault = parts.armed[index];
      if (fault === undefined) return null;
      parts.armed.splice(index, 1);
      // Where a second listing is the only other witness, it does not tell the same lie.
      const lies = fault.mishap === "omits" || fault.mishap === "empty";
      if (lies && !habits.get && liedIn === parts.round()) return null;
      if (lies) liedIn = parts.round();
      if (fault.mishap === "revoked") revokedIn = parts.round();
      parts.used(fault);
      scheduler.note(`${side} ${operation}: ${fault.mishap}`);
      return fault.mishap;
    },
  };
  return self;
}

/** As the system stores it: its own spelling of texts. */
function spelt(habits: Habits, shape: ObjectShape, fields: Fields): Fields {
  if (habits.spelling === "as-is") return fields;
  const spell = (value: Value): Value => {
    if (typeof value === "string")
      return habits.spelling === "upper" ? value.toUpperCase() : value.slice(0, 10).trimEnd();
    return isFields(value)
      ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, spell(each)]))
      : value;
  };
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, shape.spelled.includes(name) ? spell(value) : value]),
  );
}
