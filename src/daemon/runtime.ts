// Everything put together for one project: the database, one opened system for each account, and the pairs that can be run.
// The command line and the daemon both work through this.

import type { DatabaseChoice } from "../config/settings.ts";
import type { Account } from "../connector/account.ts";
import type { Connector } from "../connector/compile.ts";
import type { System } from "../connector/contract.ts";
import { ratesOf } from "../connector/limits.ts";
import type { Redactor, Secret } from "../connector/secret.ts";
import type { Webhooks } from "../connector/webhook/webhooks.ts";
import type { Budgets, Lane } from "../core/budget.ts";
import type { BySide, Side } from "../core/ids.ts";
import { isFields, isList, type Fields, type Value } from "../core/value.ts";
import { applyPlan, type ApplyReport } from "../engine/apply.ts";
import type { Entity, PairParts, Ports } from "../engine/context.ts";
import type { Ledger } from "../engine/ledger.ts";
import type { PlanFile } from "../engine/plan-document.ts";
import type { Log, PairStore, Progress, RunReport } from "../engine/ports.ts";
import type { RunResult } from "../engine/cycle.ts";
import { runPair } from "../engine/run.ts";
import type { RunKind } from "../intake/queue.ts";
import type { Mapping } from "../mapping/mapping.ts";
import { openDatabase, type DatabaseAddress } from "../store/database.ts";
import { startEmbedded, type Embedded } from "../store/embedded.ts";
import { openStore, type Store } from "../store/store.ts";
import { billOf } from "./bill.ts";
import { countCalls, type CallCounter, type CallListener } from "./calls.ts";
import { currentLane, inLane } from "./lane.ts";
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
  readonly systems: readonly SystemParts[];
  /** Those whose files have no error. */
  readonly mappings: readonly Mapping[];
  readonly version: string;
  /** Shared by all systems. */
  readonly redactor: Redactor;
  readonly log: Log;
  readonly calls: CallListener | null;
}

export interface PairRuntime {
  readonly mapping: Mapping;
  readonly parts: PairParts;
  readonly store: PairStore;
  run(how: RunHow): Promise<RunResult>;
  /** Reads and decides, writes nothing; stores the plan. */
  plan(how: Omit<RunHow, "entity">): Promise<RunResult>;
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
  close(): Promise<void>;
}

export const SILENT: Progress = { phase: () => undefined };

/** @throws StateError when the database cannot be reached or started. */
export async function openRuntime(parts: RuntimeParts): Promise<Runtime> {
  const { log } = parts;
  const embedded = parts.database.kind === "embedded" ? await startEmbedded({ dataDir: parts.dataDir, log }) : null;
  const closers: (() => Promise<void>)[] = embedded === null ? [] : [() => embedded.stop()];
  const close = async (): Promise<void> => {
    for (const closer of closers.toReversed()) await closer();
  };
  try {
    const database = await openDatabase(addressOf(parts.database, embedded), log);
    closers.push(() => database.close());
    const store = openStore(database);
    const calls = countCalls(parts.calls);
    const systems = new Map<string, System>();
    for (const system of parts.systems) systems.set(system.name, await openSystem(system, parts, calls, store.budgets));
    closers.push(async () => {
      for (const system of systems.values()) await system.close();
    });
    const pairs = new Map(
      parts.mappings.map((mapping) => [
        mapping.pair,
        openPair(mapping, { store, systems, accounts: parts.systems, calls, log }),
      ]),
    );
    return { ledger: store.ledger, pairs, systems, calls, budgets: store.budgets, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function addressOf(choice: DatabaseChoice, embedded: Embedded | null): DatabaseAddress {
  if (choice.kind === "url") return { url: choice.url.reveal() };
  if (embedded === null) throw new Error("the embedded database was not started");
  return { connection: embedded.connection };
}

function openSystem(
  system: SystemParts,
  { log, version, redactor }: RuntimeParts,
  observer: CallCounter,
  shared: Budgets,
): Promise<System> {
  const { name, settings, secrets, limits, allowPrivate } = system;
  const clock: Account["clock"] = {
    now: () => systemClock.now(),
    sleep: (ms, signal) => systemClock.sleep(ms, signal ?? new AbortController().signal),
  };
  const quiet: Account["log"] = {
    warn: (message, facts) => log.warn(message, facts),
    debug: (message, facts) => log.debug(message, facts),
  };
  const budgets = { shared, lane: currentLane };
  const account = {
    name,
    settings,
    secrets,
    limits,
    allowPrivate,
    observer,
    clock,
    log: quiet,
    version,
    redactor,
    budgets,
  };
  return system.connector.open(account);
}

interface PairTools {
  readonly store: Store;
  readonly systems: ReadonlyMap<string, System>;
  readonly accounts: readonly SystemParts[];
  readonly calls: CallCounter;
  readonly log: Log;
}

function openPair(mapping: Mapping, { store: whole, systems, accounts, calls, log }: PairTools): PairRuntime {
  const store = whole.pair(mapping.pair);
  const systemOf = (side: "left" | "right"): System => {
    const found = systems.get(mapping.sides[side].system);
    if (found === undefined) throw new Error(`pair ${mapping.pair}: no system "${mapping.sides[side].system}"`);
    return found;
  };
  const entities = mapping.entities.map((entity): Entity => ({
    name: entity.policy.name,
    mapping: entity,
    objects: {
      left: systemOf("left").object(entity.objects.left, entity.wanted.left),
      right: systemOf("right").object(entity.objects.right, entity.wanted.right),
    },
  }));
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
  const portsFor = (progress: Progress): Ports => ({
    clock: systemClock,
    ids: systemIds,
    digest64,
    digest256,
    store,
    log,
    progress,
  });
  const laneOf = async (kind: RunKind): Promise<Lane> => {
    if (kind !== "sweep") return kind === "hints" ? "webhook" : "changes";
    return (await whole.ledger.figures(mapping.pair)).lastSweep === null ? "first-load" : "sweep";
  };
  const go = async (how: RunHow, dryRun: boolean): Promise<RunResult> =>
    inLane(await laneOf(how.kind), () =>
      calls.during((counts) =>
        runPair(parts, portsFor(how.progress), {
          run: systemIds.run(),
          kind: how.kind,
          entity: how.entity,
          dryRun,
          only: null,
          owner,
          signal: how.signal,
          calls: bySide(counts),
        }),
      ),
    );

  const billFor = async ({ calls: made }: RunReport, actions: readonly Value[]): Promise<Fields> => {
    const taken = await whole.budgets.list();
    const bySide = <T>(of: (side: Side) => T): BySide<T> => ({ left: of("left"), right: of("right") });
    const { sides } = mapping;
    return billOf({
      names: bySide((side) => sides[side].name),
      actions,
      capabilities: new Map(entities.map(({ name, objects }) => [name, bySide((side) => objects[side].capabilities)])),
      reads: bySide((side) => Object.values(made[sides[side].name] ?? {}).reduce((sum, count) => sum + count, 0)),
      limits: bySide((side) => {
        const account = accounts.find(({ name }) => name === sides[side].system);
        return account === undefined ? [] : ratesOf(account.connector.file, account.limits);
      }),
      taken: bySide((side) => taken.filter((row) => row.system === sides[side].system)),
    });
  };

  return {
    mapping,
    parts,
    store,
    run: (how) => go(how, false),
    async plan(how) {
      const result = await go({ ...how, entity: null }, true);
      if (result.plan === null || !isFields(result.plan.document)) return result;
      const bill = await billFor(result.report, listOf(result.plan.document["actions"]));
      const plan = { ...result.plan, document: { ...result.plan.document, bill } };
      await store.savePlan(plan);
      return { ...result, plan };
    },
    apply: (plan, who, { signal, progress }) =>
      calls.during((counts) =>
        applyPlan(parts, portsFor(progress), plan, { run: systemIds.run(), owner, signal, calls: bySide(counts) }, who),
      ),
  };
}

function listOf(value: Value | undefined): readonly Value[] {
  return isList(value) ? value : [];
}
