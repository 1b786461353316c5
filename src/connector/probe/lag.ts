// How long a new record takes to show.

import { setTimeout as pause } from "node:timers/promises";

/** When it is looked, in milliseconds since the write; later than the last, it is taken not to show at all. */
export const SCALE = [0, 100, 250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000] as const;

/** A search index that is slow today is slower on a busy day. */
const RESERVE = 3;

/** @returns milliseconds, as the scale has them; null: not in time. */
export async function measureLag(shows: () => Promise<boolean>): Promise<number | null> {
  let before = 0;
  for (const at of SCALE) {
    await pause(at - before);
    before = at;
    if (await shows()) return at;
  }
  return null;
}

/** A `settle:` for a measured lag. */
export function settleText(lagMs: number): string {
  return `${String(Math.max(1, Math.ceil((lagMs * RESERVE) / 1000)))}s`;
}
