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

/** 26 characters that sort by time: 48 bits of milliseconds and 80 of chance, in Crockford's base 32 (the ULID form). */
function sortableKey(): string {
  let time = Date.now();
  let text = "";
  for (let index = 0; index < 10; index += 1) {
    text = (CROCKFORD[time % 32] ?? "0") + text;
    time = Math.floor(time / 32);
  }
  for (const byte of randomBytes(16)) text += CROCKFORD[byte % 32] ?? "0";
  return text;
}

export const systemIds: Ids = {
  run: () => `r_${sortableKey()}` as RunId,
  key: sortableKey,
};

export const digest64: Digest64 = (text) => hash("sha256", text, "hex").slice(0, 16);

export const digest256: Digest256 = (text) => hash("sha256", text, "hex");
