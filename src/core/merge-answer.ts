// A person's answer to the case of a field or group, carried out in place of the rule.

import { carry, writeBoth } from "./carry.ts";
import type { FieldSight } from "./field.ts";
import type { Answer, FieldOutcome, MergeFacts } from "./field-outcome.ts";
import { unreachable, type Side } from "./ids.ts";
import { agree, rest } from "./sight.ts";

export function answered(sight: FieldSight, answer: Answer, facts: MergeFacts): FieldOutcome {
  const reason = "a person decided";
  switch (answer.kind) {
    case "dismiss":
      return agree(sight);
    case "take":
      return carryTaken(sight, answer.side, reason, facts);
    case "value": {
      const given = answer.fields[sight.policy.name];
      return given === undefined ? rest(sight) : writeBoth(sight, given, reason);
    }
    default:
      return unreachable(answer);
  }
}

/** Taking a side writes it even when it is empty: a person has seen both. */
function carryTaken(sight: FieldSight, side: Side, reason: string, facts: MergeFacts): FieldOutcome {
  const { writes } = sight.policy;
  if (writes === side) return agree(sight);
  return carry({ ...sight, policy: { ...sight.policy, blank: "flow" } }, side, `${reason}: ${facts.names[side]}`);
}
