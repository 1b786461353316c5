// The feeds of changes: what a side says has changed since the cursor, and how far it has been read for good.

import { type BySide, type RemoteId, SIDES, type Side } from "../core/ids.ts";
import { brokenItems, refuseTooManyBroken } from "./broken.ts";
import { type Entity, type RunContext, endOf, tallyOf, throwIfStopping } from "./context.ts";
import type { CursorState } from "./ports/hint.ts";
import type { Quarantined } from "./ports/waiting.ts";
import { readAgain } from "./read-again.ts";
import { compareWithLinks } from "./sight.ts";
import { isSinkSide } from "./sink.ts";

/** A sink tells nothing, so there is nothing to read from where on. */
const NO_FEED: CursorState = { cursor: "", ageMs: 0, settled: true };

/** Cursors of both sides when both can be read by changes; null: the entity has to be listed. */
export async function feedsOf(context: RunContext, entity: Entity): Promise<BySide<CursorState> | null> {
  const [left, right] = await Promise.all(
    SIDES.map(async (side) =>
      isSinkSide(entity, side)
        ? NO_FEED
        : entity.objects[side].capabilities.changes === null
          ? null
          : context.store.cursorState(entity.name, side),
    ),
  );
  return left === null || right === null || left === undefined || right === undefined ? null : { left, right };
}

interface Feed {
  readonly side: Side;
  /** Records whose fingerprint differs, or that have no link. */
  readonly ids: readonly RemoteId[];
  readonly broken: readonly Quarantined[];
  readonly cursor: string;
  readonly settled: boolean;
  readonly expired: boolean;
}

export async function readFeed(context: RunContext, entity: Entity, side: Side, state: CursorState): Promise<Feed> {
  const object = entity.objects[side];
  const from = state.cursor;
  const what = `reading changes of ${object.name} of ${context.mapping.sides[side].name}`;
  const ids = new Set<RemoteId>();
  const broken: Quarantined[] = [];
  const count = { read: 0, broken: 0 };
  let cursor = from;
  for await (const page of object.changes(from, { settled: state.settled })) {
    if (!page.ok) {
      if (page.failure.kind === "resync")
        return { side, ids: [], broken: [], cursor: from, settled: false, expired: true };
      throw endOf(page.failure, what);
    }
    for (const each of await compareWithLinks(context, entity, side, page.value.records))
      if (each.differs) ids.add(each.record.id);
    const again = await readAgain(context, entity, side, page.value.broken);
    for (const each of again.sightings) ids.add(each.id);
    broken.push(...brokenItems(context, entity, side, again.broken));
    cursor = object.laterCursor(cursor, page.value.cursor) ?? cursor;
    count.read += page.value.records.length;
    count.broken += again.broken.length;
    refuseTooManyBroken(what, count, again.broken[0]?.message ?? "");
    tallyOf(context, entity.name).read[side] += page.value.records.length;
    context.progress.phase(entity.name, "read", ids.size, null);
    throwIfStopping(context);
  }
  const settled = cursor === from && (state.settled || settlesWith(state, object.capabilities.changes?.settleMs ?? 0));
  return { side, ids: [...ids], broken, cursor, settled, expired: false };
}

/**
 * A record shows up to `settle` after its time, and the system's own clocks may differ by as much. So once the cursor is twice
 * as old by our clock, everything up to it shows: one more reading that goes back meets the last of it, and is the last to go
 * back until the cursor moves.
 */
function settlesWith({ ageMs }: CursorState, settleMs: number): boolean {
  return ageMs > 2 * settleMs;
}
