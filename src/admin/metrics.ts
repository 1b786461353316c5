// What Prometheus reads. Names and labels are a contract: interfaces.md, "Metrics". No ids in labels.
//
// Calls, runs, webhooks and propagation are told as they happen. Whatever the state knows is read when it is asked for:
// gauges, and effects_total, which therefore always equals the history.

import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { RunReport } from "../engine/ports/run.ts";
import { remainingRatio } from "../core/budget.ts";
import type { Figures } from "./figures.ts";

export interface Metrics {
  /** @param call `status`: HTTP status as text, or the failure's code where no answer came. */
  observeCall(call: {
    readonly system: string;
    readonly operation: string;
    readonly status: string;
    readonly seconds: number;
  }): void;
  /** A call is made again after a while. */
  observeWait(wait: { readonly system: string; readonly reason: string }): void;
  observeRun(report: RunReport): void;
  /** @param result accepted, doubled, refused, … */
  observeWebhook(system: string, result: string): void;
  /** From a change on one side to its effect on the other. */
  observePropagation(pair: string, seconds: number): void;
  /** @param figures Null: the state does not answer; what it would have told is then left out. */
  text(figures: Figures | null): Promise<string>;
  readonly contentType: string;
}

const PREFIX = "syncline_";
const CALL_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const RUN_SECONDS = [0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600];
const PROPAGATION_SECONDS = [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600];

export function createMetrics(version: string): Metrics {
  const registry = new Registry();
  const shared = <T extends string>(name: string, help: string, labelNames: readonly T[]) => ({
    name: PREFIX + name,
    help,
    labelNames,
    registers: [registry],
  });
  const counter = <T extends string>(name: string, help: string, labels: readonly T[]): Counter<T> =>
    new Counter(shared(name, help, labels));
  const gauge = <T extends string>(name: string, help: string, labels: readonly T[]): Gauge<T> =>
    new Gauge(shared(name, help, labels));
  const histogram = <T extends string>(
    name: string,
    help: string,
    labels: readonly T[],
    buckets: number[],
  ): Histogram<T> => new Histogram({ ...shared(name, help, labels), buckets });

  const records = counter("records_read_total", "Records read in runs.", ["pair", "entity", "side"]);
  const effects = counter("effects_total", "Confirmed remote changes, from the history.", [
    "pair",
    "entity",
    "side",
    "op",
  ]);
  const situations = counter("situations_total", "Situations that runs found.", ["pair", "entity", "situation"]);
  const requests = counter("requests_total", "Calls to systems.", ["system", "op", "status"]);
  const requestSeconds = histogram(
    "request_duration_seconds",
    "Duration of calls to systems.",
    ["system", "op"],
    CALL_SECONDS,
  );
  const retries = counter("retries_total", "Calls that waited and were made again.", ["system", "reason"]);
  const budgetRatio = gauge("budget_remaining_ratio", "What is left of a system's limit, 0 to 1.", ["system", "limit"]);
  const runSeconds = histogram("run_duration_seconds", "Duration of runs.", ["pair"], RUN_SECONDS);
  const propagation = histogram(
    "propagation_seconds",
    "From a change on one side to its effect on the other.",
    ["pair"],
    PROPAGATION_SECONDS,
  );
  const lag = gauge("lag_seconds", "Age of the oldest change that may not have been looked at yet.", ["pair", "side"]);
  const backlog = gauge("backlog_records", "Records with hints that no run has looked at yet.", ["pair"]);
  const cases = gauge("cases_open", "What waits for a person.", ["pair", "kind"]);
  const quarantined = gauge("quarantined_records", "Records that fail.", ["pair"]);
  const withheld = gauge("withheld_actions", "Actions that guards withheld in the last run.", ["pair", "op"]);
  const webhooks = counter("webhooks_total", "Webhook deliveries.", ["system", "result"]);
  const agreement = gauge("agreement_ratio", "Share of the records that the last sweep found in step, 0 to 1.", [
    "pair",
    "entity",
  ]);
  gauge("build_info", "Always 1; the label tells the version.", ["version"]).set({ version }, 1);

  const derived = [effects, budgetRatio, lag, backlog, cases, quarantined, withheld, agreement];

  const take = (figures: Figures): void => {
    for (const { pair, entity, side, op, count } of figures.effects) effects.inc({ pair, entity, side, op }, count);
    for (const budget of figures.budgets)
      budgetRatio.set({ system: budget.system, limit: budget.limit }, remainingRatio(budget));
    for (const found of figures.pairs) {
      const { pair } = found;
      for (const { side, seconds } of found.lag) lag.set({ pair, side }, seconds);
      backlog.set({ pair }, found.backlog);
      quarantined.set({ pair }, found.quarantined);
      for (const { kind, count } of found.cases) cases.set({ pair, kind }, count);
      for (const { op, count } of found.withheld) withheld.set({ pair, op }, count);
      for (const { entity, ratio } of found.agreement) agreement.set({ pair, entity }, ratio);
    }
  };

  return {
    contentType: registry.contentType,
    observeCall({ system, operation, status, seconds }) {
      requests.inc({ system, op: operation, status });
      requestSeconds.observe({ system, op: operation }, seconds);
    },
    observeWait: ({ system, reason }) => retries.inc({ system, reason }),
    observeRun({ pair, entities, seconds }) {
      runSeconds.observe({ pair }, seconds);
      for (const [entity, found] of Object.entries(entities)) {
        for (const [side, count] of Object.entries(found.read)) records.inc({ pair, entity, side }, count);
        for (const [situation, count] of Object.entries(found.situations))
          situations.inc({ pair, entity, situation }, count);
      }
    },
    observeWebhook: (system, result) => webhooks.inc({ system, result }),
    observePropagation: (pair, seconds) => propagation.observe({ pair }, seconds),
    async text(figures) {
      for (const metric of derived) metric.reset();
      if (figures !== null) take(figures);
      return registry.metrics();
    },
  };
}
