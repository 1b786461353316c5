// From a page of subjects to what the core decides on: records read through the lenses, bases, references resolved, each
// value carried to the other side, match candidates. Everything by page: a handful of statements, whatever its size.

import type { CandidateView, Match } from "../core/correlate.ts";
import type { LinkedPair, LoneRecord, Redirect, SideView } from "../core/subject.ts";
import { ABSENT, NO_WAY, type Carried, type Cell, type FieldSight, type Reading } from "../core/field.ts";
import { groupBy } from "../core/group.ts";
import { otherSide, SIDES, type BySide, type LinkId, type RemoteId, type Side } from "../core/ids.ts";
import type { Fields, Value } from "../core/value.ts";
import type { Seen } from "../core/settle.ts";
import type { RefLookup } from "../mapping/mapping.ts";
import { exactKeys } from "../mapping/match-key.ts";
import { chosenPair } from "./chosen-pair.ts";
import type { Entity, RunContext } from "./context.ts";
import { redirectsOf } from "./redirects.ts";
import { exactMatch, withPartners, withScoredRules, type RuleMatch } from "./rule-order.ts";
import { lookUp } from "./sweep.ts";
import type { Bases, CaseResolution, Link, Sighting, StoredBases, Subject } from "./ports.ts";

type Readings = Readonly<Record<string, Reading>>;
type CarriedFields = Readonly<Record<string, Carried>>;

/** A pair of records, or a lone one, as the core wants it, with what carrying it out needs. */
export interface View {
  readonly subject:
    { readonly kind: "linked"; readonly pair: LinkedPair } | { readonly kind: "lone"; readonly lone: LoneRecord };
  readonly seen: BySide<Seen>;
  readonly current: BySide<Fields | null>;
  readonly modified: BySide<number | null>;
  readonly ids: BySide<RemoteId | null>;
}

/** One side of a subject before the two are put together. */
interface SideFacts {
  readonly sighting: Sighting | null;
  readonly readings: Readings;
}

interface Draft {
  readonly subject: Subject;
  readonly sides: BySide<SideFacts>;
  readonly bases: Bases | null;
  readonly match: Match;
  readonly partner: Sighting | null;
  readonly redirect: Redirect | null;
  readonly loneSide: Side | null;
}

const NO_BASES: Bases = { left: {}, right: {} };

/** @param remembered This run has not seen everybody: unlinked records that an earlier one saw are candidates and rivals too. */
export async function viewsOf(
  context: RunContext,
  entity: Entity,
  subjects: readonly Subject[],
  resolutions: readonly CaseResolution[],
  remembered: boolean,
): Promise<readonly View[]> {
  const drafts = await draftsOf(context, entity, subjects, resolutions, remembered);
  const carried = await carryAll(context, entity, drafts);
  return drafts.map((draft, index) =>
    viewOf(entity, draft, carried.left[index] ?? {}, carried.right[index] ?? {}, resolutions),
  );
}

// ---------------------------------------------------------------- who belongs to whom

async function draftsOf(
  context: RunContext,
  entity: Entity,
  met: readonly Subject[],
  resolutions: readonly CaseResolution[],
  remembered: boolean,
): Promise<readonly Draft[]> {
  const subjects = remembered ? await withUnseen(context, entity, met) : met;
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
    link !== null && link.state !== "tombstone" && seen[side] === null && link.fingerprints[side] === null;
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

interface LoneMatch {
  readonly match: Match;
  readonly partner: Sighting | null;
}

/** Matches of the page's unlinked records, by "side id". A person's `--link` comes before every rule. */
async function matchLone(
  context: RunContext,
  entity: Entity,
  subjects: readonly Subject[],
  resolutions: readonly CaseResolution[],
  remembered: boolean,
): Promise<ReadonlyMap<string, LoneMatch>> {
  const result = new Map<string, LoneMatch>();
  const pairs = resolutions.flatMap((each) => chosenPair(each, context.mapping.sides));
  for (const side of SIDES) {
    const other = otherSide(side);
    const lone = subjects.flatMap((subject) =>
      subject.link === null && subject[side] !== null && subject[other] === null ? [subject[side]] : [],
    );
    if (lone.length === 0) continue;
    const keys = [...new Set(lone.flatMap((sighting) => exactKeys(sighting.matchKeys)))];
    const [known, own] =
      keys.length === 0
        ? [[], []]
        : await Promise.all([
            context.store.candidates(context.run, entity.name, other, keys, remembered),
            context.store.candidates(context.run, entity.name, side, keys, remembered),
          ]);
    const promised: BySide<ReadonlySet<RemoteId>> = {
      left: new Set(pairs.map((pair) => pair.left)),
      right: new Set(pairs.map((pair) => pair.right)),
    };
    const candidates = groupBy(
      known.map((candidate) => ({ ...candidate, promised: promised[other].has(candidate.id) })),
      (candidate) => candidate.key,
    );
    const rivals = groupBy(
      own.filter((candidate) => candidate.linkId === null && !promised[side].has(candidate.id)),
      (candidate) => candidate.key,
    );
    const asking = { context, entity, remembered };
    const found = await withScoredRules(
      asking,
      lone,
      lone.map((sighting) => matchOf(entity, side, sighting, candidates, rivals, pairs)),
    );
    const ones = found.map(({ match }) => match);
    const partners = await partnersOf(context, entity, other, ones);
    const asked = await withPartners(asking, lone, found, partners);
    const matches = await withoutOutbid(context, entity, side, lone, ones, partners);
    lone.forEach((sighting, index) => {
      const settled = asked[index] ?? null;
      const match = (settled?.kind === "taken" ? settled : matches[index]) ?? ({ kind: "none" } as const);
      const partner = match.kind === "one" && settled !== null ? (partners.get(match.id) ?? null) : null;
      result.set(`${side} ${sighting.id}`, { match, partner });
    });
  }
  return result;
}

/**
 * A record that belongs to somebody else of this side by a rule that comes first is taken for the one that knows it by a later
 * rule: two of a side never get one counterpart.
 */
async function withoutOutbid(
  context: RunContext,
  entity: Entity,
  side: Side,
  lone: readonly Sighting[],
  matches: readonly Match[],
  partners: ReadonlyMap<RemoteId, Sighting>,
): Promise<readonly Match[]> {
  const earlierKeys = matches.map((match, index): readonly string[] => {
    const partner = match.kind === "one" ? partners.get(match.id) : undefined;
    const partnerKeys = exactKeys(partner?.matchKeys ?? []);
    const shared = partnerKeys.findIndex((key) => lone[index]?.matchKeys.includes(key));
    return shared > 0 ? partnerKeys.slice(0, shared) : [];
  });
  const keys = [...new Set(earlierKeys.flat())];
  if (keys.length === 0) return matches;
  const known = new Set(
    (await context.store.candidates(context.run, entity.name, side, keys, false)).map((candidate) => candidate.key),
  );
  return matches.map((match, index) =>
    match.kind === "one" && earlierKeys[index]?.some((key) => known.has(key)) === true
      ? { kind: "taken", id: match.id, linkId: null }
      : match,
  );
}

function matchOf(
  entity: Entity,
  side: Side,
  sighting: Sighting,
  candidates: ReadonlyMap<string, readonly CandidateView[]>,
  rivals: ReadonlyMap<string, readonly CandidateView[]>,
  pairs: readonly BySide<RemoteId>[],
): RuleMatch {
  const chosen = pairs.find((pair) => pair[side] === sighting.id);
  if (chosen !== undefined) return { match: { kind: "one", id: chosen[otherSide(side)] }, rule: null };
  if (!entity.mapping.policy.matches) return { match: { kind: "none" }, rule: null };
  const others = new Map(
    sighting.matchKeys.map((key) => [key, (rivals.get(key) ?? []).filter((row) => row.id !== sighting.id)]),
  );
  return exactMatch(sighting, candidates, others);
}

/** The candidates' own sightings. One that a person chose may not have been seen yet; one that is linked is no candidate. */
async function partnersOf(
  context: RunContext,
  entity: Entity,
  side: Side,
  matches: readonly Match[],
): Promise<ReadonlyMap<RemoteId, Sighting>> {
  const ids = [...new Set(matches.flatMap((match) => (match.kind === "one" ? [match.id] : [])))];
  if (ids.length === 0) return new Map();
  const found = await context.store.sighted(context.run, entity.name, side, ids);
  const seen = new Set(found.map((sighting) => sighting.id));
  const unseen = ids.filter((id) => !seen.has(id));
  const fetched = unseen.length === 0 ? [] : (await lookUp(context, entity, side, unseen, false)).sightings;
  await context.store.stage(context.run, fetched);
  const links = await context.store.linksBy(entity.name, side, ids);
  const taken = new Set(links.filter((link) => link.state !== "tombstone").map((link) => link[side]));
  const usable = [...found, ...fetched].filter(
    (sighting) => sighting.record !== null && sighting.presence === "present" && !taken.has(sighting.id),
  );
  return new Map(usable.map((sighting) => [sighting.id, sighting]));
}

// ---------------------------------------------------------------- values on the other side

async function carryAll(
  context: RunContext,
  entity: Entity,
  drafts: readonly Draft[],
): Promise<BySide<readonly CarriedFields[]>> {
  const needs = drafts.flatMap((draft) =>
    SIDES.flatMap((side) => entity.mapping.refNeeds(side, draft.sides[side].readings)),
  );
  const lookup = await refLookup(context, needs);
  const pageOf = (side: Side): readonly Readings[] => drafts.map((draft) => draft.sides[side].readings);
  const [left, right] = await Promise.all(SIDES.map((side) => entity.mapping.carry(side, pageOf(side), lookup)));
  return { left: left ?? [], right: right ?? [] };
}

/** Linked counterparts of all the records that references name, one statement an entity and side. */
export async function refLookup(
  context: RunContext,
  needs: readonly { readonly entity: string; readonly side: Side; readonly id: RemoteId }[],
): Promise<RefLookup> {
  const known = new Map<string, ReadonlyMap<RemoteId, RemoteId>>();
  for (const [key, group] of groupBy(needs, (need) => `${need.side} ${need.entity}`)) {
    const [first] = group;
    if (first !== undefined)
      known.set(
        key,
        await context.store.counterparts(first.entity, first.side, [...new Set(group.map((need) => need.id))]),
      );
  }
  return (need) => known.get(`${need.side} ${need.entity}`)?.get(need.id) ?? null;
}

// ---------------------------------------------------------------- put together

function viewOf(
  entity: Entity,
  draft: Draft,
  toRight: CarriedFields,
  toLeft: CarriedFields,
  resolutions: readonly CaseResolution[],
): View {
  const { subject, sides } = draft;
  const fields = entity.mapping.policy.fields.map((policy): FieldSight => {
    const left = sides.left.readings[policy.name] ?? ABSENT;
    const right = sides.right.readings[policy.name] ?? ABSENT;
    const baseLeft = baseCell(entity, "left", policy.name, draft.bases);
    const baseRight = baseCell(entity, "right", policy.name, draft.bases);
    const movement =
      left.kind === "value" && right.kind === "value"
        ? { left: left.cell, right: right.cell, baseLeft, baseRight }
        : null;
    const combined = movement === null ? null : entity.mapping.combine(policy.name, movement);
    const carriedTo = (side: Side, carried: Carried): Carried =>
      movement === null ? carried : entity.mapping.onto(policy.name, side, carried, movement);
    return {
      policy,
      left,
      right,
      baseLeft,
      baseRight,
      toRight: carriedTo("right", toRight[policy.name] ?? NO_WAY),
      toLeft: carriedTo("left", toLeft[policy.name] ?? NO_WAY),
      combined,
    };
  });
  const about = {
    seen: { left: seenOf(sides.left, subject.link, "left"), right: seenOf(sides.right, subject.link, "right") },
    current: { left: sides.left.sighting?.record ?? null, right: sides.right.sighting?.record ?? null },
    modified: { left: sides.left.sighting?.modified ?? null, right: sides.right.sighting?.modified ?? null },
  };

  if (subject.link !== null) {
    const { link } = subject;
    const side = (which: Side): SideView => ({
      id: link[which],
      presence: sides[which].sighting?.presence ?? "present",
      version: versionOf(sides[which].sighting, link, which),
    });
    const pair: LinkedPair = {
      link,
      sides: { left: side("left"), right: side("right") },
      fields,
      redirect: draft.redirect,
    };
    return { ...about, ids: { left: link.left, right: link.right }, subject: { kind: "linked", pair } };
  }
  const loneSide = draft.loneSide ?? "left";
  const own = sides[loneSide].sighting;
  if (own === null) throw new Error("a subject without a link and without a sighting");
  const partner =
    draft.partner === null
      ? null
      : { id: draft.partner.id, presence: draft.partner.presence, version: draft.partner.version };
  const dismissed = resolutions.flatMap((each) =>
    each[loneSide] === own.id && each.answer.kind === "dismiss" ? [each.values] : [],
  );
  const lone: LoneRecord = {
    side: loneSide,
    record: { id: own.id, presence: own.presence, version: own.version },
    match: draft.match,
    partner,
    fields,
    dismissed,
  };
  const ids =
    loneSide === "left" ? { left: own.id, right: partner?.id ?? null } : { left: partner?.id ?? null, right: own.id };
  return { ...about, ids, subject: { kind: "lone", lone } };
}

function baseCell(entity: Entity, side: Side, field: string, bases: Bases | null): Cell | null {
  const value: Value | undefined = bases?.[side][field];
  return value === undefined ? null : entity.mapping.cell(side, field, value);
}

/** What the link remembers once all is settled: what was seen now, or what it remembered already. */
function seenOf(facts: SideFacts, link: Link | null, side: Side): Seen {
  const { sighting } = facts;
  return {
    fingerprint: sighting?.fingerprint ?? link?.fingerprints[side] ?? null,
    version: versionOf(sighting, link, side),
    matchKeys: sighting?.matchKeys ?? [],
  };
}

/** A system may leave a version out now and then: then an older one would be refused for ever, and none is known. */
function versionOf(sighting: Sighting | null, link: Link | null, side: Side): string | null {
  return sighting === null ? (link?.versions[side] ?? null) : sighting.version;
}
