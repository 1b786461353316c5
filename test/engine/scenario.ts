// What the scenario tests share: a mapping of one entity `thing` between two plain servers, a look at everything a person can
// see (records, links, cases, quarantine), and the proof that nothing more happens and nothing grows.

import { afterAll, afterEach, beforeAll, expect } from "@jest/globals";
import type { CaseRow, EffectRow } from "../../src/engine/ledger.ts";
import type { EntityReport, RunReport } from "../../src/engine/ports/run.ts";
import type { CaseResolution } from "../../src/engine/ports/waiting.ts";
import { statement } from "../../src/store/database.ts";
import { startTestDatabase, type TestDatabase } from "../store/server.ts";
import { openPair, type PairFiles, type TestPair } from "./pair.ts";
import type { PlainServer, Row } from "./plain-server.ts";

/** Parts of a mapping file that a scenario says otherwise than usual. */
export interface Said {
  /** Keys of the pair; default `guards: off`. */
  readonly pair?: string;
  readonly state?: string;
  /** The whole `match:` line; "" leaves it out. */
  readonly match?: string;
  readonly allow?: string;
  readonly a?: string;
  readonly b?: string;
  /** More keys of the entity, a line each. */
  readonly entity?: string;
  /** More field rules, a line each. */
  readonly fields?: string;
  readonly email?: string;
  readonly name?: string;
  readonly leftConnector?: string;
  readonly rightConnector?: string;
}

export interface Scenario {
  readonly a: PlainServer;
  readonly b: PlainServer;
  readonly test: TestPair;
  sweep(): Promise<RunReport>;
  changes(): Promise<RunReport>;
  /** A sweep that ends ok; the report of `thing`. */
  swept(): Promise<EntityReport>;
  only(side: "a" | "b"): Row;
  /** The records of a side without what the server adds, by name. */
  shown(side: "a" | "b"): readonly Record<string, unknown>[];
  cases(): Promise<readonly CaseRow[]>;
  resolve(kind: string, answer: CaseResolution["answer"]): Promise<void>;
  links(): Promise<readonly (readonly [string, string, string])[]>;
  quarantine(): Promise<readonly { readonly side: string; readonly record: string; readonly code: string }[]>;
  effects(): Promise<readonly EffectRow[]>;
  writes(): number;
  /** Two more sweeps and two runs of changes write nothing, and no table has a row more. */
  expectQuiet(): Promise<void>;
  /** The same state and servers under an edited file. */
  says(said: Said): Promise<Scenario>;
}

export interface Scenarios {
  start(said?: Said): Promise<Scenario>;
  /** With a mapping of one's own: `PAIR` in it becomes a new pair's name. */
  startWith(mapping: string, more?: Omit<PairFiles, "databaseUrl" | "mapping">): Promise<Scenario>;
  database(): TestDatabase;
}

export function scenarios(): Scenarios {
  let database: TestDatabase | null = null;
  let open: TestPair | null = null;
  let count = 0;
  const theDatabase = (): TestDatabase => {
    if (database === null) throw new Error("no database yet");
    return database;
  };
  beforeAll(async () => {
    database = await startTestDatabase();
  });
  afterEach(async () => {
    await open?.close();
    open = null;
  });
  afterAll(() => database?.stop());

  const openAs = async (
    name: string,
    mapping: string,
    more: Omit<PairFiles, "databaseUrl" | "mapping">,
    servers?: { left: PlainServer; right: PlainServer },
  ): Promise<Scenario> => {
    const pair = await openPair({ ...more, databaseUrl: theDatabase().url, mapping }, servers);
    open = pair;
    return scenarioOf(name, pair, theDatabase(), async (said) => {
      const { left, right, runtime } = pair;
      await runtime.close();
      return openAs(name, mappingOf(name, said), connectorsOf(said), { left, right });
    });
  };
  const nextName = (): string => `ab${String((count += 1))}`;
  return {
    database: theDatabase,
    start(said = {}) {
      const name = nextName();
      return openAs(name, mappingOf(name, said), connectorsOf(said));
    },
    startWith(mapping, more = {}) {
      const name = nextName();
      return openAs(name, mapping.replaceAll("PAIR", name), more);
    },
  };
}

function connectorsOf({ leftConnector, rightConnector }: Said): Omit<PairFiles, "databaseUrl" | "mapping"> {
  return {
    ...(leftConnector === undefined ? {} : { leftConnector }),
    ...(rightConnector === undefined ? {} : { rightConnector }),
  };
}

function mappingOf(name: string, said: Said): string {
  const line = (text: string): string => text.trim().split("\n").join("\n    ");
  return `
pair: ${name}
state: ${said.state ?? "active"}
sides: { a: left-system, b: right-system }
${said.pair ?? "guards: off"}
entities:
  thing:
    a: ${said.a ?? "{ object: thing }"}
    b: ${said.b ?? "{ object: thing }"}
    ${said.match ?? "match: [[email]]"}
    allow: ${said.allow ?? "{ a: [create, update, delete], b: [create, update, delete] }"}
    ${line(said.entity ?? "")}
    fields:
      email: ${said.email ?? "{ as: email }"}
      name: ${said.name ?? "{}"}
      ${line(said.fields ?? "").replaceAll("\n    ", "\n      ")}
`;
}

function scenarioOf(
  name: string,
  test: TestPair,
  database: TestDatabase,
  says: (said: Said) => Promise<Scenario>,
): Scenario {
  const { left: a, right: b } = test;
  const { ledger } = test.runtime;
  const server = (side: "a" | "b"): PlainServer => (side === "a" ? a : b);
  const self: Scenario = {
    a,
    b,
    test,
    says,
    sweep: () => test.run("sweep"),
    changes: () => test.run("changes"),
    async swept() {
      const report = await test.run("sweep");
      expect(report).toMatchObject({ outcome: "ok", reason: null });
      const thing = report.entities["thing"];
      if (thing === undefined) throw new Error("no report of thing");
      return thing;
    },
    only(side) {
      const rows = [...server(side).table("thing").values()];
      const [row] = rows;
      if (rows.length !== 1 || row === undefined) throw new Error(`${side} has ${String(rows.length)} records`);
      return row;
    },
    shown(side) {
      const rows = [...server(side).table("thing").values()].map(
        ({ id: _id, updatedAt: _at, ...fields }) => fields as Record<string, unknown>,
      );
      return rows.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
    },
    cases: () => ledger.cases({ pair: name, limit: 100 }),
    async resolve(kind, answer) {
      const found = (await self.cases()).filter((each) => each.kind === kind);
      expect(found.map((each) => each.kind)).toEqual([kind]);
      for (const each of found) await ledger.resolveCase(each.id, answer, "test");
    },
    async links() {
      const rows = await ledger.links({ pair: name, entity: null, record: null, limit: 100, after: null });
      return rows.map((row) => [row.left, row.right, row.state] as const);
    },
    async quarantine() {
      const rows = await ledger.quarantine({ pair: name, limit: 100 });
      return rows.map(({ side, record, code }) => ({ side, record, code }));
    },
    async effects() {
      const runs = await ledger.runs({ pair: name, limit: 100, before: null });
      const found = await Promise.all(runs.map((run) => ledger.effects({ run: run.run, link: null, limit: 100 })));
      return found.flat();
    },
    writes: () => a.writes().length + b.writes().length,
    async expectQuiet() {
      await test.run("sweep");
      await test.run("changes");
      const rows = await tableRows(database);
      const writes = self.writes();
      for (const kind of ["sweep", "changes", "sweep", "changes"] as const) await test.run(kind);
      expect(self.writes()).toBe(writes);
      expect(await tableRows(database)).toEqual(rows);
    },
  };
  return self;
}

/** Rows of every table of the state. */
async function tableRows({ database }: TestDatabase): Promise<Readonly<Record<string, number>>> {
  const tables = await database.rows(
    statement<{ name: string }>(
      "test.tables",
      "select table_name as name from information_schema.tables where table_schema = 'syncline' order by 1",
    ),
    [],
  );
  const counts: Record<string, number> = {};
  for (const { name } of tables) {
    const [row] = await database.rows(
      statement<{ count: number }>(`test.rows-of-${name}`, `select count(*)::float8 as count from syncline."${name}"`),
      [],
    );
    counts[name] = row?.count ?? 0;
  }
  return counts;
}
