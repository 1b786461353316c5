// Everything put together for one project: the database, one opened system for each account, and the pairs that can be run.
// The command line and the daemon both work through this.

import type { DatabaseChoice, TracesConfig } from "../config/settings.ts";
import type { Account } from "../connector/account.ts";
import type { Connector } from "../connector/compile.ts";
import type { System } from "../connector/contract.ts";
import { ratesOf } from "../connector/limits.ts";
import type { Authorization } from "../connector/oauth/authorization.ts";
import type { Redactor, Secret } from "../connector/secret.ts";
import type { Webhooks } from "../connector/webhook/webhooks.ts";
import type { Budgets, Lane } from "../core/budget.ts";
import { SIDES, type RunId } from "../core/ids.ts";
import type { KeyPath } from "../core/problem.ts";
import { explainRecord } from "../engine/explain/explain.ts";
import type { Explanation, RulePlace } from "../engine/explain/explanation.ts";
import { OperatorError } from "../engine/operator.ts";
import type { RecordName } from "../engine/ports/history.ts";
import type { TokenVault } from "../core/token-vault.ts";
import { isFields, isList, type Value } from "../core/value.ts";
import { applyPlan, type ApplyReport } from "../engine/apply.ts";
import type { Entity, PairParts, Ports } from "../engine/context.ts";
import type { Ledger } from "../engine/ledger.ts";
import type { PlanFile } from "../engine/plan-document.ts";
import type { PairStore } from "../engine/ports/pair-store.ts";
import type { RunReport } from "../engine/ports/run.ts";
import type { Log, Progress } from "../engine/ports/world.ts";
import type { RunResult } from "../engine/cycle.ts";
import { runPair } from "../engine/run.ts";
import { policyFor } from "../engine/sink.ts";
import type { RunKind } from "../intake/queue.ts";
import { nextRuns } from "../intake/schedule.ts";
import type { Mapping } from "../mapping/mapping.ts";
import { openStore, type Store } from "../store/store.ts";
import { openTokens } from "../store/tokens.ts";
import { countCalls, type CallCounter, type CallListener } from "./calls.ts";
import { currentLane, inLane } from "./lane.ts";
import { openPairBudget } from "./pair-budget.ts";
import { openState } from "./state.ts";
import { tokenKey } from "./token-key.ts";
import { openTracing } from "./open-tracing.ts";
import type { Tracing } from "./tracing.ts";
import { digest256, digest64, systemClock, systemIds } from "./system-ports.ts";

/** One account, ready to be opened. */
interface SystemParts {
  readonly name: string;
  readonly connector: Connector;
  readonly settings: Readonly<Record<string, Value>>;
  readonly secrets: ReadonlyMap<string, Secret>;
  readonly limits: Readonly<Record<string, string>>;
  readonly allowPrivate: boolean;
  /** Null: it sends none. */
  readonly webhooks: Webhooks | null;
}

export interface RuntimeParts {
  readonly database: DatabaseChoice;
  readonly dataDir: string;
  /** What tokens are sealed with; null: the key file in dataDir. */
  readonly key: Secret | null;
  readonly systems: readonly SystemParts[];
  /** Those whose files have no error. */
  readonly mappings: readonly Mapping[];
  readonly version: string;
  /** Shared by all systems. */
  readonly redactor: Redactor;
  readonly log: Log;
  readonly calls: CallListener | null;
  /** Left out, or null: there are none. */
  readonly traces?: TracesConfig | null;
  /** Where a key path stands in a pair's mapping file. Left out: the file is not at hand. */
  placeOf?(this: void, pair: string, path: KeyPath): RulePlace | null;
}

export interface PairRuntime {
  readonly mapping: Mapping;
  readonly parts: PairParts;
  readonly store: PairStore;
  run(how: RunHow): Promise<RunResult>;
  /** Reads and decides, writes nothing; stores the plan. */
  plan(how: Omit<RunHow, "entity">): Promise<RunResult>;
  /** The plan that takes a run back: reads and decides, writes nothing; stores the plan. */
  undo(run: RunId, how: Pick<RunHow, "signal" | "progress">): Promise<RunResult>;
  /** Why a record shows what it shows. @throws OperatorError E_NOT_FOUND for an entity or a field that the mapping has not. */
  explain(record: RecordName, field: string | null): Promise<Explanation>;
  /** When a daemon would run it next. */
  next(ended: Parameters<typeof nextRuns>[1]): ReturnType<typeof nextRuns>;
  apply(plan: PlanFile, who: string, how: Pick<RunHow, "signal" | "progress">): Promise<ApplyReport>;
}

interface RunHow {
  readonly kind: RunKind;
  readonly entity: string | null;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

export interface Runtime {
  readonly ledger: Ledger;
  readonly pairs: ReadonlyMap<string, PairRuntime>;
  readonly systems: ReadonlyMap<string, System>;
  readonly calls: CallCounter;
  readonly budgets: Budgets;
  /** For a person to connect a system; null: there is none of this name, or its log-in needs nobody. */
  connect(system: string): Promise<Authorization | null>;
  close(): Promise<void>;
}

export const SILENT: Progress = { phase: () => undefined };

/** @throws StateError when the database cannot be reached or started. */
export async function openRuntime(parts: RuntimeParts): Promise<Runtime> {
  const { log } = parts;
  const state = await openState(parts);
  const { database } = state;
  const closers: (() => Promise<void>)[] = [() => state.close()];
  const close = async (): Promise<void> => {
    for (const closer of closers.toReversed()) await closer();
  };
  try {
    const store = openStore(database);
    const tracing = await openTracing(parts.traces ?? null, parts.version, log);
    closers.push(() => tracing.close());
    const calls = countCalls(both(parts.calls, tracing));
    const tokens = openTokens(database, tokenKey(parts));
    const accountOf = (system: SystemParts): Account =>
      accountFor(system, parts, { calls, budgets: store.budgets, tokens });
    const systems = new Map<string, System>();
    for (const system of parts.systems) systems.set(system.name, await system.connector.open(accountOf(system)));
    closers.push(async () => {
      for (const system of systems.values()) await system.close();
    });
    const pairs = new Map(
      parts.mappings.map((mapping) => [
        mapping.pair,
        openPair(mapping, {
          store,
          systems,
          accounts: parts.systems,
          calls,
          tracing,
          log,
          placeOf: parts.placeOf ?? nowhere,
        }),
      ]),
    );
    const connect = async (name: string): Promise<Authorization | null> => {
      const system = parts.systems.find((each) => each.name === name);
      return system === undefined ? null : system.connector.connect(accountOf(system));
    };
    return { ledger: store.ledger, pairs, systems, calls, budgets: store.budgets, connect, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Two who listen to calls, or the one there is. */
function both(one: CallListener | null, other: CallListener): CallListener {
  if (one === null) return other;
  return {
    called(call) {
      one.called(call);
      other.called(call);
    },
    waited(wait) {
      one.waited(wait);
      other.waited(wait);
    },
  };
}

interface AccountTools {
  readonly calls: CallCounter;
  readonly budgets: Budgets;
  readonly tokens: TokenVault;
}

function accountFor(
  { name, settings, secrets, limits, allowPrivate }: SystemParts,
  { log, version, redactor }: RuntimeParts,
  { calls, budgets, tokens }: AccountTools,
): Account {
  return {
    name,
    settings,
    secrets,
    limits,
    allowPrivate,
    observer: calls,
    clock: {
      now: () => systemClock.now(),
      sleep: (ms, signal) => systemClock.sleep(ms, signal ?? new AbortController().signal),
    },
    log: {
      warn: (message, facts) => log.warn(message, facts),
      debug: (message, facts) => log.debug(message, facts),
    },
    version,
    redactor,
    budgets: { shared: budgets, lane: currentLane },
    tokens,
  };
}

interface PairTools {
  readonly store: Store;
  readonly systems: ReadonlyMap<string, System>;
  readonly accounts: readonly SystemParts[];
  readonly calls: CallCounter;
  readonly tracing: Tracing;
  readonly log: Log;
  readonly placeOf: NonNullable<RuntimeParts["placeOf"]>;
}

/** The file is not at hand. */
function nowhere(): null {
  return null;
}

function openPair(
  mapping: Mapping,
  { store: whole, systems, accounts, calls, tracing, log, placeOf }: PairTools,
): PairRuntime {
  const store = whole.pair(mapping.pair);
  const systemOf = (side: "left" | "right"): System => {
    const found = systems.get(mapping.sides[side].system);
    if (found === undefined) throw new Error(`pair ${mapping.pair}: no system "${mapping.sides[side].system}"`);
    return found;
  };
  const entities = mapping.entities.map((entity): Entity => {
    const left = systemOf("left").object(entity.objects.left, entity.wanted.left);
    const right = systemOf("right").object(entity.objects.right, entity.wanted.right);
    const policy = policyFor(entity.policy, { left: left.capabilities, right: right.capabilities });
    return { name: policy.name, mapping: { ...entity, policy }, objects: { left, right } };
  });
  const parts: PairParts = {
    mapping,
    meaning: digest256(mapping.meaning),
    entities,
    epochOf: async (side) => (await systemOf(side).epoch?.()) ?? { ok: true, value: null },
  };
  const owner = `${process.pid.toString()}@${process.title}`;

  /** The report's calls are told by the file's side names. */
  const bySide = (counts: () => RunReport["calls"]) => (): RunReport["calls"] => {
    const found = counts();
    const { left, right } = mapping.sides;
    return { [left.name]: found[left.system] ?? {}, [right.name]: found[right.system] ?? {} };
  };
  const ratesFor = (side: "left" | "right"): ReturnType<typeof ratesOf> => {
    const account = accounts.find(({ name }) => name === mapping.sides[side].system);
    return account === undefined ? [] : ratesOf(account.connector.file, account.limits);
  };
  const budget = openPairBudget({
    parts,
    budgets: whole.budgets,
    ledger: whole.ledger,
    log,
    rates: { left: ratesFor("left"), right: ratesFor("right") },
  });
  const portsFor = (progress: Progress): Ports => ({
    clock: systemClock,
    ids: systemIds,
    digest64,
    digest256,
    store,
    log,
    progress,
  });

  /** A first load is one that has left nothing yet to go on from, whatever kind of run it is. */
  let isLoaded = false;
  const laneOf = async (kind: RunKind): Promise<Lane> => {
    if (kind === "hints") return "webhook";
    isLoaded ||= await hasLoaded(parts, store);
    return isLoaded ? kind : "first-load";
  };
  const go = async (how: RunHow & { readonly undo?: RunId }, lane: Lane, dryRun: boolean): Promise<RunResult> => {
    const run = systemIds.run();
    const work = (): Promise<RunResult> =>
      calls.during((counts) =>
        runPair(
          parts,
          {
            ...portsFor(how.progress),
            beforeWriting: (counted) => budget.warnOfWriting(counted, lane),
          },
          {
            run,
            kind: how.kind,
            entity: how.entity,
            dryRun,
            only: null,
            ...(how.undo === undefined ? {} : { undo: how.undo }),
            owner,
            signal: how.signal,
            calls: bySide(counts),
          },
        ),
      );
    const facts = { pair: mapping.pair, run, kind: how.kind, dryRun };
    return inLane(lane, () => tracing.during(facts, work, ({ report }) => report));
  };

  /** The result with its plan billed and stored. */
  const kept = async (result: RunResult, lane: Lane): Promise<RunResult> => {
    if (result.plan === null || !isFields(result.plan.document)) return result;
    const bill = await budget.billOf(result.report, listOf(result.plan.document["actions"]), lane);
    const plan = { ...result.plan, document: { ...result.plan.document, bill } };
    await store.savePlan(plan);
    return { ...result, plan };
  };

  return {
    mapping,
    parts,
    store,
    async run(how) {
      const lane = await laneOf(how.kind);
      if (lane === "first-load" || lane === "sweep") await budget.warnOfReading(lane);
      return go(how, lane, false);
    },
    async plan(how) {
      const lane = await laneOf(how.kind);
      return kept(await go({ ...how, entity: null }, lane, true), lane);
    },
    async undo(run, how) {
      const lane = await laneOf("changes");
      return kept(await go({ ...how, kind: "changes", entity: null, undo: run }, lane, true), lane);
    },
    async explain(record, field) {
      const entity = entities.find(({ name }) => name === record.entity);
      if (entity === undefined) throw new OperatorError("E_NOT_FOUND", `no entity "${record.entity}"`);
      if (field !== null && !entity.mapping.policy.fields.some(({ name }) => name === field))
        throw new OperatorError("E_NOT_FOUND", `${record.entity} has no field "${field}"`);
      const history = await whole.history(mapping.pair, record);
      const { side, id } = record;
      const asked = { side, id, field, placeOf: (path: KeyPath) => placeOf(mapping.pair, path) };
      return explainRecord(parts, portsFor(SILENT), entity, history, asked);
    },
    next: (ended) => nextRuns(mapping.schedule, ended),
    apply(plan, who, { signal, progress }) {
      const run = systemIds.run();
      const work = (): Promise<ApplyReport> =>
        calls.during((counts) =>
          applyPlan(parts, portsFor(progress), plan, { run, owner, signal, calls: bySide(counts) }, who),
        );
      return tracing.during({ pair: mapping.pair, run, kind: "apply", dryRun: false }, work, (report) => report);
    },
  };
}

async function hasLoaded({ entities }: PairParts, store: PairStore): Promise<boolean> {
  const fed = entities.flatMap(({ name, objects }) =>
    SIDES.filter((side) => objects[side].capabilities.changes !== null).map((side) => ({ name, side })),
  );
  for (const { name, side } of fed) if ((await store.cursor(name, side)) !== null) return true;
  if (fed.length > 0) return false;
  for (const { name } of entities) if ((await store.countLinks(name)).live > 0) return true;
  return false;
}

function listOf(value: Value | undefined): readonly Value[] {
  return isList(value) ? value : [];
}
