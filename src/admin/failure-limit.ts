// How often an address may present a wrong token: a burst, then one try every few seconds.

/** Too small: a person with a stale token is shut out by his own open tabs. Too large: more guesses. */
const BURST = 20;
const SECONDS_PER_TRY = 3;
/** Addresses remembered; the oldest is forgotten first, so that a flood of addresses takes no memory. */
const ADDRESSES_MAX = 10_000;

export interface FailureLimit {
  /** Seconds until the next try; 0: go on. */
  waitSeconds(address: string): number;
  failed(address: string): void;
}

/** @param now Milliseconds. */
export function failureLimit(now: () => number): FailureLimit {
  const spent = new Map<string, { readonly count: number; readonly at: number }>();

  const countOf = (address: string): number => {
    const entry = spent.get(address);
    if (entry === undefined) return 0;
    return Math.max(0, entry.count - (now() - entry.at) / 1000 / SECONDS_PER_TRY);
  };

  return {
    waitSeconds(address) {
      const over = countOf(address) - (BURST - 1);
      return over <= 0 ? 0 : Math.ceil(over * SECONDS_PER_TRY);
    },
    failed(address) {
      const count = countOf(address) + 1;
      spent.delete(address);
      spent.set(address, { count, at: now() });
      const [oldest] = spent.keys();
      if (spent.size > ADDRESSES_MAX && oldest !== undefined) spent.delete(oldest);
    },
  };
}
