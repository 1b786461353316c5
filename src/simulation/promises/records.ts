// Promises about records: at most one counterpart, no resurrection, no deletion without proof, no reference that leads nowhere.

import { otherSide, SIDES, type RemoteId, type Side } from "../../core/ids.ts";
import type { EffectRow } from "../../engine/ledger.ts";
import {
  isBeforeLoss,
  keyOf,
  lastBefore,
  recordKey,
  type Change,
  type EntityEvidence,
  type Evidence,
} from "./evidence.ts";
import type { Played } from "../play.ts";
import { broken, type Broken, type Promised } from "./promise.ts";

function creates(entity: EntityEvidence): readonly Change[] {
  return entity.all.filter(({ what }) => what.actor === "engine" && what.before === null && what.after !== null);
}

/** At most one counterpart of a record; and whoever can be asked was asked before. */
export const noDuplicate: Promised = {
  number: 6,
  title: "No duplicate",
  check: (evidence) =>
    evidence.entities.flatMap((entity) => [
      ...secondCounterparts(entity),
      ...unasked(evidence, entity),
      ...orphans(evidence, entity),
      ...sameKey(evidence, entity),
      ...besideKnown(evidence, entity),
    ]),
};

function restores(entity: EntityEvidence, side: Side): boolean {
  const { policy } = entity.mapping;
  return (
    policy.whenGone[side] === "restore" ||
    policy.goneEdited === "restore" ||
    (policy.mirror && policy.givingSide === otherSide(side))
  );
}

function secondCounterparts(entity: EntityEvidence): readonly Broken[] {
  const bySource = new Map<string, EffectRow[]>();
  for (const row of entity.effects) {
    if (row.op !== "create" || row.other === null) continue;
    const key = recordKey(otherSide(row.side), row.other);
    bySource.set(key, [...(bySource.get(key) ?? []), row]);
  }
  return [...bySource].flatMap(([source, rows]): readonly Broken[] => {
    const there = rows.filter((row) => lastBefore(entity, row.side, row.record, Infinity)?.after !== null);
    return there.length > 1
      ? [
          broken(
            6,
            "two counterparts",
            `${source} has the counterparts ${there.map((row) => row.record).join(" and ")}, all made by the engine`,
          ),
        ]
      : [];
  });
}

function unasked({ played }: Evidence, entity: EntityEvidence): readonly Broken[] {
  if (!entity.mapping.policy.matches) return [];
  return creates(entity).flatMap(({ what }): readonly Broken[] => {
    const shape = played.systems[what.side].table(what.object).shape;
    const value = shape.key === null ? null : (what.sent?.[shape.key] ?? null);
    const hasKey = value !== null && value !== "";
    if (!played.history.habits[what.side].find || !hasKey || what.asked !== null) return [];
    // A repeat under the same key belongs to a create that was asked for in an earlier round.
    const repeated = played.history.habits[what.side].repeat === "by-key";
    return repeated
      ? []
      : [
          broken(
            7,
            "created without asking",
            `${what.side} ${what.id}: the engine created it without having asked in this run who has its key`,
          ),
        ];
  });
}

/** What the engine made is linked, or a person is asked about it. */
function orphans({ end, tables, played }: Evidence, entity: EntityEvidence): readonly Broken[] {
  const known = new Set(
    end.links
      .filter((link) => link.entity === entity.name)
      .flatMap((link) => SIDES.map((side) => recordKey(side, link[side]))),
  );
  const asked =
    end.cases.some((row) => row.kind === "unknown-outcome" || row.kind === "guard") || tables.intents.size > 0;
  const rested = isAtRest(played.runs);
  return creates(entity).flatMap(({ what }): readonly Broken[] => {
    const isThere = lastBefore(entity, what.side, what.id, Infinity)?.after !== null;
    if (!isThere || known.has(recordKey(what.side, what.id)) || asked || !rested) return [];
    // Nobody knows any more where it came from, and it is given nothing.
    if (played.losses.length > 0 && !isGiven(entity, what.side)) return [];
    const named = end.cases.some((row) => JSON.stringify([row.left, row.right, row.values]).includes(`"${what.id}"`));
    const failing = end.quarantined.has(`${what.side} ${entity.name} ${what.id}`);
    const waits = end.parked.has(`${what.side} ${entity.name} ${what.id}`);
    return named || failing || waits
      ? []
      : [broken(6, "orphan", `${what.side} ${what.id}: the engine created it, and nothing links it or asks about it`)];
  });
}

/** A record of this side is given a counterpart. */
export function isGiven(entity: EntityEvidence, side: Side): boolean {
  const { policy } = entity.mapping;
  return policy.allow[otherSide(side)].includes("create") && (policy.givingSide === null || policy.givingSide === side);
}

export function isAtRest(
  runs: readonly { readonly kind: string; readonly report: { readonly outcome: string } | null }[],
): boolean {
  const last = runs.findLast((run) => run.kind === "sweep")?.report;
  return (
    last !== null &&
    last !== undefined &&
    (last.outcome === "ok" || last.outcome === "partial" || last.outcome === "withheld")
  );
}

/** Who was there long before, and shows in a complete listing, is nobody to be made anew. */
function besideKnown({ played }: Evidence, entity: EntityEvidence): readonly Broken[] {
  if (!entity.mapping.policy.matches) return [];
  return creates(entity).flatMap(({ what }): readonly Broken[] => {
    const { key } = played.systems[what.side].table(what.object).shape;
    const value = key === null ? null : (what.sent?.[key] ?? null);
    // A repeat under the same key belongs to a create that was decided in an earlier run.
    const repeated = played.history.habits[what.side].repeat === "by-key";
    // Who stood still between looking and writing went by what a late listing had shown long before.
    const stood = played.history.rounds[what.round]?.events.some(({ event }) => event.kind === "stall") === true;
    if (key === null || value === null || repeated || stood || played.lied.has(what.round)) return [];
    // What a rule of the file brings back is the counterpart of its link, whoever else has the key.
    const source = what.other === null ? undefined : entity.known.get(recordKey(otherSide(what.side), what.other));
    if (restores(entity, what.side) && (source?.size ?? 0) > 1) return [];
    const twins = [...entity.changes[what.side]].filter(([id, changes]) => {
      const last = changes.findLast((change) => change.what.seq < what.seq);
      // Who has a link, or does not take part, is nobody's match.
      if (hasPartner(entity, played, what.side, id) || last?.inScope === false) return false;
      return (
        id !== what.id &&
        last?.what.after?.[key] === value &&
        last.what.round < what.round &&
        what.at - last.what.at > LATE_MS &&
        last.what.actor === "person"
      );
    });
    return twins.map(([id]) =>
      broken(
        6,
        "created beside one that was there",
        `${what.side} ${what.id}: created although ${id} has had its key since an earlier run`,
      ),
    );
  });
}

/** With the state the links were lost that it had had. */
function hasPartner(entity: EntityEvidence, played: Played, side: Side, id: RemoteId): boolean {
  return (played.losses.length > 0 ? entity.partners : entity.known).has(recordKey(side, id));
}

/** Longer than any listing lags behind. */
export const LATE_MS = 15_000;

/** The record that the engine made is not the second one with its key, when `find` had shown the first. */
function sameKey({ end, played }: Evidence, entity: EntityEvidence): readonly Broken[] {
  if (!entity.mapping.policy.matches) return [];
  const linked = new Set(
    end.links
      .filter((link) => link.entity === entity.name)
      .flatMap((link) => SIDES.map((side) => recordKey(side, link[side]))),
  );
  return creates(entity).flatMap(({ what }): readonly Broken[] => {
    const free = (what.asked?.found ?? []).filter(
      (id) => id !== what.id && !linked.has(recordKey(what.side, id)) && !hasPartner(entity, played, what.side, id),
    );
    const still = free.filter((id) => lastBefore(entity, what.side, id, what.seq)?.after !== null);
    return still.length > 0
      ? [
          broken(
            6,
            "created beside one that was found",
            `${what.side} ${what.id}: created although ${still.join(", ")} was found with its key`,
          ),
        ]
      : [];
  });
}

/** A record that a person deleted comes back only where the file says so. */
export const noResurrection: Promised = {
  number: 5,
  title: "No resurrection",
  check: ({ entities, played }) =>
    entities.flatMap((entity) =>
      entity.effects.flatMap((row): readonly Broken[] => {
        const { side, other } = row;
        if (row.op !== "create" || other === null || restores(entity, side)) return [];
        const earlier = [...(entity.known.get(recordKey(otherSide(side), other)) ?? [])].filter(
          (id) => id !== row.record,
        );
        const made = entity.changes[side].get(row.record)?.[0]?.what.seq ?? 0;
        const killed = earlier.filter((id) => {
          const last = lastBefore(entity, side, id, made);
          return (
            last !== null && last.after === null && last.what.actor === "person" && !isBeforeLoss(played, last.what.seq)
          );
        });
        return killed.map((id) =>
          broken(
            5,
            "resurrection",
            `${side} ${id} was deleted by a person, and the engine made ${row.record} in its place`,
          ),
        );
      }),
    ),
};

/** A delete has its proof: the counterpart is gone, or has left the scope, and nobody had edited what goes. */
export const provenDeletes: Promised = {
  number: 7,
  title: "No unproven absence",
  check: ({ entities, played }) =>
    entities.flatMap((entity) =>
      entity.all.flatMap((change): readonly Broken[] => {
        const { what } = change;
        if (what.actor !== "engine" || what.after !== null) return [];
        const other = otherSide(what.side);
        const partners = [...(entity.partners.get(recordKey(what.side, what.id)) ?? [])];
        const scoped = entity.mapping.policy.onScopeExit === "delete";
        const there = partners.filter((id) => lastBefore(entity, other, id, what.seq)?.after !== null && !scoped);
        if (partners.length > 0 && there.length === partners.length)
          return [
            broken(
              7,
              "unproven delete",
              `${what.side} ${what.id} was deleted although ${there.join(", ")} is still there`,
            ),
          ];
        return scoped
          ? []
          : unseenEdits(
              entity,
              change,
              partners,
              SIDES.some((side) => played.history.habits[side].spelling !== "as-is"),
            );
      }),
    ),
};

function unseenEdits(
  entity: EntityEvidence,
  deleted: Change,
  partners: readonly RemoteId[],
  spelt: boolean,
): readonly Broken[] {
  const { policy } = entity.mapping;
  const { what } = deleted;
  if (policy.goneEdited === "delete" || what.blind || spelt) return [];
  const other = otherSide(what.side);
  return policy.fields.flatMap(({ name, writes, strength }): readonly Broken[] => {
    // It fills what is empty, and carries no edit of what both have.
    if (strength === "weak") return [];
    const isRef = entity.mapping
      .refNeeds(what.side, deleted.before ?? {})
      .some((need) => keyOf(deleted.before, name)?.includes(need.id) === true);
    if (writes === what.side || entity.merged.has(name) || isRef) return [];
    const author = entity.changes[what.side]
      .get(what.id)
      ?.findLast((change) => change.what.seq < what.seq && change.changed.includes(name));
    const value = keyOf(deleted.before, name);
    if (author === undefined || author.what.actor !== "person" || author.what.unseen) return [];
    if (author.what.before === null || value === null) return [];
    const reached = partners.some(
      (id) => entity.changes[other].get(id)?.some((change) => keyOf(change.after, name) === value) === true,
    );
    return reached
      ? []
      : [
          broken(
            3,
            `edit of ${name} deleted`,
            `${what.side} ${what.id}: a person set ${name} to ${value}, it never reached the other side, and the engine deleted the record`,
          ),
        ];
  });
}

/** A reference that is written leads to a record that is there, and that is the linked one. */
export const references: Promised = {
  number: 17,
  title: "Order",
  check: ({ entities }) =>
    entities.flatMap((entity) =>
      entity.all.flatMap((change): readonly Broken[] => {
        const { what } = change;
        if (what.actor !== "engine" || change.sent === null || what.after === null) return [];
        return entity.mapping.refNeeds(what.side, change.sent).flatMap((need): readonly Broken[] => {
          const parent = entities.find((each) => each.name === need.entity);
          const last = parent === undefined ? null : lastBefore(parent, need.side, need.id, what.seq);
          const wasThere =
            last !== null && (last.after !== null || last.what.round >= what.round || last.what.actor !== "engine");
          return wasThere
            ? []
            : [
                broken(
                  17,
                  "dangling reference",
                  `${what.side} ${what.id}: written with a reference to ${need.id}, which is not there`,
                ),
              ];
        });
      }),
    ),
};
