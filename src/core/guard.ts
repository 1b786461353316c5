// The last look before the first write: the whole plan is counted by side and class of action, and a class that is over its
// limit is withheld. What remains goes on.

import type { Decision, Write } from "./decision.ts";
import { SIDES, type Side } from "./ids.ts";
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

/** The decision without what tripped; its sides stay unsettled, so that it is decided again. Cases and agreements stay. */
export function withhold(decision: Decision, tripped: readonly Trip[]): Decision {
  const isTripped = (side: Side, op: GuardedClass): boolean =>
    tripped.some((trip) => trip.side === side && trip.op === op);
  const writes = decision.writes.flatMap((write): readonly Write[] => {
    if (isTripped(write.side, write.op)) return [];
    if (!isTripped(write.side, "blank")) return [write];
    const fields = write.fields.filter((field) => !field.blank);
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
