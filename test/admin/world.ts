// A ledger and an operator in memory, with one pair that has a bit of everything, and the admin listener over them on a
// real socket.

import { createAdmin, type Admin, type AdminOptions } from "../../src/admin/admin.ts";
import { createEvents } from "../../src/admin/events.ts";
import { createMetrics, type Metrics } from "../../src/admin/metrics.ts";
import type { Route } from "../../src/admin/route.ts";
import { allRoutes } from "../../src/admin/routes/table.ts";
import type { Instant, LinkId, RemoteId, RunId } from "../../src/core/ids.ts";
import type { Value } from "../../src/core/value.ts";
import {
  LedgerError,
  type AuditRow,
  type CaseRow,
  type EffectRow,
  type Ledger,
  type LinkRow,
  type PairFigures,
  type QuarantineRow,
} from "../../src/engine/ledger.ts";
import type { BudgetRow } from "../../src/core/budget.ts";
import { OperatorError, type Operator, type PairSummary } from "../../src/engine/operator.ts";
import type { RunReport, RunRow, StoredPlan } from "../../src/engine/ports/run.ts";

const NOW = Date.parse("2026-11-03T03:12:00Z");
export const at = (secondsAgo: number): Instant => (NOW - secondsAgo * 1000) as Instant;
export const record = (id: string): RemoteId => id as RemoteId;

export interface World {
  pairs: PairSummary[];
  figures: Map<string, Partial<PairFigures>>;
  runs: (RunRow & { readonly pair: string })[];
  effects: EffectRow[];
  links: (LinkRow & { readonly pair: string })[];
  cases: (CaseRow & { readonly closed?: boolean })[];
  quarantine: QuarantineRow[];
  plans: (StoredPlan & { readonly pair: string })[];
  audit: Omit<AuditRow, "at">[];
  /** What the operator was asked, as "word pair who". */
  asked: string[];
  /** Plan ids whose records have moved. */
  stale: Set<string>;
  databaseFails: boolean;
  ready: { ready: boolean; why: string | null };
  lastError: string | null;
  budgets: BudgetRow[];
  emit: (event: string, data: Value) => void;
}

export function report(more: Partial<RunReport> = {}): RunReport {
  return {
    pair: "crm-billing",
    run: "r_01" as RunId,
    outcome: "ok",
    reason: null,
    message: null,
    entities: {
      customer: {
        read: { crm: 1000, billing: 990 },
        situations: { "in-sync": 970, "changed-left": 10, conflict: 20 },
        effects: { crm: { create: 0, update: 0, delete: 0 }, billing: { create: 2, update: 8, delete: 0 } },
        withheld: [],
        blocked: 0,
        cases: 2,
        parked: 0,
        quarantined: 1,
      },
    },
    calls: { crm: { "200": 10 }, billing: { "200": 19, "429": 1 } },
    seconds: 1.9,
    ...more,
  };
}

export function summary(more: Partial<PairSummary> = {}): PairSummary {
  return {
    pair: "crm-billing",
    file: "mappings/crm-billing.yaml",
    state: "active",
    sides: { left: { name: "crm", system: "sandbox-crm" }, right: { name: "billing", system: "sandbox-billing" } },
    entities: ["customer", "invoice"],
    running: null,
    next: { changes: new Date(NOW + 12_000).toISOString(), sweep: new Date(NOW + 300_000).toISOString() },
    pendingAccept: false,
    ...more,
  };
}

export function aCase(more: Partial<CaseRow> = {}): CaseRow {
  return {
    id: "1",
    pair: "crm-billing",
    entity: "customer",
    kind: "conflict",
    left: record("c-17"),
    right: record("B-4"),
    field: "email",
    values: { left: "ada@example.org", right: "lovelace@example.org" },
    since: at(3600),
    answer: null,
    ...more,
  };
}

export function newWorld(): World {
  return {
    pairs: [summary()],
    figures: new Map([
      [
        "crm-billing",
        {
          links: { live: 988, frozen: 1, tombstones: 3 },
          cases: { conflict: 1 },
          quarantined: 1,
          backlog: 2,
          oldestHint: at(4),
        },
      ],
    ]),
    runs: [
      {
        pair: "crm-billing",
        run: "r_01" as RunId,
        kind: "sweep",
        startedAt: at(30),
        endedAt: at(28),
        report: report(),
      },
    ],
    effects: [
      {
        pair: "crm-billing",
        run: "r_01" as RunId,
        at: at(29),
        entity: "customer",
        side: "right",
        op: "update",
        record: record("B-4"),
        other: record("c-17"),
        linkId: "7" as LinkId,
        fields: { name: { before: "Ada", after: "Ada Lovelace", readBack: "ADA LOVELACE", reason: "changed in crm" } },
        reason: "changed in crm",
        intentId: "i1",
      },
    ],
    links: [
      {
        pair: "crm-billing",
        id: "7" as LinkId,
        entity: "customer",
        left: record("c-17"),
        right: record("B-4"),
        state: "live",
        since: at(9000),
      },
      {
        pair: "crm-billing",
        id: "8" as LinkId,
        entity: "customer",
        left: record("c-18"),
        right: record("B-5"),
        state: "frozen",
        since: at(8000),
      },
    ],
    cases: [aCase()],
    quarantine: [
      {
        id: "q1",
        pair: "crm-billing",
        entity: "customer",
        side: "right",
        record: record("B-9"),
        code: "rejected",
        message: "the VAT number is not valid",
        attempts: 3,
        next: at(-600),
      },
    ],
    plans: [
      {
        pair: "crm-billing",
        id: "p_1",
        hash: "abc",
        createdAt: at(60),
        document: { pair: "crm-billing", hash: "abc", actions: [] },
      },
    ],
    audit: [],
    asked: [],
    stale: new Set(),
    databaseFails: false,
    ready: { ready: true, why: null },
    lastError: null,
    budgets: [],
    emit: () => undefined,
  };
}

export function ledgerOf(world: World): Ledger {
  const found = async <T>(value: T): Promise<T> => {
    if (world.databaseFails) throw new Error("connection refused");
    return value;
  };
  const empty: PairFigures = {
    state: { acceptedMeaning: "m", paused: null },
    links: { live: 0, frozen: 0, tombstones: 0 },
    cases: {},
    quarantined: 0,
    parked: 0,
    backlog: 0,
    oldestHint: null,
    openIntents: 0,
    lastRun: null,
    lastSweep: null,
    approvalsPending: 0,
  };
  return {
    ping: async () => void (await found(null)),
    figures: async (pair) => {
      const own = world.runs.filter((run) => run.pair === pair);
      return found({
        ...empty,
        lastRun: own[0] ?? null,
        lastSweep: own.find((run) => run.kind === "sweep") ?? null,
        ...world.figures.get(pair),
      });
    },
    runs: async ({ pair, limit, before }) => {
      const own = world.runs.filter((run) => pair === null || run.pair === pair);
      const from = before === null ? 0 : own.findIndex((run) => run.run === before) + 1;
      return found(own.slice(from, from + limit));
    },
    run: async (id) => found(world.runs.find((run) => run.run === id) ?? null),
    effects: async ({ run, link, limit }) =>
      found(
        world.effects
          .filter((row) => (run === null || row.run === run) && (link === null || row.linkId === link))
          .slice(0, limit),
      ),
    effectTotals: async () => {
      const totals = new Map<
        string,
        { pair: string; entity: string; side: "left" | "right"; op: string; count: number }
      >();
      for (const { pair, entity, side, op } of world.effects) {
        const key = `${pair} ${entity} ${side} ${op}`;
        totals.set(key, { pair, entity, side, op, count: (totals.get(key)?.count ?? 0) + 1 });
      }
      return found([...totals.values()]);
    },
    links: async ({ pair, entity, record: of, limit, after }) =>
      found(
        world.links
          .filter(
            (row) =>
              row.pair === pair &&
              (entity === null || row.entity === entity) &&
              (of === null || row[of.side] === of.id) &&
              Number(row.id) > Number(after ?? "0"),
          )
          .slice(0, limit),
      ),
    link: async (id) => found(world.links.find((row) => row.id === id) ?? null),
    addLink: async (pair, entity, left, right) => {
      if (world.links.some((row) => row.state !== "tombstone" && (row.left === left || row.right === right)))
        throw new LedgerError("E_TAKEN", "linked already");
      const row = {
        pair,
        id: String(world.links.length + 7) as LinkId,
        entity,
        left,
        right,
        state: "live" as const,
        since: at(0),
      };
      world.links.push(row);
      return found(row);
    },
    removeLink: async (_pair, entity, left, right) => {
      const index = world.links.findIndex((row) => row.entity === entity && row.left === left && row.right === right);
      if (index < 0) throw new LedgerError("E_NOT_FOUND", "not linked");
      world.links.splice(index, 1);
    },
    cases: async ({ pair, limit }) =>
      found(world.cases.filter((row) => row.closed !== true && (pair === null || row.pair === pair)).slice(0, limit)),
    case: async (id) => found(world.cases.find((row) => row.id === id && row.closed !== true) ?? null),
    resolveCase: async (id, answer) => {
      const row = world.cases.find((each) => each.id === id);
      if (row === undefined) throw new LedgerError("E_NOT_FOUND", `there is no case ${id}`);
      if (row.closed === true) throw new LedgerError("E_CLOSED", `case ${id} is closed`);
      const answered = { ...row, answer };
      world.cases = world.cases.map((each) => (each.id === id ? answered : each));
      return found(answered);
    },
    quarantine: async ({ pair, limit }) =>
      found(world.quarantine.filter((row) => pair === null || row.pair === pair).slice(0, limit)),
    retryQuarantined: async (which) => {
      const hit = world.quarantine.filter((row) =>
        "ids" in which ? which.ids.includes(row.id) : which.pair === null || row.pair === which.pair,
      );
      return found(hit.length);
    },
    setPaused: async () => undefined,
    setAcceptedMeaning: async () => undefined,
    acceptState: async () => [],
    plan: async (id) => found(world.plans.find((plan) => plan.id === id) ?? null),
    audit: async (row) => void (await found(world.audit.push(row))),
    auditRows: async () => [],
    storeDelivery: async () => true,
    forget: async () => undefined,
  };
}

export function operatorOf(world: World): Operator {
  const listeners = new Set<Parameters<Operator["subscribe"]>[0]>();
  world.emit = (event, data) => {
    for (const listener of listeners) listener({ event, data });
  };
  const ask = async (word: string, pair: string, who: string): Promise<void> =>
    void world.asked.push(`${word} ${pair} ${who}`);
  return {
    pairs: async () => world.pairs,
    startRun: async (pair, { sweep }, who) => {
      if (world.pairs.find((each) => each.pair === pair)?.running !== null)
        throw new OperatorError("E_RUNNING", `a run of ${pair} is under way`);
      await ask(sweep ? "sweep" : "run", pair, who);
    },
    pause: (pair, who) => ask("pause", pair, who),
    resume: (pair, who) => ask("resume", pair, who),
    accept: (pair, who) => ask("accept", pair, who),
    plan: async (pair) => ({ id: "p_2", pair, hash: "def", actions: [] }),
    undo: async (pair, run) => ({ id: "p_3", pair, hash: "fed", kind: "undo", undo: { run }, actions: [] }),
    explain: async (pair, { entity, side, id }, field) => ({ pair, entity, side, record: id, field }),
    apply: async (id, who) => {
      if (world.stale.has(id))
        throw new OperatorError("E_PLAN_STALE", "the mapping's meaning has changed since the plan was made");
      await ask("apply", id, who);
      return { plan: id, applied: 0, dropped: [], outcome: "ok" };
    },
    systems: async () => [
      { system: "sandbox-crm", connector: "sandbox-crm", calls: { "200": 120 }, lastError: null },
      {
        system: "sandbox-billing",
        connector: "sandbox-billing",
        calls: { "200": 240, "429": 3 },
        lastError: world.lastError,
      },
    ],
    budgets: async () => world.budgets,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    ready: () => world.ready,
  };
}

/** The route table, over a world of its own. */
export function routesOfWorld(): readonly Route[] {
  const world = newWorld();
  const operator = operatorOf(world);
  const desk = {
    ledger: ledgerOf(world),
    operator,
    metrics: createMetrics("1"),
    version: "1",
    now: () => NOW,
    checkValue: () => Promise.resolve(null),
  };
  return allRoutes(
    desk,
    createEvents(operator, {}, () => "{}"),
  );
}

export interface Started {
  readonly admin: Admin;
  readonly world: World;
  readonly metrics: Metrics;
  /** Warnings and errors that were logged. */
  readonly logged: string[];
}

const running: Admin[] = [];

/** For `afterEach`. */
export async function stopAll(): Promise<void> {
  await Promise.all(running.splice(0).map((admin) => admin.close()));
}

export async function startAdmin(more: Partial<AdminOptions> = {}, world: World = newWorld()): Promise<Started> {
  const logged: string[] = [];
  const say = (message: string, facts?: unknown): void => void logged.push(`${message} ${JSON.stringify(facts ?? {})}`);
  const metrics = createMetrics("1.2.3");
  const admin = await createAdmin({
    ledger: ledgerOf(world),
    operator: operatorOf(world),
    metrics,
    listen: { host: "127.0.0.1", port: 0 },
    tokens: [],
    log: { debug: () => undefined, info: () => undefined, warn: say, error: say },
    version: "1.2.3",
    now: () => NOW,
    ...more,
  });
  running.push(admin);
  return { admin, world, metrics, logged };
}
