// The names and labels of interfaces.md, to the letter, and where each figure comes from.

import { afterEach, expect, test } from "@jest/globals";
import { createMetrics, type Metrics } from "../../src/admin/metrics.ts";
import type { RunId } from "../../src/core/ids.ts";
import type { CaseKind } from "../../src/core/decision.ts";
import { ask } from "./ask.ts";
import { at, newWorld, report, startAdmin, stopAll, type World } from "./world.ts";

afterEach(stopAll);

const CONTRACT = {
  syncline_records_read_total: ["pair", "entity", "side"],
  syncline_effects_total: ["pair", "entity", "side", "op"],
  syncline_situations_total: ["pair", "entity", "situation"],
  syncline_requests_total: ["system", "op", "status"],
  syncline_request_duration_seconds: ["system", "op"],
  syncline_retries_total: ["system", "reason"],
  syncline_budget_remaining_ratio: ["system", "limit"],
  syncline_run_duration_seconds: ["pair"],
  syncline_propagation_seconds: ["pair"],
  syncline_lag_seconds: ["pair", "side"],
  syncline_backlog_records: ["pair"],
  syncline_cases_open: ["pair", "kind"],
  syncline_quarantined_records: ["pair"],
  syncline_withheld_actions: ["pair", "op"],
  syncline_webhooks_total: ["system", "result"],
  syncline_agreement_ratio: ["pair", "entity"],
  syncline_build_info: ["version"],
};

function observeAll(metrics: Metrics): void {
  metrics.observeCall({ system: "crm", operation: "list", status: "200", seconds: 0.2 });
  metrics.observeWait({ system: "crm", reason: "throttled" });
  metrics.observeRun(report());
  metrics.observeWebhook("crm", "accepted");
  metrics.observePropagation("crm-billing", 0.8);
}

/** Samples by name and labels. */
async function scrape(
  world: World = newWorld(),
  observe: (metrics: Metrics) => void = () => undefined,
): Promise<ReadonlyMap<string, number>> {
  const { admin, metrics } = await startAdmin({}, world);
  observe(metrics);
  const answer = await ask(admin, "GET", "/metrics");
  expect([answer.status, answer.headers["content-type"]]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
  const lines = answer.text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]),
  );
}

test("exactly the metrics of the contract, each with exactly its labels", async () => {
  const world = newWorld();
  world.budgets.push({ system: "crm", limit: "daily", calls: 1000, perMs: 86_400_000, used: 250, heldUntil: null });
  const samples = await scrape(world, observeAll);
  const labels: Record<string, string[]> = {};
  for (const sample of samples.keys()) {
    const [, name = "", inner = ""] = /^(\w+?)(?:_bucket|_sum|_count)?(?:\{(.*)\})?$/.exec(sample) ?? [];
    labels[name] = [...inner.matchAll(/(\w+)=/g)]
      .map(([, label]) => label ?? "")
      .filter((label) => label !== "le")
      .toSorted();
  }

  expect(labels).toEqual(Object.fromEntries(Object.entries(CONTRACT).map(([name, each]) => [name, each.toSorted()])));
});

test("metrics that were never observed are declared all the same", async () => {
  const text = await createMetrics("1").text(null);

  expect([...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name = ""]) => name).toSorted()).toEqual(
    Object.keys(CONTRACT).toSorted(),
  );
});

test("promise 27: effects_total is the history, however often it is scraped and whatever was run meanwhile", async () => {
  const world = newWorld();
  const { admin, metrics } = await startAdmin({}, world);
  const effects = async () =>
    /^syncline_effects_total\{.*\} (\d+)$/m.exec((await ask(admin, "GET", "/metrics")).text)?.[1];

  metrics.observeRun(report());
  const first = [await effects(), await effects()];
  world.effects.push(...world.effects, ...world.effects);

  expect(first).toEqual(["1", "1"]);
  expect(await effects()).toBe("3");
});

test("gauges are what the state says now", async () => {
  const samples = await scrape();

  expect(samples.get('syncline_cases_open{pair="crm-billing",kind="conflict"}')).toBe(1);
  expect(samples.get('syncline_cases_open{pair="crm-billing",kind="guard"}')).toBe(0);
  expect(samples.get('syncline_quarantined_records{pair="crm-billing"}')).toBe(1);
  expect(samples.get('syncline_backlog_records{pair="crm-billing"}')).toBe(2);
  expect(samples.get('syncline_agreement_ratio{pair="crm-billing",entity="customer"}')).toBe(0.97);
  expect(samples.get('syncline_build_info{version="1.2.3"}')).toBe(1);
});

test("every kind of case has its gauge", async () => {
  const kinds: readonly CaseKind[] = [
    "conflict",
    "gone",
    "ambiguous",
    "matched-taken",
    "gone-edited",
    "guard",
    "oscillation",
    "value-rejected",
    "unknown-outcome",
    "drift",
  ];

  const samples = await scrape();

  expect(
    [...samples.keys()]
      .filter((name) => name.startsWith("syncline_cases_open"))
      .map((name) => /kind="(.*)"/.exec(name)?.[1]),
  ).toEqual(kinds);
});

test("a run counts what it read and found, by the file's side names", async () => {
  const samples = await scrape(newWorld(), (metrics) => {
    metrics.observeRun(report());
    metrics.observeRun(report());
  });

  expect(samples.get('syncline_records_read_total{pair="crm-billing",entity="customer",side="crm"}')).toBe(2000);
  expect(samples.get('syncline_situations_total{pair="crm-billing",entity="customer",situation="conflict"}')).toBe(40);
  expect(samples.get('syncline_run_duration_seconds_count{pair="crm-billing"}')).toBe(2);
});

test("lag grows while runs read nothing, and counts a hint that waits longer", async () => {
  const failing = newWorld();
  for (let n = 0; n < 3; n += 1)
    failing.runs.unshift({
      pair: "crm-billing",
      run: `r_1${String(n)}` as RunId,
      kind: "changes",
      startedAt: at(5),
      endedAt: at(4),
      report: report({ outcome: "halted", reason: "unreachable" }),
    });
  const waiting = newWorld();
  waiting.figures.set("crm-billing", { oldestHint: at(90) });
  const lag = 'syncline_lag_seconds{pair="crm-billing",side="crm"}';

  expect((await scrape()).get(lag)).toBe(30);
  expect((await scrape(failing)).get(lag)).toBe(30);
  expect((await scrape(waiting)).get(lag)).toBe(90);
});

test("a trip that every entity of a run tells of is counted once", async () => {
  const world = newWorld();
  const [customer] = Object.values(report().entities);
  if (customer === undefined) throw new Error("the report has no entity");
  const trips = { ...customer, withheld: [{ side: "billing", op: "delete" as const, count: 40, limit: 10 }] };
  world.runs = [
    {
      pair: "crm-billing",
      run: "r_02" as RunId,
      kind: "sweep",
      startedAt: at(9),
      endedAt: at(8),
      report: report({ outcome: "withheld", entities: { customer: trips, invoice: trips } }),
    },
  ];

  const samples = await scrape(world);

  expect(samples.get('syncline_withheld_actions{pair="crm-billing",op="delete"}')).toBe(40);
  expect(samples.get('syncline_withheld_actions{pair="crm-billing",op="create"}')).toBe(0);
});

test("without the database, calls and runs are still told, and nothing that would be a guess", async () => {
  const world = newWorld();
  world.databaseFails = true;

  const samples = await scrape(world, observeAll);

  expect(samples.get('syncline_requests_total{system="crm",op="list",status="200"}')).toBe(1);
  expect(
    [...samples.keys()].some(
      (name) => name.startsWith("syncline_cases_open") || name.startsWith("syncline_effects_total"),
    ),
  ).toBe(false);
});

test("two daemons in one process do not share counters", async () => {
  const [first, second] = [createMetrics("1"), createMetrics("1")];

  observeAll(first);

  expect(await second.text(null)).not.toContain('system="crm"');
});
