// `syncline simulate`: the user's own mapping in a made-up world, where everything goes wrong that can. Nothing real is touched.

import type { Command } from "commander";
import type { Mapping } from "../mapping/mapping.ts";
import { simulate, type Simulated } from "../simulation/simulate.ts";
import { userCast } from "../simulation/user-cast.ts";
import { watch } from "../simulation/watch.ts";
import { EXIT, globalOptions, outputOf, type Output } from "./output.ts";
import { loadProject } from "./project.ts";
import { refuseUnknown } from "./unknown-name.ts";
import { UsageError } from "./usage-error.ts";

interface SimulateFlags {
  readonly runs: string;
  readonly seed: string;
}

export function register(program: Command): void {
  program
    .command("simulate")
    .description(
      "plays the mapping of a pair in a made-up world with edits, crashes and faults, and checks every promise",
    )
    .argument("<pair>", "the pair whose mapping is played")
    .option("--runs <number>", "how many histories", "1000")
    .option("--seed <text>", "the same seed plays the same histories", "1")
    .action(async (name: string, flags: SimulateFlags, command: Command) => {
      const output = outputOf(globalOptions(command));
      const runs = Number(flags.runs);
      if (!Number.isSafeInteger(runs) || runs < 1)
        throw new UsageError(`--runs takes a whole number of at least 1, not "${flags.runs}"`);
      const loaded = await loadProject(output, [name], "warning");
      if (loaded === null) return;
      try {
        const { pairs } = loaded.project;
        refuseUnknown(
          "pair",
          [name],
          pairs.map(({ pair }) => pair),
        );
        const mapping = pairs.find(({ pair }) => pair === name)?.mapping;
        if (mapping === undefined || mapping === null)
          throw new UsageError(`the mapping of ${name} has errors; see: syncline check`);
        await play(output, mapping, { runs, seed: flags.seed });
      } finally {
        await loaded.close();
      }
    });
}

async function play(
  output: Output,
  mapping: Mapping,
  { runs, seed }: { readonly runs: number; readonly seed: string },
): Promise<void> {
  const watched = watch(mapping, () => new Promise((resolve) => setImmediate(resolve)));
  const { cast, problem } = await userCast(watched.mapping);
  if (cast === null) throw new UsageError(problem);
  const progress = countHistories(!output.options.quiet && !output.options.json, runs);
  const result = await simulate({ runs, seed, cast: () => cast, idle: watched.idle, progress: progress.played });
  progress.stop();
  output.result(jsonOf(result), textOf(result, mapping.pair));
  process.exitCode = result.found === null ? EXIT.done : EXIT.failed;
}

/** A line at the terminal, on standard error. */
function countHistories(
  wanted: boolean,
  runs: number,
): { readonly played: (number: number) => boolean; readonly stop: () => void } {
  const shown = wanted && process.stderr.isTTY;
  return {
    played(number) {
      if (shown && number % 25 === 0) process.stderr.write(`\r${count(number)} of ${count(runs)} histories`);
      return true;
    },
    stop: () => void (shown && process.stderr.write("\r\u001b[K")),
  };
}

export function jsonOf({ found, ...figures }: Simulated): Parameters<Output["result"]>[0] {
  return {
    ...figures,
    ok: found === null,
    seed: found?.seed ?? null,
    broken: found?.broken.map((each) => ({ ...each })) ?? [],
    story: found?.story ?? null,
  };
}

export function textOf(result: Simulated, pair: string): string {
  const { histories, edits, writes, faults, crashes, found } = result;
  const figures = `${count(edits)} edits, ${count(writes)} writes, ${count(faults)} faults, ${count(crashes)} crashes`;
  const idle =
    writes === 0
      ? "\nNothing was ever written: of this mapping no record could be made up that is carried across."
      : "";
  if (found === null) return `${count(histories)} histories, 0 broken promises (${figures})${idle}`;
  const again = `To see it again: syncline simulate ${pair} --seed ${found.seed.replace(/-\d+$/, "")} --runs ${String(histories)}`;
  return `${found.story}\n\n${count(histories)} histories, 1 broken promise (${figures})\n${again}`;
}

function count(number: number): string {
  return number.toLocaleString("en");
}
