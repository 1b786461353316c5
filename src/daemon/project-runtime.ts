// From a project's files to what the runtime and the daemon are made of.

import type { Config } from "../config/config.ts";
import type { Project } from "../config/project.ts";
import type { Log } from "../engine/ports.ts";
import type { DaemonParts } from "./daemon.ts";
import type { RuntimeParts } from "./runtime.ts";
import { redactorOf } from "./redaction.ts";
import { VERSION } from "./version.ts";

/** @throws Error when the config itself has errors; callers look at the project's problems first. */
export function runtimeParts(project: Project, log: Log): Omit<RuntimeParts, "calls"> {
  const config = configOf(project);
  return {
    database: config.database,
    dataDir: config.dataDir,
    systems: [...project.systems.values()],
    mappings: project.mappings,
    version: VERSION,
    redactor: redactorOf(project),
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

function configOf(project: Project): Config {
  if (project.config === null) throw new Error(`${project.file} has errors`);
  return project.config;
}
