// Carrying out a plan that a person approved: exactly its actions, the withheld ones included. The records are read and
// decided again; an action whose record has moved since is no longer the same action, so it is dropped and told.

import type { PairParts, Ports } from "./context.ts";
import type { PlanFile } from "./plan-document.ts";
import type { RunReport } from "./ports/run.ts";
import type { RunRequest } from "./request.ts";
import { runPair } from "./run.ts";

export interface ApplyReport extends RunReport {
  readonly plan: string;
  /** Actions of the plan that were carried out, and that no longer are what is to be done. */
  readonly applied: number;
  readonly dropped: readonly string[];
}

/**
 * The approval is durable before the first write: after a crash the next run goes on with it.
 * @param who Who approved, for the audit.
 */
export async function applyPlan(
  parts: PairParts,
  ports: Ports,
  plan: PlanFile,
  request: Omit<RunRequest, "kind" | "entity" | "dryRun" | "only">,
  who: string,
): Promise<ApplyReport> {
  const actions = plan.actions.map((row) => row.action);
  const refused = (reason: string, message: string): ApplyReport => ({
    pair: plan.pair,
    run: request.run,
    outcome: "halted",
    reason,
    message,
    entities: {},
    calls: request.calls(),
    seconds: 0,
    plan: plan.hash,
    applied: 0,
    dropped: actions,
  });
  if (parts.mapping.state !== "active")
    return refused(
      parts.mapping.state,
      `${parts.mapping.file} says \`state: ${parts.mapping.state}\`; set \`state: active\` to let it write`,
    );
  if (plan.meaning !== parts.meaning)
    return refused("mapping-changed", "the mapping's meaning has changed since the plan was made; make a new plan");

  await ports.store.approve(plan.hash, actions, who);
  const { report, carriedOut } = await runPair(parts, ports, {
    ...request,
    kind: plan.kind === "sweep" ? "sweep" : "changes",
    ...(plan.undo === null ? {} : { undo: plan.undo }),
    entity: null,
    dryRun: false,
    only: new Set(actions),
  });
  const applied = actions.filter((action) => carriedOut.has(action));
  const dropped = actions.filter((action) => !carriedOut.has(action));
  // A run that was cut short leaves the approval standing for the next one.
  // A run taken back goes on when its plan is applied again: no other run decides its actions.
  const finished = plan.undo !== null || (report.outcome !== "halted" && report.outcome !== "failed");
  await ports.store.endApprovals(finished ? actions : applied);
  return { ...report, plan: plan.hash, applied: applied.length, dropped };
}
