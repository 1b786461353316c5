// Time, chance and digests of the real world, behind the engine's ports.

import { hash, randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Instant, RunId } from "../core/ids.ts";
import type { Clock, Digest256, Digest64, Ids } from "../engine/ports/world.ts";

export const systemClock: Clock = {
  now: () => Date.now() as Instant,
  async sleep(ms, signal) {
    // An aborted wait ends early; that is what was asked for, not an error.
    await wait(ms, undefined, { signal }).catch(() => undefined);
  },
};

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

// Asked for one by one, sixteen bytes take as long as some thousands.
const POOL_LENGTH = 4096;
let pool = Buffer.alloc(0);
let taken = 0;

function chance(): Buffer {
  if (taken + 16 > pool.length) {
    pool = randomBytes(POOL_LENGTH);
    taken = 0;
  }
  taken += 16;
  return pool.subarray(taken - 16, taken);
}

/** 26 characters that sort by time: 48 bits of milliseconds and 80 of chance, in Crockford's base 32 (the ULID form). */
function sortableKey(): string {
  let time = Date.now();
  let text = "";
  for (let index = 0; index < 10; index += 1) {
    text = (CROCKFORD[time % 32] ?? "0") + text;
    time = Math.floor(time / 32);
  }
  for (const byte of chance()) text += CROCKFORD[byte % 32] ?? "0";
  return text;
}

export const systemIds: Ids = {
  run: () => `r_${sortableKey()}` as RunId,
  key: sortableKey,
};

export const digest64: Digest64 = (text) => hash("sha256", text, "hex").slice(0, 16);

export const digest256: Digest256 = (text) => hash("sha256", text, "hex");
