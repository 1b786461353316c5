// The lease of a running run, renewed until the run ends. A holder that cannot renew in time stops at once.

import type { Instant } from "../core/ids.ts";
import type { Ports } from "./context.ts";
import type { Lease } from "./ports/pair-store.ts";

// Shorter: a slow database costs a run its lease. Longer: after a kill the next start waits that long.
const TTL_MS = 15_000;

interface Kept {
  readonly signal: AbortSignal;
  lost(): boolean;
  /** Still within the time that the last renewal gave. */
  holds(): boolean;
  stop(): void;
}

export const keepLease = {
  ttlMs: TTL_MS,

  /** Renews in the background. The returned signal is aborted when `outer` is, or when the lease is lost. */
  start(ports: Ports, lease: Lease, outer: AbortSignal): Kept {
    const ended = new AbortController();
    const lost = new AbortController();
    let goodUntil: number = ports.clock.now() + TTL_MS;
    const renew = async (): Promise<void> => {
      while (!ended.signal.aborted) {
        await ports.clock.sleep(TTL_MS / 5, ended.signal);
        if (ended.signal.aborted) return;
        const asked: Instant = ports.clock.now();
        const renewed = await ports.store.renewLease(lease, TTL_MS).catch(() => null);
        const now: Instant = ports.clock.now();
        if (renewed === true) goodUntil = asked + TTL_MS;
        if (renewed === false || now >= goodUntil) {
          lost.abort();
          return;
        }
      }
    };
    void renew();
    return {
      signal: AbortSignal.any([outer, lost.signal]),
      lost: () => lost.signal.aborted,
      holds: () => !lost.signal.aborted && ports.clock.now() < goodUntil,
      stop: () => ended.abort(),
    };
  },
};
