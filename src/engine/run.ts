// One run of one pair: whether it may begin, the lease it holds, and the report it ends with, whatever happens in between.

import type { Trip } from "../core/guard.ts";
import { newTally, RunEnds, type PairParts, type Ports, type RunContext } from "./context.ts";
import { runCycle, type RunResult } from "./cycle.ts";
import { newForecast } from "./forecast.ts";
import { keepLease } from "./lease.ts";
import { LeaseLost } from "./ports/pair-store.ts";
import type { Outcome, RunReport } from "./ports/run.ts";
import { reportOf } from "./report.ts";
import type { RunRequest } from "./request.ts";

/** Never throws for what happens in the world: the report's outcome and reason say it. */
export async function runPair(parts: PairParts, ports: Ports, request: RunRequest): Promise<RunResult> {
  const startedAt = ports.clock.now();
  const tallies = new Map(parts.entities.map((entity) => [entity.name, newTally()]));
  const finish = async (
    outcome: Outcome,
    reason: string | null,
    message: string | null,
    tripped: readonly Trip[],
  ): Promise<RunReport> => reportOf({ parts, ports, request, tallies, outcome, reason, message, tripped, startedAt });

  const refused = await refusal(parts, ports, request);
  if (refused !== null)
    return {
      report: await finish(refused.outcome, refused.reason, refused.message, []),
      plan: null,
      carriedOut: new Set(),
      sweepWanted: null,
    };

  const lease = await ports.store.acquireLease(request.owner, keepLease.ttlMs);
  if (lease === null) {
    const message = "another run of this pair is under way";
    return {
      report: await finish("halted", "running", message, []),
      plan: null,
      carriedOut: new Set(),
      sweepWanted: null,
    };
  }
  const kept = keepLease.start(ports, lease, request.signal);
  const context: RunContext = {
    ...ports,
    ...parts,
    run: request.run,
    lease,
    holdsLease: () => kept.holds(),
    signal: kept.signal,
    tallies,
    notDone: new Set(),
    merged: new Map(),
    earlier: new Map(),
    forecast:
      request.dryRun || parts.mapping.state !== "active"
        ? newForecast(parts.entities.map((entity) => entity.name))
        : null,
  };
  let result: RunResult | null = null;
  try {
    await ports.store.startRun(
      request.run,
      request.kind === "sweep" ? "sweep" : request.only === null ? "changes" : "apply",
    );
    result = await runCycle(context, request, finish);
  } catch (thrown) {
    const ends = endedBy(thrown, kept.lost());
    if (ends === null) throw thrown;
    if (ends.reason === "stopped") await ports.store.setPaused(`stop: ${ends.message}`);
    result = {
      report: await finish(ends.outcome, ends.reason, ends.message, []),
      plan: null,
      carriedOut: new Set(),
      sweepWanted: null,
    };
  } finally {
    kept.stop();
    if (result !== null) await ports.store.endRun(request.run, result.report);
    // A lease that cannot be given back runs out; what ended the run is what has to be told.
    await ports.store
      .releaseLease(lease)
      .catch((error: unknown) =>
        ports.log.warn("the lease was not given back", { pair: parts.mapping.pair, error: String(error) }),
      );
  }
  return result;
}

/** What keeps a run from beginning at all. */
async function refusal(
  parts: PairParts,
  ports: Ports,
  request: RunRequest,
): Promise<{ outcome: Outcome; reason: string; message: string } | null> {
  const state = await ports.store.state();
  const { pair } = parts.mapping;
  if (parts.mapping.state === "paused" && !request.dryRun)
    return { outcome: "halted", reason: "paused", message: `${parts.mapping.file} says \`state: paused\`` };
  // Whoever takes a run back has often stopped the pair first: a person's pause does not keep a person's undo.
  const isStopped = state.paused?.startsWith("stop:") === true;
  if (state.paused !== null && !request.dryRun && (request.undo === undefined || isStopped)) {
    return {
      outcome: "halted",
      reason: isStopped ? "stopped" : "paused",
      message: `${state.paused}; go on with: syncline resume ${pair}`,
    };
  }
  // A proposed mapping is still being written: it has accepted nothing, and nothing of it is carried out.
  if (parts.mapping.state === "proposed") return null;
  if (state.acceptedMeaning === null) {
    if (!request.dryRun) await ports.store.setAcceptedMeaning(parts.meaning);
    return null;
  }
  if (state.acceptedMeaning === parts.meaning || request.dryRun) return null;
  if (parts.mapping.onChange === "continue") {
    await ports.store.setAcceptedMeaning(parts.meaning);
    return null;
  }
  return {
    outcome: "halted",
    reason: "mapping-changed",
    message: `the meaning of ${parts.mapping.file} has changed; look with \`syncline plan ${pair} --sweep\`, then: syncline accept ${pair}`,
  };
}

function endedBy(thrown: unknown, leaseLost: boolean): RunEnds | null {
  if (thrown instanceof LeaseLost || leaseLost)
    return new RunEnds("failed", "lease-lost", "another run has taken over this pair");
  return thrown instanceof RunEnds ? thrown : null;
}
