// Time as the kit sees it: handed in, so that waiting can be simulated.

import type { Instant } from "../core/ids.ts";

export interface Clock {
  now(): Instant;
  /** Ends early, without an error, when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Log {
  warn(message: string, facts: Readonly<Record<string, unknown>>): void;
  debug(message: string, facts: Readonly<Record<string, unknown>>): void;
}
