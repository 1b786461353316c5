// What an open intent keeps from being decided: its own records, whoever would be matched with them, and, after a create whose
// outcome is not known, the record that may be what became of it.

import type { Decision } from "../core/decision.ts";
import { NULL_KEY } from "../core/field.ts";
import { SIDES, type Side } from "../core/ids.ts";
import { sameValue } from "../core/value.ts";
import type { Entity } from "./context.ts";
import { findKey } from "./find-key.ts";
import type { Intent } from "./ports/intent.ts";
import type { View } from "./views.ts";

export interface Locks {
  /** `lockKey`s of the records of open intents. */
  readonly records: ReadonlySet<string>;
  /** Creates that may or may not have happened. */
  readonly creates: readonly Intent[];
}

export function locksOf(open: readonly Intent[]): Locks {
  const records = open.flatMap(({ entity, decision }) =>
    SIDES.flatMap((side) => (decision[side] === null ? [] : [lockKey(entity, side, decision[side])])),
  );
  return { records: new Set(records), creates: open.filter((intent) => intent.op === "create") };
}

export function isLocked(
  locks: Locks,
  entity: string,
  ids: { readonly left: string | null | undefined; readonly right: string | null | undefined },
): boolean {
  return SIDES.some((side) => {
    const id = ids[side];
    return id !== null && id !== undefined && locks.records.has(lockKey(entity, side, id));
  });
}

/**
 * A record without a link that may be what became of an open create: it has its natural key, or shows at least half of what was
 * sent, in the system's own spelling, the rest having been edited since. To create its counterpart could make a second one.
 */
export function mayBeCreated(locks: Locks, entity: Entity, { subject, current }: View, decision: Decision): boolean {
  if (subject.kind !== "lone" || decision.link.kind !== "link") return false;
  const { side, fields } = subject.lone;
  const shown = new Map(fields.map((sight) => [sight.policy.name, sight[side]]));
  return locks.creates.some((intent) => {
    if (intent.entity !== decision.entity || intent.side !== side) return false;
    const key = findKey(entity.objects[side].capabilities.findBy, intent.body);
    const record = current[side];
    if (
      key !== null &&
      record !== null &&
      Object.entries(key).every(([name, value]) => sameValue(record[name] ?? null, value))
    )
      return true;
    const sent = (intent.decision.writes[intent.writeIndex]?.fields ?? []).flatMap(({ field, after }) =>
      after.kind === "value" && after.cell.key !== NULL_KEY ? [{ field, key: after.cell.key }] : [],
    );
    const alike = sent.filter(({ field, key: told }) => {
      const reading = shown.get(field);
      return reading?.kind === "value" && isAlike(told, reading.cell.key);
    });
    return sent.length > 0 && alike.length * 2 >= sent.length;
  });
}

/** Up to the system's own spelling: in capitals, cut short, filled up. */
function isAlike(one: string, other: string): boolean {
  const [a, b] = [one, other].map((key) => key.toLowerCase().replaceAll('"', "").trim());
  return (
    a === b || (a !== undefined && b !== undefined && a !== "" && b !== "" && (a.startsWith(b) || b.startsWith(a)))
  );
}

/** Nothing is done about it now; as unknown it stays in the inbox. */
export function heldBack(decision: Decision): Decision {
  return {
    ...decision,
    situation: "unknown",
    link: { kind: "keep" },
    writes: [],
    agreements: [],
    cases: [],
    quarantine: [],
    blocked: 0,
    settledLeft: false,
    settledRight: false,
  };
}

function lockKey(entity: string, side: Side, id: string): string {
  return `${entity} ${side} ${id}`;
}
