// Every secret of a project, for striking them out of whatever leaves the process.

import type { Project } from "../config/project.ts";
import { Redactor } from "../connector/secret.ts";
import { isFields, isList, type Value } from "../core/value.ts";

export function redactorOf(project: Project): Redactor {
  const redactor = new Redactor();
  for (const system of project.systems.values())
    for (const secret of system.secrets.values()) redactor.add(secret.reveal());
  for (const { token } of project.config?.admin.tokens ?? []) redactor.add(token.reveal());
  for (const { url } of project.config?.notify ?? []) redactor.add(url.reveal());
  for (const header of project.config?.traces?.headers.values() ?? []) redactor.add(header.reveal());
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

/** A value with what `redact` strikes out of each of its texts and names. */
export function redactedValue(value: Value, redact: (text: string) => string): Value {
  if (typeof value === "string") return redact(value);
  if (isList(value)) return value.map((each) => redactedValue(each, redact));
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [redact(name), redactedValue(each, redact)]));
}
