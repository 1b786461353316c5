// The daemon: schedules, webhooks, admin, and a clean stop. Everything it does to records, the engine does.

import { createAdmin } from "../admin/admin.ts";
import { createMetrics } from "../admin/metrics.ts";
import type { Role } from "../config/file.ts";
import { createHttpClient } from "../connector/http.ts";
import type { Secret } from "../connector/secret.ts";
import { SIDES, type Side } from "../core/ids.ts";
import type { Log } from "../engine/ports/world.ts";
import { listenForHooks, type HookListener, type HookTarget } from "../intake/hooks.ts";
import { wrongCaseValue } from "./case-value.ts";
import { createEvents, type Events } from "./events.ts";
import { keepHouse } from "./housekeeping.ts";
import { listening } from "./listen-error.ts";
import { startNotices, type Notice, type Notices } from "./notices.ts";
import { createOperator } from "./operator.ts";
import { startWorker, type PairWorker } from "./pair-worker.ts";
import { systemClock } from "./system-ports.ts";
import { openRuntime, type Runtime, type RuntimeParts } from "./runtime.ts";

export interface DaemonParts extends Omit<RuntimeParts, "calls"> {
  /** Strikes out every known secret. */
  readonly redact: (text: string) => string;
  readonly admin: {
    readonly host: string;
    readonly port: number;
    readonly tokens: readonly { readonly name: string; readonly role: Role; readonly token: Secret }[];
  };
  readonly notices: readonly Notice[];
  /** Null: no webhooks are listened for. */
  readonly hooks: { readonly host: string; readonly port: number } | null;
}

export interface Daemon {
  readonly runtime: Runtime;
  readonly events: Events;
  readonly adminUrl: string;
  readonly hooksPort: number | null;
  /** Begins nothing new, lets what is in flight end, closes everything. */
  stop(): Promise<void>;
}

/** What is under way may take this long to end; after that its intents tell the next start what is open. */
const STOP_WAIT_MS = 30_000;

export async function startDaemon(parts: DaemonParts): Promise<Daemon> {
  const { log } = parts;
  const metrics = createMetrics(parts.version);
  const stopping = new AbortController();
  const events = createEvents();
  const runtime = await openRuntime({
    ...parts,
    calls: { called: (call) => metrics.observeCall(call), waited: (wait) => metrics.observeWait(wait) },
  });
  const closers: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    stopping.abort();
    await Promise.all(workers.map((worker) => worker.schedule.stop()));
    for (const closer of closers.toReversed()) await closer();
    await Promise.race([
      Promise.all(workers.map((worker) => worker.queue.idle())),
      new Promise((resolve) => setTimeout(resolve, STOP_WAIT_MS).unref()),
    ]);
    await runtime.close();
  };
  const workers: PairWorker[] = [];
  const notices = openNotices(parts, runtime);
  closers.push(() => notices.close());
  try {
    await notices.begin([...runtime.pairs.keys()]);
    for (const pair of runtime.pairs.values()) {
      workers.push(
        startWorker(pair, {
          log,
          events,
          signal: stopping.signal,
          figures: (name) => runtime.ledger.figures(name),
          finished: (report) => {
            metrics.observeRun(report);
            void notices.ran(report);
          },
          propagated: (name, seconds) => metrics.observePropagation(name, seconds),
        }),
      );
    }
    const listener = await openHooks(
      parts,
      runtime,
      workers,
      (system, result) => metrics.observeWebhook(system, result),
      log,
    );
    if (listener !== null) closers.push(() => listener.close());
    const operator = createOperator({ runtime, workers, parts, events, isReady: () => !stopping.signal.aborted });
    const starting = createAdmin({
      ledger: runtime.ledger,
      operator,
      metrics,
      listen: { host: parts.admin.host, port: parts.admin.port },
      tokens: parts.admin.tokens.map(({ name, role, token }) => ({ name, role, token: token.reveal() })),
      log,
      version: parts.version,
      now: () => Date.now(),
      redact: parts.redact,
      checkValue: (row, value) => wrongCaseValue(runtime, row, value),
    });
    const admin = await listening("admin.listen", parts.admin, starting);
    closers.push(() => admin.close());
    const house = keepHouse(runtime, log);
    closers.push(async () => house.stop());
    // What an earlier process left open is resolved now, not at the first tick.
    for (const worker of workers) worker.queue.ask("changes");
    return { runtime, events, adminUrl: admin.url, hooksPort: listener?.port ?? null, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function openNotices({ notices, log }: DaemonParts, { ledger }: Runtime): Notices {
  // Addresses that the operator chose: a chat server in the house is as good as one outside.
  const http = createHttpClient({
    allowPrivate: true,
    connectTimeoutMs: 10_000,
    responseTimeoutMs: 20_000,
    responseBytesMax: 65_536,
    connections: 1,
  });
  return startNotices({ notices, ledger, http, log, sleep: (ms, signal) => systemClock.sleep(ms, signal) });
}

async function openHooks(
  parts: DaemonParts,
  runtime: Runtime,
  workers: readonly PairWorker[],
  counted: (system: string, result: string) => void,
  log: Log,
): Promise<HookListener | null> {
  if (parts.hooks === null) return null;
  const targets = new Map<string, HookTarget>();
  for (const system of parts.systems) {
    if (system.webhooks === null) continue;
    targets.set(system.name, {
      webhooks: system.webhooks,
      secrets: system.secrets,
      listeners: listenersOf(system.name, runtime),
    });
  }
  const byName = new Map(workers.map((worker) => [worker.pair.mapping.pair, worker]));
  const listener = listenForHooks(parts.hooks, {
    targets,
    store: (delivery) => runtime.ledger.storeDelivery(delivery),
    arrived: (pairs) => {
      for (const pair of pairs) byName.get(pair)?.hinted();
    },
    counted,
    log,
  });
  return listening("hooks.listen", parts.hooks, listener);
}

/** Which entities of which pairs an object of this system is, where their mapping listens to webhooks. */
function listenersOf(system: string, runtime: Runtime): HookTarget["listeners"] {
  const listeners = new Map<string, { pair: string; entity: string; side: Side }[]>();
  for (const { mapping, parts } of runtime.pairs.values()) {
    if (!mapping.schedule.webhooks) continue;
    for (const side of SIDES) {
      if (mapping.sides[side].system !== system) continue;
      for (const entity of parts.entities) {
        const object = entity.mapping.objects[side];
        listeners.set(object, [...(listeners.get(object) ?? []), { pair: mapping.pair, entity: entity.name, side }]);
      }
    }
  }
  return listeners;
}
