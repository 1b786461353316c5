// A run's report in words.

import type { EntityReport, RunReport } from "../engine/ports/run.ts";
import { EXIT } from "./output.ts";

const ENVIRONMENT = new Set(["unreachable", "auth", "listing-incomplete", "throttled", "running"]);

/** ok 0; partial and failed 1; halted by the environment 3; other halts and withheld 4; interrupted by its signal. */
export function exitOfRun(report: Pick<RunReport, "outcome" | "reason">): number {
  switch (report.outcome) {
    case "ok":
      return EXIT.done;
    case "partial":
    case "failed":
      return EXIT.failed;
    case "withheld":
      return EXIT.waits;
    case "halted":
      return ENVIRONMENT.has(report.reason ?? "") ? EXIT.environment : EXIT.waits;
    default:
      throw new Error(`no exit code for ${JSON.stringify(report.outcome)}`);
  }
}

export function runText(report: RunReport): string {
  const lines = [
    `${report.pair}: ${report.outcome}${report.reason === null ? "" : ` (${report.reason})`}  ${String(report.seconds)} s  ${report.run}`,
  ];
  if (report.message !== null) lines.push(`  ${report.message}`);
  for (const [entity, found] of Object.entries(report.entities)) lines.push(...entityLines(entity, found));
  lines.push(...nextSteps(report));
  return lines.join("\n");
}

function entityLines(entity: string, found: EntityReport): readonly string[] {
  const read = Object.entries(found.read).map(([side, count]) => `${String(count)} in ${side}`);
  const situations = Object.entries(found.situations).map(([situation, count]) => `${String(count)} ${situation}`);
  const lines = [`  ${entity}: read ${read.join(", ")}${situations.length === 0 ? "" : `; ${situations.join(", ")}`}`];
  for (const [side, { create, update, delete: removed }] of Object.entries(found.effects)) {
    if (create + update + removed > 0)
      lines.push(`    ${side}: ${String(create)} created, ${String(update)} updated, ${String(removed)} deleted`);
  }
  const waits = [
    found.cases > 0 ? `${String(found.cases)} open cases` : "",
    found.quarantined > 0 ? `${String(found.quarantined)} quarantined` : "",
    found.parked > 0 ? `${String(found.parked)} parked` : "",
    found.blocked > 0 ? `${String(found.blocked)} blocked by \`allow\`` : "",
  ].filter((part) => part !== "");
  if (waits.length > 0) lines.push(`    waits: ${waits.join(", ")}`);
  for (const held of found.withheld)
    lines.push(`    withheld: ${String(held.count)} ${held.op} in ${held.side} (limit ${String(held.limit)})`);
  return lines;
}

/** What to type next. */
function nextSteps(report: RunReport): readonly string[] {
  const { pair } = report;
  const found = Object.values(report.entities);
  const steps: string[] = [];
  if (report.outcome === "withheld")
    steps.push(`  look and approve: syncline plan ${pair} --sweep --out plan.json && syncline apply plan.json`);
  if (found.some((entity) => entity.cases > 0)) steps.push(`  cases: syncline cases ${pair}`);
  if (found.some((entity) => entity.quarantined > 0)) steps.push(`  quarantine: syncline quarantine ${pair}`);
  return steps;
}
