// `syncline check`: every problem of every file, with its place and its mend; then what the systems cannot do.

import type { Command } from "commander";
import type { Instant } from "../core/ids.ts";
import { isError, type LocatedProblem } from "../core/problem.ts";
import { problemsOfPairs } from "../config/concern.ts";
import type { Gap } from "../config/gaps.ts";
import { readProject, type Project } from "../config/project.ts";
import { createExpressionCompiler } from "../expression/compiler.ts";
import { checkLive, type LiveReport } from "./check-live.ts";
import { lawsJson, lawsText, type PairLaws } from "./laws-text.ts";
import { EXIT, globalOptions, outputOf } from "./output.ts";
import { counted, problemJson, problemsSummary, problemsText } from "./problems-text.ts";
import { refuseUnknown } from "./unknown-name.ts";

export function register(program: Command): void {
  program
    .command("check")
    .description("reports every problem of the files, and what to do about it")
    .argument("[pairs...]", "only these pairs and the files they need")
    .option("--live", "also log in to the systems and compare the fields and the laws of the rules with what they have")
    .action(async (pairs: string[], { live }: { readonly live?: boolean }, command: Command) => {
      const options = globalOptions(command);
      const expressions = createExpressionCompiler();
      try {
        const missingSecrets = live === true ? "error" : "warning";
        const today = Date.now() as Instant; // milliseconds since 1970, as an Instant is
        const project = await readProject(options.config, process.env, today, { expressions, missingSecrets });
        const report = await reportOn(project, pairs, live === true);
        outputOf(options).result(reportJson(report), reportText(report, options.quiet));
        process.exitCode = exitOf(report);
      } finally {
        await expressions.close();
      }
    });
}

interface Report {
  readonly project: Project;
  /** Names of the pairs looked at. */
  readonly pairs: readonly string[];
  readonly problems: readonly LocatedProblem[];
  /** What the systems themselves say; empty without --live. */
  readonly live: readonly LocatedProblem[];
  /** The classes of the pairs' rules. */
  readonly laws: readonly PairLaws[];
  readonly gaps: readonly Gap[];
}

async function reportOn(project: Project, asked: readonly string[], live: boolean): Promise<Report> {
  const known = project.pairs.map(({ pair }) => pair);
  refuseUnknown("pair", asked, known);
  const pairs = asked.length === 0 ? known : asked;
  const found: LiveReport = live ? await checkLive(project, pairs) : { problems: [], laws: new Map() };
  return {
    project,
    pairs,
    problems: asked.length === 0 ? project.problems : problemsOfPairs(project, pairs),
    live: found.problems,
    laws: project.pairs
      .filter(({ pair }) => pairs.includes(pair))
      .map((pair) => ({ pair, live: found.laws.get(pair.pair) ?? [] })),
    gaps: project.gaps.filter(({ pair }) => pairs.includes(pair)),
  };
}

/** Wrong files first: what the systems say about them is worth little then. */
function exitOf({ problems, live }: Report): number {
  const errors = problems.filter(isError);
  if (errors.length > 0) return errors.every(isEnvironment) ? EXIT.environment : EXIT.usage;
  return live.some(isError) ? EXIT.environment : EXIT.done;
}

/** Of the machine's environment, not of a file: only with --live, which cannot do without. */
function isEnvironment({ code, path }: LocatedProblem): boolean {
  return code === "E_SECRET_MISSING" && (path.at(-1) === "env" || path.at(-1) === "file");
}

function reportJson({ problems, live, gaps, laws }: Report): unknown {
  const all = [...problems, ...live];
  return { problems: all.map(problemJson), gaps, rules: laws.flatMap(lawsJson), ok: !all.some(isError) };
}

function reportText({ project, pairs, problems, live, gaps, laws }: Report, quiet: boolean): string {
  const all = [...problems, ...live];
  const parts = all.length === 0 ? [] : [problemsText(all), ""];
  if (!quiet) {
    const notes = gaps.map(
      ({ pair, entity, side, object, system, message }) =>
        `note  ${pair}  ${entity}: ${side} (${object} of ${system}): ${message}`,
    );
    if (notes.length > 0) parts.push(...notes, "");
    const rules = laws.flatMap(lawsText);
    if (rules.length > 0) parts.push(...rules, "");
  }
  const read = `${counted(pairs.length, "pair")}, ${counted(project.systems.size, "usable system")}`;
  parts.push(all.length === 0 ? `${read}: no problems` : `${read}: ${problemsSummary(all)}`);
  return parts.join("\n");
}
