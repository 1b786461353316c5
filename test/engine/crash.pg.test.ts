// A crash before and after every remote write and every local commit: started again, the end is the undisturbed end, and one
// more run writes nothing. Promise 14, and with it 2, 6, 13 and 20.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { applyPlan } from "../../src/engine/apply.ts";
import { readPlanFile } from "../../src/engine/plan-document.ts";
import { digest256 } from "../../src/daemon/system-ports.ts";
import { startTestDatabase, type TestDatabase } from "../store/server.ts";
import { doomed, request, runDoomed, Crash, type CrashAt, type Doomed } from "./crash.ts";
import { openPair, plainConnector, type TestPair } from "./pair.ts";
import { startPlainServer, type PlainServer } from "./plain-server.ts";
import { shown, thingMapping, type ThingParts } from "./things.ts";

let database: TestDatabase;
let client: pg.Client;
let servers: { readonly left: PlainServer; readonly right: PlainServer };
let open: TestPair | null = null;

beforeAll(async () => {
  database = await startTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  servers = { left: await startPlainServer("l"), right: await startPlainServer("r") };
});

afterAll(async () => {
  await client.end();
  await servers.left.close();
  await servers.right.close();
  await database.stop();
});

afterEach(async () => {
  await open?.runtime.close();
  open = null;
});

/** The two servers, seen from the side where things happen. */
interface World {
  readonly pair: TestPair;
  readonly here: PlainServer;
  readonly there: PlainServer;
}

interface Scenario {
  readonly name: string;
  /** `HERE` and `THERE` stand for the sides' names. */
  readonly mapping?: ThingParts;
  readonly text?: string;
  readonly there?: Parameters<typeof plainConnector>[2];
  /** What is in step before. */
  before?(world: World): void;
  /** What happens then; without it, nothing but `before` and a first run. */
  change(world: World): Promise<void> | void;
  /** How it is carried across; `sweep` unless said. */
  readonly kind?: "changes" | "sweep";
  act?(world: World, doomedPair: Doomed): Promise<unknown>;
}

const anchor = ({ here, there }: World): void => {
  here.put("thing", { email: "anchor@example.com", name: "Anchor" });
  there.put("thing", { email: "anchor2@example.com", name: "Anchor 2" });
};

const find = (server: PlainServer, email: string, object = "thing"): string => {
  const row = [...server.table(object).values()].find((each) => each["email"] === email);
  if (row === undefined) throw new Error(`no ${email}`);
  return row.id;
};

const one = (world: World): void => {
  anchor(world);
  world.here.put("thing", { email: "one@example.com", name: "One", city: "Wien", stock: 10 });
};

const SCENARIOS: readonly Scenario[] = [
  {
    name: "a create",
    kind: "changes",
    before: anchor,
    change: ({ here }) => {
      here.put("thing", { email: "one@example.com", name: "One" });
      here.put("thing", { email: "two@example.com", name: "Two" });
    },
  },
  {
    name: "a create by idempotency key",
    there: { create: '{ request: POST /OBJECT, body: "{{ record }}", returns: { id: id }, repeat: by-key }' },
    before: anchor,
    change: ({ here }) => void here.put("thing", { email: "one@example.com", name: "One" }),
  },
  {
    name: "edits of different fields on both sides",
    mapping: { fields: "city: {}" },
    kind: "changes",
    before: one,
    change: ({ here, there }) => {
      here.edit("thing", find(here, "one@example.com"), { name: "Uno" });
      there.edit("thing", find(there, "one@example.com"), { city: "Graz" });
      there.edit("thing", find(there, "anchor@example.com"), { name: "Anker" });
    },
  },
  {
    name: "a delete",
    before: one,
    change: ({ here }) => void here.table("thing").delete(find(here, "one@example.com")),
  },
  {
    name: "a conflict",
    kind: "changes",
    before: one,
    mapping: { fields: "city: {}" },
    change: ({ here, there }) => {
      here.edit("thing", find(here, "one@example.com"), { name: "Here", city: "Linz" });
      there.edit("thing", find(there, "one@example.com"), { name: "There" });
    },
  },
  {
    name: "a match that fills both sides",
    mapping: { fields: "city: {}\n      phone: {}" },
    before: anchor,
    change: ({ here, there }) => {
      here.put("thing", { email: "one@example.com", name: "One", city: "Wien", phone: null });
      there.put("thing", { email: "one@example.com", name: "One", city: null, phone: "123" });
    },
  },
  {
    name: "a parent and its child",
    text: `
pair: NAME
state: active
sides: { HERE: HERE-SYSTEM, THERE: THERE-SYSTEM }
guards: off
entities:
  child:
    HERE: { object: child }
    THERE: { object: child }
    match: [[email]]
    fields: { email: { as: email }, parent: { HERE: parentId, THERE: parentRef, ref: parent } }
  parent:
    HERE: { object: parent }
    THERE: { object: parent }
    match: [[email]]
    fields: { email: { as: email } }
`,
    before: ({ here }) => {
      here.put("parent", { email: "old@example.com" });
      here.put("child", { email: "old-child@example.com", parentId: find(here, "old@example.com", "parent") });
    },
    kind: "changes",
    change: ({ here }) => {
      const parent = here.put("parent", { email: "p@example.com" });
      here.put("child", { email: "c@example.com", parentId: parent.id });
      here.edit("child", find(here, "old-child@example.com", "child"), { parentId: parent.id });
    },
  },
  {
    name: "a restore",
    mapping: { entity: "when_gone: { HERE: restore, THERE: restore }" },
    before: one,
    change: ({ here }) => void here.table("thing").delete(find(here, "one@example.com")),
  },
  {
    name: "a counter that both sides moved",
    mapping: { fields: "stock: { as: integer, merge: counter }" },
    before: one,
    kind: "changes",
    change: ({ here, there }) => {
      here.edit("thing", find(here, "one@example.com"), { stock: 13 });
      there.edit("thing", find(there, "one@example.com"), { stock: 5 });
    },
  },
  {
    name: "an approved plan over the limits",
    mapping: { pair: "guards: { create: { floor: 1, fraction: 0% } }" },
    before: anchor,
    change: ({ here }) => {
      for (const name of ["A", "B", "C"]) here.put("thing", { email: `${name}@example.com`, name });
    },
    async act({ pair }, { parts, ports }) {
      const { plan } = await pair.plan();
      const file = plan === null ? null : readPlanFile(plan.document, digest256);
      if (file === null || file === "edited") throw new Error("no plan");
      if (file.actions.length === 0) return;
      const { kind: _kind, entity: _entity, dryRun: _dryRun, only: _only, ...rest } = request("sweep");
      await applyPlan(parts, ports, file, rest, "test");
    },
  },
  {
    name: "many things at once",
    mapping: { fields: "city: {}" },
    before: (world) => {
      one(world);
      for (const name of ["a", "b", "c"]) world.here.put("thing", { email: `${name}@example.com`, name, city: "x" });
    },
    change: ({ here, there }) => {
      here.table("thing").delete(find(here, "a@example.com"));
      here.edit("thing", find(here, "b@example.com"), { name: "B2" });
      there.edit("thing", find(there, "c@example.com"), { city: "y" });
      there.put("thing", { email: "new@example.com", name: "New", city: "z" });
      here.put("thing", { email: "new2@example.com", name: "New 2", city: "z" });
      there.table("thing").delete(find(there, "one@example.com"));
    },
  },
  {
    name: "a create whose answer is lost",
    kind: "changes",
    before: anchor,
    change: ({ here, there }) => {
      here.put("thing", { email: "one@example.com", name: "One" });
      there.faults.push({ method: "POST", path: /^\/thing$/, answer: "reset-after", times: 1 });
    },
  },
];

async function reset(): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'syncline' and tablename !~ 'migration'",
  );
  await client.query(`truncate ${rows.map(({ name }) => `syncline.${name}`).join(", ")}`);
  for (const server of [servers.left, servers.right]) {
    server.rows.clear();
    server.calls.length = 0;
    server.faults.length = 0;
  }
}

/** What a dead process leaves behind runs out by itself. */
async function leaseRunsOut(): Promise<void> {
  await client.query("update syncline.leases set until = clock_timestamp() - interval '1 second'");
}

function namesIn(text: string, here: "a" | "b"): string {
  const there = here === "a" ? "b" : "a";
  const system = { a: "left-system", b: "right-system" };
  return text
    .replaceAll("THERE-SYSTEM", system[there])
    .replaceAll("HERE-SYSTEM", system[here])
    .replaceAll("THERE", there)
    .replaceAll("HERE", here);
}

async function openScenario(scenario: Scenario, here: "a" | "b"): Promise<World> {
  const parts = Object.fromEntries(
    Object.entries(scenario.mapping ?? {}).map(([key, text]) => [key, namesIn(text, here)]),
  );
  let text =
    scenario.text === undefined ? thingMapping(parts) : namesIn(scenario.text, here).replace("NAME", "crash-pair");
  // A mapping names its left side first, whichever is the one where things happen.
  if (scenario.text !== undefined && here === "b")
    text = text.replace("{ b: right-system, a: left-system }", "{ a: left-system, b: right-system }");
  const objects = ["thing", "parent", "child"];
  const special = plainConnector("special", objects, scenario.there ?? { find: "email" });
  const files = {
    databaseUrl: database.url,
    mapping: text,
    ...(here === "a" ? { rightConnector: special } : { leftConnector: special }),
  };
  open = await openPair(files, servers);
  return {
    pair: open,
    here: here === "a" ? servers.left : servers.right,
    there: here === "a" ? servers.right : servers.left,
  };
}

async function prepare(scenario: Scenario, world: World): Promise<void> {
  await reset();
  scenario.before?.(world);
  await world.pair.run("sweep");
  await world.pair.run("sweep");
  await scenario.change(world);
}

async function act(scenario: Scenario, world: World, at: CrashAt | null): Promise<readonly string[]> {
  const pair = doomed(world.pair, at);
  const work = scenario.act === undefined ? runDoomed(pair, scenario.kind ?? "sweep") : scenario.act(world, pair);
  if (at === null) await work;
  else await expect(work).rejects.toThrow(Crash);
  return pair.steps;
}

/** Runs as the scenario does until nothing more happens, then compares everything; what is left is the end. */
async function theEnd(scenario: Scenario, world: World): Promise<unknown> {
  for (let run = 0; run < 3; run += 1) {
    if (scenario.act !== undefined && run === 0) await scenario.act(world, doomed(world.pair, null));
    await world.pair.run(scenario.kind ?? "sweep");
  }
  const { store, mapping } = world.pair.pair;
  const links = await client.query<{ entity: string; state: string; left_id: string; right_id: string }>(
    "select entity, state, left_id, right_id from syncline.links",
  );
  const nameOf = (server: PlainServer, object: string, id: string): unknown =>
    server.table(object).get(id)?.["email"] ?? "gone";
  const cases = await world.pair.runtime.ledger.cases({ pair: mapping.pair, limit: 100 });
  const effects = await client.query<{ what: string }>(
    "select entity || ' ' || side || ' ' || op as what from syncline.effects",
  );
  return {
    records: refless(shown(servers.left, servers.right)),
    links: links.rows
      .map((row) =>
        [
          row.entity,
          row.state,
          nameOf(servers.left, row.entity, row.left_id),
          nameOf(servers.right, row.entity, row.right_id),
        ].join(" "),
      )
      .toSorted(),
    cases: cases.map((each) => [each.kind, each.field, each.values]),
    effects: effects.rows.map((row) => row.what).toSorted(),
    openIntents: (await store.openIntents()).length,
  };
}

function isRemote(step: string): boolean {
  return !step.startsWith("store.");
}

/** Ids of parents are not the same each time; that they are there is what counts. */
function refless(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, each: unknown) => (key === "parentId" || key === "parentRef" ? typeof each : each)),
  ) as unknown;
}

describe.each([
  { here: "a" as const, title: "from left to right" },
  { here: "b" as const, title: "from right to left" },
])("$title", ({ here }) => {
  test.each(SCENARIOS)(
    "$name, cut short at any step, ends as if nothing had happened",
    async (scenario) => {
      const world = await openScenario(scenario, here);
      await prepare(scenario, world);
      const steps = await act(scenario, world, null);
      const undisturbed = await theEnd(scenario, world);
      expect(steps.length).toBeGreaterThan(1);

      for (const [index, name] of steps.entries()) {
        // The mirrored side is tried where the two differ: once a write has been made and nobody has been told.
        if (here === "b" && !isRemote(name)) continue;
        // Nothing happens between two steps, so before one is after the one before it.
        for (const when of index === 0 && here === "a" ? (["before", "after"] as const) : (["after"] as const)) {
          await prepare(scenario, world);
          await act(scenario, world, { step: index + 1, when });
          await leaseRunsOut();

          const end = await theEnd(scenario, world);
          const writes = servers.left.writes().length + servers.right.writes().length;
          await world.pair.run("sweep");

          expect({ crash: `${when} step ${String(index + 1)}, ${name}`, end }).toEqual({
            crash: `${when} step ${String(index + 1)}, ${name}`,
            end: undisturbed,
          });
          expect(servers.left.writes().length + servers.right.writes().length).toBe(writes);
        }
      }
    },
    300_000,
  );
});
