// What waits for a person since a run was taken back, as the decision wants it: by the ids of two linked records, then by field,
// group, or `GONE`.

import type { Cell } from "../../core/field.ts";
import type { TakenBack } from "../../core/field-outcome.ts";
import { SIDES, type BySide, type RemoteId, type Side } from "../../core/ids.ts";
import { GONE } from "../../core/subject.ts";
import { isFields, type Value } from "../../core/value.ts";
import type { EntityMapping } from "../../mapping/mapping.ts";
import type { Entity, RunContext } from "../context.ts";
import type { UndoneCase } from "../ports/undone.ts";

export type Waiting = ReadonlyMap<string, ReadonlyMap<string, TakenBack>>;

export const NONE_WAITING: Waiting = new Map();
export const NO_UNITS: ReadonlyMap<string, TakenBack> = new Map();

/**
 * For so long a system may still show, in an index or a replica that lags, what stood there before it was put back.
 * Shorter: a read that comes later takes what was put back for an edit, which travels. Longer: a value that somebody sets again
 * keeps its case open that much longer.
 */
const LATE_MS = 600_000;

export function waitingName(ids: BySide<RemoteId | null>): string {
  return `${ids.left ?? ""} ${ids.right ?? ""}`;
}

export async function waitingOf(
  context: RunContext,
  entity: Entity,
  links: readonly { readonly left: RemoteId; readonly right: RemoteId }[],
): Promise<Waiting> {
  const found = new Map<string, Map<string, TakenBack>>();
  for (const row of await context.store.undoneCases(entity.name, links)) {
    const name = waitingName(row);
    const units = found.get(name) ?? new Map<string, TakenBack>();
    const isFresh = context.clock.now() - row.since < LATE_MS;
    const late = isFresh && row.field !== null ? lateOf(entity.mapping, row.field, row) : {};
    found.set(name, units.set(row.field ?? GONE, { run: row.run, wrote: row.wrote, late }));
  }
  return found;
}

function lateOf(mapping: EntityMapping, unit: string, { wrote }: UndoneCase): TakenBack["late"] {
  const members = mapping.policy.fields.filter(({ name, group }) => (group ?? name) === unit);
  const cellOn = (side: Side, field: string, isGroup: boolean): Cell | null => {
    const told: Value | undefined = wrote[side];
    const value = isGroup ? (told !== undefined && isFields(told) ? told[field] : undefined) : told;
    return value === undefined ? null : mapping.cell(side, field, value);
  };
  return Object.fromEntries(
    members.map(({ name, group }) => {
      const [left, right] = SIDES.map((side) => cellOn(side, name, group !== null));
      return [name, { left: left ?? null, right: right ?? null }];
    }),
  );
}
