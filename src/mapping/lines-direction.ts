// Which of a line's fields go which way: that of their list, or one way though the list goes both.

import type { Side } from "../core/ids.ts";
import type { FieldLens, LinesLens } from "./lens.ts";

/** The field goes the way its list goes. */
export function goesWithItsLine({ mixed }: LinesLens, { policy }: FieldLens): boolean {
  return !mixed || policy.writes === "both";
}

/** The side gives the field and is never given it. */
export function givesAlone(lines: LinesLens, field: FieldLens, side: Side): boolean {
  return !goesWithItsLine(lines, field) && field.policy.writes !== side;
}

/** The side is given the field, and what it shows goes nowhere. */
export function onlyReceives(lines: LinesLens, field: FieldLens, side: Side): boolean {
  return !goesWithItsLine(lines, field) && field.policy.writes === side;
}
