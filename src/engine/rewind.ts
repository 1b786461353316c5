// A side that went back in time: a backup was restored, and what happened since is gone there. Its records look edited, and its
// new ones look deleted; carried out, the other side would lose the same. So the run halts (rewound) before anything is decided.
//
// What counts, and why nothing of ordinary work looks like it:
//
//   evidence                                          by itself
//   a record shows an earlier version: a time         yes, from three records on; a single one may be a repair by hand
//   a record shows an earlier version: a count, and   the same; a record that was made anew under its id counts from one
//   its own time of change was read long ago          again, but its time of change is new
//   the greatest cursor of the listing lies before    no: whoever deletes the newest records makes it so. With it, one
//   the one remembered, by more than `settle`         record of an earlier version is enough
//   records are missing                               no: deleting is ordinary work, and has its own guard
//   versions that are neither (digests, tokens)       no: their order means nothing
//
// An answer that lags behind shows earlier versions too: they must still be shown after the time that changes take to show, and
// what we wrote lately does not count.

import type { Side } from "../core/ids.ts";
import type { Value } from "../core/value.ts";
import { RunEnds, type Earlier, type Entity, type RunContext } from "./context.ts";
import { isOlder } from "./sight.ts";
import { listFor } from "./look-up.ts";

const ENOUGH = 3;
const LISTED_MAX = 20;
const OWN_WRITES_MS = 600_000;
// Shorter: a cache in between is taken for a restored backup. Longer: every real one holds the run up for that time.
const WAIT_MIN_MS = 1_000;
const WAIT_MAX_MS = 10_000;

/** @throws RunEnds. A run that carries nothing out tells what it would do. */
export async function refuseRewound(
  context: RunContext,
  entity: Entity,
  listing: { readonly side: Side; readonly latest: string | null },
): Promise<void> {
  if (context.forecast !== null) return;
  const { side } = listing;
  const cursor = await context.store.cursor(entity.name, side);
  const settleMs = entity.objects[side].capabilities.changes?.settleMs ?? 0;
  const isBehind = cursor !== null && listing.latest !== null && liesBefore(listing.latest, cursor, 2 * settleMs);
  const noted = context.earlier.get(`${entity.name} ${side}`) ?? [];
  const needed = isBehind ? 1 : ENOUGH;
  let proven: readonly Earlier[] = noted.filter((each) => isProof(each, cursor, settleMs));
  if (proven.length >= needed) proven = await withoutOwn(context, entity, side, proven);
  if (proven.length >= needed) proven = await stillEarlier(context, entity, side, proven, settleMs);
  const { name } = context.mapping.sides[side];
  if (proven.length < needed) return;
  const records = proven
    .slice(0, LISTED_MAX)
    .map(({ link, remembered, shown }): Value => ({ id: link[side], remembered, shown }));
  await context.store.setGuardCase(entity.name, side, "rewind", {
    values: {
      reason: "rewound",
      side: name,
      count: proven.length,
      records,
      cursor: { remembered: cursor, greatest: listing.latest },
      run: context.run,
    },
  });
  const { pair } = context.mapping;
  throw new RunEnds(
    "halted",
    "rewound",
    `${String(proven.length)} ${entity.name} of ${name} show an earlier version than before: a backup seems to have been restored; ` +
      `to match all records anew and be asked where they differ: syncline accept ${pair} --forget-links; ` +
      `to carry over what ${name} shows now: syncline accept ${pair}`,
  );
}

function isProof({ shown, remembered, modified }: Earlier, cursor: string | null, settleMs: number): boolean {
  if (isTime(shown) && isTime(remembered)) return true;
  if (!isCount(shown) || !isCount(remembered) || modified === null || cursor === null) return false;
  const readUpTo = Date.parse(cursor);
  return !Number.isNaN(readUpTo) && modified + 2 * settleMs < readUpTo;
}

async function withoutOwn(
  context: RunContext,
  entity: Entity,
  side: Side,
  found: readonly Earlier[],
): Promise<readonly Earlier[]> {
  const links = found.map(({ link }) => link);
  const recent = await context.store.recentWrites(entity.name, links, context.clock.now(), OWN_WRITES_MS);
  const written = new Set(
    recent.flatMap(({ linkId, writes }) => (writes.some((write) => write.side === side) ? [linkId] : [])),
  );
  return found.filter(({ link }) => !written.has(link.id));
}

async function stillEarlier(
  context: RunContext,
  entity: Entity,
  side: Side,
  found: readonly Earlier[],
  settleMs: number,
): Promise<readonly Earlier[]> {
  await context.clock.sleep(Math.min(WAIT_MAX_MS, Math.max(WAIT_MIN_MS, settleMs)), context.signal);
  const object = entity.objects[side];
  const asked = found.slice(0, LISTED_MAX);
  const ids = asked.map(({ link }) => link[side]);
  const answers = object.capabilities.get ? await object.get(ids) : await listFor(entity, side, ids);
  const still = asked.filter((each, index) => {
    const answer = answers[index];
    return answer?.ok === true && isOlder(answer.value.version, each.remembered);
  });
  return still.length === asked.length ? found : still;
}

/** Times, and counts of a record's own changes. Other whole numbers may be digests. */
function isTime(version: string): boolean {
  return /^\d{4}-\d{2}-\d{2}T/.test(version) || /^1\d{9}(?:\d{3})?$/.test(version);
}

function isCount(version: string): boolean {
  return /^\d{1,6}$/.test(version);
}

/** @param byMs More than this, where both are times. */
function liesBefore(one: string, other: string, byMs: number): boolean {
  if (/^\d{1,30}$/.test(one) && /^\d{1,30}$/.test(other)) return BigInt(one) < BigInt(other);
  return Date.parse(one) + byMs < Date.parse(other);
}
