// The history of a record told in order: what was seen, what was decided and by which rule, what was written and what came of it.

import { otherSide, type BySide } from "../../core/ids.ts";
import { jsonText } from "../../core/json.ts";
import { isFields, sameValue, type Fields, type Value } from "../../core/value.ts";
import type { HistoryCase, HistoryEffect, RecordHistory } from "../ports/history.ts";
import type { RulePlace, StoryEvent } from "./explanation.ts";

export interface StoryFacts {
  readonly history: RecordHistory;
  readonly names: BySide<string>;
}

/** Values longer than this are cut in the sentences; whole they stand beside. */
const SHOWN_MAX = 80;

export function shownValue(value: Value): string {
  if (value === null) return "nothing";
  const text = jsonText(value);
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}…`;
}

function event(
  at: StoryEvent["at"],
  what: string,
  text: string,
  more: Partial<Pick<StoryEvent, "run" | "side" | "values">> = {},
): StoryEvent {
  return { at, what, text, run: more.run ?? null, side: more.side ?? null, values: more.values ?? {} };
}

/** What happened to one field. @param unit Its group, or its own name: what cases are about. */
export function fieldStory(
  field: string,
  unit: string,
  rule: RulePlace | null,
  { history, names }: StoryFacts,
): readonly StoryEvent[] {
  const told: StoryEvent[] = [];
  for (const effect of history.effects) told.push(...fieldEvents(field, rule, effect, { history, names }));
  for (const { run, at, situation, fields } of history.agreements) {
    const both = fields[field];
    if (both === undefined) continue;
    const text =
      situation === "converged"
        ? "both sides showed the same, or were made to: agreed without a write"
        : "what the two sides showed was taken as agreed, without a write";
    told.push(
      event(at, "agreed", `${text}: ${names.left} ${shownValue(both.left)}, ${names.right} ${shownValue(both.right)}`, {
        run,
        values: { situation, [names.left]: both.left, [names.right]: both.right, ...placeValue(rule) },
      }),
    );
  }
  for (const each of history.cases) if (each.field === unit) told.push(...caseEvents(each, history, names));
  return inOrder(told);
}

function fieldEvents(
  field: string,
  rule: RulePlace | null,
  { run, at, side, op, record, fields, reason }: HistoryEffect,
  { history, names }: StoryFacts,
): readonly StoryEvent[] {
  const values = fields[field];
  if (values === undefined) return [];
  const { before, after, readBack } = values;
  if (op === "delete")
    return [
      event(at, "deleted", `${names[side]}:${record} was deleted with ${shownValue(before)} in it: ${reason}`, {
        run,
        side,
        values: { from: before },
      }),
    ];
  const from = values.from ?? after;
  const giving = otherSide(side);
  const started = history.runs.find((each) => each.run === run);
  const isUndo = reason.endsWith("taken back");
  const seen = event(started?.startedAt ?? at, "seen", `${names[giving]} showed ${shownValue(from)}`, {
    run,
    side: giving,
    values: { value: from, ...(started === undefined ? {} : { run_kind: started.kind }) },
  });
  const at_ = rule === null ? "" : ` by ${rule.file}:${String(rule.line)}`;
  const decided = event(at, "decided", `${values.reason}${isUndo ? "" : at_}`, {
    run,
    side,
    values: { reason: values.reason, ...(isUndo ? {} : placeValue(rule)) },
  });
  const became = sameValue(readBack, after) ? "" : `, which it shows as ${shownValue(readBack)}`;
  const written = event(
    at,
    op === "create" ? "created" : "written",
    op === "create"
      ? `made in ${names[side]}:${record} with ${shownValue(after)}${became}`
      : `${names[side]}:${record} was changed from ${shownValue(before)} to ${shownValue(after)}${became}`,
    { run, side, values: { from: before, to: after, shown: readBack } },
  );
  return isUndo ? [decided, written] : [seen, decided, written];
}

function placeValue(rule: RulePlace | null): Fields {
  return rule === null ? {} : { rule: `${rule.file}:${String(rule.line)}` };
}

/** What happened to the record as a whole. */
export function recordStory({ history, names }: StoryFacts): readonly StoryEvent[] {
  const told: StoryEvent[] = [];
  for (const { run, at, side, op, record, reason } of history.effects) {
    const verb = op === "create" ? "was made" : op === "delete" ? "was deleted" : "was written";
    told.push(
      event(at, op === "update" ? "written" : `${op}d`, `${names[side]}:${record} ${verb}: ${reason}`, {
        run,
        side,
        values: { op, reason },
      }),
    );
  }
  for (const link of history.links) {
    const { left, right, state, since, reason } = link;
    const pair = `${names.left}:${left} and ${names.right}:${right}`;
    if (state === "tombstone")
      told.push(event(since, "unlinked", `the link of ${pair} ended: ${reason ?? "no reason was kept"}`));
    else
      told.push(
        event(
          since,
          "linked",
          `${pair} are ${state === "frozen" ? "linked, and out of scope" : "linked"}: ${linkedWhy(link.id, history)}`,
        ),
      );
  }
  for (const each of history.cases) if (each.field === null) told.push(...caseEvents(each, history, names));
  for (const { at, who, what, facts } of history.people) {
    if (what === "case resolved") continue;
    told.push(event(at, "said", `${who}: ${what}`, { values: { who, facts } }));
  }
  for (const { side, record, code, message, attempts, since, id } of history.quarantined)
    told.push(
      event(
        since,
        "failed",
        `${names[side]}:${record} is quarantined since (${id}, ${code}, tried ${String(attempts)} times): ${message}`,
        { side },
      ),
    );
  for (const { side, id, parentEntity, parentSide, parentId, since } of history.parked)
    told.push(
      event(
        since,
        "parked",
        `${names[side]}:${id} waits until ${parentEntity} ${names[parentSide]}:${parentId} is linked`,
        { side },
      ),
    );
  for (const { side, id, channel, at } of history.hints)
    told.push(
      event(at, "hinted", `${names[side]}:${id} is to be looked at (${channel})`, { side, values: { channel } }),
    );
  for (const { run, op, side, openedAt, attempts } of history.intents)
    told.push(
      event(
        openedAt,
        "unknown",
        `a write to ${names[side]} (${op}) was begun, and its outcome is not known after ${String(attempts)} looks`,
        {
          run,
          side,
        },
      ),
    );
  return inOrder(told);
}

function linkedWhy(link: string, { effects, people }: RecordHistory): string {
  const made = effects.find((effect) => effect.linkId === link && effect.op === "create");
  if (made !== undefined) return `one was made from the other (${made.reason})`;
  return people.some(({ what }) => what === "link added") ? "by hand, or by their match" : "they match";
}

function caseEvents(
  { id, kind, since, values, answer, answeredAt, closedAt }: HistoryCase,
  { people }: RecordHistory,
  names: BySide<string>,
): readonly StoryEvent[] {
  const { left, right } = isFields(values) ? values : {};
  const both =
    left === undefined || right === undefined
      ? ""
      : `: ${names.left} ${shownValue(left)}, ${names.right} ${shownValue(right)}`;
  const told = [
    event(since, "asked", `case ${id} (${kind}) was opened${both}`, { values: { case: id, kind, values } }),
  ];
  if (answer !== null && answeredAt !== null) {
    const who = people.find(({ what, facts }) => what === "case resolved" && isFields(facts) && facts["case"] === id);
    told.push(
      event(answeredAt, "answered", `${who?.who ?? "somebody"} answered case ${id}: ${answerText(answer, names)}`, {
        values: { case: id, answer: answer.kind, ...(who === undefined ? {} : { who: who.who }) },
      }),
    );
  }
  if (closedAt !== null) {
    const why = answer === null ? "its cause was gone" : "the answer was acted on";
    told.push(event(closedAt, "closed", `case ${id} was closed: ${why}`, { values: { case: id } }));
  }
  return told;
}

function answerText(answer: NonNullable<HistoryCase["answer"]>, names: BySide<string>): string {
  switch (answer.kind) {
    case "take":
      return `take ${names[answer.side]}`;
    case "value":
      return `the value ${shownValue(answer.value)}`;
    case "link":
      return `link ${answer.id}`;
    default:
      return "leave both as they are";
  }
}

/** What happened first comes first; of one moment, as it was told. */
function inOrder(events: readonly StoryEvent[]): readonly StoryEvent[] {
  return events.toSorted((a, b) => a.at - b.at);
}
