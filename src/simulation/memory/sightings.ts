// What a run saw, in memory: staging, what is missing, what is to be decided, who has a match key.

import { SIDES, type LinkId, type RemoteId, type RunId, type Side } from "../../core/ids.ts";
import type { PairStore } from "../../engine/ports/pair-store.ts";
import type { PlannedDecision } from "../../engine/ports/run.ts";
import type { Block, BlockMember, Candidate, Print, Sighting, Subject } from "../../engine/ports/sighting.ts";
import { linksBy, toLink } from "./links.ts";
import { byText, linkId, rowKey, type LinkRow, type PairTables, type StagedRow } from "./tables.ts";

function stagedOf(pair: PairTables, run: RunId): ReadonlyMap<string, StagedRow> {
  return pair.sightings.get(run) ?? new Map<string, StagedRow>();
}

export function stage(pair: PairTables, run: RunId, page: readonly Sighting[]): void {
  const rows = pair.sightings.get(run);
  if (rows === undefined) throw new Error(`run ${run} was not started: its sightings were not stored`);
  for (const sighting of page) {
    const link = sighting.differs ? liveLink(pair, sighting.entity, sighting.side, sighting.id) : undefined;
    rows.set(rowKey(sighting.entity, sighting.side, sighting.id), { ...sighting, linkNumber: link?.number ?? null });
  }
}

export function stageUnchanged(
  pair: PairTables,
  run: RunId,
  entity: string,
  side: Side,
  page: readonly Print[],
): ReadonlySet<RemoteId> {
  const same = page.filter((print) => liveLink(pair, entity, side, print.id)?.fingerprints[side] === print.fingerprint);
  const seen = { entity, side, presence: "present", record: null, matchKeys: [], differs: false } as const;
  if (same.length > 0)
    stage(
      pair,
      run,
      same.map(({ id, fingerprint, version, modified }) => ({ ...seen, id, fingerprint, version, modified })),
    );
  return new Set(same.map((print) => print.id));
}

function liveLink(pair: PairTables, entity: string, side: Side, id: RemoteId): LinkRow | undefined {
  return linksBy(pair, entity, side, [id]).find((row) => row.state !== "tombstone");
}

export function countSighted(pair: PairTables, run: RunId, entity: string, side: Side): number {
  const seen = [...stagedOf(pair, run).values()].filter((row) => row.entity === entity && row.side === side);
  return seen.filter((row) => row.presence === "present" || row.presence === "out-of-scope").length;
}

export function hasLone(pair: PairTables, run: RunId, entity: string, side: Side): boolean {
  return [...stagedOf(pair, run).values()].some(
    (row) => row.entity === entity && row.side === side && row.differs && row.linkNumber === null,
  );
}

export function unsighted(
  pair: PairTables,
  run: RunId,
  entity: string,
  side: Side,
  after: LinkId | null,
  limit: number,
): readonly LinkRow[] {
  const seen = stagedOf(pair, run);
  const missing = [...pair.links.values()].filter(
    (row) =>
      row.entity === entity &&
      row.state !== "tombstone" &&
      row.number > Number(after ?? 0) &&
      !seen.has(rowKey(entity, side, row[side])),
  );
  return missing.toSorted((a, b) => a.number - b.number).slice(0, limit);
}

export function countUnchanged(pair: PairTables, run: RunId, entity: string): number {
  const seen = stagedOf(pair, run);
  const still = (row: LinkRow, side: Side): boolean => seen.get(rowKey(entity, side, row[side]))?.differs === false;
  return [...pair.links.values()].filter(
    (row) => row.entity === entity && row.state === "live" && still(row, "left") && still(row, "right"),
  ).length;
}

export function sighted(
  pair: PairTables,
  run: RunId,
  entity: string,
  side: Side,
  ids: readonly RemoteId[],
): readonly Sighting[] {
  const seen = stagedOf(pair, run);
  return [...new Set(ids)].flatMap((id) => {
    const row = seen.get(rowKey(entity, side, id));
    return row === undefined ? [] : [toSighting(row)];
  });
}

function toSighting({ linkNumber: _linkNumber, ...sighting }: StagedRow): Sighting {
  return sighting;
}

export function clearSightings(pair: PairTables, run: RunId, entity: string): void {
  const rows = pair.sightings.get(run);
  for (const [key, row] of rows ?? []) if (row.entity === entity) rows?.delete(key);
}

// ---------------------------------------------------------------- what is to be decided

type Page = Awaited<ReturnType<PairStore["subjects"]>>;

/** Linked by link id, then left ones, then right ones by id; links are those of the time of staging. */
export function subjects(pair: PairTables, run: RunId, entity: string, after: string | null, limit: number): Page {
  const seen = stagedOf(pair, run);
  const own = [...seen.values()].filter((row) => row.entity === entity && row.differs);
  const linked = [...new Set(own.flatMap((row) => row.linkNumber ?? []))].toSorted((a, b) => a - b);
  const lone = (side: Side): readonly RemoteId[] =>
    own
      .filter((row) => row.linkNumber === null && row.side === side)
      .map((row) => row.id)
      .toSorted(byText);
  const rows = [
    ...linked.map((number) => ({
      cursor: `linked:${String(number)}`,
      subject: () => linkedSubject(pair, seen, entity, number),
    })),
    ...SIDES.flatMap((side) =>
      lone(side).map((id) => ({ cursor: `${side}:${id}`, subject: () => loneSubject(pair, seen, entity, side, id) })),
    ),
  ];
  const start = after === null ? 0 : rows.findIndex((row) => row.cursor === after) + 1;
  const page = rows.slice(start, start + limit);
  const found = page.flatMap((row) => row.subject() ?? []);
  return { subjects: found, next: page.length === limit ? (page.at(-1)?.cursor ?? null) : null };
}

function linkedSubject(
  pair: PairTables,
  seen: ReadonlyMap<string, StagedRow>,
  entity: string,
  number: number,
): Subject | null {
  const row = pair.links.get(number);
  if (row === undefined) return null;
  const side = (which: Side): Sighting | null => {
    const found = seen.get(rowKey(entity, which, row[which]));
    return found === undefined ? null : toSighting(found);
  };
  return { entity, link: toLink(row), left: side("left"), right: side("right") };
}

/** Null: somebody has linked it by hand since, and left a hint. */
function loneSubject(
  pair: PairTables,
  seen: ReadonlyMap<string, StagedRow>,
  entity: string,
  side: Side,
  id: RemoteId,
): Subject | null {
  const links = linksBy(pair, entity, side, [id]);
  if (links.some((row) => row.state !== "tombstone")) return null;
  const dead = links.toSorted((a, b) => b.number - a.number)[0];
  const row = seen.get(rowKey(entity, side, id));
  const sighting = row === undefined ? null : toSighting(row);
  const link = dead === undefined ? null : toLink(dead);
  return side === "left"
    ? { entity, link, left: sighting, right: null }
    : { entity, link, left: null, right: sighting };
}

export function candidates(
  pair: PairTables,
  run: RunId,
  asked: {
    readonly entity: string;
    readonly side: Side;
    readonly keys: readonly string[];
    readonly remembered: boolean;
  },
): readonly Candidate[] {
  const { entity, side } = asked;
  const seen = stagedOf(pair, run);
  const free = (id: RemoteId): boolean => linksBy(pair, entity, side, [id]).length === 0;
  const ofKey = (key: string): readonly Candidate[] => {
    const found = new Map<string, Candidate>();
    const add = (each: Candidate): void => void found.set(JSON.stringify([each.id, each.linkId, each.sighted]), each);
    for (const row of seen.values()) {
      const has =
        row.entity === entity && row.side === side && row.presence === "present" && row.matchKeys.includes(key);
      if (has && free(row.id)) add({ key, id: row.id, linkId: null, sighted: true });
    }
    for (const row of asked.remembered ? pair.unlinked.values() : []) {
      const has = row.entity === entity && row.side === side && row.matchKeys.includes(key);
      if (has && free(row.id) && !seen.has(rowKey(entity, side, row.id)))
        add({ key, id: row.id, linkId: null, sighted: false });
    }
    for (const row of pair.links.values()) {
      if (row.entity !== entity || row.state === "tombstone" || !row.matchKeys[side].includes(key)) continue;
      add({
        key,
        id: row[side],
        linkId: linkId(row),
        sighted: (seen.get(rowKey(entity, side, row[side]))?.record ?? null) !== null,
      });
    }
    return [...found.values()].toSorted((a, b) => byText(a.id, b.id));
  };
  return [...new Set(asked.keys)].toSorted(byText).flatMap(ofKey);
}

/** Who of either side has each of these block keys. */
export function blocks(
  pair: PairTables,
  run: RunId,
  asked: {
    readonly entity: string;
    readonly keys: readonly string[];
    readonly remembered: boolean;
    readonly most: number;
  },
): readonly Block[] {
  const { entity, remembered, most } = asked;
  return asked.keys.map((key) => {
    const members = SIDES.flatMap((side) =>
      candidates(pair, run, { entity, side, keys: [key], remembered }).map(
        ({ id, linkId: link, sighted: seen }): BlockMember => ({
          side,
          id,
          linkId: link,
          sighted: link === null && seen,
        }),
      ),
    );
    const crowded = SIDES.some(
      (side) => members.filter((each) => each.side === side && each.linkId === null).length > most,
    );
    // Linked ones of a side that are too many are left out by themselves.
    const isFull = (side: Side): boolean =>
      members.filter((each) => each.side === side && each.linkId !== null).length > most;
    const told = members.filter((each) => each.linkId === null || !isFull(each.side));
    return { key, crowded, members: crowded ? [] : told };
  });
}

/** @param begin Only keys that begin so. */
export function matchKeysOf(
  pair: PairTables,
  run: RunId,
  entity: string,
  members: readonly BlockMember[],
  begin: string,
): readonly (readonly string[])[] {
  return members.map(({ side, id, linkId: link }) => {
    const key = rowKey(entity, side, id);
    const all =
      link === null
        ? (stagedOf(pair, run).get(key)?.matchKeys ?? pair.unlinked.get(key)?.matchKeys)
        : pair.links.get(Number(link))?.matchKeys[side];
    return (all ?? []).filter((each) => each.startsWith(begin));
  });
}

// ---------------------------------------------------------------- decisions

export function saveDecisions(pair: PairTables, run: RunId, page: readonly PlannedDecision[]): void {
  const rows = pair.decisions.get(run);
  if (rows === undefined) throw new Error(`run ${run} was not started: its decisions were not stored`);
  for (const planned of page) rows.set(`${planned.decision.entity} ${String(planned.seq)}`, planned);
}

export function decisionsOf(
  pair: PairTables,
  run: RunId,
  entity: string,
  afterSeq: number,
  limit: number,
): readonly PlannedDecision[] {
  const rows = [...(pair.decisions.get(run)?.values() ?? [])].filter(
    (row) => row.decision.entity === entity && row.seq > afterSeq,
  );
  return rows.toSorted((a, b) => a.seq - b.seq).slice(0, limit);
}
