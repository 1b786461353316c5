// Every secret of a project, for striking them out of whatever leaves the process.

import type { Project } from "../config/project.ts";
import { Redactor } from "../connector/secret.ts";

export function redactorOf(project: Project): Redactor {
  const redactor = new Redactor();
  for (const system of project.systems.values())
    for (const secret of system.secrets.values()) redactor.add(secret.reveal());
  for (const { token } of project.config?.admin.tokens ?? []) redactor.add(token.reveal());
  for (const { url } of project.config?.notify ?? []) redactor.add(url.reveal());
  if (project.config?.key !== undefined && project.config.key !== null) redactor.add(project.config.key.reveal());
  const database = project.config?.database;
  if (database?.kind === "url") {
    redactor.add(database.url.reveal());
    const password = URL.canParse(database.url.reveal())
      ? decodeURIComponent(new URL(database.url.reveal()).password)
      : "";
    if (password !== "") redactor.add(password);
  }
  return redactor;
}
