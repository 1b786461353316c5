// What the demo's first run did, and which pages to open: a dozen lines.

import type { RunReport } from "../engine/ports/run.ts";

interface Told {
  readonly fresh: boolean;
  readonly seconds: number;
  /** Addresses of the pages. */
  readonly admin: string;
  readonly crm: string | undefined;
  readonly billing: string | undefined;
}

export function demoText(report: RunReport, { fresh, seconds, admin, crm, billing }: Told): string {
  const lines = [
    `Syncline keeps a CRM and a billing system in step (${fresh ? "first start" : "continued"}, ${seconds.toFixed(1)} s)`,
    "",
  ];
  for (const [entity, found] of Object.entries(report.entities)) {
    const read = Object.entries(found.read).map(([side, count]) => `${String(count)} in ${side}`);
    const matched = found.situations.matched ?? 0;
    const effects = Object.entries(found.effects).flatMap(([side, { create, update, delete: removed }]) => [
      ...(create > 0 ? [`${String(create)} created in ${side}`] : []),
      ...(update > 0 ? [`${String(update)} updated in ${side}`] : []),
      ...(removed > 0 ? [`${String(removed)} deleted in ${side}`] : []),
    ]);
    lines.push(
      `  ${entity.padEnd(9)} read ${read.join(", ")}; ${[`${String(matched)} matched`, ...effects].join(", ")}`,
    );
    const waits = [
      ...(found.cases > 0 ? [`${String(found.cases)} cases wait for a person`] : []),
      ...(found.parked > 0 ? [`${String(found.parked)} wait for their parent`] : []),
      ...(found.quarantined > 0 ? [`${String(found.quarantined)} in quarantine`] : []),
    ];
    if (waits.length > 0) lines.push(`  ${"".padEnd(9)} ${waits.join(", ")}`);
  }
  if (report.outcome !== "ok") lines.push(`  ${report.outcome}: ${report.message ?? report.reason ?? ""}`);
  lines.push(
    "",
    `  what it did, and what waits   ${admin}`,
    `  the CRM, to edit by hand      ${crm ?? ""}`,
    `  billing, to edit by hand      ${billing ?? ""}`,
    "",
    "Change a customer on either page and watch the other. Ctrl-C stops; deleting .syncline starts afresh.",
  );
  return lines.join("\n");
}
