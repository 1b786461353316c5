// One test of the file, run both ways:
//
//   as given     the records are decided; the writes, cases, link and situation are held against what is expected
//   again        with the writes made, a second decision writes nothing: no ping-pong
//   mirrored     a record that was created from one alone, met alone by a pair that knows nothing, creates a record on the first
//                side that carries the same values; only where both sides may be created and the entity is two-way

import type { CaseOpening, Decision } from "../../core/decision.ts";
import type { FieldSight } from "../../core/field.ts";
import { otherSide, remoteId, SIDES, unreachable, type BySide, type Side } from "../../core/ids.ts";
import { bothWaysKey } from "../../core/sight.ts";
import { isFields, type Value } from "../../core/value.ts";
import type { KeyPath, Problem } from "../../core/problem.ts";
import type { EntityMapping } from "../mapping.ts";
import { carryOutAll, linkStateIn, type MadeWrite } from "./carry-out.ts";
import { decideWorld } from "./decide-world.ts";
import { differencesOf, placeText, unsaidParts } from "./difference.ts";
import type { ExpectedWrite, GivenTest } from "./given.ts";
import { startWorld } from "./start.ts";
import { recordWith, refLookupOf, type RecordShape, type World } from "./world.ts";

export interface TestFailure {
  readonly what: "write" | "case" | "link" | "situation" | "quarantine" | "again" | "mirrored" | "failed";
  /** Place in the file: the expectation that is not met, or its nearest ancestor. */
  readonly at: KeyPath;
  readonly side: Side | null;
  /** What differs, in the words of the side: `update phone`. */
  readonly key: string;
  /** Undefined: nothing. */
  readonly expected: Value | undefined;
  readonly found: Value | undefined;
  readonly message: string;
}

/** What the core made of a test; what coverage is counted from. */
interface TestTrace {
  readonly decisions: readonly Decision[];
  readonly sights: readonly FieldSight[];
}

export interface TestResult {
  readonly entity: string;
  readonly name: string;
  readonly at: KeyPath;
  readonly failures: readonly TestFailure[];
  readonly situations: readonly Decision["situation"][];
  /** Null: not tried, because nothing was written or the test failed before. */
  readonly again: "quiet" | "writes" | null;
  /** Null: the test has no mirror image. */
  readonly mirrored: "same" | "differs" | null;
  readonly trace: TestTrace;
}

export interface TestFacts {
  readonly entity: EntityMapping;
  readonly names: BySide<string>;
  readonly shapes: BySide<RecordShape>;
  readonly clockToleranceMs: number;
  readonly constants: ReadonlySet<string>;
}

/** Rounds that may belong to one run: both sides of a counter are written one after the other. */
const ROUNDS_MAX = 4;

export async function runTest(test: GivenTest, at: KeyPath, facts: TestFacts): Promise<TestResult | Problem> {
  const start = await startWorld(test, { ...facts, at });
  if (!start.ok) return start.problem;
  const outcome = await outcomeOf(start.world, facts);
  const told = [...writeFailures(test, outcome, at, facts), ...otherFailures(test, outcome, at)];
  const again = outcome.writes.length === 0 ? [] : await againFailures(outcome, at, facts);
  const mirror = told.length > 0 || again.length > 0 ? null : await mirrored(test, outcome, at, facts);
  return {
    entity: facts.entity.policy.name,
    name: test.name,
    at,
    failures: [...told, ...again, ...(mirror ?? [])],
    situations: outcome.situations,
    again: outcome.writes.length === 0 ? null : again.length === 0 ? "quiet" : "writes",
    mirrored: mirror === null ? null : mirror.length === 0 ? "same" : "differs",
    trace: { decisions: outcome.decisions, sights: outcome.sights },
  };
}

interface Outcome {
  readonly world: World;
  readonly writes: readonly MadeWrite[];
  readonly failed: readonly { readonly field: string; readonly message: string }[];
  readonly cases: readonly CaseOpening[];
  readonly quarantined: readonly { readonly code: string; readonly message: string }[];
  readonly situations: readonly Decision["situation"][];
  readonly decisions: readonly Decision[];
  readonly sights: readonly FieldSight[];
}

async function outcomeOf(start: World, facts: TestFacts): Promise<Outcome> {
  const first = await decideWorld(facts.entity, start, facts);
  const decisions = first.map(({ decision }) => decision);
  let carried = await carryOutAll(start, decisions, facts);
  const writes = [...carried.writes];
  const failed = [...carried.failed];
  for (let round = 1; carried.follows && round < ROUNDS_MAX; round += 1) {
    const next = await decideWorld(facts.entity, carried.world, facts);
    carried = await carryOutAll(
      carried.world,
      next.map(({ decision }) => decision),
      facts,
    );
    writes.push(...carried.writes);
    failed.push(...carried.failed);
  }
  return {
    world: carried.world,
    writes,
    failed,
    cases: decisions.flatMap(({ cases }) => cases),
    quarantined: decisions.flatMap(({ quarantine }) => quarantine),
    situations: decisions.map(({ situation }) => situation),
    decisions,
    sights: first.flatMap(({ sights }) => sights),
  };
}

// ---------------------------------------------------------------- as given

function writeFailures(
  { expected }: GivenTest,
  { writes, failed }: Outcome,
  at: KeyPath,
  { names }: TestFacts,
): readonly TestFailure[] {
  const found: TestFailure[] = failed.map(({ field, message }) => ({
    ...nothing(at, "failed", field, `\`${field}\` could not be written: ${message}`),
  }));
  for (const side of SIDES) {
    const place = [...at, "expect", names[side]];
    for (const op of ["create", "update", "delete"] as const) {
      const wanted = expected.writes[side].filter((each) => each.op === op);
      const made = writes.filter((each) => each.side === side && each.op === op);
      wanted.forEach((each, index) => found.push(...compareWrite(side, each, made[index] ?? null)));
      for (const extra of made.slice(wanted.length)) {
        const message = `${names[side]} ${extra.id} gets a ${op} that the test does not expect (${extra.reason})`;
        found.push({
          what: "write",
          at: place,
          side,
          key: op,
          expected: undefined,
          found: op === "delete" ? extra.id : extra.record,
          message,
        });
      }
    }
  }
  return found;
}

function compareWrite(side: Side, wanted: ExpectedWrite, made: MadeWrite | null): readonly TestFailure[] {
  const { op, record, at } = wanted;
  const failure = { what: "write" as const, side };
  if (made === null) return [{ ...failure, at, key: op, expected: record, found: undefined, message: `no ${op}` }];
  if (op === "delete") {
    if (record === true || isFields(record) || remoteId(record) === made.id) return [];
    return [{ ...failure, at, key: op, expected: record, found: made.id, message: "another record" }];
  }
  return differencesOf(record, made.record, unsaidParts(made.before, made.chosen)).map(({ path, ...values }) => ({
    ...failure,
    ...values,
    at: [...at, ...path],
    key: `${op} ${placeText(path)}`.trim(),
    message:
      values.expected === undefined
        ? "written, and not expected"
        : values.found === undefined
          ? "expected, and not written"
          : "another value",
  }));
}

function otherFailures({ expected }: GivenTest, outcome: Outcome, at: KeyPath): readonly TestFailure[] {
  const found: TestFailure[] = [...caseFailures(expected.cases, outcome.cases, [...at, "expect"])];
  const place = (key: string): KeyPath => [...at, "expect", key];
  const { situation, link } = expected;
  if (situation !== null && !outcome.situations.includes(situation)) {
    const shown = outcome.situations.join(", ");
    found.push({
      ...nothing(place("situation"), "situation", "situation", "another situation"),
      expected: situation,
      found: shown === "" ? undefined : shown,
    });
  }
  const state = linkStateIn(outcome.world);
  if (link !== null && link !== state) {
    found.push({ ...nothing(place("link"), "link", "link", "another link"), expected: link, found: state });
  }
  if (situation !== "no-key") {
    for (const { code, message } of outcome.quarantined) {
      found.push({ ...nothing(place("situation"), "quarantine", "quarantine", message), found: code });
    }
  }
  return found;
}

function caseFailures(
  wanted: GivenTest["expected"]["cases"],
  opened: readonly CaseOpening[],
  at: KeyPath,
): readonly TestFailure[] {
  const left = [...opened];
  const found: TestFailure[] = [];
  for (const each of wanted) {
    const index = left.findIndex(
      ({ kind, field }) => kind === each.kind && (each.field === undefined || each.field === field),
    );
    if (index >= 0) left.splice(index, 1);
    else
      found.push({
        ...nothing(each.at, "case", `cases ${each.kind}`, "no such case"),
        expected: caseText(each.kind, each.field ?? null),
      });
  }
  for (const { kind, field, values } of left) {
    const failure = nothing([...at, "cases"], "case", `cases ${kind}`, "a case that the test does not expect");
    found.push({ ...failure, found: { kind, field, values } });
  }
  return found;
}

function caseText(kind: string, field: string | null): Value {
  return field === null ? kind : { kind, field };
}

function nothing(at: KeyPath, what: TestFailure["what"], key: string, message: string): TestFailure {
  return { what, at, side: null, key, expected: undefined, found: undefined, message };
}

// ---------------------------------------------------------------- again

async function againFailures(outcome: Outcome, at: KeyPath, facts: TestFacts): Promise<readonly TestFailure[]> {
  const decided = await decideWorld(facts.entity, outcome.world, facts);
  const { writes } = await carryOutAll(
    outcome.world,
    decided.map(({ decision }) => decision),
    facts,
  );
  return writes.map(({ side, op, record, reason, fields }) => ({
    ...nothing([...at, "expect"], "again", `${facts.names[side]} ${op} ${fields.join(", ")}`.trim(), ""),
    side,
    found: record,
    message: `the next run would write again (${reason}): ${fields.join(", ")}`,
  }));
}

// ---------------------------------------------------------------- mirrored

async function mirrored(
  test: GivenTest,
  outcome: Outcome,
  at: KeyPath,
  facts: TestFacts,
): Promise<readonly TestFailure[] | null> {
  const { entity } = facts;
  const from = SIDES.find(
    (side) => (test.records[side]?.length ?? 0) === 1 && (test.records[otherSide(side)]?.length ?? 0) === 0,
  );
  const [made, ...more] = outcome.writes;
  if (from === undefined || test.link !== null || made?.op !== "create" || more.length > 0) return null;
  if (entity.policy.givingSide !== null || !entity.policy.allow[from].includes("create")) return null;
  const created = recordWith(outcome.world, made.side, made.id);
  if (created === null) return null;

  const alone: World = {
    records: { left: [], right: [], [made.side]: [created] },
    links: [],
    others: outcome.world.others,
  };
  const decided = await decideWorld(entity, alone, facts);
  const back = await carryOutAll(
    alone,
    decided.map(({ decision }) => decision),
    facts,
  );
  const copy = back.writes.find((write) => write.side === from && write.op === "create");
  if (copy === undefined) return null;
  const record = recordWith(back.world, from, copy.id);
  return record === null
    ? null
    : compareCarried(entity, { from, record: record.fields, created: created.fields }, back.world, at, facts);
}

/** Every two-way rule: the copy, carried across once more, says what the created record says. */
async function compareCarried(
  entity: EntityMapping,
  {
    from,
    record,
    created,
  }: { readonly from: Side; readonly record: MadeWrite["record"]; readonly created: MadeWrite["record"] },
  world: World,
  at: KeyPath,
  { names }: TestFacts,
): Promise<readonly TestFailure[]> {
  const to = otherSide(from);
  const [copy] = await entity.read(from, [record]);
  const [first] = await entity.read(to, [created]);
  const [carried] = await entity.carry(from, [copy?.fields ?? {}], refLookupOf(world, entity.policy.name));
  return entity.policy.fields.flatMap(({ name, writes }) => {
    const shows = first?.fields[name];
    const again = carried?.[name];
    if (writes !== "both" || shows?.kind !== "value" || again === undefined || again.kind === "waiting") return [];
    switch (again.kind) {
      case "none":
        return [];
      case "value":
        if (bothWaysKey(again.cell) === bothWaysKey(shows.cell)) return [];
        break;
      case "invalid":
        break;
      default:
        return unreachable(again);
    }
    const found = again.kind === "value" ? again.cell.value : again.found;
    const message = `taken back to ${names[from]} and across again, \`${name}\` is another one`;
    return [
      {
        ...nothing([...at, "expect", names[to]], "mirrored", name, message),
        side: to,
        expected: shows.cell.value,
        found,
      },
    ];
  });
}
