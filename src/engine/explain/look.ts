// One record as it is at this moment, and what the next run would decide of it: read and decided by the same functions as in a
// run, without a lease, and without storing anything.

import { otherSide, type Instant, type RemoteId, type RunId, type Side } from "../../core/ids.ts";
import type { Decision } from "../../core/decision.ts";
import type { Match } from "../../core/correlate.ts";
import type { FieldSight } from "../../core/field.ts";
import type { Presence } from "../../core/situation.ts";
import type { BySide } from "../../core/ids.ts";
import { newTally, type Entity, type PairParts, type Ports, type RunContext } from "../context.ts";
import { decideView } from "../decide-entity.ts";
import { lookUp } from "../look-up.ts";
import { setOscillationsAside } from "../oscillations.ts";
import type { Link } from "../ports/link.ts";
import type { Sighting, Subject } from "../ports/sighting.ts";
import { withoutRefused } from "../refused.ts";
import { isSinkSide } from "../sink.ts";
import { NONE_WAITING, waitingOf } from "../undo/waiting.ts";
import { viewsOf } from "../views.ts";

export interface Looked {
  readonly link: Link | null;
  readonly presence: BySide<Presence | null>;
  /** Null: it could not be read, so nothing can be decided. */
  readonly decision: Decision | null;
  readonly fields: readonly FieldSight[];
  /** Of a record without a link. */
  readonly match: Match | null;
  readonly drifted: ReadonlySet<string>;
  /** Why the record could not be read; null: it was. */
  readonly failure: string | null;
}

export async function lookAtOne(
  parts: PairParts,
  ports: Ports,
  entity: Entity,
  record: { readonly side: Side; readonly id: RemoteId },
): Promise<Looked> {
  const context = unrecorded(parts, ports);
  const { side, id } = record;
  const links = await context.store.linksBy(entity.name, side, [id]);
  const link = links.find((each) => each.state !== "tombstone") ?? links.toSorted(byAge).at(-1) ?? null;
  const drifts = await context.store.drifts();
  const drifted = new Set(
    drifts.flatMap((each) => (each.entity === entity.name && each.state === "open" ? [each.field] : [])),
  );
  const sightings: Record<Side, Sighting | null> = { left: null, right: null };
  const presence: Record<Side, Presence | null> = { left: null, right: null };
  let failure: string | null = null;
  for (const which of [side, otherSide(side)]) {
    const wanted = which === side ? id : (link?.[which] ?? null);
    if (wanted === null) continue;
    if (isSinkSide(entity, which)) {
      presence[which] = "present";
      continue;
    }
    const found = await read(context, entity, which, wanted);
    if (typeof found === "string") {
      presence[which] = "unknown";
      failure ??= found;
      continue;
    }
    sightings[which] = found.sighting;
    presence[which] = found.gone ? "absent" : found.sighting.presence;
  }
  const subject: Subject =
    link === null || link.state === "tombstone"
      ? { entity: entity.name, link: null, left: null, right: null, [side]: sightings[side] }
      : { entity: entity.name, link, ...sightings };
  const looked = { link, presence, drifted, failure };
  if (failure !== null || (subject.link === null && subject[side] === null))
    return { ...looked, decision: null, fields: [], match: null };
  return { ...looked, ...(await decide(context, entity, subject, drifted)) };
}

async function decide(
  context: RunContext,
  entity: Entity,
  subject: Subject,
  drifted: ReadonlySet<string>,
): Promise<Pick<Looked, "decision" | "fields" | "match">> {
  const ids = {
    left: subject.link?.left ?? subject.left?.id ?? null,
    right: subject.link?.right ?? subject.right?.id ?? null,
  };
  const resolutions = await context.store.resolutions([{ entity: entity.name, ...ids }]);
  const [view] = await viewsOf(context, entity, [subject], resolutions, true);
  if (view === undefined) throw new Error("a subject without a view");
  const byIds = subject.link === null ? NONE_WAITING : await waitingOf(context, entity, [subject.link]);
  const made = await decideView(context, entity, view, resolutions, drifted, byIds);
  const [calm] = made === null ? [] : await setOscillationsAside(context, entity, [made], resolutions);
  const [decision] = calm === undefined ? [] : await withoutRefused(context, entity, [calm]);
  return {
    decision: decision ?? null,
    fields: view.subject.kind === "linked" ? view.subject.pair.fields : view.subject.lone.fields,
    match: view.subject.kind === "lone" ? view.subject.lone.match : null,
  };
}

async function read(
  context: RunContext,
  entity: Entity,
  side: Side,
  id: RemoteId,
): Promise<{ readonly sighting: Sighting; readonly gone: boolean } | string> {
  try {
    const { sightings, gone, failed } = await lookUp(context, entity, side, [id], false);
    const [sighting] = sightings;
    if (sighting === undefined || failed.length > 0) return `${context.mapping.sides[side].name} did not show it`;
    return { sighting, gone: gone.length > 0 };
  } catch (error) {
    return `${context.mapping.sides[side].name} could not be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** A run's view of the world that keeps nothing: it was never started. */
function unrecorded(parts: PairParts, ports: Ports): RunContext {
  const store = { ...ports.store, stage: () => Promise.resolve() };
  return {
    ...ports,
    ...parts,
    store,
    run: "r_explain" as RunId,
    lease: { token: 0, until: 0 as Instant },
    holdsLease: () => false,
    signal: new AbortController().signal,
    tallies: new Map(parts.entities.map((each) => [each.name, newTally()])),
    merged: new Map(),
    earlier: new Map(),
    forecast: null,
  };
}

function byAge(a: Link, b: Link): number {
  return a.since - b.since;
}
