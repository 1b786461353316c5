// From what was seen to what shall be done: every subject of an entity is decided by the core, a page at a time, and the
// decisions are kept until the whole plan has been looked at by the guards.

import { speaksFor, decideLone } from "../core/decide-lone.ts";
import { decideLinked } from "../core/decide-linked.ts";
import { GONE } from "../core/subject.ts";
import { type DecideFacts } from "../core/subject.ts";
import type { Decision } from "../core/decision.ts";
import type { Answer } from "../core/field-outcome.ts";
import { SIDES, type BySide, type Instant, type Side } from "../core/ids.ts";
import { canonicalText, type Fields, type Value } from "../core/value.ts";
import type { Behind } from "./behind.ts";
import { countSituation, tallyOf, throwIfStopping, type Entity, type RunContext } from "./context.ts";
import { heldBack, isLocked, mayBeCreated, type Locks } from "./locks.ts";
import { setOscillationsAside } from "./oscillations.ts";
import { withoutRefused } from "./refused.ts";
import { foretellDuplicates } from "./duplicates.ts";
import { foretell, type Forecast } from "./forecast.ts";
import { givenValue } from "./given-value.ts";
import type { PlannedDecision } from "./ports/run.ts";
import type { Link } from "./ports/link.ts";
import type { Subject } from "./ports/sighting.ts";
import type { CaseResolution } from "./ports/waiting.ts";
import { NO_UNITS, NONE_WAITING, waitingName, waitingOf, type Waiting } from "./undo/waiting.ts";
import { viewsOf, type View } from "./views.ts";

const PAGE = 500;

/** What all decisions of an entity rest on, beside its records. */
interface Deciding {
  readonly locks: Locks;
  /** Both sides were listed completely in this run. */
  readonly swept: boolean;
  /** Fields that nothing is carried of. */
  readonly drifted: ReadonlySet<string>;
  /** Actions may have to be told apart: an approval names some, or they are listed. Else their digests are not made. */
  readonly named: boolean;
  /** Told each decision once: what the guards need to know is counted on the way, so that nothing is read back for it. */
  readonly count: (planned: PlannedDecision) => void;
  /** What stores one page while the next is decided. */
  readonly behind: Behind;
}

/**
 * Decides all subjects of an entity and stores the decisions from `seq` on.
 * @returns the next free seq.
 */
export async function decideEntity(
  context: RunContext,
  entity: Entity,
  seq: number,
  { locks, swept, drifted, named, count, behind }: Deciding,
): Promise<number> {
  let next = seq;
  let coming = subjectsAfter(context, entity, null);
  // Links come before lone records, so that the record a link moves to is known before it is met alone.
  const movedTo = new Set<string>();
  const hasUndone = await context.store.hasUndone(entity.name);
  for (;;) {
    const page = await coming;
    if (page.next !== null) coming = subjectsAfter(context, entity, page.next);
    const subjects = page.subjects.filter(
      (subject) =>
        !isLocked(locks, entity.name, {
          left: subject.link?.left ?? subject.left?.id,
          right: subject.link?.right ?? subject.right?.id,
        }),
    );
    const resolutions =
      subjects.length === 0
        ? []
        : await context.store.resolutions(
            subjects.map((subject) => ({
              entity: entity.name,
              left: subject.link?.left ?? subject.left?.id ?? null,
              right: subject.link?.right ?? subject.right?.id ?? null,
            })),
          );
    const undone = hasUndone ? await waitingOf(context, entity, linksOf(subjects)) : NONE_WAITING;
    const planned: PlannedDecision[] = [];
    for (const view of await viewsOf(context, entity, subjects, resolutions, !swept)) {
      const { subject } = view;
      if (subject.kind === "lone" && movedTo.has(`${subject.lone.side} ${subject.lone.record.id}`)) continue;
      const made = await decideView(context, entity, notTwice(view, movedTo), resolutions, drifted, undone);
      if (made === null) continue;
      const decision =
        isLocked(locks, entity.name, view.ids) || mayBeCreated(locks, entity, view, made) || isPromised(view, movedTo)
          ? heldBack(made)
          : made;
      if (decision.link.kind === "move") movedTo.add(`${decision.link.side} ${decision.link.to}`);
      if (!isSilent(view)) countSituation(tallyOf(context, entity.name), decision.situation);
      tallyOf(context, entity.name).blocked += decision.blocked;
      planned.push({
        seq: next,
        decision,
        seen: view.seen,
        current: currentOf(decision, view.current),
        actionHash: named ? actionHash(context, decision) : null,
      });
      next += 1;
    }
    const calm = await withoutRefused(
      context,
      entity,
      await setOscillationsAside(
        context,
        entity,
        planned.map((each) => each.decision),
        resolutions,
      ),
    );
    const decided = planned.map((each, index) => {
      const decision = calm[index] ?? each.decision;
      return decision === each.decision
        ? each
        : { ...each, decision, actionHash: named ? actionHash(context, decision) : null };
    });
    if (context.forecast !== null) await foretellPage(context, entity, context.forecast, { subjects, decided });
    await behind.start(() => context.store.saveDecisions(context.run, decided));
    for (const planned of decided) count(planned);
    context.progress.phase(entity.name, "decide", next, null);
    if (page.next === null) return next;
    throwIfStopping(context);
  }
}

/** The next page is read while one is decided. */
function subjectsAfter(
  context: RunContext,
  entity: Entity,
  after: string | null,
): ReturnType<RunContext["store"]["subjects"]> {
  const page = context.store.subjects(context.run, entity.name, after, PAGE);
  // Met by the next turn, if there is one: what ends this page comes first.
  page.catch(() => undefined);
  return page;
}

/** The record as it was read is needed only where it is written to. */
function currentOf({ writes }: Decision, shown: View["current"]): View["current"] {
  const on = (side: Side): Fields | null =>
    writes.some((write) => write.side === side && write.op !== "create") ? shown[side] : null;
  return { left: on("left"), right: on("right") };
}

async function foretellPage(
  context: RunContext,
  entity: Entity,
  forecast: Forecast,
  { subjects, decided }: { readonly subjects: readonly Subject[]; readonly decided: readonly PlannedDecision[] },
): Promise<void> {
  for (const { decision } of decided) foretell(forecast, decision);
  for (const side of SIDES) {
    const lone = subjects.flatMap((subject) => (subject.link === null ? (subject[side] ?? []) : []));
    await foretellDuplicates(context, entity, forecast, side, lone);
  }
}

/** The record that it matches has just become somebody else's counterpart: a link moves there. */
function isPromised({ subject, ids }: View, movedTo: ReadonlySet<string>): boolean {
  return subject.kind === "lone" && SIDES.some((side) => ids[side] !== null && movedTo.has(`${side} ${ids[side]}`));
}

/** Two links cannot move to one record: the second asks a person. */
function notTwice(view: View, movedTo: ReadonlySet<string>): View {
  const { subject } = view;
  if (subject.kind !== "linked" || subject.pair.redirect === null) return view;
  const { redirect } = subject.pair;
  const gone = subject.pair.sides.left.presence === "absent" ? "left" : "right";
  const taken = redirect.taken || movedTo.has(`${gone} ${redirect.to}`);
  return { ...view, subject: { ...subject, pair: { ...subject.pair, redirect: { ...redirect, taken } } } };
}

/** Adds the pass over links that nothing differs of to the situations. */
export async function countInSync(context: RunContext, entity: Entity): Promise<void> {
  countSituation(
    tallyOf(context, entity.name),
    "in-sync",
    await context.store.countUnchanged(context.run, entity.name),
  );
}

/** Another record of its cluster speaks for it; it is only remembered as being without a link. */
function isSilent({ subject }: View): boolean {
  return subject.kind === "lone" && !speaksFor(subject.lone.side, subject.lone.record.id, subject.lone.match);
}

/** Null: the other record of a pair that matches speaks for both. */
export async function decideView(
  context: RunContext,
  entity: Entity,
  view: View,
  resolutions: readonly CaseResolution[],
  drifted: ReadonlySet<string>,
  undone: Waiting,
): Promise<Decision | null> {
  const { mapping } = context;
  const own = resolutions.filter((each) => isAbout(each, view.ids));
  const facts: DecideFacts = {
    policy: entity.mapping.policy,
    names: { left: mapping.sides.left.name, right: mapping.sides.right.name },
    modified: view.modified as BySide<Instant | null>,
    clockToleranceMs: mapping.clockToleranceMs,
    answers: await answersOf(entity, own),
    drifted,
    undone: undone.get(waitingName(view.ids)) ?? NO_UNITS,
  };
  if (view.subject.kind === "linked") return decideLinked(view.subject.pair, facts);
  const { lone } = view.subject;
  // A pair that matches is decided once, from the left; a cluster of candidates speaks through its first record.
  if (lone.side === "right" && lone.match.kind === "one") return null;
  const decision = decideLone(lone, facts);
  return isSilent(view) ? { ...decision, cases: [] } : decision;
}

function linksOf(subjects: readonly Subject[]): readonly Link[] {
  return subjects.flatMap(({ link }) => link ?? []);
}

function isAbout(resolution: CaseResolution, ids: BySide<string | null>): boolean {
  if (resolution.left !== null && ids.left !== null) return resolution.left === ids.left;
  return resolution.right !== null && resolution.right === ids.right;
}

/** People's answers by unit. A value is given in the left side's form; the right side's is what carrying it across gives. */
async function answersOf(
  entity: Entity,
  resolutions: readonly CaseResolution[],
): Promise<Readonly<Record<string, Answer>>> {
  const answers: Record<string, Answer> = {};
  for (const { answer, field, kind, remembered } of resolutions) {
    if (remembered === true) continue;
    const unit = kind === "gone" || kind === "gone-edited" || kind === "matched-taken" ? GONE : field;
    if (answer.kind === "link" || unit === null) continue;
    if (answer.kind !== "value") {
      answers[unit] = answer;
      continue;
    }
    // One that a changed mapping no longer allows leaves the case as it is.
    const given = await givenValue(entity.mapping, unit, answer.value);
    if (given.ok) answers[unit] = { kind: "value", fields: given.fields };
  }
  return answers;
}

/**
 * Names exactly what will be done and on what grounds; an approval holds for this and nothing else. Null: nothing is written.
 * @param undone The run that it takes back; left out: an action of the mapping's own.
 */
export function actionHash(context: RunContext, decision: Decision, undone?: string): string | null {
  if (decision.writes.length === 0) return null;
  const writes = decision.writes.map((write): Value => ({
    op: write.op,
    side: write.side,
    id: write.id,
    fields: write.fields.map((field): Value => ({
      field: field.field,
      before: field.before?.value ?? null,
      after:
        field.after.kind === "value"
          ? field.after.cell.value
          : { waiting: field.after.entity, side: field.after.side, id: field.after.id },
    })),
  }));
  return context.digest256(
    canonicalText({
      entity: decision.entity,
      left: decision.left,
      right: decision.right,
      writes,
      ...(undone === undefined ? {} : { undone }),
    }),
  );
}
