// What is remembered for a time only: webhook deliveries, tombstones.

import type { Instant } from "../core/ids.ts";
import type { Log } from "../engine/ports/world.ts";
import type { Runtime } from "./runtime.ts";

const EVERY_MS = 3_600_000;

// Longer than any sender retries (Stripe: three days), or a late repetition would be taken for a new delivery.
const DELIVERIES_MS = 7 * 86_400_000;

export function keepHouse(runtime: Runtime, log: Log): { stop(): void } {
  const tidy = async (): Promise<void> => {
    const now = Date.now();
    const tombstones = [...runtime.pairs.values()].map(({ mapping }) => ({
      pair: mapping.pair,
      before: (now - mapping.tombstonesMs) as Instant,
    }));
    await runtime.ledger.forget({ deliveries: (now - DELIVERIES_MS) as Instant, tombstones });
  };
  const keep = (): void => {
    tidy().catch((error: unknown) =>
      log.warn("old state could not be dropped", { error: error instanceof Error ? error.message : String(error) }),
    );
  };
  keep();
  const timer = setInterval(keep, EVERY_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
