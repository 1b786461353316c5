// Fields that go round in circles are set aside before the plan is counted: their writes are taken out of the decision and a
// case is opened; the record's other fields flow. While that case waits for a person the field is left alone on both sides; it
// closes when it is answered, or by itself when the sides agree. Writes before an answer no longer count.

import type { CaseOpening, Decision, FieldWrite, Write } from "../core/decision.ts";
import { groupBy } from "../core/group.ts";
import type { Instant, LinkId, Side } from "../core/ids.ts";
import { isOscillating, OSCILLATION_WINDOW_MS, type PastWrite } from "../core/oscillation.ts";
import type { Value } from "../core/value.ts";
import type { Entity, RunContext } from "./context.ts";
import type { RecentWrites } from "./ports/intent.ts";
import type { CaseResolution } from "./ports/waiting.ts";

/** What a case lists at most of our writes, the newest. */
const LISTED_MAX = 12;

/** The same decisions, in their order; those without an oscillating field as they are. */
export async function setOscillationsAside(
  context: RunContext,
  entity: Entity,
  decisions: readonly Decision[],
  resolutions: readonly CaseResolution[],
): Promise<readonly Decision[]> {
  const linked = decisions.flatMap(({ linkId, left, right, writes }) =>
    linkId !== null && left !== null && right !== null && writes.some(isUpdate) ? [{ id: linkId, left, right }] : [],
  );
  if (linked.length === 0) return decisions;
  const now = context.clock.now();
  const recent = await context.store.recentWrites(entity.name, linked, now, OSCILLATION_WINDOW_MS);
  const byLink = new Map<LinkId, RecentWrites>(recent.map((each) => [each.linkId, each]));
  return decisions.map((decision) => {
    const found = decision.linkId === null ? undefined : byLink.get(decision.linkId);
    return found === undefined ? decision : withoutCircles(context, entity, decision, found, resolutions, now);
  });
}

function isUpdate(write: Write): boolean {
  return write.op === "update";
}

function withoutCircles(
  context: RunContext,
  entity: Entity,
  decision: Decision,
  recent: RecentWrites,
  resolutions: readonly CaseResolution[],
  now: Instant,
): Decision {
  const planned = decision.writes
    .filter(isUpdate)
    .flatMap(({ side, fields }) => fields.map((field) => ({ side, field, unit: unitOf(entity, field.field) })));
  const cases: CaseOpening[] = [];
  const aside = new Set<string>();
  for (const [unit, members] of groupBy(planned, (each) => each.unit)) {
    // A person has just said what shall become of it.
    if (resolutions.some((each) => isAnswerTo(each, decision, unit))) continue;
    const said = recent.cases.filter((each) => each.field === unit);
    const answeredAt = Math.max(...said.map((each) => each.answeredAt ?? -Infinity));
    const pastOf = (side: Side, field: string): readonly PastWrite[] =>
      pastWrites(entity, recent, side, field).filter((write) => write.at > answeredAt);
    const circles = members.some(
      ({ side, field }) =>
        field.after.kind === "value" &&
        isOscillating(pastOf(side, field.field), { before: field.before, after: field.after.cell }, now),
    );
    if (!circles && !said.some((each) => each.isOpen)) continue;
    aside.add(unit);
    const written = members.flatMap(({ side, field }) => listed(context, side, field.field, pastOf(side, field.field)));
    const values: Value = { ...shown(unit, members), writes: written };
    cases.push({ kind: "oscillation", field: unit, left: decision.left, right: decision.right, values });
  }
  if (aside.size === 0) return decision;
  const writes = decision.writes.flatMap((write): readonly Write[] => {
    if (!isUpdate(write)) return [write];
    const fields = write.fields.filter((field) => !aside.has(unitOf(entity, field.field)));
    return fields.length === 0
      ? []
      : [{ ...write, fields, reason: [...new Set(fields.map((field) => field.reason))].join("; ") }];
  });
  return { ...decision, writes, cases: [...decision.cases, ...cases], settledLeft: false, settledRight: false };
}

function unitOf(entity: Entity, field: string): string {
  return entity.mapping.policy.fields.find((each) => each.name === field)?.group ?? field;
}

function isAnswerTo(resolution: CaseResolution, decision: Decision, unit: string): boolean {
  const isAbout = resolution.left === decision.left && resolution.right === decision.right;
  return isAbout && resolution.field === unit && resolution.remembered !== true;
}

function pastWrites(entity: Entity, recent: RecentWrites, side: Side, field: string): readonly PastWrite[] {
  const cell = (value: Value): PastWrite["after"] => entity.mapping.cell(side, field, value);
  return recent.writes.flatMap((write) => {
    const values = write.side === side ? write.fields[field] : undefined;
    if (values === undefined) return [];
    return [{ at: write.at, before: cell(values.before), after: cell(values.after), readBack: cell(values.readBack) }];
  });
}

/** What the sides show now, as a conflict says it: a group's by field. */
function shown(
  unit: string,
  members: readonly { readonly side: Side; readonly field: FieldWrite }[],
): { readonly left: Value; readonly right: Value } {
  const valueOn = (side: Side, member: (typeof members)[number]): Value =>
    (member.side === side ? member.field.before?.value : member.field.sent?.value) ?? null;
  const [only] = members;
  if (only !== undefined && members.length === 1 && only.field.field === unit)
    return { left: valueOn("left", only), right: valueOn("right", only) };
  const byField = (side: Side): Value =>
    Object.fromEntries(members.map((member) => [member.field.field, valueOn(side, member)]));
  return { left: byField("left"), right: byField("right") };
}

function listed(context: RunContext, side: Side, field: string, past: readonly PastWrite[]): readonly Value[] {
  const { name } = context.mapping.sides[side];
  return past.slice(-LISTED_MAX).map(({ at, before, after }) => ({
    at: new Date(at).toISOString(),
    side: name,
    field,
    from: before.value,
    to: after.value,
  }));
}
