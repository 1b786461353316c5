// `syncline plan PAIR` and `syncline apply FILE`: look first, then exactly that.

import { readFileSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { JsonError, jsonText, parseJson } from "../core/json.ts";
import { isFields, isList, type Fields, type Value } from "../core/value.ts";
import type { RunResult } from "../engine/cycle.ts";
import { readPlanFile, type PlanFile } from "../engine/plan-document.ts";
import { digest256 } from "../daemon/system-ports.ts";
import { EXIT, globalOptions, outputOf, type Output } from "./output.ts";
import { showProgress } from "./progress.ts";
import { exitOfRun, runText } from "./run-text.ts";
import { inSession, pairOf, personName, UsageError } from "./session.ts";
import { untilSignal } from "./signals.ts";

export function register(program: Command): void {
  program
    .command("plan <pair>")
    .description("what a run would do: real reads, no writes")
    .option("--sweep", "compare everything, not only what changed")
    .option("--out <file>", "keep the plan for `syncline apply`")
    .option("--exit-code", "exit 4 when there is something to do")
    .action((name: string, options: { sweep?: boolean; out?: string; exitCode?: boolean }, command: Command) =>
      plan(name, options, outputOf(globalOptions(command))),
    );
  program
    .command("apply <file>")
    .description("carry out exactly that plan, withheld actions included")
    .action((file: string, _options: unknown, command: Command) => apply(file, outputOf(globalOptions(command))));
}

async function plan(
  name: string,
  options: { sweep?: boolean; out?: string; exitCode?: boolean },
  output: Output,
): Promise<void> {
  await inSession(output, [name], async ({ runtime }) => {
    const pair = pairOf(runtime, name);
    const progress = showProgress(!output.options.json && !output.options.quiet);
    const stop = untilSignal();
    try {
      const result = await pair.plan({
        kind: options.sweep === true ? "sweep" : "changes",
        signal: stop.signal,
        progress,
      });
      progress.stop();
      const code = showPlan(result, { out: options.out, exitCode: options.exitCode === true }, output);
      return result.plan === null ? (stop.exitCode() ?? code) : code;
    } finally {
      progress.stop();
      stop.end();
    }
  });
}

/** Keeps the plan in its file and shows it. @returns the exit code. */
export function showPlan(
  result: RunResult,
  options: { readonly out: string | undefined; readonly exitCode: boolean },
  output: Output,
): number {
  if (result.plan === null) {
    output.result(result.report, runText(result.report));
    return exitOfRun(result.report);
  }
  const { document } = result.plan;
  const shown = withSituations(document, result.report.entities);
  if (options.out !== undefined) writeFileSync(options.out, `${pretty(document)}\n`);
  if (output.options.json) process.stdout.write(`${pretty(shown)}\n`);
  else output.result(null, planText(shown, options.out));
  const differs = isFields(document) && isList(document["actions"]) && document["actions"].length > 0;
  return options.exitCode && differs ? EXIT.waits : EXIT.done;
}

/** JSON for people's editors, with every digit of every number. */
export function pretty(value: Value): string {
  const text = jsonText(value);
  return /\d{16}/.test(text) ? text : JSON.stringify(JSON.parse(text), null, 2);
}

function withSituations(
  document: Value,
  entities: Readonly<Record<string, { readonly situations: Readonly<Partial<Record<string, number>>> }>>,
): Value {
  if (!isFields(document)) return document;
  const situations: Record<string, Fields> = {};
  for (const [entity, report] of Object.entries(entities)) {
    situations[entity] = Object.fromEntries(
      Object.entries(report.situations).map(([name, count]) => [name, count ?? 0]),
    );
  }
  return { ...document, situations };
}

function listOf(document: Value, key: string): readonly Fields[] {
  const list = isFields(document) ? document[key] : undefined;
  return isList(list) ? list.filter(isFields) : [];
}

function planText(document: Value, out: string | undefined): string {
  if (!isFields(document)) return "";
  const lines: string[] = [];
  for (const action of listOf(document, "actions")) {
    const held = action["withheld"] === true ? "  WITHHELD" : "";
    for (const write of listOf(action, "writes")) {
      const record =
        write["id"] === null
          ? `from ${textOf(action["left"] ?? action["right"] ?? null)}`
          : textOf(write["id"] ?? null);
      lines.push(
        `${textOf(write["op"] ?? null)} ${textOf(action["entity"] ?? null)} in ${textOf(write["side"] ?? null)} ${record}  (${textOf(write["reason"] ?? null)})${held}`,
      );
      for (const field of listOf(write, "fields").filter((each) => each["before"] !== null || each["after"] !== null))
        lines.push(
          `    ${textOf(field["field"] ?? null)}: ${valueText(field["before"] ?? null)} -> ${valueText(field["after"] ?? null)}`,
        );
    }
  }
  for (const each of listOf(document, "cases"))
    lines.push(
      `case ${textOf(each["kind"] ?? null)}: ${textOf(each["entity"] ?? null)} ${textOf(each["left"] ?? null)} / ${textOf(each["right"] ?? null)} ${each["field"] === null ? "" : textOf(each["field"] ?? null)}  ${valueText(each["values"] ?? null)}`,
    );
  for (const guard of listOf(document, "guards"))
    lines.push(
      `guard: ${textOf(guard["count"] ?? null)} ${textOf(guard["op"] ?? null)} in ${textOf(guard["side"] ?? null)} is over its limit of ${textOf(guard["limit"] ?? null)}: withheld`,
    );
  if (lines.length === 0) lines.push("nothing to do");
  const { situations, links, calls } = document;
  lines.push(
    "",
    `situations: ${jsonText(situations ?? {})}`,
    `to link: ${jsonText(links ?? {})}   writes: ${jsonText(calls ?? {})}`,
    `plan ${textOf(document["hash"] ?? null)}`,
  );
  lines.splice(
    -1,
    0,
    ...undoLines(document["undo"] ?? null),
    ...forecastLines(document["forecast"] ?? null),
    ...billLines(document["bill"] ?? null),
  );
  if (out !== undefined) lines.push(`kept in ${out}; carry it out with: syncline apply ${out}`);
  return lines.join("\n");
}

/** Of a run taken back: what stays, and what the next run does. */
function undoLines(undo: Value): readonly string[] {
  if (!isFields(undo)) return [];
  const kept = listOf(undo, "kept");
  const more = typeof undo["kept_count"] === "number" ? undo["kept_count"] - kept.length : 0;
  const next = isList(undo["next"]) ? undo["next"].map(textOf) : [];
  return [
    `takes back run ${textOf(undo["run"] ?? null)}; left as they are:${kept.length === 0 ? " none" : ""}`,
    ...kept.map(
      (each) =>
        `    ${textOf(each["entity"] ?? null)} ${textOf(each["side"] ?? null)}:${textOf(each["record"] ?? null)}${each["field"] === null ? "" : ` ${textOf(each["field"] ?? null)}`}  (${textOf(each["why"] ?? null)})`,
    ),
    ...(more > 0 ? [`    … ${String(more)} more`] : []),
    ...next.map((line) => `afterwards: ${line}`),
  ];
}

/** By side: calls, minutes, and what does not fit into what is left. */
function billLines(bill: Value): readonly string[] {
  if (!isFields(bill)) return [];
  return Object.entries(bill).flatMap(([side, told]): readonly string[] => {
    if (!isFields(told)) return [];
    const { calls, reads, writes, minutes } = told;
    const short = listOf(told, "limits").filter((each) => each["fits"] === false);
    return [
      `bill ${side}: about ${textOf(calls ?? 0)} calls (${textOf(reads ?? 0)} reads, ${textOf(writes ?? 0)} for writes), about ${textOf(minutes ?? 0)} min`,
      ...short.map(
        (each) =>
          `    does not fit: only ${textOf(each["left"] ?? 0)} calls of the limit "${textOf(each["limit"] ?? null)}" are left; it will wait for more`,
      ),
    ];
  });
}

/** By entity that has records without a link: what becomes of them, and which look alike on one side. */
function forecastLines(forecast: Value): readonly string[] {
  if (!isFields(forecast)) return [];
  return Object.entries(forecast).flatMap(([entity, told]): readonly string[] => {
    if (!isFields(told)) return [];
    const { linked, create, ambiguous, duplicates_count: count, crowded_blocks: crowded } = told;
    const creates = isFields(create) ? Object.values(create) : [];
    if ([linked, ambiguous, count, ...creates].every((figure) => figure === 0)) return [];
    const made = isFields(create) ? Object.entries(create).map(([side, figure]) => `${side} ${textOf(figure)}`) : [];
    const listed = listOf(told, "duplicates");
    const rest =
      typeof count === "number" && count > listed.length ? [`    … ${String(count - listed.length)} more`] : [];
    const passedOver =
      crowded === undefined
        ? []
        : [`    not compared: ${textOf(crowded)} values that too many records share; score a further field`];
    return [
      `forecast ${entity}: ${textOf(linked ?? 0)} to link, to create: ${made.join(", ")}, ${textOf(ambiguous ?? 0)} ambiguous, ${textOf(count ?? 0)} possible duplicates`,
      ...listed.map(
        (each) =>
          `    ${textOf(each["side"] ?? null)} ${isList(each["ids"]) ? each["ids"].map(textOf).join(" / ") : ""}  score ${textOf(each["score"] ?? null)}  ${jsonText(each["fields"] ?? null)}`,
      ),
      ...rest,
      ...passedOver,
    ];
  });
}

function textOf(value: Value): string {
  return typeof value === "string" ? value : jsonText(value);
}

function valueText(value: Value): string {
  return value === null ? "(empty)" : jsonText(value);
}

async function apply(file: string, output: Output): Promise<void> {
  const read = (): PlanFile => {
    const found = readPlanFile(readJsonFile(file), digest256);
    if (found === null) throw new UsageError(`${file} is not a plan; make one with: syncline plan PAIR --out ${file}`);
    if (found === "edited")
      throw new UsageError(`${file} was changed after it was made, so its hash no longer holds; make a new plan`);
    return found;
  };
  await inSession(output, null, async ({ runtime }) => {
    const approved = read();
    const pair = pairOf(runtime, approved.pair);
    const progress = showProgress(!output.options.json && !output.options.quiet);
    const stop = untilSignal();
    try {
      const who = personName();
      await runtime.ledger.audit({
        who,
        what: "apply",
        facts: { pair: approved.pair, plan: approved.hash, actions: approved.actions.length },
      });
      const report = await pair.apply(approved, who, { signal: stop.signal, progress });
      progress.stop();
      const dropped =
        report.dropped.length === 0
          ? ""
          : `; ${String(report.dropped.length)} dropped: already done, or their records have moved since`;
      output.result(
        report,
        `${runText(report)}\n  applied ${String(report.applied)} of ${String(approved.actions.length)} actions${dropped}`,
      );
      return stop.exitCode() ?? exitOfRun(report);
    } finally {
      progress.stop();
      stop.end();
    }
  });
}

function readJsonFile(file: string): Value {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new UsageError(`${file} cannot be read`);
  }
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof JsonError) throw new UsageError(`${file} is not JSON: ${error.message}`);
    throw error;
  }
}
