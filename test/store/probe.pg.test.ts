import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startTestDatabase, type TestDatabase } from "./server.ts";
import { openStore } from "../../src/store/store.ts";
let db: TestDatabase;
beforeAll(async () => { db = await startTestDatabase(); });
afterAll(() => db.stop());
test("probe", async () => {
  const store = openStore(db.database);
  await store.ledger.ping();
  expect(await store.pair("a").state()).toEqual({ acceptedMeaning: null, paused: null });
});
