// The operator's word, carried out: what the admin API may ask of the running daemon.

import { parseJson } from "../core/json.ts";
import { explanationJson } from "../engine/explain/explanation.ts";
import { OperatorError, type Operator, type PairSummary } from "../engine/operator.ts";
import { readPlanFile } from "../engine/plan-document.ts";
import type { RunId } from "../core/ids.ts";
import type { Value } from "../core/value.ts";
import type { RunReport, StoredPlan } from "../engine/ports/run.ts";
import type { Events } from "./events.ts";
import { redactedValue } from "./redaction.ts";
import type { PairWorker } from "./pair-worker.ts";
import { SILENT, type Runtime, type RuntimeParts } from "./runtime.ts";
import { digest256 } from "./system-ports.ts";

export interface OperatorPorts {
  readonly runtime: Runtime;
  readonly workers: readonly PairWorker[];
  readonly parts: Pick<RuntimeParts, "systems" | "redactor">;
  readonly events: Events;
  isReady(this: void): boolean;
}

export function createOperator({ runtime, workers, parts, events, isReady }: OperatorPorts): Operator {
  const workerOf = (name: string): PairWorker => {
    const worker = workers.find((each) => each.pair.mapping.pair === name);
    if (worker === undefined) throw new OperatorError("E_NOT_FOUND", `there is no pair "${name}"`);
    return worker;
  };
  const signal = new AbortController().signal;

  return {
    pairs: () => Promise.all(workers.map(summaryOf)),
    async startRun(pair, { sweep }, who) {
      const worker = workerOf(pair);
      if (worker.running() !== null) throw new OperatorError("E_RUNNING", `a run of ${pair} is under way`);
      events.publish("asked", { pair, who, what: sweep ? "sweep" : "changes" });
      worker.queue.ask(sweep ? "sweep" : "changes");
    },
    async pause(pair, who) {
      await runtime.ledger.setPaused(workerOf(pair).pair.mapping.pair, "operator", who);
      events.publish("pair", { pair, paused: true });
    },
    async resume(pair, who) {
      const worker = workerOf(pair);
      await runtime.ledger.setPaused(pair, null, who);
      events.publish("pair", { pair, paused: false });
      worker.queue.ask("changes");
    },
    async accept(pair, who) {
      const worker = workerOf(pair);
      await runtime.ledger.setAcceptedMeaning(pair, worker.pair.parts.meaning, who);
      await runtime.ledger.acceptState(pair, { forgetLinks: false }, who);
      worker.queue.ask("sweep");
    },
    async plan(pair, { sweep }) {
      const { plan, report } = await workerOf(pair).pair.plan({
        kind: sweep ? "sweep" : "changes",
        signal,
        progress: SILENT,
      });
      return documentOf(plan, report);
    },
    async undo(name, run) {
      const { plan, report } = await workerOf(name).pair.undo(run, { signal, progress: SILENT });
      return documentOf(plan, report);
    },
    async explain(name, record, field) {
      const told = explanationJson(await workerOf(name).pair.explain(record, field));
      return redactedValue(told, (text) => parts.redactor.redact(text));
    },
    async apply(planId, who) {
      const stored = await runtime.ledger.plan(planId);
      if (stored === null) throw new OperatorError("E_NOT_FOUND", `there is no plan ${planId}`);
      const file = readPlanFile(stored.document, digest256);
      if (file === null || file === "edited") throw new OperatorError("E_INVALID", `plan ${planId} cannot be read`);
      const { pair } = workerOf(stored.pair);
      if (file.meaning !== pair.parts.meaning)
        throw new OperatorError("E_PLAN_STALE", "the mapping has changed since the plan was made");
      const report = await pair.apply(file, who, { signal, progress: SILENT });
      if (report.reason === "running") throw new OperatorError("E_RUNNING", report.message ?? "a run is under way");
      if (report.reason === "mapping-changed")
        throw new OperatorError("E_PLAN_STALE", report.message ?? "the mapping has changed");
      if (file.actions.length > 0 && report.applied === 0)
        throw new OperatorError(
          "E_PLAN_STALE",
          "none of the plan's actions is still what is to be done; make a new plan",
        );
      return parseJson(JSON.stringify(report));
    },
    async systems() {
      const totals = runtime.calls.total();
      return parts.systems.map((system) => ({
        system: system.name,
        connector: system.connector.name,
        calls: totals[system.name] ?? {},
        lastError: null,
      }));
    },
    budgets: () => runtime.budgets.list(),
    subscribe: (listener) => events.subscribe(listener),
    ready: () => (isReady() ? { ready: true, why: null } : { ready: false, why: "stopping" }),
  };
}

/** @throws OperatorError when no plan could be made. */
function documentOf(plan: StoredPlan | null, report: RunReport): Value {
  if (report.reason === "running") throw new OperatorError("E_RUNNING", report.message ?? "a run is under way");
  if (plan === null) throw new OperatorError("E_INVALID", report.message ?? report.reason ?? "no plan could be made");
  return plan.document;
}

async function summaryOf(worker: PairWorker): Promise<PairSummary> {
  const { mapping, parts, store } = worker.pair;
  const { acceptedMeaning } = await store.state();
  return {
    pair: mapping.pair,
    file: mapping.file,
    state: mapping.state,
    sides: mapping.sides,
    entities: parts.entities.map((entity) => entity.name),
    running: worker.running() as RunId | null,
    next: worker.schedule.next(),
    pendingAccept: acceptedMeaning !== null && acceptedMeaning !== parts.meaning,
  };
}
