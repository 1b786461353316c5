// The last look before the first write: the whole plan is counted by side and class of action, and a class that is over its
// limit is withheld. What remains goes on.
//
//   trips                  when                                                      what is withheld
//   create, update,        more than max(floor, fraction of the linked pairs)        that class, on that side
//   delete, blank
//   update (all-changed)   every linked record of an entity, 100 or more             the entity's updates, on that side
//   update (one-value)     one value over many different ones, more than its limit   that field of those records

import type { Decision, FieldWrite, Write } from "./decision.ts";
import { SIDES, type Side } from "./ids.ts";
import { oneValuesOver, type OneValue, type OneValueTally } from "./one-value.ts";
import type { Guards, Limit } from "./policy.ts";

type GuardedClass = "create" | "update" | "delete" | "blank";

export const GUARDED = ["create", "update", "delete", "blank"] as const satisfies readonly GuardedClass[];

/** Planned actions by side and class. Blank counts fields, the others records. */
export type Tally = Record<Side, Record<GuardedClass, number>>;

export interface Trip {
  readonly side: Side;
  readonly op: GuardedClass;
  readonly count: number;
  readonly limit: number;
  /** A narrower trip: only this entity's actions, and why. Left out: the whole class. */
  readonly only?: {
    readonly entity: string;
    readonly why: "all-changed" | "one-value";
    /** Only where this field is given this value; null: all updates. */
    readonly value: OneValue | null;
  };
}

export function emptyTally(): Tally {
  return { left: { create: 0, update: 0, delete: 0, blank: 0 }, right: { create: 0, update: 0, delete: 0, blank: 0 } };
}

/** Adds a decision's actions to the tally, which is the caller's own. Approved actions are not counted. */
export function addToTally(tally: Tally, decision: Decision): void {
  for (const write of decision.writes) {
    tally[write.side][write.op] += 1;
    tally[write.side].blank += write.fields.filter((field) => field.blank).length;
  }
}

/** Largest count that passes. @param linkedPairs Live links of the pair before the run. */
export function limitCount(limit: Limit, linkedPairs: number): number {
  return Math.max(limit.floor, Math.floor(limit.fraction * linkedPairs));
}

export function trips(tally: Tally, guards: Guards, linkedPairs: number): readonly Trip[] {
  const tripped: Trip[] = [];
  for (const side of SIDES) {
    for (const op of GUARDED) {
      const limit = guards[op];
      const count = tally[side][op];
      if (limit !== null && count > limitCount(limit, linkedPairs))
        tripped.push({ side, op, count, limit: limitCount(limit, linkedPairs) });
    }
  }
  return tripped;
}

/** Fewer may well be everything that a small pair has. */
const ALL_MIN = 100;

/**
 * What is wrong with an entity's updates as a whole, whatever the limits of their class.
 * @param updates Planned ones by side, approved ones left out.
 */
export function entityTrips(
  entity: string,
  updates: Readonly<Record<Side, number>>,
  values: OneValueTally,
  guards: Guards,
  links: { readonly entity: number; readonly pair: number },
): readonly Trip[] {
  const tripped: Trip[] = [];
  for (const side of SIDES) {
    const count = updates[side];
    if (guards.allChanged === "refuse" && count >= Math.max(ALL_MIN, links.entity))
      tripped.push({ side, op: "update", count, limit: count - 1, only: { entity, why: "all-changed", value: null } });
  }
  if (guards.oneValue === null) return tripped;
  const limit = limitCount(guards.oneValue, links.pair);
  for (const value of oneValuesOver(values, entity, limit))
    tripped.push({
      side: value.side,
      op: "update",
      count: value.count,
      limit,
      only: { entity, why: "one-value", value },
    });
  return tripped;
}

/** The decision without what tripped; its sides stay unsettled, so that it is decided again. Cases and agreements stay. */
export function withhold(decision: Decision, tripped: readonly Trip[]): Decision {
  const own = tripped.filter(({ only }) => only === undefined || only.entity === decision.entity);
  const isTripped = (side: Side, op: GuardedClass): boolean =>
    own.some((trip) => trip.side === side && trip.op === op && (trip.only?.value ?? null) === null);
  const writes = decision.writes.flatMap((write): readonly Write[] => {
    if (isTripped(write.side, write.op)) return [];
    const fields = write.fields.filter(
      (field) =>
        !(field.blank && isTripped(write.side, "blank")) && !(write.op === "update" && isOneOf(own, write, field)),
    );
    if (fields.length === write.fields.length) return [write];
    return fields.length === 0 && write.op === "update" ? [] : [{ ...write, fields }];
  });
  const whole =
    writes.length === decision.writes.length &&
    writes.every((write, index) => write.fields.length === decision.writes[index]?.fields.length);
  if (whole) return decision;
  // What a withheld create or delete would have made of the link has not happened.
  const linkStays = decision.writes.some((write) => write.op !== "update");
  return {
    ...decision,
    writes,
    link: linkStays ? { kind: "keep" } : decision.link,
    settledLeft: false,
    settledRight: false,
  };
}

function isOneOf(tripped: readonly Trip[], { side }: Write, { field, after }: FieldWrite): boolean {
  return tripped.some(({ only }) => {
    const value = only?.value ?? null;
    return (
      value !== null &&
      value.side === side &&
      value.field === field &&
      after.kind === "value" &&
      after.cell.key === value.key
    );
  });
}
