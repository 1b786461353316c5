// What waits for a person, in memory. After each decision of a subject its cases are exactly the ones listed; a subject is found
// again by either id, because a record that was ambiguous alone may come back linked.

import type { RemoteId, RunId, Side } from "../../core/ids.ts";
import { isFields, type Value } from "../../core/value.ts";
import type { CaseRow } from "../../engine/ledger.ts";
import type { CaseResolution, CasesOf, Drift, StandingOp } from "../../engine/ports/waiting.ts";
import { nextNumber, type PairTables, type StoredCase, type Tables } from "./tables.ts";

interface SubjectName {
  readonly entity: string;
  readonly left: RemoteId | null;
  readonly right: RemoteId | null;
}

function isOf(subject: SubjectName, row: StoredCase): boolean {
  const same = (side: Side): boolean => subject[side] !== null && row.subject[side] === subject[side];
  return row.guard === null && row.entity === subject.entity && (same("left") || same("right"));
}

export function settleCases(tables: Tables, pair: PairTables, run: RunId, cases: readonly CasesOf[]): void {
  const open = [...pair.cases.values()].filter((row) => !row.closed);
  const kept = new Set<string>();
  const others = new Map<string, boolean>();
  const fresh: StoredCase[] = [];
  for (const subject of cases) {
    const stored = open.filter((row) => isOf(subject, row));
    const told = new Set<string>();
    for (const opening of subject.open) {
      const name = JSON.stringify([opening.kind, opening.field]);
      if (told.has(name)) continue;
      told.add(name);
      const found = stored
        .filter((row) => row.kind === opening.kind && row.field === opening.field)
        .toSorted((a, b) => a.number - b.number)[0];
      const { left, right, values } = opening;
      if (found === undefined) {
        fresh.push(
          newCase(tables, {
            ...subject,
            kind: opening.kind,
            field: opening.field,
            ids: { left, right },
            values,
            run,
            guard: null,
          }),
        );
        continue;
      }
      kept.add(found.id);
      const named = { left: subject.left ?? found.subject.left, right: subject.right ?? found.subject.right };
      pair.cases.set(found.id, { ...found, left, right, values, subject: named, confirmedBy: run });
    }
    const keeps = (row: StoredCase): boolean =>
      subject.keep === true && (row.field === null || subject.ended?.includes(row.field) !== true);
    for (const row of stored) others.set(row.id, (others.get(row.id) ?? false) || keeps(row));
  }
  for (const [id, keep] of others) {
    const row = pair.cases.get(id);
    if (row === undefined || kept.has(id)) continue;
    pair.cases.set(id, keep ? { ...row, confirmedBy: run } : { ...row, closed: true });
  }
  for (const row of fresh) pair.cases.set(row.id, row);
}

interface NewCase extends SubjectName {
  readonly kind: StoredCase["kind"];
  readonly field: string | null;
  readonly ids: { readonly left: RemoteId | null; readonly right: RemoteId | null };
  readonly values: Value;
  readonly run: RunId | null;
  readonly guard: string | null;
}

function newCase(tables: Tables, { entity, left, right, kind, field, ids, values, run, guard }: NewCase): StoredCase {
  const number = nextNumber(tables);
  return {
    number,
    id: `c${String(number)}`,
    entity,
    kind,
    field,
    ...ids,
    subject: { left, right },
    guard,
    values,
    since: tables.now(),
    confirmedBy: run,
    answer: null,
    answeredAt: null,
    closed: false,
  };
}

/** After a complete sweep: what no decision of it has confirmed closes, and a record that is nowhere any more fails no more. */
export function closeUnconfirmed(tables: Tables, pair: PairTables, run: RunId, entity: string): void {
  const started = tables.runs.find((row) => row.run === run)?.startedAt;
  if (started === undefined) return;
  for (const row of pair.cases.values()) {
    const stands =
      row.closed ||
      row.entity !== entity ||
      row.guard !== null ||
      row.kind === "unknown-outcome" ||
      row.confirmedBy === run ||
      isUnderWay(pair, row);
    if (!stands && (row.answeredAt === null || row.answeredAt < started))
      pair.cases.set(row.id, { ...row, closed: true });
  }
  const seen = pair.sightings.get(run);
  for (const [key, row] of pair.quarantine)
    if (row.entity === entity && seen?.has(key) !== true) pair.quarantine.delete(key);
  for (const [key, row] of pair.unlinked)
    if (row.entity === entity && row.confirmedBy !== run) pair.unlinked.delete(key);
}

/** A record whose write is still open was not decided. */
function isUnderWay(pair: PairTables, { entity, subject }: StoredCase): boolean {
  return [...pair.intents.values()].some(
    (intent) =>
      intent.entity === entity &&
      ((subject.left !== null && intent.decision.left === subject.left) ||
        (subject.right !== null && intent.decision.right === subject.right)),
  );
}

export function standingCases(
  pair: PairTables,
): readonly { readonly entity: string; readonly side: Side; readonly op: StandingOp }[] {
  return [...pair.cases.values()].flatMap(({ entity, guard, closed }) => {
    const [side, op] = guard?.split(" ") ?? [];
    // Written by setGuardCase below.
    return closed || side === undefined || op === undefined
      ? []
      : [{ entity, side: side as Side, op: op as StandingOp }];
  });
}

export function setGuardCase(
  tables: Tables,
  pair: PairTables,
  guard: { readonly entity: string; readonly side: Side; readonly op: StandingOp },
  open: { readonly values: Value } | null,
): void {
  const key = `${guard.side} ${guard.op}`;
  const found = [...pair.cases.values()].find((row) => !row.closed && row.entity === guard.entity && row.guard === key);
  if (found !== undefined)
    pair.cases.set(found.id, open === null ? { ...found, closed: true } : { ...found, values: open.values });
  else if (open !== null) {
    const ids = { left: null, right: null };
    const made = newCase(tables, {
      entity: guard.entity,
      ...ids,
      kind: "guard",
      field: null,
      ids,
      values: open.values,
      run: null,
      guard: key,
    });
    pair.cases.set(made.id, made);
  }
}

function driftKey({ side, field }: Pick<Drift, "side" | "field">): string {
  return `drift ${side} ${field}`;
}

/** What a person accepted is remembered in the closed case while the drift lasts. */
export function setDrift(
  tables: Tables,
  pair: PairTables,
  drift: Pick<Drift, "entity" | "side" | "field">,
  open: { readonly values: Value } | null,
): void {
  const key = driftKey(drift);
  const rows = [...pair.cases.values()].filter((row) => row.entity === drift.entity && row.guard === key);
  const stored = rows.find((row) => !row.closed);
  if (open === null) {
    for (const row of rows)
      if (!row.closed || row.answer !== null) pair.cases.set(row.id, { ...row, closed: true, answer: null });
  } else if (stored !== undefined)
    pair.cases.set(
      stored.id,
      stored.answer === null ? { ...stored, values: open.values } : { ...stored, closed: true },
    );
  else if (!rows.some((row) => row.answer !== null)) {
    const ids = { left: null, right: null };
    const { entity, field } = drift;
    const made = newCase(tables, {
      entity,
      ...ids,
      kind: "drift",
      field,
      ids,
      values: open.values,
      run: null,
      guard: key,
    });
    pair.cases.set(made.id, made);
  }
}

export function drifts(pair: PairTables): readonly Drift[] {
  return [...pair.cases.values()].flatMap((row): readonly Drift[] => {
    const side = row.guard?.startsWith("drift left ") === true ? "left" : "right";
    if (row.kind !== "drift" || row.field === null || (row.closed && row.answer === null)) return [];
    return [{ entity: row.entity, side, field: row.field, state: row.answer === null ? "open" : "accepted" }];
  });
}

/** Closes what was held against the systems of a pair. @returns the classes that were open. */
export function acceptStanding(tables: Tables, pair: PairTables): ReadonlySet<"epoch" | "rewind" | "drift"> {
  const accepted = new Set<"epoch" | "rewind" | "drift">();
  const answer = { kind: "dismiss" } as const;
  for (const row of pair.cases.values()) {
    if (row.closed || row.guard === null) continue;
    const [side, op] = row.guard.split(" ");
    if (row.kind === "drift" && row.answer === null) {
      accepted.add("drift");
      pair.cases.set(row.id, { ...row, answer, answeredAt: tables.now() });
    }
    if (row.kind !== "guard" || (op !== "epoch" && op !== "rewind")) continue;
    accepted.add(op);
    pair.cases.set(row.id, { ...row, answer, answeredAt: tables.now(), closed: true });
    const found = isFields(row.values) ? row.values["found"] : undefined;
    if (op === "epoch" && typeof found === "string" && (side === "left" || side === "right"))
      pair.epochs.set(side, found);
  }
  return accepted;
}

/** A dismissed question about records without a link stays dismissed: nothing of it is stored elsewhere. */
export function resolutions(pair: PairTables, subjects: readonly SubjectName[]): readonly CaseResolution[] {
  const rows = [...pair.cases.values()].filter((row) => row.answer !== null);
  const alone = (subject: SubjectName, row: StoredCase): boolean =>
    isOf(subject, row) && (row.subject.left === null || row.subject.right === null);
  const found = rows.filter((row) =>
    subjects.some((subject) =>
      row.closed ? row.answer?.kind === "dismiss" && alone(subject, row) : isOf(subject, row),
    ),
  );
  const ordered = found.toSorted((a, b) => (a.answeredAt ?? 0) - (b.answeredAt ?? 0) || a.number - b.number);
  return ordered.flatMap((row): readonly CaseResolution[] => {
    if (row.answer === null) return [];
    const { id, kind, entity, field, left, right, values, answer, closed } = row;
    return [
      {
        caseId: id,
        kind,
        entity,
        field,
        left,
        right,
        values,
        answer,
        ...(closed ? { remembered: true as const } : {}),
      },
    ];
  });
}

export function toCaseRow(pair: string, row: StoredCase): CaseRow {
  const { id, entity, kind, left, right, field, values, since, answer } = row;
  return { id, pair, entity, kind, left, right, field, values, since, answer };
}
