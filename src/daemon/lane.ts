// Which lane a call belongs to. Systems are shared by pairs, so it is known by the asynchronous context of the run.

import { AsyncLocalStorage } from "node:async_hooks";
import type { Lane } from "../core/budget.ts";

const current = new AsyncLocalStorage<Lane>();

export function inLane<T>(lane: Lane, work: () => Promise<T>): Promise<T> {
  return current.run(lane, work);
}

/** Outside of runs: what people ask for is as pressing as an edit. */
export function currentLane(): Lane {
  return current.getStore() ?? "changes";
}
