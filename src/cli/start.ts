// `syncline start`: the daemon, until a signal.

import type { Command } from "commander";
import { startDaemon } from "../daemon/daemon.ts";
import { daemonParts } from "../daemon/project-runtime.ts";
import { redactorOf } from "../daemon/redaction.ts";
import { createLog } from "../daemon/log.ts";
import { globalOptions, outputOf } from "./output.ts";
import { loadProject } from "./project.ts";
import { untilSignal } from "./signals.ts";

export function register(program: Command): void {
  program
    .command("start")
    .description("the daemon: schedules, webhooks, admin")
    .action(async (_options: unknown, command: Command) => {
      const output = outputOf(globalOptions(command));
      const loaded = await loadProject(output, []);
      if (loaded === null) return;
      const { project, close } = loaded;
      const redactor = redactorOf(project);
      const { level, format } = project.config?.log ?? { level: "info", format: "json" };
      const log = createLog({ level, format, redact: (text) => redactor.redact(text) });
      for (const pair of project.pairs)
        if (pair.mapping === null)
          log.error("a pair has errors in its files and does not run", {
            pair: pair.pair,
            file: pair.file,
            see: "syncline check",
          });
      const stop = untilSignal();
      try {
        const daemon = await startDaemon(daemonParts(project, log));
        log.info("started", { pairs: project.mappings.length, admin: daemon.adminUrl, hooks: daemon.hooksPort });
        await stop.asked;
        log.info("stopping");
        await daemon.stop();
        log.info("stopped");
        process.exitCode = stop.exitCode() ?? 0;
      } finally {
        stop.end();
        await close();
      }
    });
}
