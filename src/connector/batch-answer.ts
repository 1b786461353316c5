// Which record of a batch an entry of its answer is about.
//
//   by key     the entry and the sent item have the same value at the key's path
//   by index   an entry's own `index` wins; else positions, when all went well, all failed, or one list holds both
//
// A record that no entry can be matched to has an unknown outcome: it is never guessed.

import { valueAt, type Path } from "../core/path.ts";
import { canonicalText, isFields, isList, type Fields, type Value } from "../core/value.ts";
import type { BatchPlan } from "./object-plan.ts";

export type EntryOutcome =
  | { readonly kind: "done"; readonly entry: Value }
  | { readonly kind: "failed"; readonly entry: Value }
  | { readonly kind: "unmatched" };

export interface BatchAnswer {
  readonly ok: readonly Value[];
  readonly failed: readonly Value[];
  /** Whether an entry says so of its record. */
  readonly saysFailed: (entry: Value) => boolean;
}

/** Where the file says the lists of an answer stand. */
type Places = Pick<BatchPlan, "ok" | "failed" | "fault">;

/** The two lists of an answer; null: the answer does not hold them where the file says. */
export function readBatchAnswer(body: Value, { ok, failed, fault }: Places): BatchAnswer | null {
  const okList = valueAt(body, ok);
  const failedList = failed === null ? undefined : valueAt(body, failed);
  const saysFailed = (entry: Value): boolean => refused(entry) || (fault !== null && present(valueAt(entry, fault)));
  const entries = isList(okList) ? okList : null;
  // A list of failures that is left out when there are none says so; one that is something else does not.
  if (failedList !== undefined && failedList !== null && !isList(failedList)) return null;
  const failures = isList(failedList) ? failedList : [];
  if (entries === null && failures.length === 0) return null;
  if (entries === null && okList !== undefined && okList !== null) return null;
  return {
    ok: (entries ?? []).filter((entry) => !saysFailed(entry)),
    failed: [...failures, ...(entries ?? []).filter(saysFailed)],
    saysFailed,
  };
}

function present(value: Value | undefined): boolean {
  const nothing = value === undefined || value === null || value === false || value === "";
  return !nothing && !(isList(value) && value.length === 0);
}

/** One list for both: `success: false`, or a status of its own that is an error. */
function refused(entry: Value): boolean {
  return isFields(entry) && (entry.success === false || entryStatus(entry) !== null);
}

/** The HTTP status an entry says it would have had alone; null: none, or a good one. */
export function entryStatus(entry: Value): number | null {
  if (!isFields(entry)) return null;
  for (const name of ["status", "statusCode", "status_code", "code"]) {
    const value = entry[name];
    const status = typeof value === "string" && /^[45]\d\d$/.test(value) ? Number(value) : value;
    if (typeof status === "number" && status >= 400 && status < 600) return status;
  }
  return null;
}

/** One outcome per sent item, in order. */
export function matchEntries(
  answer: BatchAnswer,
  sent: readonly Fields[],
  key: Path | null,
  body: Value,
  ok: Path,
): readonly EntryOutcome[] {
  return key === null ? byIndex(answer, sent.length, valueAt(body, ok)) : byKey(answer, sent, key);
}

function byKey(answer: BatchAnswer, sent: readonly Fields[], key: Path): readonly EntryOutcome[] {
  const outcomes = new Map<string, EntryOutcome>();
  const note = (entry: Value, outcome: EntryOutcome): void => {
    const text = keyText(valueAt(entry, key));
    // Two entries for one key contradict each other.
    if (text !== null) outcomes.set(text, outcomes.has(text) ? { kind: "unmatched" } : outcome);
  };
  for (const entry of answer.ok) note(entry, { kind: "done", entry });
  for (const entry of answer.failed) note(entry, { kind: "failed", entry });
  const keys = sent.map((item) => keyText(valueAt(item, key)));
  const times = new Map<string | null, number>();
  for (const text of keys) times.set(text, (times.get(text) ?? 0) + 1);
  return keys.map((text) => {
    const sole = text !== null && times.get(text) === 1;
    return (sole ? outcomes.get(text) : undefined) ?? { kind: "unmatched" };
  });
}

/** `42` and `"42"` are one key: ids are sent as text and come back as numbers. */
function keyText(value: Value | undefined): string | null {
  if (value === undefined || value === null || value === "") return null;
  return typeof value === "string" ? value : canonicalText(value);
}

function byIndex(answer: BatchAnswer, count: number, okList: Value | undefined): readonly EntryOutcome[] {
  const outcomes: EntryOutcome[] = Array.from({ length: count }, () => ({ kind: "unmatched" }));
  const loose: { readonly ok: Value[]; readonly failed: Value[] } = { ok: [], failed: [] };
  const place = (entry: Value, kind: "done" | "failed"): void => {
    const index = ownIndex(entry);
    if (index !== null && index < count) outcomes[index] = { kind, entry };
    else (kind === "done" ? loose.ok : loose.failed).push(entry);
  };
  // One list that holds both, in the order sent.
  if (isList(okList) && okList.length === count && okList.every((entry) => ownIndex(entry) === null)) {
    return okList.map((entry) => ({ kind: answer.saysFailed(entry) ? "failed" : "done", entry }));
  }
  for (const entry of answer.ok) place(entry, "done");
  for (const entry of answer.failed) place(entry, "failed");
  const free = outcomes.flatMap((outcome, index) => (outcome.kind === "unmatched" ? [index] : []));
  const rest = loose.ok.length > 0 ? loose.ok : loose.failed;
  const oneKind = loose.ok.length === 0 || loose.failed.length === 0;
  if (oneKind && rest.length === free.length) {
    free.forEach((index, position) => {
      const entry = rest[position];
      if (entry !== undefined) outcomes[index] = { kind: rest === loose.ok ? "done" : "failed", entry };
    });
  }
  return outcomes;
}

function ownIndex(entry: Value): number | null {
  const index = isFields(entry) ? entry.index : undefined;
  return typeof index === "number" && Number.isInteger(index) && index >= 0 ? index : null;
}
