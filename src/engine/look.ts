// Looking at single records: what hints name (webhooks, retries, people) and what the feeds of changes tell. A hint says only
// "look": the record is read now, so are its counterpart and, without a link, whoever might be its match.
//
//   what was met                                   decided now     afterwards
//   record and counterpart read                    yes             the hint ends with what it led to
//   linked record or counterpart not readable      as unknown      stays in the inbox (settle-page)
//   linked record or counterpart gone              as unknown      stays in the inbox; a sweep is asked for
//   record without a link not readable             no              stays in the inbox
//   record without a link gone                     no              the hint ends
//   nobody can be asked for its match              no              stays in the inbox; a sweep is asked for

import { type BySide, type RemoteId, SIDES, type Side } from "../core/ids.ts";
import type { Entity, RunContext } from "./context.ts";
import { readFeed } from "./feed.ts";
import { lookAt } from "./look-at.ts";
import type { Looked } from "./looked.ts";
import type { CursorState, Hint, StoredHint } from "./ports/hint.ts";
import { isSinkSide } from "./sink.ts";

const HINTS_PER_RUN = 2000;

/** Stages what the feeds since these cursors tell, and what due hints name. */
export async function lookAtChanges(
  context: RunContext,
  entity: Entity,
  cursors: BySide<CursorState>,
): Promise<Looked> {
  const sides = SIDES.filter((side) => !isSinkSide(entity, side));
  const fed = await Promise.all(sides.map((side) => readFeed(context, entity, side, cursors[side])));
  const hints = await dueHints(context, entity);
  const feeds = {
    cursors: fed.map(({ side, cursor, settled }) => ({ side, cursor, settled })),
    broken: fed.flatMap((feed) => feed.broken),
  };
  const expired = fed.find((feed) => feed.expired);
  if (expired !== undefined) {
    // Everything will be listed: what the inbox names is among it.
    return {
      ...feeds,
      hintsDone: hints.map((hint) => hint.hintId),
      hints: [],
      sweepNeeded: `the cursor of ${context.mapping.sides[expired.side].name} has expired`,
    };
  }
  const looked = await lookAt(context, entity, [
    ...hints,
    ...fed.flatMap((feed) => feed.ids.map((id) => ({ side: feed.side, id }))),
  ]);
  return { ...feeds, ...looked, hintsDone: hints.map((hint) => hint.hintId) };
}

/** Stages what due hints name, without reading the feeds. @param which `follow-ups`: not what stayed in the inbox, which has just been looked at. */
export async function lookAtHints(context: RunContext, entity: Entity, which: "all" | "follow-ups"): Promise<Looked> {
  const hints = (await dueHints(context, entity)).filter((hint) => which === "all" || hint.channel !== "withheld");
  const put = await putOff(context, entity, hints);
  const looked = await lookAt(
    context,
    entity,
    hints.filter((hint) => !put.includes(hint)),
  );
  const later = put.map(({ entity: name, side, id }): Hint => ({
    entity: name,
    side,
    id,
    channel: "withheld",
    due: context.clock.now(),
  }));
  return {
    hintsDone: hints.map((hint) => hint.hintId),
    cursors: [],
    broken: [],
    ...looked,
    hints: [...looked.hints, ...later],
  };
}

/** Whether something is due that did not merely stay in the inbox. */
export async function hasFollowUps(context: RunContext, entity: Entity): Promise<boolean> {
  return (await dueHints(context, entity)).some((hint) => hint.channel !== "withheld");
}

/** Whom an unlinked record resembles, `find` cannot tell: it waits for the run that also reads what has changed since the last one. */
async function putOff(
  context: RunContext,
  entity: Entity,
  hints: readonly StoredHint[],
): Promise<readonly StoredHint[]> {
  if (entity.mapping.scored.length === 0) return [];
  const linked: Record<Side, ReadonlySet<RemoteId>> = { left: new Set(), right: new Set() };
  for (const side of SIDES) {
    const ids = [...new Set(hints.filter((hint) => hint.side === side).map((hint) => hint.id))];
    if (ids.length > 0)
      linked[side] = new Set((await context.store.linksBy(entity.name, side, ids)).map((link) => link[side]));
  }
  return hints.filter((hint) => !linked[hint.side].has(hint.id));
}

async function dueHints(context: RunContext, entity: Entity): Promise<readonly StoredHint[]> {
  const now = context.clock.now();
  const found = await Promise.all(SIDES.map((side) => context.store.dueHints(entity.name, side, now, HINTS_PER_RUN)));
  return found.flat();
}
