// Writing a value across: from one side to the other, or one that neither shows to both.

import { NULL_KEY, type Carried, type Cell, type FieldSight } from "./field.ts";
import type { FieldOutcome } from "./field-outcome.ts";
import { otherSide, unreachable, type Side } from "./ids.ts";
import { agree, cellOf, isEmpty, readingOf, rest } from "./sight.ts";

/** Writes the giving side's value on the other. What need not or cannot be written settles as it stands. */
export function carry(sight: FieldSight, from: Side, reason: string): FieldOutcome {
  const carried: Carried = from === "left" ? sight.toRight : sight.toLeft;
  const to = otherSide(from);
  const field = sight.policy.name;
  switch (carried.kind) {
    case "none":
      return rest(sight);
    case "invalid":
      return { kind: "held", field, side: from, found: carried.found, message: carried.message };
    case "waiting":
      return {
        kind: "write",
        field,
        side: to,
        before: cellOf(readingOf(sight, to)),
        after: carried,
        sent: cellOf(readingOf(sight, from)),
        writtenBase: null,
        reason,
      };
    case "value": {
      const before = cellOf(readingOf(sight, to));
      if (carried.cell.key === NULL_KEY && (sight.policy.blank === "keep" || isEmpty(readingOf(sight, to))))
        return agree(sight);
      return {
        kind: "write",
        field,
        side: to,
        before,
        after: carried,
        sent: cellOf(readingOf(sight, from)),
        writtenBase: null,
        reason,
      };
    }
    default:
      return unreachable(carried);
  }
}

/**
 * Both sides shall get a value that neither shows. It is written to the right alone; the bases are then left as if the two
 * had agreed on the left value and the right had moved since, so that the left follows as it does for any edit. A crash or an
 * edit between the two writes is an ordinary case of the table above.
 */
export function writeBoth(
  sight: FieldSight,
  wanted: { readonly left: Cell; readonly right: Cell },
  reason: string,
): FieldOutcome {
  const field = sight.policy.name;
  const left = cellOf(sight.left);
  const right = cellOf(sight.right);
  const leftDiffers = left?.key !== wanted.left.key && sight.policy.writes !== "right";
  const rightDiffers = right?.key !== wanted.right.key && sight.policy.writes !== "left";
  if (rightDiffers) {
    const writtenBase = leftDiffers && sight.toRight.kind === "value" ? sight.toRight.cell : null;
    return {
      kind: "write",
      field,
      side: "right",
      before: right,
      after: { kind: "value", cell: wanted.right },
      sent: left,
      writtenBase,
      reason,
    };
  }
  if (leftDiffers)
    return {
      kind: "write",
      field,
      side: "left",
      before: left,
      after: { kind: "value", cell: wanted.left },
      sent: right,
      writtenBase: null,
      reason,
    };
  return agree(sight);
}
