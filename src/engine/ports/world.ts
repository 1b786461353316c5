// What the engine needs of the world beside state: time, chance, digests, a log. The same engine runs on these in the daemon and in
// simulation; nothing else may touch time, chance, disk or network.

import type { Instant, RunId } from "../../core/ids.ts";

export interface Clock {
  now(): Instant;
  /** Resolves after `ms`, or at once when `signal` is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export interface Ids {
  run(): RunId;
  /** A new unguessable key: intents, idempotency keys, cases. 26 characters that sort by time. */
  key(): string;
}

/** A stable 64-bit digest as 16 hexadecimal characters; used for fingerprints. */
export type Digest64 = (text: string) => string;

/** SHA-256 as 64 hexadecimal characters; used for plan hashes, meaning hashes and body hashes. */
export type Digest256 = (text: string) => string;

export interface Log {
  debug(message: string, facts?: Readonly<Record<string, unknown>>): void;
  info(message: string, facts?: Readonly<Record<string, unknown>>): void;
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void;
  error(message: string, facts?: Readonly<Record<string, unknown>>): void;
}

/** Told as a run goes on; drives progress bars and server-sent events. Must not throw. */
export interface Progress {
  phase(entity: string, phase: "read" | "decide" | "write", done: number, total: number | null): void;
}
