// Writes whose outcome is not known: a timeout, a reset, a 5xx, a crash. Resolved by what the connector declares, never by a
// guess; until then the intent stays open and its records are not decided again.
//
//   update, delete      read and compare; absolute writes that did not happen are decided again
//   create  by-key      repeated with the same key while the remote system remembers it
//           safe        repeated
//           verify      looked up by natural key, by the marker, or by the id sent
//           nothing     a complete listing shows exactly one unlinked record equal to what was sent, else a person decides

import type { Write } from "../core/decision.ts";
import { groupBy } from "../core/group.ts";
import type { WriteOutcome } from "../core/settle.ts";
import type { Entity, RunContext } from "./context.ts";
import type { Intent } from "./ports/intent.ts";
import { resolveCreate } from "./unknown-create.ts";
import { resolveExisting } from "./unknown-existing.ts";
import { byListing } from "./unknown-listing.ts";
import { stillUnknown } from "./unknown-outcome.ts";

/** Outcomes in the order of the intents, which are all of one entity. What only a listing can tell is told by one listing a side. */
export async function resolveUnknowns(
  context: RunContext,
  entity: Entity,
  intents: readonly Intent[],
): Promise<readonly WriteOutcome[]> {
  const outcomes = new Map<Intent, WriteOutcome>();
  const unasked: Intent[] = [];
  for (const intent of intents) {
    const write = writeOf(intent);
    // A stopping run asks nothing more: what it cannot find out now the next one will.
    if (context.signal.aborted) {
      outcomes.set(intent, stillUnknown("the run was stopped"));
      continue;
    }
    const outcome =
      intent.op === "create"
        ? await resolveCreate(context, entity, intent, write)
        : await resolveExisting(context, entity, intent, write);
    if (outcome === null) unasked.push(intent);
    else outcomes.set(intent, outcome);
  }
  for (const [side, own] of groupBy(unasked, (intent) => intent.side)) {
    const listed = await byListing(context, entity, side, own.map(writeOf));
    own.forEach((intent, index) => outcomes.set(intent, listed[index] ?? stillUnknown("it was not listed")));
  }
  return intents.map((intent) => outcomes.get(intent) ?? stillUnknown("nothing was found out"));
}

function writeOf(intent: Intent): Write {
  const write = intent.decision.writes[intent.writeIndex];
  if (write === undefined)
    throw new Error(
      `intent ${intent.id} names write ${String(intent.writeIndex)} of a decision that has ${String(intent.decision.writes.length)}`,
    );
  return write;
}
