// Looking records up by their ids: half of the proof that one is gone. Systems without `get` are listed once more instead.

import type { Result, RemoteRecord } from "../connector/contract.ts";
import type { RemoteId, Side } from "../core/ids.ts";
import { endOf, mergedKey, type Entity, type RunContext } from "./context.ts";
import type { Sighting } from "./ports/sighting.ts";
import { compareWithLinks, sightingsOf, withoutRecord } from "./sight.ts";

export interface LookedUp {
  readonly sightings: readonly Sighting[];
  /** Records that the system says it does not have. */
  readonly gone: readonly RemoteId[];
  /** Records that could not be read: neither there nor gone. */
  readonly failed: readonly RemoteId[];
}

/** Point look-ups of records that should be there. @param missed They were missing from a complete listing of this run. */
export async function lookUp(
  context: RunContext,
  entity: Entity,
  side: Side,
  ids: readonly RemoteId[],
  missed: boolean,
): Promise<LookedUp> {
  const object = entity.objects[side];
  const found = object.capabilities.get ? await object.get(ids) : await listFor(entity, side, ids);
  const records: RemoteRecord[] = [];
  const gone: RemoteId[] = [];
  const failed: RemoteId[] = [];
  ids.forEach((id, index) => {
    const result = found[index];
    if (result?.ok === true && result.value.id !== id) {
      // Merged into another record, which the system answers with.
      context.merged.set(mergedKey(entity, side, id), result.value.id);
      gone.push(id);
    } else if (result?.ok === true) records.push(result.value);
    else if (result?.failure.kind === "gone") gone.push(id);
    else if (result?.failure.kind === "auth" || result?.failure.kind === "stop")
      throw endOf(result.failure, `reading ${object.name} ${id}`);
    else failed.push(id);
  });
  const sightings = await sightingsOf(context, entity, side, await compareWithLinks(context, entity, side, records));
  const absences = gone.map((id) => withoutRecord(entity, side, id, missed ? "absent" : "unknown"));
  return {
    sightings: [...sightings, ...absences, ...failed.map((id) => withoutRecord(entity, side, id, "unknown"))],
    gone,
    failed,
  };
}

/** Systems without `get`: a second complete listing is the look-up. */
export async function listFor(
  entity: Entity,
  side: Side,
  ids: readonly RemoteId[],
): Promise<readonly Result<RemoteRecord>[]> {
  const wanted = new Set(ids);
  const found = new Map<RemoteId, RemoteRecord>();
  for await (const page of entity.objects[side].list()) {
    if (!page.ok) return ids.map(() => page);
    for (const record of page.value.records) if (wanted.has(record.id)) found.set(record.id, record);
  }
  return ids.map((id): Result<RemoteRecord> => {
    const record = found.get(id);
    return record === undefined
      ? { ok: false, failure: { kind: "gone", message: "not in a complete listing" } }
      : { ok: true, value: record };
  });
}
