// Items of a listing or a feed that cannot be decoded: each is quarantined and blocks nobody else, until they are so many that
// the answer itself is not to be believed.

import type { BrokenItem } from "../connector/contract.ts";
import type { Side } from "../core/ids.ts";
import { RunEnds, type Entity, type RunContext } from "./context.ts";
import type { Quarantined } from "./ports/waiting.ts";

// In a small system one bad record is more than any share; below this many a listing is still believed.
const BROKEN_FLOOR = 10;
const BROKEN_FRACTION = 0.01;

/** An item without an id belongs to nobody that could be quarantined; it is told. */
export function brokenItems(
  context: RunContext,
  entity: Entity,
  side: Side,
  items: readonly BrokenItem[],
): readonly Quarantined[] {
  return items.flatMap((item): readonly Quarantined[] => {
    if (item.id !== null)
      return [{ entity: entity.name, side, record: item.id, code: item.code, message: item.message, next: null }];
    context.log.warn("a record without an id was passed over", {
      pair: context.mapping.pair,
      entity: entity.name,
      system: context.mapping.sides[side].system,
      message: item.message,
    });
    return [];
  });
}

/** @throws RunEnds when too many of what was read are broken. @param message Of one of them. */
export function refuseTooManyBroken(
  what: string,
  count: { readonly read: number; readonly broken: number },
  message: string,
): void {
  if (count.broken <= Math.max(BROKEN_FLOOR, count.read * BROKEN_FRACTION)) return;
  throw new RunEnds(
    "halted",
    "listing-incomplete",
    `${what}: ${String(count.broken)} records cannot be read; one of them: ${message}`,
  );
}
