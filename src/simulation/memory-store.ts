// The state of all pairs in memory: the same contract suite as the store on Postgres holds it (test/contract/store-suite.ts).

import type { Instant } from "../core/ids.ts";
import type { Ledger } from "../engine/ledger.ts";
import type { PairStore } from "../engine/ports/pair-store.ts";
import { memoryLedger } from "./memory/ledger.ts";
import { memoryPairStore } from "./memory/pair-store.ts";
import { newTables, type Tables } from "./memory/tables.ts";

export interface MemoryStore {
  pair(name: string): PairStore;
  readonly ledger: Ledger;
  /** All rows, for checkers. */
  readonly tables: Tables;
}

/** @param now The clock of the database. */
export function openMemoryStore(now: () => Instant): MemoryStore {
  const tables = newTables(now);
  return { pair: (name) => memoryPairStore(tables, name), ledger: memoryLedger(tables), tables };
}
