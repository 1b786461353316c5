// One run of a pair at a time: runs are started by hand here, so that what is asked for meanwhile is known.

import { describe, expect, test } from "@jest/globals";
import { pairQueue, type PairQueue, type RunKind } from "../../src/intake/queue.ts";

interface Bench {
  readonly queue: PairQueue;
  readonly started: readonly RunKind[];
  /** Ends the run that is under way, and lets the next one begin. */
  end(): Promise<void>;
  stop(): void;
}

function bench(): Bench {
  const started: RunKind[] = [];
  const stopping = new AbortController();
  let finish: () => void = () => undefined;
  const run = (kind: RunKind): Promise<void> => {
    started.push(kind);
    return new Promise((resolve) => {
      finish = resolve;
    });
  };
  return {
    queue: pairQueue(run, stopping.signal),
    started,
    async end() {
      finish();
      await new Promise((resolve) => setImmediate(resolve));
    },
    stop: () => stopping.abort(),
  };
}

describe("the queue of a pair", () => {
  test("runs at once when nothing is under way", async () => {
    const b = bench();

    b.queue.ask("hints");

    expect([b.started, b.queue.busy]).toEqual([["hints"], true]);
    await b.end();
    expect(b.queue.busy).toBe(false);
  });

  test.each([
    [["hints", "changes", "hints"], "changes"],
    [["sweep", "hints", "changes"], "sweep"],
    [["hints", "hints"], "hints"],
  ] as const)("what is asked for meanwhile (%j) becomes one run: %s", async (asked, expected) => {
    const b = bench();
    b.queue.ask("changes");

    for (const kind of asked) b.queue.ask(kind);
    expect(b.started).toEqual(["changes"]);
    await b.end();
    await b.end();

    expect(b.started).toEqual(["changes", expected]);
    expect(b.queue.busy).toBe(false);
  });

  test("is idle only after what was asked for while it ended", async () => {
    const b = bench();
    b.queue.ask("hints");
    let isIdle = false;
    const idle = b.queue.idle().then(() => {
      isIdle = true;
    });
    b.queue.ask("sweep");

    await b.end();
    expect(isIdle).toBe(false);
    await b.end();
    await idle;

    expect(b.started).toEqual(["hints", "sweep"]);
  });

  test("a stopping daemon finishes the run under way and begins none", async () => {
    const b = bench();
    b.queue.ask("hints");
    b.queue.ask("sweep");

    b.stop();
    await b.end();
    b.queue.ask("changes");

    expect([b.started, b.queue.busy]).toEqual([["hints"], false]);
  });
});
