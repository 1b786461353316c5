// Counts every call a connector makes: for the run that made it, and for the process since it started. Systems are shared by
// pairs, so the run is known by the asynchronous context the call was made in.

import { AsyncLocalStorage } from "node:async_hooks";
import type { CallObserver } from "../connector/contract.ts";

type CallCounts = Readonly<Record<string, Readonly<Record<string, number>>>>;

type Counts = Map<string, Map<string, number>>;

/** Listens to calls beside the counting: metrics. */
export type CallListener = CallObserver;

export interface CallCounter extends CallObserver {
  /** Runs `work`; its calls are counted for it alone. */
  during<T>(work: (counts: () => CallCounts) => Promise<T>): Promise<T>;
  /** Since the process started. */
  total(): CallCounts;
}

export function countCalls(listener: CallListener | null): CallCounter {
  const total: Counts = new Map();
  const current = new AsyncLocalStorage<Counts>();
  const add = (counts: Counts | undefined, system: string, status: string): void => {
    if (counts === undefined) return;
    const ofSystem = counts.get(system) ?? new Map<string, number>();
    ofSystem.set(status, (ofSystem.get(status) ?? 0) + 1);
    counts.set(system, ofSystem);
  };
  return {
    called(call) {
      add(total, call.system, call.status);
      add(current.getStore(), call.system, call.status);
      listener?.called(call);
    },
    waited(wait) {
      listener?.waited(wait);
    },
    during: (work) => {
      const counts: Counts = new Map();
      return current.run(counts, () => work(() => plain(counts)));
    },
    total: () => plain(total),
  };
}

function plain(counts: Counts): CallCounts {
  return Object.fromEntries(
    [...counts].map(([system, statuses]) => [
      system,
      Object.fromEntries([...statuses].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    ]),
  );
}
