// Promises about rest: the two sides come to agree, and then nothing more is written.

import { consistent } from "../../core/sight.ts";
import { NULL_KEY, type Carried, type FieldSight } from "../../core/field.ts";
import { otherSide, SIDES, type RemoteId, type Side } from "../../core/ids.ts";
import type { RefLookup } from "../../mapping/reference.ts";
import { rowKey, type LinkRow } from "../memory/tables.ts";
import type { Memory } from "../play.ts";
import { keyOf, shownBy, type EntityEvidence, type Evidence, type Readings } from "./evidence.ts";
import { isAtRest, isGiven } from "./records.ts";
import { broken, type Broken, type Promised } from "./promise.ts";

/** Nothing is written, and no state grows, once two undisturbed runs have gone by. */
export const quiet: Promised = {
  number: 2,
  title: "Quiet",
  check: ({ played }) => {
    const late = played.happenings.filter((each) => each.actor === "engine" && each.round >= played.quietFrom);
    const written = late.map((each) =>
      broken(
        2,
        "not quiet",
        `${each.side} ${each.object} ${each.id} is still written to, in the fifth undisturbed run or later: ${JSON.stringify(each.sent)}`,
      ),
    );
    const { before, after } = played.rows;
    return after > before
      ? [...written, broken(2, "state grows", `runs that do nothing make ${String(before)} rows ${String(after)}`)]
      : written;
  },
};

/** After the sweep both sides say the same, or a person is asked; every record has its counterpart, or a reason why not. */
export const converges: Promised = {
  number: 1,
  title: "Converges",
  async check(evidence) {
    const { played, end } = evidence;
    const last = played.runs.findLast((run) => run.kind === "sweep")?.report;
    if (!isAtRest(played.runs))
      return last?.reason === "empty-side" && isReallyEmpty(evidence)
        ? []
        : [
            broken(
              1,
              "no rest",
              `the last undisturbed run ended ${last?.outcome ?? "not at all"}: ${last?.reason ?? ""} ${last?.message ?? ""}`,
            ),
          ];
    const apart = await Promise.all(evidence.entities.map((entity) => disagreements(evidence, entity, end)));
    return [...apart.flat(), ...evidence.entities.flatMap((entity) => leftBehind(evidence, entity))];
  },
};

/** Following the feeds of changes is enough to bring edits across: the cursor never moves past one. */
export const safeCursors: Promised = {
  number: 20,
  title: "Cursors are safe",
  async check(evidence) {
    const { played } = evidence;
    const { left, right } = played.history.habits;
    const fed = played.runs
      .filter((run) => run.round >= played.calmFrom)
      .slice(0, 2)
      .every((run) => run.report?.outcome === "ok" || run.report?.outcome === "partial");
    if (!left.changes || !right.changes || !fed || played.followed.intents > 0) return [];
    const followed = evidence.entities.filter((entity) =>
      SIDES.every((side) => played.followed.cursors.has(`${side} ${entity.name}`)),
    );
    const apart = await Promise.all(followed.map((entity) => disagreements(evidence, entity, played.followed)));
    return apart.flat().map((each) => ({ ...each, promise: 20, name: `not followed: ${each.name}` }));
  },
};

function isReallyEmpty({ played, entities }: Evidence): boolean {
  return entities.some((entity) =>
    SIDES.some((side) => played.systems[side].ids(entity.mapping.objects[side]).length === 0),
  );
}

async function disagreements(evidence: Evidence, entity: EntityEvidence, memory: Memory): Promise<readonly Broken[]> {
  const found: Broken[] = [];
  for (const link of memory.links) {
    if (link.entity !== entity.name || link.state !== "live") continue;
    const shown = {
      left: shownBy(entity, "left", link.left, memory.happenings),
      right: shownBy(entity, "right", link.right, memory.happenings),
    };
    // Until the happenings of the world's end have been swept, a gone record may still be linked.
    if (shown.left === null || shown.right === null) {
      if (memory === evidence.end && !isAsked(memory, entity, link))
        found.push(
          broken(1, "gone and still linked", `${link.left} = ${link.right}: one of them is gone, and nobody is asked`),
        );
      continue;
    }
    if (isExcused(memory, entity, link)) continue;
    for (const sight of await sightsOf(entity, { left: shown.left, right: shown.right }, memory)) {
      if (isApart(evidence, entity, link, sight, memory))
        found.push(
          broken(
            1,
            `apart: ${sight.policy.name}`,
            `${link.left} = ${link.right}: ${sight.policy.name} is ${String(keyOf(shown.left, sight.policy.name))} and ${String(keyOf(shown.right, sight.policy.name))}, and nobody is asked`,
          ),
        );
    }
  }
  return found;
}

function isAsked(memory: Memory, entity: EntityEvidence, link: LinkRow): boolean {
  const guarded = memory.cases.some((row) => row.kind === "guard");
  return guarded || SIDES.some((side) => isNamed(memory, link[side])) || isExcused(memory, entity, link);
}

/** What is over a limit, fails for good, or is not known waits. */
export function isExcused(memory: Memory, entity: EntityEvidence, link: LinkRow): boolean {
  const failing = SIDES.some((side) =>
    [memory.quarantined, memory.parked].some((waiting) => waiting.has(rowKey(entity.name, side, link[side]))),
  );
  return (
    failing ||
    memory.intents > 0 ||
    memory.cases.some(
      (row) =>
        row.kind === "guard" ||
        (row.kind === "unknown-outcome" && (row.left === link.left || row.right === link.right)),
    )
  );
}

async function sightsOf(
  entity: EntityEvidence,
  shown: Readonly<Record<Side, Readings>>,
  memory: Memory,
): Promise<readonly FieldSight[]> {
  const lookup: RefLookup = (need) => {
    const live = memory.links.find(
      (link) => link.entity === need.entity && link.state === "live" && link[need.side] === need.id,
    );
    return live === undefined ? null : live[otherSide(need.side)];
  };
  const [toRight] = await entity.mapping.carry("left", [shown.left], lookup);
  const [toLeft] = await entity.mapping.carry("right", [shown.right], lookup);
  const none: Carried = { kind: "none" };
  const absent = { kind: "absent" } as const;
  return entity.mapping.policy.fields.map((policy) => ({
    policy,
    left: shown.left[policy.name] ?? absent,
    right: shown.right[policy.name] ?? absent,
    baseLeft: null,
    baseRight: null,
    toRight: toRight?.[policy.name] ?? none,
    toLeft: toLeft?.[policy.name] ?? none,
    combined: null,
  }));
}

function isApart(
  { played }: Evidence,
  entity: EntityEvidence,
  link: LinkRow,
  sight: FieldSight,
  memory: Memory,
): boolean {
  const { policy, left, right, toLeft, toRight } = sight;
  if (left.kind !== "value" || right.kind !== "value" || consistent(sight)) return false;
  // An edit of the receiving side of a one-way rule may stand; a reference whose record has no link waits.
  if (policy.writes !== "both" && (policy.strength !== "strong" || policy.atLink === policy.writes)) return false;
  if (
    SIDES.some(
      (side) =>
        entity.changes[side]
          .get(link[side])
          ?.some((change) => change.what.unseen && change.changed.includes(policy.name)) === true,
    )
  )
    return false;
  // At link an empty field of a group may stay empty, and what the giving side never had is not taken away.
  const hasNull = left.cell.key === NULL_KEY || right.cell.key === NULL_KEY;
  if (hasNull && (policy.group !== null || policy.writes !== "both")) return false;
  if (toLeft.kind === "waiting" || toRight.kind === "waiting" || policy.blank === "keep") return false;
  const { habits } = played.history;
  const spelt = habits.left.spelling !== "as-is" || habits.right.spelling !== "as-is";
  const plain = (key: string | null): string => (key ?? "").toUpperCase().replaceAll('"', "").slice(0, 10);
  if (spelt && plain(left.cell.key) === plain(right.cell.key)) return false;
  const units = [policy.name, policy.group];
  return !memory.cases.some(
    (row) =>
      row.entity === entity.name &&
      (row.subject.left === link.left || row.subject.right === link.right) &&
      units.includes(row.field),
  );
}

function leftBehind(evidence: Evidence, entity: EntityEvidence): readonly Broken[] {
  const { played, end, tables } = evidence;
  if (end.cases.some((row) => row.kind === "guard") || tables.intents.size > 0) return [];
  return SIDES.flatMap((side) =>
    played.systems[side].ids(entity.mapping.objects[side]).flatMap((id): readonly Broken[] => {
      const linked = end.links.some((link) => link.entity === entity.name && link[side] === id);
      const failing = end.quarantined.has(`${side} ${entity.name} ${id}`);
      const parked = [...tables.parked.values()].some(
        (row) => row.entity === entity.name && row.side === side && row.id === id,
      );
      // Of several with one key the first is asked about; with its answer the others are.
      const rivals = rivalsOf(evidence, entity, side, id);
      if (rivals.some((rival) => isNamed(end, rival))) return [];
      if (linked || failing || parked || isNamed(end, id) || isOutOfScope(entity, side, id) || !isGiven(entity, side))
        return [];
      return [broken(1, "left behind", `${side} ${id} has no counterpart, and nobody is asked`)];
    }),
  );
}

/** Other records without a link, of either side, that share a match key. */
function rivalsOf({ tables }: Evidence, entity: EntityEvidence, side: Side, id: RemoteId): readonly RemoteId[] {
  const rows = [...tables.unlinked.values()].filter((row) => row.entity === entity.name);
  const own = rows.find((row) => row.side === side && row.id === id);
  const shares = (keys: readonly string[]): boolean => keys.some((key) => own?.matchKeys.includes(key) === true);
  return rows.filter((row) => row !== own && shares(row.matchKeys)).map((row) => row.id);
}

function isNamed(end: Memory, id: RemoteId): boolean {
  return end.cases.some((row) => JSON.stringify([row.left, row.right, row.values]).includes(`"${id}"`));
}

function isOutOfScope(entity: EntityEvidence, side: Side, id: RemoteId): boolean {
  return entity.changes[side].get(id)?.at(-1)?.inScope === false;
}
