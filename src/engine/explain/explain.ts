// Why a record shows what it shows: how it is now and what to do about it, then what happened to each of its fields.

import { explainField, policyWords, type FieldState } from "../../core/explain-field.ts";
import { otherSide, SIDES, type RemoteId, type Side } from "../../core/ids.ts";
import { baseOf, readingOf } from "../../core/sight.ts";
import type { FieldSight } from "../../core/field.ts";
import type { Entity, PairParts, Ports } from "../context.ts";
import type { HistoryCase, RecordHistory } from "../ports/history.ts";
import type { Explanation, FieldStory, PlaceOf, Told } from "./explanation.ts";
import { lookAtOne, type Looked } from "./look.ts";
import { recordState } from "./record-state.ts";
import { fieldStory, recordStory, type StoryFacts } from "./story.ts";

export interface ExplainRequest {
  readonly side: Side;
  readonly id: RemoteId;
  /** This field alone; null: all. */
  readonly field: string | null;
  readonly placeOf: PlaceOf;
}

export async function explainRecord(
  parts: PairParts,
  ports: Ports,
  entity: Entity,
  history: RecordHistory,
  { side, id, field, placeOf }: ExplainRequest,
): Promise<Explanation> {
  const { left, right } = parts.mapping.sides;
  const names = { left: left.name, right: right.name };
  const looked = await lookAtOne(parts, ports, entity, { side, id });
  const facts: StoryFacts = { history, names };
  const asked = entity.mapping.policy.fields.filter((each) => field === null || each.name === field);
  const fields = asked.map((policy): FieldStory => {
    const sight = looked.fields.find((each) => each.policy.name === policy.name);
    const rule = placeOf(["entities", entity.name, "fields", policy.name]);
    return {
      field: policy.name,
      rule,
      says: policyWords(policy, names),
      sides: { left: shownOn("left", sight), right: shownOn("right", sight) },
      now: fieldState(sight, policy.group ?? policy.name, looked, entity, { names, history, pair: parts.mapping.pair }),
      timeline: fieldStory(policy.name, policy.group ?? policy.name, rule, facts),
    };
  });
  const { link } = looked;
  const remembered = history.links.find((each) => each.id === link?.id);
  return {
    pair: parts.mapping.pair,
    entity: entity.name,
    side,
    record: id,
    other: link?.[otherSide(side)] ?? null,
    names,
    link:
      link === null ? null : { id: link.id, state: link.state, since: link.since, reason: remembered?.reason ?? null },
    now: recordState(looked, entity, {
      names,
      history,
      side,
      id,
      pair: parts.mapping.pair,
      tombstonesMs: parts.mapping.tombstonesMs,
    }),
    fields,
    timeline: recordStory(facts),
  };
}

function shownOn(side: Side, sight: FieldSight | undefined): FieldStory["sides"]["left"] {
  if (sight === undefined) return {};
  const reading = readingOf(sight, side);
  const base = baseOf(sight, side);
  return {
    ...(reading.kind === "value"
      ? { shows: reading.cell.value }
      : reading.kind === "invalid"
        ? { shows: reading.found }
        : {}),
    ...(base === null ? {} : { agreed: base.value }),
  };
}

interface StateFacts {
  readonly names: { readonly left: string; readonly right: string };
  readonly history: RecordHistory;
  readonly pair: string;
}

function fieldState(
  sight: FieldSight | undefined,
  unit: string,
  { decision, presence, link, drifted }: Looked,
  entity: Entity,
  { names, history, pair }: StateFacts,
): Told {
  const isCompared = link !== null && link.state !== "tombstone" && SIDES.every((side) => presence[side] === "present");
  if (sight === undefined || decision === null || !isCompared)
    return { code: "not-compared", text: "the two records are not compared now; see above", next: [] };
  const state = explainField(sight, decision, { policy: entity.mapping.policy, names, drifted });
  const open = history.cases.find((each) => each.field === unit && each.closedAt === null);
  return {
    code: codeOf(state, history),
    text: textOf(state, open, history, names),
    next: nextOf(state, open, history, pair, names),
  };
}

/** Of a write that the next run would make: a standing guard withholds its whole class. */
function guardOn({ writes }: FieldState, { guards }: RecordHistory): RecordHistory["guards"][number] | undefined {
  return writes === null ? undefined : guards.find((guard) => guard.side === writes && guard.op === "update");
}

function codeOf(state: FieldState, history: RecordHistory): string {
  return guardOn(state, history) === undefined ? state.code : "withheld";
}

function textOf(
  state: FieldState,
  open: HistoryCase | undefined,
  history: RecordHistory,
  names: StateFacts["names"],
): string {
  const guard = guardOn(state, history);
  if (guard !== undefined)
    return `${state.text}; withheld so far: the ${guard.op} guard of ${names[guard.side]} has tripped (case ${guard.id})`;
  if (state.code !== "waits") return state.text;
  if (open === undefined) return `${state.text}; the next run opens a case for it`;
  return `${state.text} (case ${open.id}${open.answer === null ? "" : ", answered: the next run acts on it"})`;
}

function nextOf(
  state: FieldState,
  open: HistoryCase | undefined,
  history: RecordHistory,
  pair: string,
  names: StateFacts["names"],
): readonly string[] {
  if (guardOn(state, history) !== undefined)
    return [`syncline plan ${pair} --sweep --out plan.json`, "syncline apply plan.json"];
  if (state.code === "differs") return [`syncline run ${pair}`];
  if (state.code !== "waits") return [];
  if (open === undefined) return [`syncline run ${pair}`];
  if (open.answer !== null) return [`syncline run ${pair}`];
  if (open.kind === "value-rejected") return ["mend the value in its system, or the mapping"];
  return [
    `syncline cases resolve ${open.id} --take ${names.left}`,
    `syncline cases resolve ${open.id} --take ${names.right}`,
  ];
}
