// `syncline undo RUN`: the plan that takes a run back. Nothing is written; `syncline apply FILE` carries it out.

import type { Command } from "commander";
import type { RunId } from "../core/ids.ts";
import { globalOptions, outputOf, type Output } from "./output.ts";
import { showPlan } from "./plan.ts";
import { showProgress } from "./progress.ts";
import { inSession, pairOf, personName } from "./session.ts";
import { untilSignal } from "./signals.ts";
import { unknownName } from "./unknown-name.ts";

/** Runs whose names are held against one that nobody knows. */
const KNOWN_MAX = 200;

export function register(program: Command): void {
  program
    .command("undo <run>")
    .description("the plan that takes a run back, only where a value is still what the run wrote; apply carries it out")
    .option("--out <file>", "keep the plan in a file, for apply")
    .action((run: string, options: { out?: string }, command: Command) =>
      undo(run as RunId, options.out, outputOf(globalOptions(command))),
    );
}

async function undo(run: RunId, out: string | undefined, output: Output): Promise<void> {
  await inSession(output, null, async ({ runtime }) => {
    const found = await runtime.ledger.run(run);
    if (found === null) {
      const known = await runtime.ledger.runs({ pair: null, limit: KNOWN_MAX, before: null });
      throw unknownName(
        "run",
        run,
        known.map((each) => each.run),
      );
    }
    const pair = pairOf(runtime, found.pair);
    const progress = showProgress(!output.options.json && !output.options.quiet);
    const stop = untilSignal();
    try {
      await runtime.ledger.audit({ who: personName(), what: "undo planned", facts: { pair: found.pair, run } });
      const result = await pair.undo(run, { signal: stop.signal, progress });
      progress.stop();
      return stop.exitCode() ?? showPlan(result, { out, exitCode: false }, output);
    } finally {
      progress.stop();
      stop.end();
    }
  });
}
