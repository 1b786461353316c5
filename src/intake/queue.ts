// One run of a pair at a time. What is asked for while one is under way waits, folded into the widest of what was asked:
// a sweep looks at everything that changes would tell, changes at everything that hints name.

export type RunKind = "hints" | "changes" | "sweep";

const WIDTH: Readonly<Record<RunKind, number>> = { hints: 0, changes: 1, sweep: 2 };

export interface PairQueue {
  /** Asks for a run; returns at once. */
  ask(kind: RunKind): void;
  readonly busy: boolean;
  /** Resolves when nothing runs and nothing waits. */
  idle(): Promise<void>;
}

/** @param run Never rejects: what goes wrong in a run is in its report and the log. */
export function pairQueue(run: (kind: RunKind) => Promise<void>, signal: AbortSignal): PairQueue {
  let waiting: RunKind | null = null;
  let working: Promise<void> | null = null;

  const work = async (): Promise<void> => {
    while (waiting !== null && !signal.aborted) {
      const kind: RunKind = waiting;
      waiting = null;
      await run(kind);
    }
    working = null;
  };

  return {
    ask(kind) {
      if (signal.aborted) return;
      if (waiting === null || WIDTH[kind] > WIDTH[waiting]) waiting = kind;
      working ??= work();
    },
    get busy() {
      return working !== null;
    },
    async idle() {
      // A run may ask for another one while it ends, so this is looked at again each time.
      for (let current = working; current !== null; current = working) await current;
    },
  };
}
