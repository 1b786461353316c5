// Lines that go both ways and have fields that only one side gives: what goes both ways is merged first (merge.ts), then this
// says what becomes of the rest. The receiving side of such a field can neither win nor be in conflict, as for a one-way rule.
//
//   what goes both ways     nothing to give         something to give
//   agrees, rests           as it is                written to whoever receives, on both sides if need be
//   is written              as it is                in the write already; for the other side in the round that follows
//   waits for a person      waits                   waits with it: the list is one field

import type { Cell, FieldSight, OneWayLines } from "./field.ts";
import type { Answer, FieldOutcome, MergeFacts } from "./field-outcome.ts";
import { otherSide, SIDES, type Side } from "./ids.ts";
import { agree, agreeOrRest, cellOf, readingOf, valueOf } from "./sight.ts";

/** @param outcome Of what goes both ways. @param unit Name of the field or its group. */
export function withOneWay(
  sight: FieldSight,
  outcome: FieldOutcome,
  unit: string,
  facts: MergeFacts,
): readonly FieldOutcome[] {
  const { oneWay, policy } = sight;
  if (oneWay === undefined) return [outcome];
  const answer = facts.answers[unit];
  if (oneWay.disputed && answer === undefined)
    return [
      {
        kind: "conflict",
        field: policy.name,
        unit,
        left: valueOf(sight.left),
        right: valueOf(sight.right),
        atLink: false,
      },
    ];
  switch (outcome.kind) {
    case "rest":
    case "agree": {
      const sides = SIDES.filter((side) => oneWay.given[side] !== null && isTaken(answer, otherSide(side), oneWay));
      const writes = sides.flatMap((side) => giving(sight, oneWay, side, facts));
      if (writes.length > 0) return writes;
      return [outcome.kind === "agree" || oneWay.disputed ? agree(sight) : agreeOrRest(sight)];
    }
    case "write":
      return [writing(sight, oneWay, outcome)];
    default:
      return [outcome];
  }
}

/** Whether what a side gives is written: where a person was asked, as they said. */
function isTaken(answer: Answer | undefined, from: Side, { disputed }: OneWayLines): boolean {
  return !disputed || answer === undefined || (answer.kind === "take" && answer.side === from);
}

function giving(sight: FieldSight, oneWay: OneWayLines, side: Side, { names }: MergeFacts): readonly FieldOutcome[] {
  const after = oneWay.given[side];
  if (after === null) return [];
  const from = otherSide(side);
  const assumed = oneWay.assumed.given[side];
  return [
    {
      kind: "write",
      field: sight.policy.name,
      side,
      before: cellOf(readingOf(sight, side)),
      after,
      sent: oneWay.sent[from],
      writtenBase: null,
      ...(assumed === null ? {} : { assumed }),
      reason: `given by ${names[from]}`,
    },
  ];
}

function writing(sight: FieldSight, oneWay: OneWayLines, outcome: FieldOutcome & { kind: "write" }): FieldOutcome {
  const { side, after, writtenBase } = outcome;
  const from = otherSide(side);
  const assumed = after.kind === "value" ? assumedOf(sight, oneWay, side, after.cell) : null;
  return {
    ...outcome,
    sent: oneWay.sent[from] ?? outcome.sent,
    writtenBase: writtenBase === null ? null : (oneWay.assumed.carried[side] ?? writtenBase),
    ...(assumed === null ? {} : { assumed }),
    follows: oneWay.given[from] !== null,
  };
}

function assumedOf(sight: FieldSight, { assumed }: OneWayLines, side: Side, after: Cell): Cell | null {
  if (sight.combined !== null && sight.combined[side] === after) return assumed.combined[side];
  const carried = side === "right" ? sight.toRight : sight.toLeft;
  return carried.kind === "value" && carried.cell === after ? assumed.carried[side] : null;
}
