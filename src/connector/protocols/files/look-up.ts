// Look-ups of single records by reading the files once for all that are asked for at the same time: the engine asks before
// each create, and a file has no index.

import type { RemoteRecord } from "../../contract.ts";
import type { Scanned } from "./found.ts";

interface Asked {
  readonly matches: (record: RemoteRecord) => boolean;
  done(scanned: Scanned): void;
  failed(error: unknown): void;
}

export interface LookUp {
  /** @throws whatever the reading threw. */
  ask(matches: (record: RemoteRecord) => boolean): Promise<Scanned>;
}

export function createLookUp(read: (matches: (record: RemoteRecord) => boolean) => Promise<Scanned>): LookUp {
  let waiting: Asked[] = [];
  let running = false;
  const run = async (): Promise<void> => {
    // Who asks while a reading is under way waits for the next one: it has to see what was written before it asked.
    while (waiting.length > 0) {
      const asked = waiting;
      waiting = [];
      try {
        const scanned = await read((record) => asked.some((each) => each.matches(record)));
        for (const each of asked) {
          const own = [...scanned.records].filter(([, record]) => each.matches(record));
          each.done({ ...scanned, records: new Map(own) });
        }
      } catch (error) {
        for (const each of asked) each.failed(error);
      }
    }
    running = false;
  };
  return {
    ask: (matches) =>
      new Promise((done, failed) => {
        waiting.push({ matches, done, failed });
        if (running) return;
        running = true;
        setImmediate(() => void run());
      }),
  };
}
