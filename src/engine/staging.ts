// What was read of a page goes to the state, and is not read twice.

import type { RemoteId, Side } from "../core/ids.ts";
import type { RunContext } from "./context.ts";
import type { Sighting } from "./ports/sighting.ts";

/** What came of looking at a page, or at all. */
export interface Seen {
  readonly sweepNeeded: string | null;
  /** Records that nothing can be decided about now. */
  readonly waiting: readonly RemoteId[];
}

export async function stage(
  context: RunContext,
  side: Side,
  sightings: readonly Sighting[],
  staged: Readonly<Record<Side, Set<RemoteId>>>,
): Promise<void> {
  await context.store.stage(context.run, sightings);
  for (const sighting of sightings) staged[side].add(sighting.id);
}
