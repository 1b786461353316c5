// `syncline doctor`: is everything there that is needed? Each line is a check, and what to do where it fails.

import type { Command } from "commander";
import { isError } from "../core/problem.ts";
import { openRuntime } from "../daemon/runtime.ts";
import { runtimeParts } from "../daemon/project-runtime.ts";
import { VERSION } from "../daemon/version.ts";
import { EXIT, globalOptions, outputOf, type Output } from "./output.ts";
import { loadProject, openLog } from "./project.ts";
import { statusOf } from "./status.ts";

interface Check {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
}

export function register(program: Command): void {
  program
    .command("doctor")
    .description("checks the machine, the files, the database and each system")
    .action(async (_options: unknown, command: Command) => {
      const output = outputOf(globalOptions(command));
      const checks: Check[] = [nodeCheck()];
      await examine(output, checks);
      const ok = checks.every((each) => each.ok);
      output.result(
        { ok, version: VERSION, checks },
        checks.map((each) => `${each.ok ? "ok  " : "FAIL"}  ${each.check}: ${each.detail}`).join("\n"),
      );
      process.exitCode ??= ok ? EXIT.done : EXIT.environment;
    });
}

function nodeCheck(): Check {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  return {
    check: "node",
    ok,
    detail: ok ? process.versions.node : `${process.versions.node}; 20.19 or later is needed`,
  };
}

async function examine(output: Output, checks: Check[]): Promise<void> {
  const loaded = await loadProject(output, []);
  if (loaded === null) {
    checks.push({ check: "files", ok: false, detail: "the config has errors; see: syncline check" });
    return;
  }
  const { project, close } = loaded;
  const errors = project.problems.filter(isError).length;
  checks.push({
    check: "files",
    ok: errors === 0,
    detail: errors === 0 ? `${String(project.mappings.length)} pairs` : `${String(errors)} errors; see: syncline check`,
  });
  try {
    const runtime = await openRuntime({ ...runtimeParts(project, openLog(project, output)), calls: null });
    try {
      checks.push({ check: "database", ok: true, detail: project.config?.database.kind ?? "" });
      for (const [name, system] of runtime.systems) {
        const answer = await system.probe();
        checks.push({ check: `system ${name}`, ok: answer.ok, detail: answer.ok ? "answers" : answer.failure.message });
      }
      for (const pair of runtime.pairs.values()) {
        const status = statusOf(pair, await runtime.ledger.figures(pair.mapping.pair), Date.now());
        const waits = [
          status.paused === null ? "" : `paused: ${status.paused}`,
          status.mappingChanged ? "its changed meaning is not accepted" : "",
          status.cases > 0 ? `${String(status.cases)} cases` : "",
          status.quarantine > 0 ? `${String(status.quarantine)} quarantined` : "",
        ];
        checks.push({
          check: `pair ${status.pair}`,
          ok: status.paused === null && !status.mappingChanged,
          detail: waits.filter((part) => part !== "").join(", ") || "well",
        });
      }
    } finally {
      await runtime.close();
    }
  } catch (error) {
    checks.push({ check: "database", ok: false, detail: error instanceof Error ? error.message : String(error) });
  } finally {
    await close();
  }
}
