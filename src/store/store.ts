// The state of all pairs on one database.

import type { Budgets } from "../core/budget.ts";
import type { Ledger } from "../engine/ledger.ts";
import type { RecordHistory, RecordName } from "../engine/ports/history.ts";
import type { PairStore } from "../engine/ports/pair-store.ts";
import { openBudgets } from "./budgets.ts";
import type { Database } from "./database.ts";
import { recordHistory } from "./history.ts";
import { openLedger } from "./ledger.ts";
import { pairStore } from "./pair-store.ts";

export interface Store {
  pair(name: string): PairStore;
  readonly ledger: Ledger;
  readonly budgets: Budgets;
  /** Everything that is remembered of one record, for people. */
  history(pair: string, record: RecordName): Promise<RecordHistory>;
}

export function openStore(database: Database): Store {
  const pairs = new Map<string, PairStore>();
  return {
    pair(name) {
      const known = pairs.get(name);
      if (known !== undefined) return known;
      const store = pairStore(database, name);
      pairs.set(name, store);
      return store;
    },
    ledger: openLedger(database),
    budgets: openBudgets(database),
    history: (pair, record) => recordHistory(database, pair, record),
  };
}
