// A process that dies at a chosen step: every remote write and every local commit is a step, and from the moment of the crash on
// nothing of that run does anything any more. The next run is a new one on the same database.

import type { SystemObject } from "../../src/connector/contract.ts";
import { SILENT } from "../../src/daemon/runtime.ts";
import { digest256, digest64, systemClock, systemIds } from "../../src/daemon/system-ports.ts";
import type { PairParts, Ports } from "../../src/engine/context.ts";
import type { PairStore } from "../../src/engine/ports/pair-store.ts";
import type { RunResult } from "../../src/engine/cycle.ts";
import { runPair } from "../../src/engine/run.ts";
import type { RunRequest } from "../../src/engine/request.ts";
import { quiet } from "../store/server.ts";
import type { TestPair } from "./pair.ts";

export class Crash extends Error {
  override readonly name = "Crash";
}

export interface CrashAt {
  /** 1 is the first step. */
  readonly step: number;
  readonly when: "before" | "after";
}

const REMOTE_STEPS: ReadonlySet<string> = new Set(["create", "update", "delete"]);
const LOCAL_STEPS: ReadonlySet<string> = new Set([
  "saveIntents",
  "commit",
  "approve",
  "endApprovals",
  "setGuardCase",
  "forgetUnconfirmed",
  "setPaused",
]);

export interface Doomed {
  readonly parts: PairParts;
  readonly ports: Ports;
  /** Steps taken, by name. */
  readonly steps: readonly string[];
}

/** The pair's parts and ports, which die at a step; null: never. */
export function doomed(pair: TestPair, at: CrashAt | null): Doomed {
  const steps: string[] = [];
  let dead = false;
  const wrap = <T extends object>(target: T, counted: ReadonlySet<string>, name: string): T =>
    new Proxy(target, {
      get(object, property, receiver) {
        const found: unknown = Reflect.get(object, property, receiver);
        if (typeof found !== "function" || typeof property !== "string") return found;
        if (property === "laterCursor") return found;
        return (...given: unknown[]): unknown => {
          if (dead) throw new Crash(`${name}.${property} after the crash`);
          if (!counted.has(property)) return found.apply(object, given) as unknown;
          steps.push(`${name}.${property}`);
          const mine = at !== null && steps.length === at.step;
          if (mine && at.when === "before") {
            dead = true;
            throw new Crash(`before ${name}.${property}`);
          }
          const work = found.apply(object, given) as Promise<unknown>;
          return mine
            ? work.then(() => {
                dead = true;
                throw new Crash(`after ${name}.${property}`);
              })
            : work;
        };
      },
    });
  const { parts, store } = pair.pair;
  const entities = parts.entities.map((entity) => ({
    ...entity,
    objects: {
      left: wrap<SystemObject>(entity.objects.left, REMOTE_STEPS, "left"),
      right: wrap<SystemObject>(entity.objects.right, REMOTE_STEPS, "right"),
    },
  }));
  const ports: Ports = {
    clock: systemClock,
    ids: systemIds,
    digest64,
    digest256,
    store: wrap<PairStore>(store, LOCAL_STEPS, "store"),
    log: quiet,
    progress: SILENT,
  };
  return { parts: { ...parts, entities }, ports, steps };
}

export function request(kind: RunRequest["kind"], more: Partial<RunRequest> = {}): RunRequest {
  return {
    run: systemIds.run(),
    kind,
    entity: null,
    dryRun: false,
    only: null,
    owner: "test",
    signal: new AbortController().signal,
    calls: () => ({}),
    ...more,
  };
}

export function runDoomed(
  { parts, ports }: Doomed,
  kind: RunRequest["kind"],
  more: Partial<RunRequest> = {},
): Promise<RunResult> {
  return runPair(parts, ports, request(kind, more));
}
