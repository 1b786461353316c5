// Waiting for what another process does. The bound only ends a test that would wait for ever: nothing is measured.

import { setTimeout as wait } from "node:timers/promises";

const BOUND_MS = Number(process.env["SYNCLINE_TEST_BOUND_MS"] ?? "120000");

/** @param holds What is waited for; it may throw to give up at once. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + BOUND_MS;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
    await wait(50);
  }
}
