// `syncline run PAIR`: one run, then exit.

import type { Command } from "commander";
import { globalOptions, outputOf } from "./output.ts";
import { showProgress } from "./progress.ts";
import { exitOfRun, runText } from "./run-text.ts";
import { inSession, pairOf } from "./session.ts";
import { untilSignal } from "./signals.ts";
import { refuseUnknown } from "./unknown-name.ts";

export function register(program: Command): void {
  program
    .command("run <pair>")
    .description("one run of a pair, then exit")
    .option("--sweep", "compare everything, not only what changed")
    .option("--entity <name>", "this entity alone")
    .action(async (name: string, options: { sweep?: boolean; entity?: string }, command: Command) => {
      const output = outputOf(globalOptions(command));
      await inSession(output, [name], async ({ runtime }) => {
        const pair = pairOf(runtime, name);
        const entity = options.entity ?? null;
        if (entity !== null)
          refuseUnknown(
            "entity",
            [entity],
            pair.parts.entities.map((each) => each.name),
            `pair ${name}`,
          );
        const progress = showProgress(!output.options.json && !output.options.quiet);
        const stop = untilSignal();
        try {
          const { report } = await pair.run({
            kind: options.sweep === true ? "sweep" : "changes",
            entity,
            signal: stop.signal,
            progress,
          });
          progress.stop();
          output.result(report, runText(report));
          return stop.exitCode() ?? exitOfRun(report);
        } finally {
          progress.stop();
          stop.end();
        }
      });
    });
}
