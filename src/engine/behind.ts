// One piece of work in the background, such as storing a page while the next one is looked at. Whoever starts the next waits for
// it, and so does whoever ends, in whatever way: nothing of a run is under way when the run is over.

export interface Behind {
  /** Starts a task once the one before it is done. @throws what that one threw. */
  start(task: () => Promise<void>): Promise<void>;
  /** Waits for what was started. @throws what it threw. */
  done(): Promise<void>;
}

export async function withBehind<T>(work: (behind: Behind) => Promise<T>): Promise<T> {
  let pending: Promise<void> = Promise.resolve();
  const behind: Behind = {
    async start(task) {
      await pending;
      pending = task();
      // Met by whoever waits next.
      pending.catch(() => undefined);
    },
    done: () => pending,
  };
  try {
    return await work(behind);
  } finally {
    await pending;
  }
}
