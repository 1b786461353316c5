// The records of a run as they are now: both sides read by their ids, with their links and bases, a page at a time.

import { SIDES, type RemoteId, type Side } from "../../core/ids.ts";
import type { SideView } from "../../core/subject.ts";
import type { UndoSubject } from "../../core/undo-subject.ts";
import type { Entity, RunContext } from "../context.ts";
import { lookUp } from "../look-up.ts";
import type { Link } from "../ports/link.ts";
import type { Sighting } from "../ports/sighting.ts";
import { isSinkSide } from "../sink.ts";
import { viewsOf, type View } from "../views.ts";
import type { Touched } from "./fold.ts";

export interface Gathered {
  readonly touched: Touched;
  readonly subject: UndoSubject;
  /** Null: nothing is remembered of the two. */
  readonly view: View | null;
}

interface Read {
  readonly sightings: ReadonlyMap<RemoteId, Sighting>;
  readonly gone: ReadonlySet<RemoteId>;
  /** Links of any state, by the id of this side, newest last. */
  readonly links: readonly Link[];
}

export async function gatherTouched(
  context: RunContext,
  entity: Entity,
  page: readonly Touched[],
): Promise<readonly Gathered[]> {
  const read = {
    left: await readSide(context, entity, "left", page),
    right: await readSide(context, entity, "right", page),
  };
  const rows = page.map((touched) => {
    const { left, right } = touched.ids;
    const all = [...read.left.links, ...read.right.links];
    const own = all.filter((link) => link.left === left && link.right === right);
    const live = own.find((link) => link.state !== "tombstone") ?? null;
    const link = live ?? own.toSorted(byAge).at(-1) ?? null;
    const linkedElsewhere = all.some(
      (each) =>
        each.state !== "tombstone" &&
        each !== live &&
        (each.left === left || each.right === right) &&
        each.id !== live?.id,
    );
    return { touched, link, live, linkedElsewhere };
  });
  const sightingOf = (side: Side, id: RemoteId): Sighting | null => read[side].sightings.get(id) ?? null;
  const subjects = rows.flatMap(({ link }) =>
    link === null
      ? []
      : [{ entity: entity.name, link, left: sightingOf("left", link.left), right: sightingOf("right", link.right) }],
  );
  const views = await viewsOf(context, entity, subjects, [], false);
  const byLink = new Map(subjects.map(({ link }, index) => [link, views[index] ?? null]));
  return rows.map(({ touched, link, live, linkedElsewhere }): Gathered => {
    const view = link === null ? null : (byLink.get(link) ?? null);
    const side = (which: Side): SideView | null => {
      const id = touched.ids[which];
      if (id === null) return null;
      const sighting = sightingOf(which, id);
      const presence = read[which].gone.has(id) ? "absent" : (sighting?.presence ?? "unknown");
      return { id, presence, version: sighting?.version ?? null };
    };
    return {
      touched,
      view,
      subject: {
        writes: touched.writes,
        linkId: live?.id ?? null,
        sides: { left: side("left"), right: side("right") },
        linkedElsewhere,
        fields: view?.subject.kind === "linked" ? view.subject.pair.fields : [],
      },
    };
  });
}

async function readSide(context: RunContext, entity: Entity, side: Side, page: readonly Touched[]): Promise<Read> {
  const ids = [...new Set(page.flatMap(({ ids: each }) => each[side] ?? []))];
  if (ids.length === 0) return { sightings: new Map(), gone: new Set(), links: [] };
  const links = await context.store.linksBy(entity.name, side, ids);
  if (isSinkSide(entity, side)) return { sightings: new Map(), gone: new Set(), links };
  const { sightings, gone } = await lookUp(context, entity, side, ids, false);
  return { sightings: new Map(sightings.map((each) => [each.id, each])), gone: new Set(gone), links };
}

function byAge(a: Link, b: Link): number {
  return a.since - b.since || Number(BigInt(a.id) - BigInt(b.id));
}

/** The record as it was read, where it is written to. */
export function currentOf(
  view: View | null,
  writes: readonly { readonly side: Side; readonly op: string }[],
): View["current"] {
  const on = (side: Side): View["current"]["left"] =>
    writes.some((write) => write.side === side && write.op !== "create") ? (view?.current[side] ?? null) : null;
  return { left: on("left"), right: on("right") };
}

/** What the link remembers once it is settled. */
export function seenOf(view: View | null): View["seen"] {
  const none = { fingerprint: null, version: null, matchKeys: [] };
  return view?.seen ?? { left: none, right: none };
}

export function touchedSides({ writes }: Touched): readonly Side[] {
  return SIDES.filter((side) => writes[side] !== null);
}
