// The project's files, read for a command that works with them: errors that concern it are told, and end it.

import type { Instant } from "../core/ids.ts";
import { isError, type LocatedProblem } from "../core/problem.ts";
import { problemsOfPairs } from "../config/concern.ts";
import { readProject, type Project } from "../config/project.ts";
import { createLog } from "../daemon/log.ts";
import { redactorOf } from "../daemon/redaction.ts";
import type { Log } from "../engine/ports/world.ts";
import { createExpressionCompiler } from "../expression/compiler.ts";
import { EXIT, type Output } from "./output.ts";
import { problemJson, problemsText } from "./problems-text.ts";

export interface LoadedProject {
  readonly project: Project;
  close(this: void): Promise<void>;
}

/** @param pairs Their files must be free of errors; those of others are only remarked on. Null: the problems were told, and the exit code is set. */
export async function loadProject(
  output: Output,
  pairs: readonly string[],
  missingSecrets: "error" | "warning" = "error",
): Promise<LoadedProject | null> {
  const expressions = createExpressionCompiler();
  const project = await readProject(output.options.config, process.env, Date.now() as Instant, {
    expressions,
    missingSecrets,
  });
  const close = (): Promise<void> => expressions.close();
  const errors = project.problems.filter(isError);
  const concerned = project.config === null ? errors : problemsOfPairs(project, pairs).filter(isError);
  if (concerned.length > 0 || project.config === null) {
    tell(output, concerned);
    await close();
    return null;
  }
  if (errors.length > 0)
    output.remark(`${String(errors.length)} problems in files of other pairs; see: syncline check`);
  return { project, close };
}

/** What is missing around the files, and not in them. */
const ENVIRONMENT = new Set(["E_SECRET_MISSING", "E_ENV"]);

function tell(output: Output, problems: readonly LocatedProblem[]): void {
  if (output.options.json) output.result({ ok: false, problems: problems.map(problemJson) }, "");
  process.stderr.write(`${problemsText(problems)}\n`);
  process.exitCode =
    problems.length > 0 && problems.every((each) => ENVIRONMENT.has(each.code)) ? EXIT.environment : EXIT.usage;
}

/** Logs of a command that is not the daemon: only what a person may want to act on. */
export function openLog(project: Project, output: Output, level?: "info" | "debug"): Log {
  const redactor = redactorOf(project);
  const wanted = level ?? (output.options.quiet ? "error" : "warn");
  return createLog({
    level: wanted,
    format: project.config?.log.format ?? "json",
    redact: (text) => redactor.redact(text),
  });
}
