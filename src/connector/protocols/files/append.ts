// Writing where files hold changes: each batch is a new file, named after the time and the keys of its writes. Where a partner
// takes the files away (write_only) each record has a file of its own, named after its key alone: a repeat gives the same name.

import { createHash } from "node:crypto";
import { withValueAt } from "../../../core/path.ts";
import { isFields, type Fields, type Value } from "../../../core/value.ts";
import type { CreateCall, RemoteFailure, RemoteRecord, Result, Written } from "../../contract.ts";
import { done, failed } from "../../object-tools.ts";
import type { RecordCodec } from "../../record.ts";
import { encodeText } from "./encoding.ts";
import { recordOf, type Scanned } from "./found.ts";
import { compareNames } from "./glob.ts";
import {
  createOf,
  duplicateOutcome,
  goneOutcome,
  idOfKey,
  naturalKeysOf,
  Outcomes,
  showsSent,
  staleOutcome,
  updatedItem,
  written,
  type Operation,
} from "./operation.ts";
import { Output } from "./output.ts";
import type { FilesPlan } from "./plan.ts";
import { FileRefusal } from "./refusal.ts";
import { ensureMarker, type RewriteTools } from "./rewrite.ts";

/** @param state Those of the operations' records that there are. @throws FolderFault */
export async function appendChanges(
  tools: RewriteTools,
  operations: readonly Operation[],
  state: Scanned,
  keys: readonly string[],
): Promise<Outcomes> {
  const { place, codec } = tools;
  const { plan, folder } = place;
  const outcomes = new Outcomes();
  const texts: string[] = [];
  const { head, tail } = plan.format.empty(plan.names);
  const taken = new Map<string, RemoteRecord>();
  for (const record of state.records.values())
    if (!record.deleted) for (const key of naturalKeysOf(record.fields, plan)) taken.set(key, record);
  for (const operation of operations) {
    const current = state.records.get(operation.id);
    const item = itemOf(operation, current, taken, { plan, codec, outcomes });
    if (item === null) continue;
    try {
      const text = plan.format.write(item, { first: texts.length === 0, head });
      encodeText(text, { name: plan.encoding ?? "utf-8", mark: false });
      const decoded = recordOf(codec, await plan.format.reread(head, text));
      if (!decoded.ok || decoded.record.id !== operation.id)
        throw new FileRefusal("E_SCHEMA", "the record would not be read back under its own id");
      texts.push(text);
      if (operation.kind === "create") for (const key of operation.keys) taken.set(key, decoded.record);
      outcomes.set(operation, operation.kind === "delete" ? done(null) : written(operation.id, decoded.record.version));
    } catch (error) {
      if (!(error instanceof FileRefusal)) throw error;
      outcomes.set(operation, failed({ kind: "rejected", code: error.code, message: error.message }));
    }
  }
  if (texts.length === 0) return outcomes;
  const name = changeName(plan, place.clock.now(), keys);
  const later = (await folder.list()).find((entry) => plan.matches(entry.name) && compareNames(entry.name, name) >= 0);
  if (later !== undefined) {
    outcomes.failDone({
      kind: "rejected",
      code: "E_FILE_ORDER",
      message: `${later.name} comes after ${name}, so what is written would be taken for older: choose another write_to`,
    });
    return outcomes;
  }
  await bring(tools, name, [head, ...texts, plan.format.tailFor(tail, texts.length)]);
  return outcomes;
}

/** The row that says it; null: there is nothing to write, and its outcome is set. */
function itemOf(
  operation: Operation,
  current: RemoteRecord | undefined,
  taken: ReadonlyMap<string, RemoteRecord>,
  { plan, codec, outcomes }: { readonly plan: FilesPlan; readonly codec: RecordCodec; readonly outcomes: Outcomes },
): Fields | null {
  if (operation.kind === "create") {
    if (current !== undefined && !current.deleted) {
      const own = showsSent(current, operation.item, codec);
      outcomes.set(operation, own ? written(current.id, current.version) : duplicateOutcome(current.id));
      return null;
    }
    const other = operation.keys
      .map((key) => taken.get(key))
      .find((each) => each !== undefined && each.id !== operation.id);
    if (other === undefined) return operation.item;
    outcomes.set(operation, duplicateOutcome(other.id));
    return null;
  }
  if (current === undefined || current.deleted) {
    outcomes.set(operation, goneOutcome());
    return null;
  }
  if (operation.call.version !== null && operation.call.version !== current.version) {
    outcomes.set(operation, staleOutcome());
    return null;
  }
  if (operation.kind === "update") return updatedItem(operation.call, current, codec);
  const { deleted, deletedIs } = plan.shape;
  const says: Value = deletedIs?.[0] ?? "true";
  const item = withValueAt(codec.itemOf(current), deleted ?? [], says);
  return isFields(item) ? item : null;
}

/** `orders-*.csv` becomes `orders-20260601T120000000Z-0123456789ab.csv`. */
function changeName(plan: FilesPlan, now: number, keys: readonly string[]): string {
  const stamp = new Date(now).toISOString().replace(/[-:.]/g, "");
  const mark = createHash("sha256").update(keys.join("\n")).digest("hex").slice(0, 12);
  return (plan.writeTo ?? "*").replace("*", `${stamp}-${mark}`);
}

async function bring(tools: RewriteTools, name: string, texts: readonly string[]): Promise<void> {
  const { place } = tools;
  const output = new Output(place.folder, name, { name: place.plan.encoding ?? "utf-8", mark: false });
  try {
    for (const text of texts) await output.add(text);
    await output.finish();
  } catch (error) {
    await output.discard();
    throw error;
  }
  tools.committing();
  // Who takes files away looks for the marker first, and a repeat makes up for one that is missing. What is read back here would
  // be waited for for ever when a crash came between file and marker.
  if (!place.plan.writeOnly) await ensureMarker(place, name);
  await output.commit();
  if (place.plan.writeOnly) await ensureMarker(place, name);
}

/** A file of its own for one record; one that is there already is what a first attempt wrote. @throws FolderFault */
export async function dropRecord(tools: RewriteTools, call: CreateCall): Promise<Result<Written>> {
  const { place, codec } = tools;
  const { plan, folder } = place;
  const { id, item } = createOf(call, plan, codec);
  const name = (plan.writeTo ?? "*").replace("*", idOfKey(call.key));
  const { head, tail } = plan.format.empty(plan.names);
  const value: Result<Written> = done({ id, version: null, record: null });
  if ((await folder.entry(name)) !== null) {
    await ensureMarker(place, name);
    return value;
  }
  let text: string;
  try {
    text = plan.format.write(item, { first: true, head });
    encodeText(text, { name: plan.encoding ?? "utf-8", mark: false });
  } catch (error) {
    if (!(error instanceof FileRefusal)) throw error;
    const failure: RemoteFailure = { kind: "rejected", code: error.code, message: error.message };
    return failed(failure);
  }
  await bring(tools, name, [head, text, plan.format.tailFor(tail, 1)]);
  return value;
}
