// From remote records to sightings: fingerprint first, compare with the links of the whole page in one query, and run the
// mapping only on what differs. What is equal goes no further.

import type { RemoteRecord } from "../connector/contract.ts";
import type { RemoteId, Side } from "../core/ids.ts";
import type { SideReading } from "../mapping/mapping.ts";
import type { Entity, RunContext } from "./context.ts";
import type { Link } from "./ports/link.ts";
import type { Print, Sighting } from "./ports/sighting.ts";

/** Records of one page, each with its link (live or frozen) and whether it differs from what the link remembers. */
export interface Sighted {
  readonly record: RemoteRecord;
  readonly link: Link | null;
  readonly tombstoned: boolean;
  readonly fingerprint: string;
  readonly differs: boolean;
}

/** Digest of what the mapping reads of a record, under the mapping's present meaning. */
export function fingerprintOf(context: RunContext, entity: Entity, side: Side, record: RemoteRecord): string {
  return context.digest64(`${context.meaning}\n${entity.mapping.fingerprintText(side, record.fields)}`);
}

export async function compareWithLinks(
  context: RunContext,
  entity: Entity,
  side: Side,
  records: readonly RemoteRecord[],
): Promise<readonly Sighted[]> {
  const distinct = distinctOf(records);
  const links = await linksOf(
    context,
    entity,
    side,
    distinct.map((record) => record.id),
  );
  return distinct.map((record) => {
    const { link, tombstoned } = links.get(record.id) ?? { link: null, tombstoned: false };
    const fingerprint = fingerprintOf(context, entity, side, record);
    // A record under a tombstone is remembered as dead: it is neither created again nor matched.
    const differs = tombstoned ? false : link === null || record.deleted || link.fingerprints[side] !== fingerprint;
    return { record, link, tombstoned, fingerprint, differs };
  });
}

/** A page that names a record twice keeps the later one. */
function distinctOf(records: readonly RemoteRecord[]): readonly RemoteRecord[] {
  return [...new Map(records.map((record) => [record.id, record])).values()];
}

/** Stages what shows just what its link remembers. @returns the records that do not. */
export async function stageUnchanged(
  context: RunContext,
  entity: Entity,
  side: Side,
  records: readonly RemoteRecord[],
): Promise<readonly RemoteRecord[]> {
  const distinct = distinctOf(records);
  const prints = distinct.flatMap((record): readonly Print[] => {
    const { id, version, modified } = record;
    return record.deleted ? [] : [{ id, version, modified, fingerprint: fingerprintOf(context, entity, side, record) }];
  });
  const staged = await context.store.stageUnchanged(context.run, entity.name, side, prints);
  return distinct.filter((record) => !staged.has(record.id));
}

async function linksOf(
  context: RunContext,
  entity: Entity,
  side: Side,
  ids: readonly RemoteId[],
): Promise<ReadonlyMap<RemoteId, { link: Link | null; tombstoned: boolean }>> {
  const found = new Map<RemoteId, { link: Link | null; tombstoned: boolean }>();
  if (ids.length === 0) return found;
  for (const link of await context.store.linksBy(entity.name, side, ids)) {
    const id = link[side];
    const known = found.get(id);
    if (link.state === "tombstone") found.set(id, known ?? { link: null, tombstoned: true });
    else found.set(id, { link, tombstoned: false });
  }
  return found;
}

/** Sightings of a page; what differs is read through the lenses for its scope and match keys. */
export async function sightingsOf(
  context: RunContext,
  entity: Entity,
  side: Side,
  page: readonly Sighted[],
): Promise<readonly Sighting[]> {
  const toRead = page.filter((each) => each.differs && !each.record.deleted);
  const readings = await entity.mapping.place(
    side,
    toRead.map((each) => each.record.fields),
  );
  const readingOf = new Map(toRead.map((each, index) => [each, readings[index]]));
  return page.map((each) => sightingOf(entity, side, each, readingOf.get(each)));
}

function sightingOf(
  entity: Entity,
  side: Side,
  sighted: Sighted,
  reading: Omit<SideReading, "fields"> | undefined,
): Sighting {
  const { record, link, fingerprint, differs } = sighted;
  const seen = {
    entity: entity.name,
    side,
    id: record.id,
    fingerprint,
    version: record.version,
    modified: record.modified,
  };
  if (record.deleted) {
    // The system itself says so of the record: that is proof, where a mere omission is not.
    return { ...seen, presence: "absent", fingerprint: null, record: null, matchKeys: [], differs: link !== null };
  }
  if (!differs || reading === undefined)
    return { ...seen, presence: "present", record: null, matchKeys: [], differs: false };
  const permitted = entity.mapping.permitted(side, record.fields);
  if (!reading.inScope)
    return { ...seen, presence: "out-of-scope", record: permitted, matchKeys: [], differs: link !== null };
  const matchKeys = reading.matchKeys.filter((key) => key !== null);
  return { ...seen, presence: "present", record: permitted, matchKeys, differs: true };
}

/** A record of a link that could not be read, or is proven absent. */
export function withoutRecord(entity: Entity, side: Side, id: RemoteId, presence: "absent" | "unknown"): Sighting {
  return {
    entity: entity.name,
    side,
    id,
    presence,
    fingerprint: null,
    version: null,
    modified: null,
    record: null,
    matchKeys: [],
    differs: true,
  };
}

/** Whether one version is certainly before another: of whole numbers and of points in time; of other tokens nobody can say. */
export function isOlder(version: string | null, known: string | null): boolean {
  if (version === null || known === null || version === known) return false;
  if (WHOLE.test(version) && WHOLE.test(known)) return BigInt(version) < BigInt(known);
  return TIME.test(version) && TIME.test(known) && Date.parse(version) < Date.parse(known);
}

const WHOLE = /^\d{1,30}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2})$/;
