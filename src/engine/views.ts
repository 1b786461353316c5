// From a page of subjects to what the core decides on: records read through the lenses, bases, references resolved, each
// value carried to the other side, match candidates. Everything by page: a handful of statements, whatever its size.

import { ABSENT, type Cell, type FieldSight, NO_WAY } from "../core/field.ts";
import type { BySide, RemoteId, Side } from "../core/ids.ts";
import type { Seen } from "../core/settle.ts";
import type { LinkedPair, LoneRecord, SideView } from "../core/subject.ts";
import type { Fields, Value } from "../core/value.ts";
import type { RefLookup } from "../mapping/reference.ts";
import { type CarriedFields, carryAll } from "./carry-values.ts";
import type { Entity, RunContext } from "./context.ts";
import { type Draft, type SideFacts, draftsOf } from "./drafts.ts";
import type { Bases, Link } from "./ports/link.ts";
import type { Sighting, Subject } from "./ports/sighting.ts";
import type { CaseResolution } from "./ports/waiting.ts";

/** A pair of records, or a lone one, as the core wants it, with what carrying it out needs. */
export interface View {
  readonly subject:
    { readonly kind: "linked"; readonly pair: LinkedPair } | { readonly kind: "lone"; readonly lone: LoneRecord };
  readonly seen: BySide<Seen>;
  readonly current: BySide<Fields | null>;
  readonly modified: BySide<number | null>;
  readonly ids: BySide<RemoteId | null>;
}

/** @param remembered This run has not seen everybody: unlinked records that an earlier one saw are candidates and rivals too. */
export async function viewsOf(
  context: RunContext,
  entity: Entity,
  subjects: readonly Subject[],
  resolutions: readonly CaseResolution[],
  remembered: boolean,
): Promise<readonly View[]> {
  const drafts = await draftsOf(context, entity, subjects, resolutions, remembered);
  const { lookup, ...carried } = await carryAll(context, entity, drafts);
  return drafts.map((draft, index) =>
    viewOf(entity, draft, carried.left[index] ?? {}, carried.right[index] ?? {}, resolutions, lookup),
  );
}

function viewOf(
  entity: Entity,
  draft: Draft,
  toRight: CarriedFields,
  toLeft: CarriedFields,
  resolutions: readonly CaseResolution[],
  lookup: RefLookup,
): View {
  const { subject, sides } = draft;
  const fields = entity.mapping.policy.fields.map((policy): FieldSight => {
    const { name } = policy;
    return entity.mapping.sight(name, {
      left: sides.left.readings[name] ?? ABSENT,
      right: sides.right.readings[name] ?? ABSENT,
      baseLeft: baseCell(entity, "left", name, draft.bases),
      baseRight: baseCell(entity, "right", name, draft.bases),
      toRight: toRight[name] ?? NO_WAY,
      toLeft: toLeft[name] ?? NO_WAY,
      lookup,
    });
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
