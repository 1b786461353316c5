// A write that a system has refused is not sent again while it would be the very same: only when the record or the mapping has
// changed, when its time has come (longer each time), or when a person asks for it.

import type { Decision, Write } from "../core/decision.ts";
import { otherSide, SIDES, type Instant, type RemoteId, type Side } from "../core/ids.ts";
import { canonicalText, type Value } from "../core/value.ts";
import type { Entity, RunContext } from "./context.ts";
import type { RefusedWrite } from "./ports/waiting.ts";

// Sooner: the same refusal over and over. Later: what was mended on the other side shows that much later.
const AGAIN_FIRST_MS = 300_000;
const AGAIN_FACTOR = 4;
const AGAIN_MAX_MS = 86_400_000;

/** @param attempts Made so far, counting this one. */
export function triedAgainAt(now: Instant, attempts: number): Instant {
  return (now + Math.min(AGAIN_MAX_MS, AGAIN_FIRST_MS * AGAIN_FACTOR ** (attempts - 1))) as Instant; // a time plus a length
}

/** The record that a failed write is quarantined under: the one written, for a create the one it was to be made from. */
export function sourceOf(decision: Decision, write: Write): { readonly side: Side; readonly record: RemoteId } | null {
  const side = write.op === "create" ? otherSide(write.side) : write.side;
  const record = decision[side];
  return record === null ? null : { side, record };
}

/** Digest of what is sent and on what grounds. */
export function refusalOf(context: RunContext, { entity, left, right }: Decision, write: Write): string {
  // A reference whose record has no link yet is decided each time, and left out of what is sent.
  const fields = write.fields.flatMap(({ field, before, after }): readonly Value[] =>
    after.kind === "value" ? [{ field, before: before?.value ?? null, after: after.cell.value }] : [],
  );
  const { op, side, id } = write;
  return context.digest256(canonicalText({ meaning: context.meaning, entity, left, right, op, side, id, fields }));
}

/** The same decisions, in their order, without the writes that would only be refused again. */
export async function withoutRefused(
  context: RunContext,
  entity: Entity,
  decisions: readonly Decision[],
): Promise<readonly Decision[]> {
  const known = await knownRefusals(context, entity, decisions);
  if (known.size === 0) return decisions;
  const now = context.clock.now();
  const isRefused = (decision: Decision, write: Write): boolean => {
    const source = sourceOf(decision, write);
    const row = source === null ? undefined : known.get(`${source.side} ${source.record}`);
    if (row === undefined || row.refused === null || (row.next !== null && row.next <= now)) return false;
    return row.refused === refusalOf(context, decision, write);
  };
  return decisions.map((decision) => {
    const writes = decision.writes.filter((write) => !isRefused(decision, write));
    if (writes.length === decision.writes.length) return decision;
    const gone = decision.writes.filter((write) => !writes.includes(write));
    return {
      ...decision,
      writes,
      // What a create or a delete would have made of the link has not happened.
      link: gone.some((write) => write.op !== "update") ? { kind: "keep" } : decision.link,
      refused: gone.flatMap((write) => sourceOf(decision, write) ?? []),
      settledLeft: false,
      settledRight: false,
    };
  });
}

async function knownRefusals(
  context: RunContext,
  entity: Entity,
  decisions: readonly Decision[],
): Promise<ReadonlyMap<string, RefusedWrite>> {
  const sources = decisions.flatMap((decision) => decision.writes.flatMap((write) => sourceOf(decision, write) ?? []));
  const known = new Map<string, RefusedWrite>();
  for (const side of SIDES) {
    const ids = [...new Set(sources.filter((source) => source.side === side).map(({ record }) => record))];
    if (ids.length === 0) continue;
    for (const row of await context.store.refusedWrites(entity.name, side, ids)) known.set(`${side} ${row.id}`, row);
  }
  return known;
}
