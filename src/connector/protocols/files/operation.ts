// A write of one record as a file takes it, and what became of it.

import { createHash } from "node:crypto";
import { remoteId, type RemoteId } from "../../../core/ids.ts";
import { valueAt, withValueAt } from "../../../core/path.ts";
import { canonicalText, isFields, sameValue, type Fields } from "../../../core/value.ts";
import type {
  CreateCall,
  DeleteCall,
  RemoteFailure,
  RemoteRecord,
  Result,
  UpdateCall,
  Written,
} from "../../contract.ts";
import { done, failed } from "../../object-tools.ts";
import type { RecordCodec } from "../../record.ts";
import { recordOf } from "./found.ts";
import type { FilesPlan } from "./plan.ts";

export type Operation =
  | { readonly kind: "create"; readonly id: RemoteId; readonly item: Fields; readonly keys: readonly string[] }
  | { readonly kind: "update"; readonly id: RemoteId; readonly call: UpdateCall }
  | { readonly kind: "delete"; readonly id: RemoteId; readonly call: DeleteCall };

export type Outcome = Result<Written | null>;

/** An id that stays the same when the write is repeated. */
export function idOfKey(key: string): RemoteId {
  return createHash("sha256").update(key).digest("hex").slice(0, 24) as RemoteId;
}

export function createOf(
  call: CreateCall,
  plan: FilesPlan,
  codec: RecordCodec,
): Operation & { readonly kind: "create" } {
  const wire = codec.encode(call.record, null);
  const own = remoteId(valueAt(wire, plan.shape.id));
  const id = own ?? idOfKey(call.key);
  const item = own === null ? withValueAt(wire, plan.shape.id, id) : wire;
  return { kind: "create", id, item: isFields(item) ? item : wire, keys: naturalKeysOf(call.record, plan) };
}

/** The record's values that nobody else may have, each with its name. */
export function naturalKeysOf(fields: Fields, plan: FilesPlan): readonly string[] {
  return plan.naturalKeys.flatMap((name) => {
    const value = fields[name];
    return value === undefined || value === null || value === "" ? [] : [`${name}=${canonicalText(value)}`];
  });
}

/** The item with the changed fields put in. */
export function updatedItem(call: UpdateCall, current: RemoteRecord, codec: RecordCodec): Fields {
  let item: Fields = codec.itemOf(current);
  for (const [name, value] of Object.entries(codec.encode(call.changed, current))) {
    const before = item[name];
    item = {
      ...item,
      [name]: before !== undefined && isFields(before) && isFields(value) ? { ...before, ...value } : value,
    };
  }
  return item;
}

/** Whether an item shows what a create sends: a repeat of it meets its own work. */
export function showsSent(record: RemoteRecord, sent: Fields, codec: RecordCodec): boolean {
  const reread = recordOf(codec, sent);
  if (!reread.ok) return false;
  const wanted = reread.record.fields;
  return Object.keys(wanted).every((name) => {
    const value = wanted[name] ?? null;
    return sameValue(record.fields[name] ?? null, value === "" ? null : value);
  });
}

export function written(id: RemoteId, version: string | null): Outcome {
  return done({ id, version, record: null });
}

export function staleOutcome(): Outcome {
  return failed({ kind: "stale", message: "the record in the file is not the one that was read" });
}

export function goneOutcome(): Outcome {
  return failed({ kind: "gone", message: "no row of the file has this id" });
}

export function duplicateOutcome(id: RemoteId): Outcome {
  return failed({ kind: "duplicate", message: `${id} has this id or key already` });
}

/** Each operation's outcome once; what is still open in the end gets one for all. */
export class Outcomes {
  readonly #of = new Map<Operation, Outcome>();

  set(operation: Operation, outcome: Outcome): void {
    if (!this.#of.has(operation)) this.#of.set(operation, outcome);
  }

  /** Null: not known yet. */
  of(operation: Operation): Outcome | null {
    return this.#of.get(operation) ?? null;
  }

  has(operation: Operation): boolean {
    return this.#of.has(operation);
  }

  /** What was taken for done and never came onto the disk. */
  failDone(failure: RemoteFailure): void {
    for (const [operation, outcome] of this.#of) if (outcome.ok) this.#of.set(operation, failed(failure));
  }

  all(operations: readonly Operation[], rest: RemoteFailure): readonly Outcome[] {
    return operations.map((operation) => this.#of.get(operation) ?? failed(rest));
  }
}
