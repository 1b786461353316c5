// Creates that nothing can be asked about: a complete listing tells.

import type { RemoteRecord } from "../connector/contract.ts";
import type { Write } from "../core/decision.ts";
import type { RemoteId, Side } from "../core/ids.ts";
import type { WriteOutcome } from "../core/settle.ts";
import type { Entity, RunContext } from "./context.ts";
import { allEqualToSent, confirmed } from "./outcome.ts";
import { stillUnknown } from "./unknown-outcome.ts";

/** Without any means to ask: exactly one unlinked record equal to what was sent, in a complete listing. */
export async function byListing(
  context: RunContext,
  entity: Entity,
  side: Side,
  writes: readonly Write[],
): Promise<readonly WriteOutcome[]> {
  const object = entity.objects[side];
  const person = (message: string): WriteOutcome => ({ kind: "unknown", message, needsPerson: true });
  if (!object.capabilities.list) return writes.map(() => person("the connector can neither look it up nor list"));
  const equal = writes.map((): RemoteRecord[] => []);
  for await (const page of object.list()) {
    if (!page.ok) return writes.map(() => stillUnknown(page.failure.message));
    const found = await allEqualToSent(context, entity, side, writes, page.value.records);
    found.forEach((records, index) => equal[index]?.push(...records));
  }
  const adoptedIds = new Set<RemoteId>();
  const outcomes: WriteOutcome[] = [];
  for (const [index, write] of writes.entries()) {
    const records = distinct(equal[index] ?? []);
    const [only] = records;
    if (records.length === 1 && only !== undefined && !adoptedIds.has(only.id)) {
      adoptedIds.add(only.id);
      outcomes.push(await confirmed(context, entity, side, { write, current: null }, only, only));
    } else
      outcomes.push(
        person(
          records.length <= 1
            ? "no record equal to what was sent is listed"
            : "several records equal to what was sent are listed",
        ),
      );
  }
  return outcomes;
}

/** A page may show a record that an earlier one has shown. */
function distinct(records: readonly RemoteRecord[]): readonly RemoteRecord[] {
  return [...new Map(records.map((record) => [record.id, record])).values()];
}
