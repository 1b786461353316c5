// One pair in the daemon: its queue, its schedule, and what is told of its runs.

import type { Instant } from "../core/ids.ts";
import { parseJson } from "../core/json.ts";
import type { RunReport } from "../engine/ports/run.ts";
import type { PairFigures } from "../engine/ledger.ts";
import type { Log, Progress } from "../engine/ports/world.ts";
import { pairQueue, type PairQueue, type RunKind } from "../intake/queue.ts";
import { createWaking, isUnfinished } from "./waking.ts";
import { startSchedule, type RunningSchedule } from "../intake/schedule.ts";
import type { Events } from "./events.ts";
import type { PairRuntime } from "./runtime.ts";

export interface PairWorker {
  readonly pair: PairRuntime;
  readonly queue: PairQueue;
  readonly schedule: RunningSchedule;
  /** A webhook has arrived and its hints are durable: the records are looked at now. */
  hinted(): void;
  /** Kind of the run under way; null: none. */
  running(): RunKind | null;
}

export interface WorkerPorts {
  readonly log: Log;
  readonly events: Events;
  readonly signal: AbortSignal;
  finished(report: RunReport): void;
  figures(pair: string): Promise<PairFigures>;
  /** Told when what a webhook brought has reached the other side. */
  propagated(pair: string, seconds: number): void;
}

// A record that may be gone asks for a sweep. Sooner than this after the last one: a burst of deletions would sweep without
// end. Later: a deletion shows that much later on the other side.
const SWEEP_PAUSE_MS = 5_000;

export function startWorker(pair: PairRuntime, ports: WorkerPorts): PairWorker {
  const { log, events } = ports;
  const name = pair.mapping.pair;
  let current: RunKind | null = null;
  let lastSweepEnded = 0;
  let lastTold = "";
  let hintedAt: number | null = null;
  const waking = createWaking();
  let wake: NodeJS.Timeout | undefined;

  const progress: Progress = {
    phase: (entity, phase, done, total) => events.publish("progress", { pair: name, entity, phase, done, total }),
  };

  const run = async (kind: RunKind): Promise<void> => {
    current = kind;
    const since = hintedAt;
    hintedAt = null;
    let unfinished = false;
    try {
      const { report, sweepWanted } = await pair.run({ kind, entity: null, signal: ports.signal, progress });
      if (kind === "sweep") lastSweepEnded = Date.now();
      ports.finished(report);
      unfinished = isUnfinished(report);
      if (since !== null && effectCount(report) > 0) ports.propagated(name, (Date.now() - since) / 1000);
      lastTold = tell(report, kind, lastTold);
      if (sweepWanted !== null) sweepSoon(sweepWanted);
    } catch (error) {
      // A fault of ours ends the run and nothing of its page is remembered; the next run begins from what is.
      const message = error instanceof Error ? error.message : String(error);
      // A database that is away is told once, not at every tick; a fault of ours comes with its stack.
      const isState = error instanceof Error && error.name === "StateError";
      const facts = { pair: name, kind, error: message };
      if (message === lastTold) log.debug("a run broke off", facts);
      else
        log.error("a run broke off", isState || !(error instanceof Error) ? facts : { ...facts, stack: error.stack });
      lastTold = message;
      events.publish("run", { pair: name, outcome: "failed", reason: "internal", message });
    } finally {
      current = null;
    }
    await wakeLater(unfinished ? kind : null);
  };

  /** @param unfinished Kind of the run that has to be made again; null: it went through. */
  const wakeLater = async (unfinished: RunKind | null): Promise<void> => {
    clearTimeout(wake);
    if (ports.signal.aborted) return;
    // A database that is away is asked again with the next scheduled run.
    const figures = await ports.figures(name).catch(() => null);
    const waitMs = figures === null ? null : waking.after(unfinished !== null, figures, Date.now() as Instant); // milliseconds since 1970
    if (waitMs !== null) wake = setTimeout(() => queue.ask(unfinished ?? "hints"), waitMs).unref();
  };

  const tell = (report: RunReport, kind: RunKind, before: string): string => {
    const summary = `${report.outcome} ${report.reason ?? ""} ${report.message ?? ""}`;
    const facts = {
      pair: name,
      run: report.run,
      kind,
      outcome: report.outcome,
      reason: report.reason,
      seconds: report.seconds,
      effects: effectCount(report),
    };
    // Another process has the pair just now, such as a plan that a person makes.
    const isHarmless = report.reason === "interrupted" || report.reason === "running";
    if (report.outcome === "ok" || isHarmless) {
      if (effectCount(report) > 0) log.info("run done", facts);
      else log.debug("run done", facts);
    } else if (summary !== before) log.warn("run did not go through", { ...facts, why: report.message });
    events.publish("run", parseJson(JSON.stringify(report)));
    return summary;
  };

  const sweepSoon = (why: string): void => {
    log.info("a sweep is asked for", { pair: name, why });
    const waitMs = Math.max(0, lastSweepEnded + SWEEP_PAUSE_MS - Date.now());
    setTimeout(() => queue.ask("sweep"), waitMs).unref();
  };

  const queue = pairQueue(run, ports.signal);
  const schedule = startSchedule(pair.mapping.schedule, queue);
  const hinted = (): void => {
    hintedAt ??= Date.now();
    queue.ask("hints");
  };
  return { pair, queue, schedule, hinted, running: () => current };
}

function effectCount(report: RunReport): number {
  let count = 0;
  for (const entity of Object.values(report.entities))
    for (const side of Object.values(entity.effects)) count += side.create + side.update + side.delete;
  return count;
}
