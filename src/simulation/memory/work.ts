// Hints, parked and quarantined records in memory, and the commit that brings everything together.

import { SIDES, type Instant, type RemoteId, type RunId, type Side } from "../../core/ids.ts";
import type { Commit } from "../../engine/ports/commit.ts";
import type { Hint, StoredHint } from "../../engine/ports/hint.ts";
import type { Effect } from "../../engine/ports/intent.ts";
import { LeaseLost, type Lease } from "../../engine/ports/pair-store.ts";
import type { Parked, Quarantined } from "../../engine/ports/waiting.ts";
import { settleCases } from "./cases.ts";
import { linksBy, writeLinks } from "./links.ts";
import { linkId, nextNumber, rowKey, transaction, type HintRow, type PairTables, type Tables } from "./tables.ts";

/** @throws LeaseLost when the lease is not the newest, or was given back. */
export function checkLease(pair: PairTables, lease: Lease): void {
  if (pair.lease.token !== lease.token || pair.lease.owner === null)
    throw new LeaseLost(`the lease ${String(lease.token)} was lost to another holder`);
}

export function commitPage(tables: Tables, pair: PairTables, name: string, lease: Lease, commit: Commit): void {
  transaction(pair, () => {
    checkLease(pair, lease);
    writeLinks(tables, pair, commit.links);
    for (const row of commit.unlinked)
      pair.unlinked.set(rowKey(row.entity, row.side, row.id), { ...row, confirmedBy: commit.run });
    for (const link of commit.links) {
      if (link.id !== null) continue;
      for (const side of SIDES) pair.unlinked.delete(rowKey(link.entity, side, link[side]));
    }
    addEffects(tables, pair, name, commit.run, commit.effects);
    for (const id of commit.intentsDone) pair.intents.delete(id);
    for (const id of commit.intentsTried) {
      const intent = pair.intents.get(id);
      if (intent !== undefined) pair.intents.set(id, { ...intent, attempts: intent.attempts + 1 });
    }
    settleCases(tables, pair, commit.run, commit.cases);
    for (const entry of commit.quarantined) quarantine(tables, pair, entry);
    for (const { entity, side, id } of commit.released) pair.quarantine.delete(rowKey(entity, side, id));
    park(pair, commit.parked);
    for (const { entity, side, id } of commit.unparked) unpark(pair, entity, side, id);
    addHints(tables, pair, commit.hints);
    for (const hintId of commit.hintsDone) for (const number of hintId.split(",")) pair.hints.delete(Number(number));
    moveCursors(tables, pair, commit.cursors);
    wake(tables, pair);
  });
}

/** One that is told again keeps its age, and stays settled. */
function moveCursors(tables: Tables, pair: PairTables, cursors: Commit["cursors"]): void {
  for (const { entity, side, cursor, settled = false } of cursors) {
    const key = `${side} ${entity}`;
    const reached = cursor === pair.cursors.get(key) ? pair.cursorsReached.get(key) : undefined;
    pair.cursors.delete(key);
    pair.cursorsReached.delete(key);
    if (cursor === null) continue;
    pair.cursors.set(key, cursor);
    pair.cursorsReached.set(key, { at: reached?.at ?? tables.now(), settled: settled || reached?.settled === true });
  }
}

function addEffects(tables: Tables, pair: PairTables, name: string, run: RunId, effects: readonly Effect[]): void {
  const rows = effects.map((effect) => {
    const link = linksBy(pair, effect.entity, effect.side, [effect.record]).find((row) => row.state !== "tombstone");
    return {
      ...effect,
      linkId: effect.linkId ?? (link === undefined ? null : linkId(link)),
      pair: name,
      run,
      at: tables.now(),
    };
  });
  pair.effects = [...pair.effects, ...rows];
  for (const { entity, side, op } of effects) {
    const key = JSON.stringify([entity, side, op]);
    pair.totals.set(key, (pair.totals.get(key) ?? 0) + 1);
  }
}

function quarantine(tables: Tables, pair: PairTables, entry: Quarantined): void {
  const key = rowKey(entry.entity, entry.side, entry.record);
  const known = pair.quarantine.get(key);
  pair.quarantine.set(key, {
    ...entry,
    number: known?.number ?? nextNumber(tables),
    attempts: (known?.attempts ?? 0) + 1,
  });
}

// ---------------------------------------------------------------- hints

/** No time lies beyond the year 275760. */
const TIME_MAX = 8.64e15;

export function addHints(tables: Tables, pair: PairTables, hints: readonly Hint[]): void {
  for (const hint of hints) {
    if (!(Math.abs(hint.due) <= TIME_MAX)) throw new Error(`${String(hint.due)} is no time`);
    const { entity, side, id, channel, due } = hint;
    const number = nextNumber(tables);
    pair.hints.set(number, { number, entity, side, id, channel, due });
  }
}

/** One a record; any other reason to look comes before "withheld". */
export function dueHints(
  pair: PairTables,
  entity: string,
  side: Side,
  now: Instant,
  limit: number,
): readonly StoredHint[] {
  const byRecord = new Map<RemoteId, HintRow[]>();
  for (const row of pair.hints.values()) {
    if (row.entity === entity && row.side === side && row.due <= now)
      byRecord.set(row.id, [...(byRecord.get(row.id) ?? []), row]);
  }
  const found = [...byRecord].map(([id, rows]) => {
    const ordered = rows.toSorted(
      (a, b) =>
        Number(a.channel === "withheld") - Number(b.channel === "withheld") || a.due - b.due || a.number - b.number,
    );
    const due = Math.min(...rows.map((row) => row.due)) as Instant; // of due times
    const first = Math.min(...rows.map((row) => row.number));
    return {
      first,
      hint: {
        hintId: rows.map((row) => row.number).join(","),
        entity,
        side,
        id,
        channel: ordered[0]?.channel ?? "manual",
        due,
      },
    };
  });
  return found
    .toSorted((a, b) => a.hint.due - b.hint.due || a.first - b.first)
    .slice(0, limit)
    .map(({ hint }) => hint);
}

// ---------------------------------------------------------------- parked

function parkedKey(row: Parked): string {
  return JSON.stringify([row.entity, row.side, row.id, row.parentEntity, row.parentSide, row.parentId]);
}

/** What a record waits for is replaced, not added to: its reference may point elsewhere now. */
function park(pair: PairTables, parked: readonly Parked[]): void {
  for (const row of parked) unpark(pair, row.entity, row.side, row.id);
  for (const row of parked) pair.parked.set(parkedKey(row), row);
}

function unpark(pair: PairTables, entity: string, side: Side, id: RemoteId): void {
  for (const [key, row] of pair.parked)
    if (row.entity === entity && row.side === side && row.id === id) pair.parked.delete(key);
}

/** Whatever waits for a record that is in a live link now becomes a hint. */
export function wake(tables: Tables, pair: PairTables): void {
  const woken = new Map<string, Hint>();
  for (const [key, row] of pair.parked) {
    const live = linksBy(pair, row.parentEntity, row.parentSide, [row.parentId]).some((link) => link.state === "live");
    if (!live) continue;
    pair.parked.delete(key);
    woken.set(rowKey(row.entity, row.side, row.id), {
      entity: row.entity,
      side: row.side,
      id: row.id,
      channel: "parent",
      due: tables.now(),
    });
  }
  addHints(tables, pair, [...woken.values()]);
}
