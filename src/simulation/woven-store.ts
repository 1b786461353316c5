// The state behind the scheduler: every call waits for its turn, and a simulated fault of the database may strike before it takes
// effect or after.

import type { Process, Scheduler } from "./scheduler.ts";

export type StoreFault = "before" | "after";

/** Calls that change what must survive. */
const CHANGES: ReadonlySet<string> = new Set([
  "saveIntents",
  "commit",
  "forgetUnconfirmed",
  "endRun",
  "startRun",
  "setGuardCase",
  "setDrift",
  "rememberEpoch",
  "saveDecisions",
  "stage",
  "stageUnchanged",
]);

const LEASES: ReadonlySet<string> = new Set(["acquireLease", "renewLease", "releaseLease"]);

/** @param faults Used up by calls that change the state. */
export function weave<T extends object>(
  target: T,
  scheduler: Scheduler,
  process: Process,
  faults: StoreFault[],
  struck: () => void,
): T {
  return new Proxy(target, {
    get(object, property, receiver) {
      const found: unknown = Reflect.get(object, property, receiver);
      if (typeof found !== "function" || typeof property !== "string") return found;
      // Between a mere question and its answer nothing can happen that could not happen just before or after.
      if (!CHANGES.has(property) && !LEASES.has(property)) return found.bind(object) as unknown;
      return async (...given: unknown[]): Promise<unknown> => {
        await scheduler.turn(process, `${process.name} state ${property}`, 0);
        const fault = CHANGES.has(property) ? faults.shift() : undefined;
        if (fault !== undefined) struck();
        if (fault === "before") throw new Error(`simulated: the database did not carry out ${property}`);
        const value: unknown = await found.apply(object, given);
        if (fault === "after") throw new Error(`simulated: the database lost its answer to ${property}`);
        return value;
      };
    },
  });
}
