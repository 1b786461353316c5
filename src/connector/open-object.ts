// One object of a system as the engine asks of it, where its operations are requests or functions of the file.

import type { Fields } from "../core/value.ts";
import type { SystemObject } from "./contract.ts";
import { laterCursor, settledCursor } from "./cursor.ts";
import type { ObjectPlan } from "./object-plan.ts";
import { failed, type ObjectTools } from "./object-tools.ts";
import { readChanges, readFound, readMany, readPages, readSince } from "./reading.ts";
import { createRecords, deleteRecords, updateRecords } from "./writing.ts";

export function openObject(tools: ObjectTools): SystemObject {
  const { plan } = tools;
  return {
    name: plan.name,
    capabilities: plan.capabilities,
    list: () => readPages(tools, has(plan.list, plan, "list"), {}),
    changes(cursor, how) {
      const changes = has(plan.changes, plan, "changes");
      if (plan.cursorIn !== null) return readSince(tools, changes, cursor);
      return readChanges(tools, changes, settledCursor(cursor, how?.settled === true ? 0 : plan.settleMs));
    },
    get: (ids) => readMany(tools, ids),
    find: (key) => find(tools, key),
    findByMarker(key) {
      if (plan.marker === null) throw new Error(`${plan.name} has no marker`);
      return find(tools, { [plan.marker]: key });
    },
    create: (calls) => createRecords(tools, calls),
    update: (calls) => updateRecords(tools, calls),
    delete: (calls) => deleteRecords(tools, calls),
    // Cursors of answers have no order but that of reading.
    laterCursor: plan.cursorIn === null ? laterCursor : (a, b) => b ?? a,
  };
}

function find(tools: ObjectTools, key: Fields): ReturnType<SystemObject["find"]> {
  const { plan } = tools;
  const listing = has(plan.find, plan, "find");
  const whole = plan.capabilities.findBy.find((names) =>
    names.every((name) => key[name] !== undefined && key[name] !== null),
  );
  if (whole === undefined) {
    const message = "none of the lists of find.by is wholly present in what is looked for";
    return Promise.resolve(failed({ kind: "rejected", code: "E_FIND_KEY", message }));
  }
  return readFound(tools, listing, Object.fromEntries(whole.map((name) => [name, key[name] ?? null])));
}

/** Asking for what the capabilities say is not there is a fault of the caller. */
function has<T>(part: T | null, plan: ObjectPlan, operation: string): T {
  if (part === null) throw new Error(`${plan.name} has no ${operation}; its capabilities say so`);
  return part;
}
