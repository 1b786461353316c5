// The report of a run: what `run --json` prints and the state keeps.

import type { Trip } from "../core/guard.ts";
import type { Instant } from "../core/ids.ts";
import type { EntityTally, PairParts, Ports } from "./context.ts";
import type { EntityReport, Outcome, RunReport } from "./ports/run.ts";
import type { RunRequest } from "./request.ts";

export interface ReportParts {
  readonly parts: PairParts;
  readonly ports: Ports;
  readonly request: RunRequest;
  readonly tallies: ReadonlyMap<string, EntityTally>;
  readonly outcome: Outcome;
  readonly reason: string | null;
  readonly message: string | null;
  readonly tripped: readonly Trip[];
  readonly startedAt: Instant;
}

export async function reportOf(given: ReportParts): Promise<RunReport> {
  const { parts, ports, request, tallies } = given;
  const { left, right } = parts.mapping.sides;
  const entities: Record<string, EntityReport> = {};
  for (const [name, tally] of tallies) {
    if (request.entity !== null && request.entity !== name) continue;
    const open = await ports.store.countOpen(name);
    entities[name] = {
      read: { [left.name]: tally.read.left, [right.name]: tally.read.right },
      situations: Object.fromEntries(tally.situations),
      effects: { [left.name]: { ...tally.effects.left }, [right.name]: { ...tally.effects.right } },
      // A limit holds for all entities of a side together: told where its actions are.
      withheld: given.tripped
        .filter(
          (trip) => tally.counted[trip.side][trip.op] > 0 && (trip.only === undefined || trip.only.entity === name),
        )
        .map((trip) => ({
          side: parts.mapping.sides[trip.side].name,
          op: trip.op,
          count: trip.count,
          limit: trip.limit,
          ...(trip.only === undefined ? {} : { why: trip.only.why }),
        })),
      blocked: tally.blocked,
      ...open,
    };
  }
  return {
    pair: parts.mapping.pair,
    run: request.run,
    outcome: given.outcome,
    reason: given.reason,
    message: given.message,
    entities,
    calls: request.calls(),
    seconds: Math.round(ports.clock.now() - given.startedAt) / 1000,
  };
}
