// A page of outcomes becomes one commit: links, bases, history, cases, quarantine, parked records, and hints for what must be
// looked at again.

import type { CaseOpening, Decision, QuarantineEntry, Write } from "../core/decision.ts";
import { otherSide, SIDES, type BySide, type RemoteId, type Side } from "../core/ids.ts";
import { settleLink, type Seen, type WriteOutcome } from "../core/settle.ts";
import type { Value } from "../core/value.ts";
import type { RefNeed } from "../mapping/mapping.ts";
import { tallyOf, type Entity, type EntityTally, type RunContext } from "./context.ts";
import {
  EMPTY_COMMIT,
  type CasesOf,
  type Commit,
  type Effect,
  type Hint,
  type LinkWrite,
  type Parked,
  type Quarantined,
  type Unlinked,
} from "./ports.ts";

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
  const quarantined = page.flatMap((done) => failuresOf(entity, done));
  const known = await alreadyQuarantined(context, entity, page);
  const failing = new Set(quarantined.map(nameOf));
  tally.newlyFailed.count += quarantined.filter((entry) => !known.has(nameOf(entry))).length;
  const commit: Commit = {
    ...EMPTY_COMMIT,
    run: context.run,
    links: page.flatMap((done) => linkOf(done)),
    unlinked: page.flatMap((done) => unlinkedOf(done)),
    effects: page.flatMap((done) => effectsOf(done, tally)),
    intentsDone: page.flatMap((done) => done.intentsDone),
    intentsTried: page.flatMap((done) => done.intentsTried),
    cases: page.map((done) => casesOf(done)),
    quarantined,
    released: page
      .flatMap((done) => recordsOf(done.decision))
      .filter((record) => known.has(nameOf(record)) && !failing.has(nameOf(record))),
    parked: page.flatMap((done) => parkedOf(done)),
    unparked:
      entity.mapping.refs.length === 0
        ? []
        : page.filter((done) => done.missing.length === 0).flatMap((done) => recordsOf(done.decision)),
    hints: page.flatMap((done) => hintsOf(context, done)),
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
): Promise<ReadonlySet<string>> {
  const known = new Set<string>();
  for (const side of SIDES) {
    const ids = page.flatMap((done) => done.decision[side] ?? []);
    if (ids.length === 0) continue;
    for (const id of await context.store.quarantinedOf(entity.name, side, ids)) known.add(nameOf({ side, id }));
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

function effectsOf(done: Done, tally: EntityTally): readonly Effect[] {
  const { decision, outcomes } = done;
  return decision.writes.flatMap((write, index): readonly Effect[] => {
    const outcome = outcomes[index];
    if (outcome?.kind !== "done" || !outcome.effect) return [];
    tally.effects[write.side][write.op] += 1;
    const fields: Record<string, Effect["fields"][string]> = {};
    for (const { field, before, after, reason } of write.fields) {
      const sent: Value = after.kind === "value" ? after.cell.value : null;
      fields[field] = {
        before: before?.value ?? null,
        after: sent,
        readBack: outcome.readBack[field]?.value ?? sent,
        reason,
      };
    }
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

function casesOf({ decision, outcomes, lookAgain }: Done): CasesOf {
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
  const undone = decision.situation === "unknown" || lookAgain || outcomes.some((outcome) => outcome.kind !== "done");
  return { entity: decision.entity, left, right, open, ...(undone ? { keep: true as const } : {}) };
}

function idsAfter(decision: Decision, outcomes: readonly WriteOutcome[]): BySide<RemoteId | null> {
  const created = (side: Side): RemoteId | null => {
    const outcome = outcomes[decision.writes.findIndex((write) => write.op === "create" && write.side === side)];
    return outcome?.kind === "done" ? outcome.id : null;
  };
  return { left: created("left") ?? decision.left, right: created("right") ?? decision.right };
}

/** What fails for good: under the record that is written, for a create under the record it was to be made from. */
function failuresOf(entity: Entity, { decision, outcomes }: Done): readonly Quarantined[] {
  const entries: QuarantineEntry[] = [...decision.quarantine];
  decision.writes.forEach((write, index) => {
    const outcome = outcomes[index];
    if (outcome?.kind !== "failed") return;
    const record = sourceOf(decision, write);
    if (record !== null) entries.push({ ...record, code: outcome.code, message: outcome.message });
  });
  return entries.map((entry) => ({ entity: entity.name, ...entry, next: null }));
}

function sourceOf(decision: Decision, write: Write): { readonly side: Side; readonly record: RemoteId } | null {
  const side = write.op === "create" ? otherSide(write.side) : write.side;
  const record = decision[side];
  return record === null ? null : { side, record };
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
    const follows =
      outcome.kind === "done" &&
      write !== undefined &&
      (write.fields.some((field) => field.writtenBase !== null) || (write.op === "create" && !outcome.undisturbed));
    return follows ? [0] : [];
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
