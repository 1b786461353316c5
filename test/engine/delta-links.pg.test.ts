// A side whose changes come by delta links: the complete listing gives the first link, on its last page, and each run goes on
// from the one before. The side is a small OData service; the other a plain server.

import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { startOData, type ODataServer } from "../connector/odata-server.ts";
import { scenarios, type Scenario } from "./scenario.ts";

const every = scenarios();

let server: ODataServer;
beforeEach(async () => {
  server = await startOData();
});
afterEach(() => server.remote.close());

async function linked(): Promise<Scenario> {
  const names = ["ada", "bob", "eve"];
  const ids = names.map((name) => server.add({ name, email: `${name}@example.com` }));
  expect(ids).toHaveLength(3);
  const s = await every.start({
    leftConnector: `
connector: left
protocol: odata
settings: { base_url: {} }
base_url: "${server.remote.origin}/odata/v4"
objects: { thing: { entity_set: Contacts, natural_keys: [email], odata: { delta: true } } }`,
    entity: "when_gone: { a: delete, b: delete }",
  });
  await s.swept();
  // The other side was empty at first, and so had no cursor to tell.
  await s.swept();
  server.remote.asked.length = 0;
  return s;
}

const right = (s: Scenario): readonly unknown[] => s.shown("b").map((row) => row["name"]);

/** Whole listings since the last look: those that ask for the total. */
const listings = (): number =>
  server.remote.asked.splice(0).filter(({ query }) => query.has("$count") && !query.has("$skiptoken")).length;

test("after one listing, edits are found by the delta link alone, run after run", async () => {
  const s = await linked();
  expect(right(s)).toEqual(["ada", "bob", "eve"]);

  for (const name of ["Ada", "Ada L", "Ada Lovelace"]) {
    const row = [...server.rows.values()].find(({ email }) => email === "ada@example.com");
    if (row !== undefined) server.change(row, { name });
    expect(await s.changes()).toMatchObject({ outcome: "ok" });
    expect(right(s)).toContain(name);
  }

  expect(listings()).toBe(0);
});

test("an edit while the listing goes on is in the first delta", async () => {
  const s = await linked();
  const before = server.remote.asked.length;
  const sweeping = s.sweep();
  while (server.remote.asked.length === before) await new Promise((resolve) => setTimeout(resolve, 1));
  const row = [...server.rows.values()].find(({ email }) => email === "ada@example.com");
  if (row !== undefined) server.change(row, { name: "Meanwhile" });
  await sweeping;

  await s.changes();

  expect(right(s)).toContain("Meanwhile");
});

test("an entity that the delta names as removed is gone on the other side, too", async () => {
  const s = await linked();
  const row = [...server.rows.values()].find(({ email }) => email === "bob@example.com");
  server.remove(row?.id ?? "");

  await s.changes();

  expect(right(s)).toEqual(["ada", "eve"]);
});

test("a link that has expired makes one complete listing, and the next run goes on by its link", async () => {
  const s = await linked();
  server.oldest = 100;
  const row = [...server.rows.values()].find(({ email }) => email === "eve@example.com");
  if (row !== undefined) server.change(row, { name: "Eve" });

  await s.changes();
  expect(right(s)).toContain("Eve");
  expect(listings()).toBe(1);

  server.oldest = 0;
  await s.changes();
  expect(listings()).toBe(0);
});
