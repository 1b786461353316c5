// The store's contract on the state in memory: what the simulation runs on behaves as Postgres does.

import type { Instant } from "../../src/core/ids.ts";
import { openMemoryStore } from "../../src/simulation/memory-store.ts";
import { storeSuite } from "../contract/store-suite.ts";

storeSuite("memory", () => {
  const store = openMemoryStore(() => Date.now() as Instant);
  return Promise.resolve({ store, stop: () => Promise.resolve() });
});
