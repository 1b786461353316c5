// One account of the project, opened for a command that only reads: nothing is counted, nothing is logged.

import { setTimeout as wait } from "node:timers/promises";
import type { System } from "../connector/contract.ts";
import type { Project, ProjectSystem } from "../config/project.ts";
import type { Log } from "../engine/ports/world.ts";
import { lateVault } from "../daemon/project-runtime.ts";
import { systemClock } from "../daemon/system-ports.ts";
import { VERSION } from "../daemon/version.ts";

/** The tokens of connected accounts are in the state, which is opened only when one is asked for. */
export async function openAccount(parts: ProjectSystem, project: Project): Promise<System> {
  const { name, settings, secrets, limits, allowPrivate, connector } = parts;
  const late = project.config === null ? null : lateVault(project, SILENT_LOG);
  const system = await connector.open({
    name,
    settings,
    secrets,
    limits,
    allowPrivate,
    version: VERSION,
    clock: { now: () => systemClock.now(), sleep },
    observer: { called: () => undefined, waited: () => undefined },
    log: SILENT_LOG,
    ...(late === null ? {} : { tokens: late.vault }),
  });
  return {
    ...system,
    async close() {
      await system.close();
      await late?.close();
    },
  };
}

const SILENT_LOG: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Keeps the process alive, which nothing else may do here. Ends early, without an error, when it is aborted. */
async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  await wait(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
}
