// What a decision and the outcomes of its writes leave behind. The rule for bases: the written side's is what was read back
// (its own normalisation is not an edit), the giving side's is what was sent; nothing advances on a write that was not confirmed.

import type { Decision, FieldWrite, Write } from "./decision.ts";
import type { Cell } from "./field.ts";
import { otherSide, type BySide, type RemoteId, type Side } from "./ids.ts";
import type { Value } from "./value.ts";

/** How one write of a decision ended. */
export type WriteOutcome =
  | {
      readonly kind: "done";
      readonly id: RemoteId;
      readonly version: string | null;
      /** The written fields as the side now shows them; a missing name: could not be read, so what was sent stands. */
      readonly readBack: Readonly<Record<string, Cell>>;
      /** By written field: its base, where not all of what was read back is agreed (`FieldWrite.assumed`). Left out: none. */
      readonly bases?: Readonly<Record<string, Cell>>;
      /** All other fields still show what was decided on: the read-back may be remembered as seen. */
      readonly undisturbed: boolean;
      /** Fingerprint and match keys of the read-back record; null: it was not read. */
      readonly fingerprint: string | null;
      readonly matchKeys: readonly string[] | null;
      /** We changed something: false when a record to delete was gone already. */
      readonly effect: boolean;
    }
  /** The record moved or went away meanwhile: decide again. */
  | { readonly kind: "again"; readonly why: string; readonly waitMs: number }
  /** Refused for good: this record is quarantined. */
  | { readonly kind: "failed"; readonly code: string; readonly message: string }
  /** A reference has no link yet. */
  | { readonly kind: "parked" }
  /** Not known whether it happened; its intent stays open. */
  | { readonly kind: "unknown"; readonly message: string; readonly needsPerson: boolean }
  /** Not attempted (withheld later, stopped system, lost lease). */
  | { readonly kind: "skipped" };

export interface SettledLink {
  readonly left: RemoteId;
  readonly right: RemoteId;
  readonly state: "live" | "frozen" | "tombstone";
  readonly reason: string | null;
  readonly bases: BySide<Readonly<Record<string, Value>>>;
  /** Null: the side must be looked at again. */
  readonly fingerprints: BySide<string | null>;
  readonly versions: BySide<string | null>;
  readonly matchKeys: BySide<readonly string[] | null>;
}

export interface Seen {
  readonly fingerprint: string | null;
  readonly version: string | null;
  readonly matchKeys: readonly string[];
}

const SKIPPED: WriteOutcome = { kind: "skipped" };

/** @returns the link to store, or null when there is none to store (nothing linked, or nothing became of it). */
export function settleLink(
  decision: Decision,
  outcomes: readonly WriteOutcome[],
  seen: BySide<Seen>,
): SettledLink | null {
  const done = decision.writes.map((write, index) => ({ write, outcome: outcomes[index] ?? SKIPPED }));
  const ids = idsAfter(decision, done);
  if (ids === null) return null;

  const allDone = done.every(({ outcome }) => outcome.kind === "done");
  const gone = decision.link.kind === "tombstone";
  if (decision.linkId === null && decision.link.kind !== "link") return null;
  if (gone && !allDone) return null;

  const bases: Record<Side, Record<string, Value>> = { left: {}, right: {} };
  for (const agreement of decision.agreements) {
    if (agreement.left !== null) bases.left[agreement.field] = agreement.left.value;
    if (agreement.right !== null) bases.right[agreement.field] = agreement.right.value;
  }
  const fingerprints: Record<Side, string | null> = {
    left: decision.settledLeft && allDone ? seen.left.fingerprint : null,
    right: decision.settledRight && allDone ? seen.right.fingerprint : null,
  };
  const versions: Record<Side, string | null> = { left: seen.left.version, right: seen.right.version };
  const matchKeys: Record<Side, readonly string[] | null> = {
    left: seen.left.matchKeys.length > 0 ? seen.left.matchKeys : null,
    right: seen.right.matchKeys.length > 0 ? seen.right.matchKeys : null,
  };

  for (const { write, outcome } of done) {
    if (outcome.kind !== "done" || write.op === "delete") continue;
    const giving = otherSide(write.side);
    for (const field of write.fields) {
      const unread = field.assumed ?? (field.after.kind === "value" ? field.after.cell : null);
      const wrote = outcome.bases?.[field.field] ?? readBackOf(decision, field, outcome.readBack) ?? unread;
      const base = field.writtenBase ?? wrote;
      if (base !== null) bases[write.side][field.field] = base.value;
      if (field.sent !== null) bases[giving][field.field] = field.sent.value;
    }
    const settled = write.side === "left" ? decision.settledLeft : decision.settledRight;
    fingerprints[write.side] = settled && allDone && outcome.undisturbed ? outcome.fingerprint : null;
    versions[write.side] = outcome.version;
    if (outcome.matchKeys !== null) matchKeys[write.side] = outcome.matchKeys;
  }
  return { ...ids, ...stateAfter(decision), bases, fingerprints, versions, matchKeys };
}

/**
 * A value put back that reads as it was before is a read that came too soon: as the base it would make what was put back an edit,
 * which travels. Of any other write it does no harm, because the sides then agree.
 */
function readBackOf(
  { situation }: Decision,
  { field, before }: FieldWrite,
  readBack: Readonly<Record<string, Cell>>,
): Cell | null {
  const read = readBack[field] ?? null;
  return situation === "undone" && read?.key === before?.key ? null : read;
}

function stateAfter(decision: Decision): { state: SettledLink["state"]; reason: string | null } {
  if (decision.link.kind === "tombstone") return { state: "tombstone", reason: decision.link.reason };
  return {
    state: decision.link.kind === "freeze" ? "frozen" : keepsFrozen(decision) ? "frozen" : "live",
    reason: null,
  };
}

/** A frozen link whose record is still out of scope is decided as `keep` in a scope situation. */
function keepsFrozen(decision: Decision): boolean {
  return (
    decision.link.kind === "keep" &&
    (decision.situation === "left-scope" || decision.situation === "right-scope") &&
    decision.writes.length === 0
  );
}

/** The ids of the link afterwards: a create brings its own, a moved link its new one. Null: no pair of ids came about. */
function idsAfter(
  decision: Decision,
  done: readonly { write: Write; outcome: WriteOutcome }[],
): { left: RemoteId; right: RemoteId } | null {
  const ids: Record<Side, RemoteId | null> = { left: decision.left, right: decision.right };
  if (decision.link.kind === "move") ids[decision.link.side] = decision.link.to;
  for (const { write, outcome } of done) {
    if (write.op !== "create") continue;
    if (outcome.kind !== "done") return null;
    ids[write.side] = outcome.id;
  }
  return ids.left === null || ids.right === null ? null : { left: ids.left, right: ids.right };
}

/** Whether a confirmed write leaves something for another round: the other side is written next, or the written side has more to give. */
export function asksForMore(decision: Decision, write: Write, outcome: WriteOutcome): boolean {
  if (outcome.kind !== "done") return false;
  if (write.op === "create" && !outcome.undisturbed) return true;
  return write.fields.some(
    ({ writtenBase, assumed }) =>
      writtenBase !== null || (assumed !== undefined && !(outcome.undisturbed && decision.settledLeft)),
  );
}
