// What a test of the file says, read: the records of each side, the base, the links, and what is expected. What cannot be read is
// a problem at its key.
//
//   crm: { … } | [ { … } ] | null    records; null: a linked record that is gone; left out of a linked pair: as in the base
//   base: { crm: { … } } | { field: value }   what was last agreed, as records or as canonical values; the pair is then linked
//   link: live | frozen | tombstone | { crm: ID, billing: ID } | { state: …, ENTITY: { crm: ID, billing: ID } }
//   expect: { billing: { create | update | delete: … }, cases: [ KIND | { kind, field } ], link: …, situation: … }

import type { CaseKind, Situation } from "../../core/decision.ts";
import { remoteId, SIDES, type BySide, type RemoteId, type Side } from "../../core/ids.ts";
import type { Operation } from "../../core/policy.ts";
import { didYouMean, problem, type KeyPath, type Problem } from "../../core/problem.ts";
import { DEFAULTS } from "../../core/situation.ts";
import { isFields, isList, type Fields, type Value } from "../../core/value.ts";
import type { TestFile } from "../file-entity.ts";
import { shown } from "../issues.ts";
import type { EntityLink } from "./world.ts";

type LinkState = "live" | "frozen" | "tombstone";

export interface GivenTest {
  readonly name: string;
  /** Null: the record is gone. Undefined: nothing is said of this side. */
  readonly records: BySide<readonly Fields[] | null | undefined>;
  readonly base: GivenBase | null;
  /** The link between the two records. */
  readonly link: { readonly state: LinkState; readonly ids: BySide<RemoteId> | null } | null;
  readonly others: readonly EntityLink[];
  readonly expected: Expected;
}

export type GivenBase =
  | { readonly kind: "records"; readonly records: Partial<BySide<Fields>> }
  | { readonly kind: "values"; readonly values: Fields };

interface Expected {
  readonly writes: BySide<readonly ExpectedWrite[]>;
  readonly cases: readonly ExpectedCase[];
  /** Null: not said. */
  readonly link: LinkState | "none" | null;
  readonly situation: Situation | null;
}

export interface ExpectedWrite {
  readonly op: Operation;
  /** Of a delete: `true`, or the id. */
  readonly record: Value;
  readonly at: KeyPath;
}

interface ExpectedCase {
  readonly kind: CaseKind;
  /** Undefined: not said. */
  readonly field: string | null | undefined;
  readonly at: KeyPath;
}

export interface GivenRead {
  readonly test: GivenTest;
  readonly problems: readonly Problem[];
}

export interface Names {
  readonly sides: BySide<string>;
  readonly entities: readonly string[];
  readonly fields: readonly string[];
}

const OPERATIONS = ["create", "update", "delete"] as const satisfies readonly Operation[];
const LINK_STATES = ["live", "frozen", "tombstone"] as const satisfies readonly LinkState[];

/** A kind that is missing here does not compile. */
const CASE_KINDS: Readonly<Record<CaseKind, true>> = {
  conflict: true,
  gone: true,
  ambiguous: true,
  "matched-taken": true,
  "gone-edited": true,
  guard: true,
  oscillation: true,
  "value-rejected": true,
  "unknown-outcome": true,
  drift: true,
};

/** @param test Its shape was checked when the file was compiled. @param at Its place in the file. */
export function readGiven(test: TestFile, at: KeyPath, names: Names): GivenRead {
  const problems: Problem[] = [];
  const reader: Reader = { names, report: (each) => void problems.push(each) };
  const said = test as Readonly<Record<string, unknown>>;
  const records = (side: Side): readonly Fields[] | null | undefined => recordsIn(said[names.sides[side]]);
  const link = readLink(said["link"], [...at, "link"], reader);
  const base = readBase(said["base"], [...at, "base"], reader);
  return {
    test: {
      name: test.name,
      records: { left: records("left"), right: records("right") },
      base,
      link: link.own ?? (base === null ? null : { state: "live", ids: null }),
      others: link.others,
      expected: readExpected(test.expect, [...at, "expect"], reader),
    },
    problems,
  };
}

interface Reader {
  readonly names: Names;
  report(this: void, problem: Problem): void;
}

/** What a YAML file holds is JSON. */
function asValue(found: unknown): Value {
  return found as Value;
}

function recordsIn(found: unknown): readonly Fields[] | null | undefined {
  const value = found === undefined ? undefined : asValue(found);
  if (value === undefined || value === null) return value;
  return isList(value) ? value.filter(isFields) : isFields(value) ? [value] : undefined;
}

function readBase(found: unknown, at: KeyPath, { names, report }: Reader): GivenBase | null {
  if (found === undefined || found === null) return null;
  const value = asValue(found);
  if (!isFields(value)) {
    const expected = `{ ${names.sides.left}: { … }, ${names.sides.right}: { … } }, or { FIELD: value }`;
    report(problem("E_TYPE", at, `${shown(found)} is not a base`, { found: shown(found), expected }));
    return null;
  }
  const keys = Object.keys(value);
  const sides = SIDES.filter((side) => keys.includes(names.sides[side]) && isFields(value[names.sides[side]]));
  if (sides.length > 0 && sides.length === keys.length) {
    const records: { left?: Fields; right?: Fields } = {};
    for (const side of sides) {
      const record = value[names.sides[side]];
      if (isFields(record)) records[side] = record;
    }
    return { kind: "records", records };
  }
  for (const key of keys) {
    if (names.fields.includes(key)) continue;
    const hint = didYouMean(key, [...names.fields, ...SIDES.map((side) => names.sides[side])]);
    const more = {
      on: "key" as const,
      expected: "the two sides, or names of field rules",
      ...(hint === undefined ? {} : { hint }),
    };
    report(problem("E_UNKNOWN_KEY", [...at, key], `unknown key "${key}"`, more));
  }
  return {
    kind: "values",
    values: Object.fromEntries(Object.entries(value).filter(([key]) => names.fields.includes(key))),
  };
}

interface LinkRead {
  readonly own: GivenTest["link"];
  readonly others: readonly EntityLink[];
}

function readLink(found: unknown, at: KeyPath, reader: Reader): LinkRead {
  if (found === undefined || found === null || found === false) return { own: null, others: [] };
  if (found === true) return { own: { state: "live", ids: null }, others: [] };
  const value = asValue(found);
  if (!isFields(value)) return { own: own(stateWord(found, at, reader), null), others: [] };
  const ids = idsOf(value, reader);
  if (ids !== null) return { own: { state: "live", ids }, others: [] };
  const others: EntityLink[] = [];
  let state: LinkState | null = null;
  for (const [key, entry] of Object.entries(value)) {
    if (key === "state") state = stateWord(entry, [...at, key], reader);
    else if (reader.names.entities.includes(key)) others.push(...entityLinks(key, entry, [...at, key], reader));
    else {
      const hint = didYouMean(key, [...reader.names.entities, "state"]);
      const expected = `state, the two sides, or entities: ${reader.names.entities.join(", ")}`;
      reader.report(
        problem("E_UNKNOWN_KEY", [...at, key], `unknown key "${key}"`, {
          on: "key",
          expected,
          ...(hint === undefined ? {} : { hint }),
        }),
      );
    }
  }
  return { own: own(state, null), others };
}

function own(state: LinkState | null, ids: BySide<RemoteId> | null): GivenTest["link"] {
  return state === null ? null : { state, ids };
}

function stateWord(found: unknown, at: KeyPath, { report }: Reader): LinkState | null {
  const word = LINK_STATES.find((each) => each === found);
  if (word !== undefined) return word;
  report(wordProblem(found, at, LINK_STATES));
  return null;
}

function idsOf(value: Fields, { names }: Reader): BySide<RemoteId> | null {
  const left = remoteId(value[names.sides.left]);
  const right = remoteId(value[names.sides.right]);
  return left !== null && right !== null && Object.keys(value).length === 2 ? { left, right } : null;
}

function entityLinks(entity: string, found: Value, at: KeyPath, reader: Reader): readonly EntityLink[] {
  const entries = isList(found) ? found : [found];
  return entries.flatMap((entry, index) => {
    const ids = isFields(entry) ? idsOf(entry, reader) : null;
    if (ids !== null) return [{ entity, ids }];
    const { left, right } = reader.names.sides;
    const path = isList(found) ? [...at, index] : at;
    reader.report(
      problem("E_TYPE", path, `${shown(entry)} does not name two linked records`, {
        found: shown(entry),
        expected: `{ ${left}: ID, ${right}: ID }`,
      }),
    );
    return [];
  });
}

function wordProblem(found: unknown, at: KeyPath, words: readonly string[]): Problem {
  const hint = typeof found === "string" ? didYouMean(found, words) : undefined;
  const more = { found: shown(found), expected: words.join(", "), ...(hint === undefined ? {} : { hint }) };
  return problem("E_ENUM", at, `${shown(found)} is not a word known here`, more);
}

function readExpected(expect: TestFile["expect"], at: KeyPath, reader: Reader): Expected {
  const writes = (side: Side): readonly ExpectedWrite[] => {
    const name = reader.names.sides[side];
    return expectedWrites(asValue(expect[name] ?? null), [...at, name]);
  };
  return {
    writes: { left: writes("left"), right: writes("right") },
    cases: expectedCases(asValue(expect["cases"] ?? []), [...at, "cases"], reader),
    link: expectedLink(expect["link"], [...at, "link"], reader),
    situation: expectedSituation(expect["situation"], [...at, "situation"], reader),
  };
}

function expectedWrites(said: Value, at: KeyPath): readonly ExpectedWrite[] {
  if (!isFields(said)) return [];
  return OPERATIONS.flatMap((op) => {
    const found = said[op];
    if (found === undefined || found === false) return [];
    const several = isList(found);
    return (several ? found : [found]).map((record, index) => {
      const path = several ? [...at, op, index] : [...at, op];
      // `create:` with nothing behind it is a record of nothing.
      return { op, record: record ?? (op === "delete" ? true : {}), at: path };
    });
  });
}

function expectedCases(said: Value, at: KeyPath, { report }: Reader): readonly ExpectedCase[] {
  const list = isList(said) ? said : [said];
  return list.flatMap((entry, index) => {
    const path = isList(said) ? [...at, index] : at;
    const kind = isFields(entry) ? entry["kind"] : entry;
    const field = isFields(entry) ? entry["field"] : undefined;
    if (typeof kind !== "string" || !isCaseKind(kind)) {
      report(wordProblem(kind, path, Object.keys(CASE_KINDS)));
      return [];
    }
    return [{ kind, field: typeof field === "string" || field === null ? field : undefined, at: path }];
  });
}

function isCaseKind(word: string): word is CaseKind {
  return Object.hasOwn(CASE_KINDS, word);
}

function expectedLink(said: unknown, at: KeyPath, { report }: Reader): Expected["link"] {
  if (said === undefined) return null;
  if (said === true) return "live";
  if (said === false || said === null) return "none";
  const words = [...LINK_STATES, "none"] as const;
  const word = words.find((each) => each === said);
  if (word === undefined) report(wordProblem(said, at, words));
  return word ?? null;
}

function expectedSituation(said: unknown, at: KeyPath, { report }: Reader): Situation | null {
  if (said === undefined) return null;
  if (typeof said === "string" && isSituation(said)) return said;
  report(wordProblem(said, at, Object.keys(DEFAULTS)));
  return null;
}

function isSituation(word: string): word is Situation {
  return Object.hasOwn(DEFAULTS, word);
}
