// Who belongs to whom, and what each side shows: records read through the lenses, of unchanged ones the base.

import type { Match } from "../core/correlate.ts";
import { ABSENT, type Reading } from "../core/field.ts";
import { type BySide, type LinkId, type RemoteId, SIDES, type Side } from "../core/ids.ts";
import type { Redirect } from "../core/subject.ts";
import type { Entity, RunContext } from "./context.ts";
import { withKept } from "./kept.ts";
import { matchLone } from "./lone-matches.ts";
import { lookUp } from "./look-up.ts";
import type { Bases, StoredBases } from "./ports/link.ts";
import type { Sighting, Subject } from "./ports/sighting.ts";
import type { CaseResolution } from "./ports/waiting.ts";
import { redirectsOf } from "./redirects.ts";
import { isSinkSide } from "./sink.ts";

export type Readings = Readonly<Record<string, Reading>>;

/** One side of a subject before the two are put together. */
export interface SideFacts {
  readonly sighting: Sighting | null;
  readonly readings: Readings;
}

export interface Draft {
  readonly subject: Subject;
  readonly sides: BySide<SideFacts>;
  readonly bases: Bases | null;
  readonly match: Match;
  readonly partner: Sighting | null;
  readonly redirect: Redirect | null;
  readonly loneSide: Side | null;
}

const NO_BASES: Bases = { left: {}, right: {} };

export async function draftsOf(
  context: RunContext,
  entity: Entity,
  met: readonly Subject[],
  resolutions: readonly CaseResolution[],
  remembered: boolean,
): Promise<readonly Draft[]> {
  const seen = remembered ? await withUnseen(context, entity, met) : met;
  const subjects = await withKept(context, entity, seen, resolutions);
  const linkIds = subjects.flatMap((subject) => (subject.link === null ? [] : [subject.link.id]));
  const bases = linkIds.length === 0 ? new Map<LinkId, StoredBases>() : await context.store.bases(linkIds);
  const matches = await matchLone(context, entity, subjects, resolutions, remembered);
  const redirects = await redirectsOf(context, entity, subjects, bases);

  const staged = subjects.map((subject) => {
    const loneSide: Side | null = subject.link !== null ? null : subject.left === null ? "right" : "left";
    const lone = loneSide === null ? null : subject[loneSide];
    const found = lone === null ? undefined : matches.get(`${lone.side} ${lone.id}`);
    return { subject, loneSide, match: found?.match ?? ({ kind: "none" } as const), partner: found?.partner ?? null };
  });
  const sightingOn = (row: (typeof staged)[number], side: Side): Sighting | null =>
    row.subject[side] ?? (row.partner?.side === side ? row.partner : null);
  const readings = {
    left: await readingsOf(
      entity,
      "left",
      staged.map((row) => sightingOn(row, "left")),
    ),
    right: await readingsOf(
      entity,
      "right",
      staged.map((row) => sightingOn(row, "right")),
    ),
  };

  return staged.map((row, index): Draft => {
    const { link } = row.subject;
    const base = link === null ? null : (bases.get(link.id) ?? NO_BASES);
    const facts = (side: Side): SideFacts => {
      const sighting = sightingOn(row, side);
      const read = readings[side][index] ?? null;
      // Seen and equal to what the link remembers: it shows its own base.
      const unchanged =
        link !== null &&
        base !== null &&
        (sighting === null || (sighting.presence === "present" && sighting.record === null));
      return { sighting, readings: read ?? (unchanged ? baseReadings(entity, side, base) : {}) };
    };
    return {
      ...row,
      sides: { left: facts("left"), right: facts("right") },
      bases: base,
      redirect: link === null ? null : (redirects.get(link.id) ?? null),
    };
  });
}

/**
 * A run over single records may meet one of a link (as somebody's possible match) and not the other. What the link does not
 * remember of the other is read now: what is not known is not empty.
 */
async function withUnseen(
  context: RunContext,
  entity: Entity,
  subjects: readonly Subject[],
): Promise<readonly Subject[]> {
  const found: Record<Side, ReadonlyMap<RemoteId, Sighting>> = { left: new Map(), right: new Map() };
  const isUnseen = ({ link, ...seen }: Subject, side: Side): boolean =>
    link !== null &&
    link.state !== "tombstone" &&
    seen[side] === null &&
    link.fingerprints[side] === null &&
    !isSinkSide(entity, side);
  for (const side of SIDES) {
    const ids = subjects.flatMap((subject) =>
      subject.link !== null && isUnseen(subject, side) ? [subject.link[side]] : [],
    );
    if (ids.length === 0) continue;
    const { sightings } = await lookUp(context, entity, side, ids, false);
    found[side] = new Map(sightings.map((sighting) => [sighting.id, sighting]));
  }
  return subjects.map((subject) => {
    const on = (side: Side): Sighting | null =>
      subject[side] ?? (subject.link === null ? null : (found[side].get(subject.link[side]) ?? null));
    return { ...subject, left: on("left"), right: on("right") };
  });
}

/** Readings of the records that are there, a page through the lenses at once; null where there is no record. */
async function readingsOf(
  entity: Entity,
  side: Side,
  sightings: readonly (Sighting | null)[],
): Promise<readonly (Readings | null)[]> {
  const records = sightings.map((sighting) => sighting?.record ?? null);
  const present = records.filter((record) => record !== null);
  const read = present.length === 0 ? [] : await entity.mapping.read(side, present);
  let next = 0;
  return records.map((record) => {
    if (record === null) return null;
    const fields = read[next]?.fields ?? null;
    next += 1;
    return fields;
  });
}

function baseReadings(entity: Entity, side: Side, bases: Bases): Readings {
  const readings: Record<string, Reading> = {};
  for (const { name } of entity.mapping.policy.fields) {
    const value = bases[side][name];
    readings[name] = value === undefined ? ABSENT : { kind: "value", cell: entity.mapping.cell(side, name, value) };
  }
  return readings;
}
