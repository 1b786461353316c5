// Taking a run back, one pair of records at a time: what the run wrote is put as it was before, only where it still stands.
//
//   the run's write   now                                          taken back by
//   update            the field shows what was written             writing what stood before
//   update            the field, or one of its group, was edited   nothing: the edit stays
//   create            the record is just what was created          deleting it; its link ends and is remembered
//   create            edited since                                 nothing
//   delete            still gone, and kept in the history          creating it again under a new id, linked as before
//   any               unreadable, gone, not linked as it was       nothing
//
// Only the side that was written is written back: the value that the run carried was somebody's edit on the other side, and is
// not the run's to take. Both sides' bases become what they then show, so nothing flows by itself, and where they differ a case
// stays open until a person answers it, a side is edited again, or the two agree.

import { allows } from "./actions.ts";
import type { Agreement, Decision, FieldWrite, Write } from "./decision.ts";
import { NULL_KEY, type Cell } from "./field.ts";
import { groupBy } from "./group.ts";
import { otherSide, SIDES, type RemoteId, type Side } from "./ids.ts";
import { baseOf, cellOf, moved, readingOf } from "./sight.ts";
import type { Presence } from "./situation.ts";
import { NOTHING, UNSETTLED } from "./subject.ts";
import { apartAfter, settledOn } from "./undo-apart.ts";
import {
  keyOf,
  readingIn,
  sightOf,
  type NotUndone,
  type RunField,
  type RunWrite,
  type UndoFacts,
  type Undone,
  type UndoSubject,
} from "./undo-subject.ts";
import type { Value } from "./value.ts";

export function decideUndo(subject: UndoSubject, facts: UndoFacts): Undone {
  const ops = SIDES.flatMap((side) => subject.writes[side]?.op ?? []);
  if (ops.includes("create")) return undoCreate(subject, facts);
  if (ops.includes("delete")) return undoDelete(subject, facts);
  return undoUpdates(subject, facts);
}

/** The side that the one write of this kind was made to. */
function writtenBy(subject: UndoSubject, op: Write["op"]): { readonly side: Side; readonly write: RunWrite } {
  for (const side of SIDES) {
    const write = subject.writes[side];
    if (write?.op === op) return { side, write };
  }
  throw new Error(`no ${op} among the writes`);
}

function nothing(side: Side, record: RemoteId, why: string): Undone {
  return { decision: null, kept: [{ side, record, field: null, why }] };
}

function decided(subject: UndoSubject, { policy }: UndoFacts): Decision {
  return {
    ...NOTHING,
    ...UNSETTLED,
    entity: policy.name,
    situation: "undone",
    linkId: subject.linkId,
    left: subject.sides.left?.id ?? null,
    right: subject.sides.right?.id ?? null,
  };
}

// ---------------------------------------------------------------- updates

function undoUpdates(subject: UndoSubject, facts: UndoFacts): Undone {
  const kept: NotUndone[] = [];
  const found: Record<Side, readonly RunField[]> = { left: [], right: [] };
  for (const side of SIDES) {
    const write = subject.writes[side];
    if (write === null) continue;
    const barred = updateBarred(subject, side, facts);
    if (barred === null) found[side] = standing(subject, side, write, facts, kept);
    else kept.push({ side, record: write.record, field: null, why: barred });
  }
  const writes: Write[] = [];
  for (const side of SIDES) {
    const view = subject.sides[side];
    if (found[side].length === 0 || view === null) continue;
    const names = new Set(found[otherSide(side)].map(({ field }) => field));
    const fields = found[side].map((each) => fieldBack(subject, side, each, names.has(each.field), facts));
    writes.push({ op: "update", side, id: view.id, version: view.version, fields, reason: reasonOf(facts) });
  }
  if (writes.length === 0) return { decision: null, kept };
  const cases = apartAfter(subject, writes, facts);
  return { decision: { ...decided(subject, facts), writes, cases }, kept };
}

function updateBarred(subject: UndoSubject, side: Side, { policy, names }: UndoFacts): string | null {
  if (subject.linkId === null) return "the two records are no longer linked";
  const view = subject.sides[side];
  if (view === null) return "the two records are no longer linked";
  const missing = notThere(view.presence, names[side]);
  if (missing !== null) return missing;
  // A record that cannot be read may have been edited: what both then show could not be remembered.
  if (subject.sides[otherSide(side)]?.presence === "unknown")
    return `its counterpart in ${names[otherSide(side)]} could not be read`;
  return allows(policy, side, "update") ? null : `the mapping does not allow updates in ${names[side]}`;
}

function notThere(presence: Presence, name: string): string | null {
  if (presence === "absent") return `it is no longer in ${name}`;
  if (presence === "unknown") return `it could not be read from ${name}`;
  return presence === "out-of-scope" ? `it is out of scope in ${name}` : null;
}

/** The fields that still show what the run wrote; a group only as a whole. */
function standing(
  subject: UndoSubject,
  side: Side,
  write: RunWrite,
  { policy, names }: UndoFacts,
  kept: NotUndone[],
): readonly RunField[] {
  const rules = new Map(policy.fields.map((field) => [field.name, field]));
  const back: RunField[] = [];
  const units = groupBy(
    write.fields.filter(({ before, wrote, sent }) => before.key !== wrote.key || before.key !== sent.key),
    ({ field }) => rules.get(field)?.group ?? field,
  );
  for (const members of units.values()) {
    const reasons = members.map(({ field, wrote, sent, before }): string | null => {
      const rule = rules.get(field);
      if (rule === undefined) return "the mapping has no rule of this name any more";
      if (rule.writes !== "both" && rule.writes !== side) return `the mapping no longer writes it in ${names[side]}`;
      const shows = keyOf(readingIn(subject.fields, side, field));
      if (shows === wrote.key || shows === sent.key || shows === before.key) return null;
      return "edited since";
    });
    const first = reasons.find((why) => why !== null) ?? null;
    for (const [index, member] of members.entries()) {
      const shows = keyOf(readingIn(subject.fields, side, member.field));
      if (first === null && shows !== member.before.key) back.push(member);
      const why = reasons[index] ?? (first === null ? null : "another field of its group was edited since");
      if (why !== null) kept.push({ side, record: write.record, field: member.field, why });
    }
  }
  return back;
}

function fieldBack(
  subject: UndoSubject,
  side: Side,
  { field, before }: RunField,
  bothSides: boolean,
  facts: UndoFacts,
): FieldWrite {
  const now = cellOf(readingIn(subject.fields, side, field));
  return {
    field,
    before: now,
    after: { kind: "value", cell: before },
    // An edit of the other side that nothing has carried yet stays one: it is newer than the run.
    sent: bothSides ? null : settledOn(subject, otherSide(side), field),
    writtenBase: null,
    blank: before.key === NULL_KEY && now !== null && now.key !== NULL_KEY,
    reason: reasonOf(facts),
  };
}

// ---------------------------------------------------------------- creates

function undoCreate(subject: UndoSubject, facts: UndoFacts): Undone {
  const { side, write } = writtenBy(subject, "create");
  const { policy, names } = facts;
  const view = subject.sides[side];
  const barred =
    subject.linkId === null || view === null
      ? "it is no longer linked with the record it was made from"
      : (notThere(view.presence, names[side]) ??
        (allows(policy, side, "delete") ? null : `the mapping does not allow deletes in ${names[side]}`) ??
        editedSince(subject, side, write));
  // What was changed of a new record within the run has come back to the record it was made from.
  const other = otherSide(side);
  const echo = subject.writes[other];
  const updates =
    echo === null
      ? { decision: null, kept: [] }
      : undoUpdates({ ...subject, writes: { left: null, right: null, [other]: echo } }, facts);
  if (barred !== null || view === null) {
    const { kept } = nothing(side, write.record, barred ?? "it is not there");
    return { decision: updates.decision, kept: [...kept, ...updates.kept] };
  }
  const { id, version } = view;
  const shown = Object.fromEntries(
    subject.fields.flatMap((sight): readonly (readonly [string, Value])[] => {
      const cell = cellOf(readingOf(sight, side));
      return cell === null ? [] : [[sight.policy.name, cell.value]];
    }),
  );
  const reason = reasonOf(facts);
  return {
    decision: {
      ...decided(subject, facts),
      writes: [
        { op: "delete", side, id, version, fields: [], reason, shown },
        ...(updates.decision?.writes ?? []).map((each) => ({ ...each, fields: each.fields.map(withoutSent) })),
      ],
      link: { kind: "tombstone", reason },
    },
    kept: updates.kept,
  };
}

/** Its giving side is no more. */
function withoutSent(field: FieldWrite): FieldWrite {
  return { ...field, sent: null };
}

/** What is deleted must be what was made: every mapped field as the run left it, or as both sides agreed since. */
function editedSince(subject: UndoSubject, side: Side, write: RunWrite): string | null {
  const wrote = new Map(write.fields.map((field) => [field.field, field]));
  const edited = subject.fields.filter((sight) => {
    const reading = readingOf(sight, side);
    const made = wrote.get(sight.policy.name);
    if (made === undefined) return moved(reading, baseOf(sight, side));
    return keyOf(reading) !== made.wrote.key && keyOf(reading) !== made.sent.key;
  });
  return edited.length === 0 ? null : `edited since: ${edited.map((sight) => sight.policy.name).join(", ")}`;
}

// ---------------------------------------------------------------- deletes

function undoDelete(subject: UndoSubject, facts: UndoFacts): Undone {
  const { side, write } = writtenBy(subject, "delete");
  const { policy, names, run } = facts;
  const other = otherSide(side);
  const counterpart = subject.sides[other];
  const gone = subject.sides[side];
  const fields = write.fields.filter(({ field, before }) => {
    const rule = policy.fields.find(({ name }) => name === field);
    return before.key !== NULL_KEY && rule !== undefined && (rule.writes === "both" || rule.writes === side);
  });
  const barred =
    counterpart === null
      ? `it had no counterpart: ${names[side]} alone had it, and the next run would delete it again`
      : subject.linkedElsewhere || subject.linkId !== null
        ? "one of the two records has another counterpart by now"
        : gone?.presence === "unknown"
          ? `it could not be told whether it is still gone from ${names[side]}`
          : gone !== null && gone.presence !== "absent"
            ? `it is in ${names[side]} again`
            : counterpart.presence === "unknown"
              ? `its counterpart in ${names[other]} could not be read`
              : !allows(policy, side, "create")
                ? `the mapping does not allow creates in ${names[side]}`
                : fields.length === 0
                  ? "nothing of it was kept"
                  : null;
  if (barred !== null || counterpart === null) return nothing(side, write.record, barred ?? "it had no counterpart");
  const echo = subject.writes[other];
  const kept = echo === null ? [] : nothing(other, echo.record, "its counterpart was deleted by the same run").kept;
  const reason = reasonOf(facts);
  const baseOn = (field: string): Cell | null => {
    const sight = sightOf(subject.fields, field);
    return sight === undefined ? null : baseOf(sight, other);
  };
  const written = new Set(fields.map(({ field }) => field));
  const agreements = subject.fields.flatMap((sight): readonly Agreement[] => {
    const base = baseOf(sight, other);
    if (base === null || written.has(sight.policy.name)) return [];
    const { name } = sight.policy;
    return [other === "left" ? { field: name, left: base, right: null } : { field: name, left: null, right: base }];
  });
  const create: Write = {
    op: "create",
    side,
    id: null,
    version: null,
    fields: fields.map(({ field, before }) => ({
      field,
      before: null,
      after: { kind: "value", cell: before },
      sent: baseOn(field),
      writtenBase: null,
      blank: false,
      reason,
    })),
    reason,
  };
  const ids = { left: null, right: null, [other]: counterpart.id };
  const record: Value = Object.fromEntries(fields.map(({ field, before }) => [field, before.value]));
  const values: Value = { gone: names[other], kept: names[side], record, undone: run };
  return {
    decision: {
      ...decided(subject, facts),
      ...ids,
      linkId: null,
      link: { kind: "link" },
      writes: [create],
      agreements,
      // Whoever is back, and its counterpart is not: nothing may delete it again before a person has said so.
      cases: counterpart.presence === "present" ? [] : [{ kind: "gone", field: null, ...ids, values }],
    },
    kept,
  };
}

function reasonOf({ run }: UndoFacts): string {
  return `run ${run} taken back`;
}
