// Promises about the state itself and about who may write: a lost state does no harm, nobody writes beside another, nothing is
// sent twice, what has left the scope is left alone.

import { otherSide, SIDES } from "../../core/ids.ts";
import { isBeforeLoss, lastBefore, recordKey, keyOf, type Change, type EntityEvidence } from "./evidence.ts";
import type { Loss } from "../play.ts";
import { LATE_MS } from "./records.ts";
import { broken, type Broken, type Promised } from "./promise.ts";

/** After the whole state was lost nobody is deleted for what happened before, and nothing that differed is written over unasked. */
export const stateLoss: Promised = {
  number: 15,
  title: "State loss is safe",
  check: ({ entities, played }) => {
    const loss = played.losses.findLast((each) => each.all);
    if (loss === undefined) return [];
    const answered = played.history.rounds.some((round) => round.events.some(({ event }) => event.kind === "answer"));
    const spelt = SIDES.some((side) => played.history.habits[side].spelling !== "as-is");
    return entities.flatMap((entity) =>
      entity.all
        .filter(({ what }) => what.actor === "engine" && what.seq >= loss.happenings && what.round > loss.round)
        .flatMap((change) => [
          ...deletedForLoss(entity, change, loss),
          // How a system spells what it was given may come back where nothing tells what became of a write.
          ...(answered || spelt ? [] : overwrittenForLoss(entity, change, loss)),
        ]),
    );
  },
};

function deletedForLoss(entity: EntityEvidence, { what }: Change, loss: Loss): readonly Broken[] {
  if (what.after !== null) return [];
  const other = otherSide(what.side);
  const partners = [...(entity.partners.get(recordKey(what.side, what.id)) ?? [])];
  const moved = partners.some(
    (id) =>
      // What shows late may have gone a little earlier.
      entity.changes[other].get(id)?.some((change) => change.what.at >= loss.at - LATE_MS && isLeaving(change)) ===
      true,
  );
  return moved
    ? []
    : [
        broken(
          15,
          "deleted for a lost state",
          `${what.side} ${what.id} was deleted though nothing of it went since the state was lost`,
        ),
      ];
}

function isLeaving(change: Change): boolean {
  return change.after === null || !change.inScope;
}

/** Where the file names no winner, a value gives way only to one that a person or program has set since. */
function overwrittenForLoss(entity: EntityEvidence, change: Change, loss: Loss): readonly Broken[] {
  const { what } = change;
  if (what.before === null || what.after === null) return [];
  const partners = [...(entity.partners.get(recordKey(what.side, what.id)) ?? [])];
  const own = entity.changes[what.side].get(what.id) ?? [];
  const others = partners.flatMap((id) => entity.changes[otherSide(what.side)].get(id) ?? []);
  const { fields } = entity.mapping.policy;
  return fields.flatMap((policy): readonly Broken[] => {
    const { name, group, atLink, writes } = policy;
    if (!change.changed.includes(name) || keyOf(change.before, name) === null) return [];
    if (writes !== "both" || atLink !== "review" || entity.merged.has(name)) return [];
    const unit = fields
      .filter((each) => each.name === name || (group !== null && each.group === group))
      .map((each) => each.name);
    const author = own.findLast((each) => each.what.seq < what.seq && each.changed.includes(name));
    if (author?.what.actor === "engine") return [];
    const edited = [...own, ...others].some(
      (each) =>
        each.what.at >= loss.at - LATE_MS &&
        each.what.actor !== "engine" &&
        each.changed.some((field) => unit.includes(field)),
    );
    return edited
      ? []
      : [
          broken(
            15,
            `overwritten after a lost state: ${name}`,
            `${what.side} ${what.id}: ${name} was written over though nobody has touched it since the state was lost, and nobody was asked`,
          ),
        ];
  });
}

/** Once a run has written, none that began before it writes to the state again. */
export const oneWriter: Promised = {
  number: 22,
  title: "One writer",
  check: ({ tables }) => {
    const order = tables.effects.map((row) => row.run);
    return [...new Set(order)].flatMap((run): readonly Broken[] => {
      const own = order.slice(order.indexOf(run), order.lastIndexOf(run) + 1);
      const between = own.find((each) => each !== run);
      return between === undefined
        ? []
        : [broken(22, "two writers", `the history of ${run} goes on after ${between} has written`)];
    });
  },
};

/** Each create arrives under a key of its own: what was in doubt is looked for, or repeated where that does nothing. */
export const retries: Promised = {
  number: 25,
  title: "Retry discipline",
  check: ({ played }) => {
    const seen = new Set<string>();
    return played.happenings.flatMap((each): readonly Broken[] => {
      if (each.actor !== "engine" || each.before !== null || each.key === null) return [];
      const again = seen.has(each.key);
      seen.add(each.key);
      return again
        ? [broken(25, "a create was repeated", `${each.side} ${each.id} was created by a second call of the same key`)]
        : [];
    });
  },
};

/** What does not take part is not carried across, and leaving the scope deletes nothing unless the file says so. */
export const scope: Promised = {
  number: 18,
  title: "Leaving the scope freezes",
  check: ({ entities, played }) =>
    entities.flatMap((entity) =>
      entity.all.flatMap(({ what }): readonly Broken[] => {
        if (what.actor !== "engine" || what.other === null || isBeforeLoss(played, what.seq)) return [];
        const last = lastBefore(entity, otherSide(what.side), what.other, what.seq);
        const isOld = last !== null && last.what.round < what.round && what.at - last.what.at > LATE_MS;
        const outside = isOld && last.after !== null && !last.inScope;
        if (!outside) return [];
        if (what.before === null)
          return [
            broken(
              18,
              "created out of scope",
              `${what.side} ${what.id} was made from ${what.other}, which does not take part`,
            ),
          ];
        if (what.after === null && entity.mapping.policy.onScopeExit !== "delete")
          return [
            broken(
              18,
              "deleted by its scope",
              `${what.side} ${what.id} was deleted because ${what.other} has left the scope`,
            ),
          ];
        return [];
      }),
    ),
};

/** A dry run writes nothing and leaves the state as it was; while nothing changes it says the same, byte for byte. */
export const dryRun: Promised = {
  number: 19,
  title: "Deterministic",
  check: ({ played: { plans } }) => {
    const [first, second] = plans;
    if (first === undefined || second === undefined) return [];
    return [
      ...(first.plan === second.plan
        ? []
        : [broken(19, "two plans", "two dry runs, one after the other, plan different things")]),
      ...plans
        .filter((each) => each.wrote)
        .map(() => broken(19, "a dry run wrote", "a dry run changed a record, a link or a case")),
    ];
  },
};
