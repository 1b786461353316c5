// A page of outcomes becomes one commit: links, bases, history, cases, quarantine, parked records, and hints for what must be
// looked at again.

import type { CaseOpening, Decision } from "../core/decision.ts";
import { otherSide, SIDES, type BySide, type RemoteId, type Side } from "../core/ids.ts";
import { refusalOf, sourceOf, triedAgainAt } from "./refused.ts";
import { asksForMore, settleLink, type Seen, type WriteOutcome } from "../core/settle.ts";
import type { Value } from "../core/value.ts";
import type { RefNeed } from "../mapping/reference.ts";
import { tallyOf, type Entity, type EntityTally, type RunContext } from "./context.ts";
import { EMPTY_COMMIT, type Agreed, type Commit, type Unlinked } from "./ports/commit.ts";
import type { Hint } from "./ports/hint.ts";
import type { Effect } from "./ports/intent.ts";
import type { LinkWrite } from "./ports/link.ts";
import type { CasesOf, Parked, Quarantined, RefusedWrite } from "./ports/waiting.ts";

/** A decision and how its writes ended. */
export interface Done {
  readonly decision: Decision;
  readonly seen: BySide<Seen>;
  readonly outcomes: readonly WriteOutcome[];
  readonly intentsDone: readonly string[];
  /** The intent of each write, in their order; left out: as `intentsDone`. */
  readonly intents?: readonly (string | null)[];
  readonly intentsTried: readonly string[];
  /** References without a link, for which the record waits. */
  readonly missing: readonly RefNeed[];
  /**
   * Something of it was withheld, or was not seen while its intent was open: it stays in the inbox until it is approved or no
   * longer asked for.
   */
  readonly lookAgain: boolean;
}

interface RecordName {
  readonly entity: string;
  readonly side: Side;
  readonly id: RemoteId;
}

export async function settlePage(context: RunContext, entity: Entity, page: readonly Done[]): Promise<void> {
  if (page.length === 0) return;
  const tally = tallyOf(context, entity.name);
  const known = await alreadyQuarantined(context, entity, page);
  const quarantined = page.flatMap((done) => failuresOf(context, entity, done, known));
  const failing = new Set([...quarantined, ...page.flatMap((done) => done.decision.refused ?? [])].map(nameOf));
  tally.newlyFailed.count += quarantined.filter((entry) => !known.has(nameOf(entry))).length;
  const commit: Commit = {
    ...EMPTY_COMMIT,
    run: context.run,
    links: page.flatMap((done) => linkOf(done)),
    unlinked: page.flatMap((done) => unlinkedOf(done)),
    effects: page.flatMap((done) => effectsOf(done, tally)),
    agreed: page.flatMap(agreedOf),
    intentsDone: page.flatMap((done) => done.intentsDone),
    intentsTried: page.flatMap((done) => done.intentsTried),
    cases: page.map((done) => casesOf(entity, done)),
    quarantined,
    released: page
      .flatMap((done) => recordsOf(done.decision))
      .filter((record) => known.has(nameOf(record)) && !failing.has(nameOf(record))),
    parked: page.flatMap((done) => parkedOf(done)),
    unparked:
      entity.mapping.refs.length === 0
        ? []
        : page.filter((done) => done.missing.length === 0).flatMap((done) => recordsOf(done.decision)),
    hints: [...page.flatMap((done) => hintsOf(context, done)), ...quarantined.flatMap(hintOfRefused)],
  };
  await context.store.commit(context.lease, commit);
}

function recordsOf(decision: Decision): readonly RecordName[] {
  return SIDES.flatMap((side) => {
    const id = decision[side];
    return id === null ? [] : [{ entity: decision.entity, side, id }];
  });
}

function nameOf(record: { readonly side: Side; readonly id?: RemoteId; readonly record?: RemoteId }): string {
  return `${record.side} ${record.id ?? record.record ?? ""}`;
}

async function alreadyQuarantined(
  context: RunContext,
  entity: Entity,
  page: readonly Done[],
): Promise<ReadonlyMap<string, RefusedWrite>> {
  const known = new Map<string, RefusedWrite>();
  for (const side of SIDES) {
    const ids = page.flatMap((done) => done.decision[side] ?? []);
    if (ids.length === 0) continue;
    for (const row of await context.store.refusedWrites(entity.name, side, ids))
      known.set(nameOf({ side, id: row.id }), row);
  }
  return known;
}

function linkOf({ decision, outcomes, seen }: Done): readonly LinkWrite[] {
  const link = settleLink(decision, outcomes, seen);
  return link === null ? [] : [{ id: decision.linkId, entity: decision.entity, ...link }];
}

/** Whoever has no link after its decision is remembered by what it is matched. */
function unlinkedOf({ decision, outcomes, seen }: Done): readonly Unlinked[] {
  if (decision.linkId !== null || settleLink(decision, outcomes, seen) !== null) return [];
  return recordsOf(decision).map((record) => ({ ...record, matchKeys: seen[record.side].matchKeys }));
}

/** Of a linked record that had changed and of which something was settled without a write. */
function agreedOf({ decision }: Done): readonly Agreed[] {
  const { linkId, agreements, situation } = decision;
  if (linkId === null || agreements.length === 0) return [];
  const fields = Object.fromEntries(
    agreements.map(({ field, left, right }) => [field, { left: left?.value ?? null, right: right?.value ?? null }]),
  );
  return [{ linkId, situation, fields }];
}

function effectsOf(done: Done, tally: EntityTally): readonly Effect[] {
  const { decision, outcomes } = done;
  return decision.writes.flatMap((write, index): readonly Effect[] => {
    const outcome = outcomes[index];
    if (outcome?.kind !== "done" || !outcome.effect) return [];
    tally.effects[write.side][write.op] += 1;
    const fields: Record<string, Effect["fields"][string]> = {};
    for (const { field, before, after, reason, sent: given } of write.fields) {
      const sent: Value = after.kind === "value" ? after.cell.value : null;
      // What the other side showed, where it is another value than what became of it on this one.
      const isOther = given !== null && after.kind === "value" && given.key !== after.cell.key;
      fields[field] = {
        before: before?.value ?? null,
        after: sent,
        readBack: outcome.readBack[field]?.value ?? sent,
        reason,
        ...(isOther ? { from: given.value } : {}),
      };
    }
    // What was deleted stands in the history alone.
    for (const [field, before] of Object.entries(write.shown ?? {}))
      fields[field] = { before, after: null, readBack: null, reason: write.reason };
    const other = decision[otherSide(write.side)];
    return [
      {
        entity: decision.entity,
        side: write.side,
        op: write.op,
        record: outcome.id,
        other,
        linkId: decision.linkId,
        fields,
        reason: write.reason,
        intentId: (done.intents ?? done.intentsDone)[index] ?? null,
      },
    ];
  });
}

function casesOf(entity: Entity, { decision, outcomes, lookAgain }: Done): CasesOf {
  const unknown = outcomes.flatMap((outcome, index): readonly CaseOpening[] => {
    const write = decision.writes[index];
    if (outcome.kind !== "unknown" || write === undefined || !outcome.needsPerson) return [];
    const sent = Object.fromEntries(
      write.fields.map((field) => [field.field, field.after.kind === "value" ? field.after.cell.value : null]),
    );
    return [
      {
        kind: "unknown-outcome",
        field: null,
        left: decision.left,
        right: decision.right,
        values: { op: write.op, side: write.side, sent, message: outcome.message },
      },
    ];
  });
  const { left, right } = idsAfter(decision, outcomes);
  // What is said of a record that was just created names it.
  const cases = decision.cases.map((each) => ({
    ...each,
    left: each.left ?? (each.right === null ? null : left),
    right: each.right ?? (each.left === null ? null : right),
  }));
  const open = [...cases, ...unknown];
  // Of records that could not be read nothing is known; and until what was decided has happened, what waited for a person
  // before still does.
  const undone =
    decision.situation === "unknown" ||
    // Taking a run back looks at what that run wrote; other fields' questions are not its business.
    decision.situation === "undone" ||
    lookAgain ||
    decision.refused !== undefined ||
    outcomes.some((outcome) => outcome.kind !== "done");
  return {
    entity: decision.entity,
    left,
    right,
    open,
    ...(undone ? { keep: true as const, ended: unitsDone(entity, decision, outcomes) } : {}),
  };
}

/**
 * Fields and groups of which every write was confirmed, whatever became of the record's others: an answer of a person would
 * else be carried out again each time, for as long as a reference beside it waits.
 */
function unitsDone(entity: Entity, decision: Decision, outcomes: readonly WriteOutcome[]): readonly string[] {
  const groups = new Map(entity.mapping.policy.fields.map((field) => [field.name, field.group ?? field.name]));
  const unitsOf = (isDone: boolean): readonly string[] =>
    decision.writes.flatMap((write, index) =>
      (outcomes[index]?.kind === "done") === isDone
        ? write.fields.map((field) => groups.get(field.field) ?? field.field)
        : [],
    );
  const waiting = unitsOf(false);
  return [...new Set(unitsOf(true))].filter((unit) => !waiting.includes(unit));
}

function idsAfter(decision: Decision, outcomes: readonly WriteOutcome[]): BySide<RemoteId | null> {
  const created = (side: Side): RemoteId | null => {
    const outcome = outcomes[decision.writes.findIndex((write) => write.op === "create" && write.side === side)];
    return outcome?.kind === "done" ? outcome.id : null;
  };
  return { left: created("left") ?? decision.left, right: created("right") ?? decision.right };
}

/** What fails for good: under the record that is written, for a create under the record it was to be made from. */
function failuresOf(
  context: RunContext,
  entity: Entity,
  { decision, outcomes }: Done,
  known: ReadonlyMap<string, RefusedWrite>,
): readonly Quarantined[] {
  const entries = decision.quarantine.map((entry): Quarantined => ({ entity: entity.name, ...entry, next: null }));
  decision.writes.forEach((write, index) => {
    const outcome = outcomes[index];
    const record = sourceOf(decision, write);
    if (outcome?.kind !== "failed" || record === null) return;
    const refused = refusalOf(context, decision, write);
    const before = known.get(nameOf(record));
    const attempts = before?.refused === refused ? before.attempts : 0;
    entries.push({
      entity: entity.name,
      ...record,
      code: outcome.code,
      message: outcome.message,
      refused,
      next: triedAgainAt(context.clock.now(), attempts + 1),
    });
  });
  return entries;
}

function hintOfRefused({ entity, side, record, next }: Quarantined): readonly Hint[] {
  return next === null ? [] : [{ entity, side, id: record, channel: "retry", due: next }];
}

function parkedOf({ decision, missing }: Done): readonly Parked[] {
  return missing.flatMap((need) => {
    const id = decision[need.side];
    return id === null
      ? []
      : [
          {
            entity: decision.entity,
            side: need.side,
            id,
            parentEntity: need.entity,
            parentSide: need.side,
            parentId: need.id,
          },
        ];
  });
}

/** What was not done, and what has to follow in another round, is looked at again. */
function hintsOf(context: RunContext, { decision, outcomes, lookAgain }: Done): readonly Hint[] {
  const waits = outcomes.flatMap((outcome, index): readonly number[] => {
    if (outcome.kind === "again") return [outcome.waitMs];
    if (outcome.kind === "skipped") return [0];
    const write = decision.writes[index];
    return write !== undefined && asksForMore(decision, write, outcome) ? [0] : [];
  });
  if (decision.link.kind === "move") waits.push(0);
  // What could not be read is looked at again by the next run; this one has just tried.
  const stays = lookAgain || decision.situation === "unknown";
  if (waits.length === 0 && !stays) return [];
  const due = (context.clock.now() + Math.max(0, ...waits)) as Hint["due"];
  const { link } = decision;
  const named = recordsOf(decision).map((record) =>
    link.kind === "move" && link.side === record.side ? { ...record, id: link.to } : record,
  );
  return named.map((record) => ({ ...record, channel: waits.length > 0 ? "retry" : "withheld", due }));
}
