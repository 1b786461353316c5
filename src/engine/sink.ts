// Objects that take new records and show none: mail, chat, a webhook, a folder that a partner empties. Each record of the other
// side is written to one once; what was sent is all that is ever known of it, so it counts as standing there unchanged.

import type { Capabilities } from "../connector/contract.ts";
import type { EntityPolicy } from "../core/policy.ts";
import { SIDES, type BySide, type Side } from "../core/ids.ts";
import type { Entity } from "./context.ts";

function isSink(can: Capabilities): boolean {
  return can.create !== null && !can.list && !can.get && can.changes === null;
}

export function isSinkSide(entity: Entity, side: Side): boolean {
  return isSink(entity.objects[side].capabilities);
}

/** What cannot be done to a sink is not planned and counts as blocked, as if the mapping did not allow it. */
export function policyFor(policy: EntityPolicy, can: BySide<Capabilities>): EntityPolicy {
  if (!SIDES.some((side) => isSink(can[side]))) return policy;
  const allowed = (side: Side): EntityPolicy["allow"]["left"] =>
    isSink(can[side]) ? policy.allow[side].filter((operation) => can[side][operation] !== null) : policy.allow[side];
  return { ...policy, allow: { left: allowed("left"), right: allowed("right") } };
}
