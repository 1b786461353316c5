// How fast one system may be asked: its named rates, its concurrency, and what its answers say about waiting. One Limiter is
// shared by all objects of a system. Waiting is bounded: beyond the bound the call is given back as throttled.
//
// A rate is held over any stretch of its length, not per calendar slot: the time of each of the last `count` calls is kept, and
// a call may go when the one `count` calls ago has left the stretch. Very large rates keep one time for several calls.

import { parseRate, type Rate } from "../core/units.ts";
import type { Clock } from "./clock.ts";
import type { ConnectorFile } from "./file.ts";
import { parseTime } from "./instant.ts";

export interface NamedRate extends Rate {
  readonly name: string;
}

export interface LimiterOptions {
  readonly rates: readonly NamedRate[];
  readonly concurrency: number;
  readonly clock: Clock;
  /** Longest wait for a turn; too small: work is put off that could be done, too large: a run stands still. */
  readonly waitMaxMs: number;
  waited(reason: string, ms: number): void;
}

export type Turn =
  | { readonly kind: "go"; release(): void }
  /** The wait would be longer than the bound, or was abandoned. */
  | { readonly kind: "throttled"; readonly retryAfterMs: number; readonly reason: string };

export interface Limiter {
  /** @param rank Of those who wait for a seat the lowest goes first; left out: 0. */
  turn(signal: AbortSignal, rank?: number): Promise<Turn>;
  /** Nobody goes before this many milliseconds have passed: the system said so. */
  holdFor(ms: number): void;
  /** Learns from an answer's rate headers. @returns Milliseconds for which nobody goes on account of them; 0: they allow more. */
  learn(headers: Readonly<Record<string, string>>): number;
}

/** Times kept per rate: 100,000 are 800 kB. */
const SLOTS_MAX = 100_000;

/** How long a header may hold everybody; a larger figure is taken for a mistake of unit. */
const LEARNT_MAX_MS = 3_600_000;

export function createLimiter(options: LimiterOptions): Limiter {
  const { clock } = options;
  const windows = options.rates.map((rate) => new RateWindow(rate));
  const waiting: { readonly rank: number; readonly go: () => void }[] = [];
  let running = 0;
  let heldUntil = 0;

  const release = (): void => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next.go();
  };

  const seat = async (rank: number): Promise<void> => {
    if (running < options.concurrency) {
      running += 1;
      return;
    }
    await new Promise<void>((go) => {
      const behind = waiting.findIndex((other) => other.rank > rank);
      waiting.splice(behind === -1 ? waiting.length : behind, 0, { rank, go });
    });
  };

  const nextWait = (): { readonly ms: number; readonly reason: string } => {
    const now = clock.now();
    let ms = Math.max(0, heldUntil - now);
    let reason = "retry-after";
    for (const window of windows) {
      const wait = window.waitMs(now);
      if (wait > ms) {
        ms = wait;
        reason = window.name;
      }
    }
    return { ms, reason };
  };

  return {
    async turn(signal, rank = 0) {
      await seat(rank);
      let waitedMs = 0;
      for (;;) {
        const { ms, reason } = nextWait();
        if (ms === 0) break;
        if (waitedMs + ms > options.waitMaxMs || signal.aborted) {
          release();
          return { kind: "throttled", retryAfterMs: ms, reason };
        }
        options.waited(reason, ms);
        await clock.sleep(ms, signal);
        waitedMs += ms;
      }
      const now = clock.now();
      for (const window of windows) window.count(now);
      let released = false;
      return {
        kind: "go",
        release() {
          if (!released) release();
          released = true;
        },
      };
    },
    holdFor(ms) {
      heldUntil = Math.max(heldUntil, clock.now() + ms);
    },
    learn(headers) {
      const resetMs = exhaustedForMs(headers, clock.now());
      if (resetMs === null || resetMs > LEARNT_MAX_MS) return 0;
      heldUntil = Math.max(heldUntil, clock.now() + resetMs);
      return resetMs;
    },
  };
}

class RateWindow {
  readonly name: string;
  readonly #perMs: number;
  readonly #callsPerSlot: number;
  readonly #times: Float64Array;
  #calls = 0;

  constructor({ name, count, perMs }: NamedRate) {
    this.name = name;
    this.#perMs = perMs;
    this.#callsPerSlot = Math.ceil(count / SLOTS_MAX);
    this.#times = new Float64Array(Math.floor(count / this.#callsPerSlot)).fill(Number.NEGATIVE_INFINITY);
  }

  waitMs(now: number): number {
    if (this.#calls % this.#callsPerSlot !== 0) return 0;
    const oldest = this.#times[this.#slot()] ?? Number.NEGATIVE_INFINITY;
    return Math.max(0, oldest + this.#perMs - now);
  }

  count(now: number): void {
    // A slot's time is that of its last call, so that all of its calls have left the stretch when it is used again.
    this.#times[this.#slot()] = now;
    this.#calls += 1;
  }

  #slot(): number {
    return Math.floor(this.#calls / this.#callsPerSlot) % this.#times.length;
  }
}

/** A file's rates, with the figures of the account put in by name. */
export function ratesOf(
  file: Pick<ConnectorFile, "limits">,
  figures: Readonly<Record<string, string>>,
): readonly NamedRate[] {
  return (file.limits ?? []).flatMap(({ name, rate }) => {
    const parsed = parseRate(figures[name] ?? rate ?? "");
    return parsed === null ? [] : [{ name, ...parsed }];
  });
}

/** Milliseconds that an answer asks to wait; null: it says nothing. */
export function retryAfterMs(headers: Readonly<Record<string, string>>, now: number): number | null {
  const after = headers["retry-after"]?.trim();
  if (after !== undefined && /^\d+(?:\.\d+)?$/.test(after)) return Math.ceil(Number(after) * 1000);
  if (after !== undefined && !Number.isNaN(Date.parse(after))) return Math.max(0, Date.parse(after) - now);
  return exhaustedForMs(headers, now);
}

/** Milliseconds until the budget named in the headers is filled again; null: it is not exhausted, or none is named. */
function exhaustedForMs(headers: Readonly<Record<string, string>>, now: number): number | null {
  const combined = headers["ratelimit"];
  const remaining =
    parameter(combined, /(?:^|[;,\s])r(?:emaining)?=(\d+)/) ??
    headers["ratelimit-remaining"] ??
    headers["x-ratelimit-remaining"] ??
    headers["x-rate-limit-remaining"];
  const reset =
    parameter(combined, /(?:^|[;,\s])(?:t|reset)=(\d+)/) ??
    headers["ratelimit-reset"] ??
    headers["x-ratelimit-reset"] ??
    headers["x-rate-limit-reset"];
  if (remaining === undefined || reset === undefined || !/^0+(?:\D|$)/.test(remaining.trim())) return null;
  return resetMs(reset.trim(), now);
}

/** Seconds from now, or, where the figure is a point in time, until then. */
function resetMs(reset: string, now: number): number | null {
  const seconds = /^\d{1,8}(?:\.\d+)?$/.test(reset) ? Number(reset) : null;
  if (seconds !== null) return Math.ceil(seconds * 1000);
  const time = parseTime(reset);
  return time === null ? null : Math.max(0, time.at - now);
}

function parameter(text: string | undefined, pattern: RegExp): string | undefined {
  return text === undefined ? undefined : pattern.exec(text)?.[1];
}
