// Promises about book-keeping: writes are no more than edits, links hold, deletions arrive, limits are kept, and what is counted is what
// was done.

import { NULL_KEY } from "../../core/field.ts";
import { otherSide, SIDES, type RemoteId, type Side } from "../../core/ids.ts";
import type { EffectRow } from "../../engine/ledger.ts";
import { keyOf, recordKey, shownBy, type EntityEvidence } from "./evidence.ts";
import { broken, type Broken, type Promised } from "./promise.ts";

/** No more writes than edits: each edit reaches the other side once, and what we wrote causes nothing. */
export const boundedWrites: Promised = {
  number: 9,
  title: "No echo",
  check: ({ entities, tables, played }) =>
    entities.flatMap((entity) =>
      SIDES.flatMap((side) =>
        [...entity.changes[side]].flatMap(([id, changes]) =>
          tooMany(entity, side, id, changes, tables.cases.size + played.losses.length * 2),
        ),
      ),
    ),
};

function tooMany(
  entity: EntityEvidence,
  side: Side,
  id: RemoteId,
  changes: Parameters<typeof isWritten>[0],
  answers: number,
): readonly Broken[] {
  const partners = [...(entity.partners.get(recordKey(side, id)) ?? [])];
  return entity.mapping.policy.fields.flatMap(({ name, group }): readonly Broken[] => {
    const unit = entity.mapping.policy.fields
      .filter((field) => field.name === name || (group !== null && field.group === group))
      .map((field) => field.name);
    const written = isWritten(changes, name);
    const others = partners.flatMap((other) => entity.changes[otherSide(side)].get(other) ?? []);
    const edits = [...changes, ...others].filter(
      (change) => change.what.actor !== "engine" && change.changed.some((field) => unit.includes(field)),
    ).length;
    const allowed = edits + 1 + answers + partners.length;
    return written > allowed
      ? [
          broken(
            9,
            `too many writes of ${name}`,
            `${side} ${id}: ${name} was written ${String(written)} times for ${String(edits)} edits`,
          ),
        ]
      : [];
  });
}

function isWritten(changes: EntityEvidence["all"], field: string): number {
  return changes.filter(
    (change) =>
      change.what.actor === "engine" &&
      change.before !== null &&
      change.after !== null &&
      change.changed.includes(field),
  ).length;
}

/** Each id is in at most one link, and a link is between records that were there. */
export const linkIntegrity: Promised = {
  number: 13,
  title: "Link integrity",
  check: ({ end, entities }) =>
    entities.flatMap((entity) =>
      SIDES.flatMap((side) => {
        const ids = end.links
          .filter((link) => link.entity === entity.name && link.state !== "tombstone")
          .map((link) => link[side]);
        const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
        const unknown = ids.filter((id) => !entity.changes[side].has(id));
        return [
          ...twice.map((id) => broken(13, "two links", `${side} ${id} is in two links`)),
          ...unknown.map((id) => broken(13, "link to nothing", `${side} ${id} is linked and never was`)),
        ];
      }),
    ),
};

/** What a person deleted goes on the other side too, where the file says so: a link does not die before that is done. */
export const carriedDeletes: Promised = {
  number: 13,
  title: "Link integrity (deletes)",
  check: ({ end, entities, played }) =>
    entities.flatMap((entity) =>
      end.links
        .filter((link) => link.entity === entity.name && link.state === "tombstone")
        .flatMap((link): readonly Broken[] => {
          const gone = SIDES.find((side) => link.reason === `gone in ${played.mapping.sides[side].name}`);
          if (
            gone === undefined ||
            entity.mapping.policy.whenGone[gone] !== "delete" ||
            entity.mapping.policy.goneEdited !== "delete"
          )
            return [];
          const kept = otherSide(gone);
          return shownBy(entity, kept, link[kept], Infinity) === null
            ? []
            : [
                broken(
                  13,
                  "deletion not carried",
                  `${link.left} = ${link.right}: gone in ${played.mapping.sides[gone].name}, and ${link[kept]} is still there`,
                ),
              ];
        }),
    ),
};

/** No run does more of a kind than its guard lets through. */
export const guards: Promised = {
  number: 8,
  title: "Guards see the whole plan",
  check: ({ played, tables }) => {
    const limits = played.mapping.guards;
    const brokenOff = played.cut.size + played.runs.filter((run) => run.report?.outcome === "failed").length;
    // What an earlier run began, and this one has only found out about, was in the plan of the earlier one.
    const made = new Set(
      played.happenings
        .filter((each) => each.actor === "engine")
        .map((each) => `${String(each.round)} ${each.side} ${each.id}`),
    );
    return played.runs.flatMap((run) => {
      const rows = tables.effects.filter(
        (row) => row.run === run.report?.run && made.has(`${String(run.round)} ${row.side} ${row.record}`),
      );
      return SIDES.flatMap((side) =>
        (["create", "update", "delete"] as const).flatMap((op): readonly Broken[] => {
          const limit = limits[op];
          const count = rows.filter((row) => row.side === side && row.op === op).length;
          // A fraction of links is more the more there are; what an earlier run began is no part of this one's plan.
          const most =
            limit === null
              ? Infinity
              : Math.max(limit.floor, Math.floor(limit.fraction * tables.links.size)) +
                brokenOff * 3 +
                tables.intents.size;
          return count > most
            ? [
                broken(
                  8,
                  `over the limit: ${op}`,
                  `round ${String(run.round)}: ${String(count)} of ${op} in ${played.mapping.sides[side].name}, and the limit is ${String(limit?.floor)}`,
                ),
              ]
            : [];
        }),
      );
    });
  },
};

/** No effect without a durable intent. */
export const intents: Promised = {
  number: 14,
  title: "Crash safety",
  check: ({ played }) => [
    ...played.happenings
      // What was under way when the state was lost arrives all the same.
      .filter((each) => !each.intended && !played.losses.some((loss) => each.round === loss.round + 1))
      .map((each) => broken(14, "no intent", `${each.side} ${each.id} was written while no intent of it was durable`)),
    ...played.runs
      .filter((run) => run.thrown !== null && !run.excused)
      .map((run) =>
        broken(
          14,
          "a run broke",
          `round ${String(run.round)}: ${run.thrown?.split("\n").slice(0, 3).join(" | ") ?? ""}`,
        ),
      ),
  ],
};

function showsAll(entity: EntityEvidence, row: EffectRow): boolean {
  const changes = entity.changes[row.side].get(row.record) ?? [];
  return Object.entries(row.fields).every(([field, { readBack }]) => {
    const { key } = entity.mapping.cell(row.side, field, readBack);
    return changes.some((change) => (keyOf(change.after, field) ?? NULL_KEY) === key);
  });
}

/** What reports and counters say is what the history has, and that is what was done. */
export const trueCounters: Promised = {
  number: 27,
  title: "True counters",
  check: ({ played, tables, entities }) => {
    const found: Broken[] = [];
    for (const run of played.runs) {
      if (run.report === null || run.report.outcome === "failed") continue;
      if (played.losses.some((loss) => run.round <= loss.round)) continue;
      const { report } = run;
      const rows = tables.effects.filter((row) => row.run === report.run);
      const counted = Object.values(report.entities)
        .flatMap((entity) => Object.values(entity.effects))
        .reduce((sum, each) => sum + each.create + each.update + each.delete, 0);
      if (counted !== rows.length)
        found.push(
          broken(
            27,
            "report",
            `round ${String(run.round)} reports ${String(counted)} effects, and the history has ${String(rows.length)}`,
          ),
        );
    }
    const total = [...tables.totals.values()].reduce((sum, each) => sum + each, 0);
    if (total !== tables.effects.length)
      found.push(
        broken(27, "totals", `the totals say ${String(total)}, and the history has ${String(tables.effects.length)}`),
      );
    for (const entity of entities) {
      for (const row of entity.effects) {
        // A record that a person made while a create was in doubt may be taken for what became of it.
        if (row.op === "create" && entity.changes[row.side].get(row.record)?.[0]?.what.actor === "person") continue;
        // Whose answer was lost may have been deleted by a person meanwhile.
        if (row.op === "delete" && entity.changes[row.side].get(row.record)?.at(-1)?.after === null) continue;
        // A person may have typed just what was about to be written when the daemon stopped, or the refusal got lost.
        const byHand =
          entity.changes[row.side]
            .get(row.record)
            ?.some(({ what, changed }) => what.actor !== "engine" && changed.some((field) => field in row.fields)) ===
          true;
        if (row.op === "update" && byHand && played.cut.size + played.figures.faults > 0) continue;
        // What stood there already, in the system's own spelling, is found there when it is not known whether it was written.
        if (row.op === "update" && played.figures.faults > 0 && showsAll(entity, row)) continue;
        const done =
          entity.changes[row.side]
            .get(row.record)
            ?.some(
              ({ what }) =>
                what.actor === "engine" &&
                (row.op === "create"
                  ? what.before === null
                  : row.op === "delete"
                    ? what.after === null
                    : what.before !== null && what.after !== null),
            ) === true;
        if (!done)
          found.push(
            broken(
              27,
              `effect that never was: ${row.op}`,
              `the history has a ${row.op} of ${row.side} ${row.record}, which nobody made`,
            ),
          );
      }
    }
    return found;
  },
};
