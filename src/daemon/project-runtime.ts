// From a project's files to what the runtime and the daemon are made of.

import type { Config } from "../config/config.ts";
import type { Project } from "../config/project.ts";
import type { Log } from "../engine/ports/world.ts";
import type { DaemonParts } from "./daemon.ts";
import type { RuntimeParts } from "./runtime.ts";
import { redactorOf } from "./redaction.ts";
import { openVaultLate } from "./state.ts";
import { VERSION } from "./version.ts";

/** @throws Error when the config itself has errors; callers look at the project's problems first. */
export function runtimeParts(project: Project, log: Log): Omit<RuntimeParts, "calls"> {
  const config = configOf(project);
  return {
    database: config.database,
    dataDir: config.dataDir,
    key: config.key,
    systems: [...project.systems.values()],
    mappings: project.mappings,
    version: VERSION,
    traces: config.traces,
    redactor: redactorOf(project),
    placeOf: (pair, path) => {
      const found = project.pairs.find((each) => each.pair === pair);
      if (found === undefined) return null;
      const { line, column } = found.locate(path, "key");
      return { file: found.file, line, column };
    },
    log,
  };
}

export function daemonParts(project: Project, log: Log): DaemonParts {
  const config = configOf(project);
  const usesHooks = [...project.systems.values()].some((system) => system.webhooks !== null);
  const parts = runtimeParts(project, log);
  return {
    ...parts,
    redact: (text) => parts.redactor.redact(text),
    admin: { ...config.admin.listen, tokens: config.admin.tokens },
    notices: config.notify,
    hooks: usesHooks ? config.hooks.listen : null,
  };
}

/** For commands that work without the state; closed at the end. */
export function lateVault(project: Project, log: Log): ReturnType<typeof openVaultLate> {
  const { database, dataDir, key } = configOf(project);
  return openVaultLate({ database, dataDir, key, log });
}

function configOf(project: Project): Config {
  if (project.config === null) throw new Error(`${project.file} has errors`);
  return project.config;
}
