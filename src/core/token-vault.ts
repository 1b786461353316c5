// Where the tokens of systems are kept that a person connected, or that change with each use: sealed, and by one at a time.

/** Somebody can mend it: the key is missing, another one, or the stored text was changed. */
export class VaultRefusal extends Error {
  override readonly name = "VaultRefusal";
  readonly code = "E_TOKEN_KEY";
}

export interface VaultChange<T> {
  /** Stored before `change` answers; null: what is there stays. */
  readonly next: string | null;
  readonly result: T;
}

export interface TokenVault {
  /** What was stored for the system; null: nothing. @throws VaultRefusal. */
  read(system: string): Promise<string | null>;
  /**
   * Looks and stores while everybody else, also in other processes, waits: a token that is good for one refresh is refreshed
   * once. @throws VaultRefusal, and what `work` throws; then nothing is stored.
   */
  change<T>(system: string, work: (current: string | null) => Promise<VaultChange<T>>): Promise<T>;
  /** Replaces what is there, whatever it was sealed with. */
  put(system: string, text: string): Promise<void>;
}

/** For one process without a state database: kept until it ends. */
export function createMemoryVault(): TokenVault {
  const texts = new Map<string, string>();
  let last: Promise<unknown> = Promise.resolve();
  return {
    read: (system) => Promise.resolve(texts.get(system) ?? null),
    change(system, work) {
      const turn = last.then(async () => {
        const { next, result } = await work(texts.get(system) ?? null);
        if (next !== null) texts.set(system, next);
        return result;
      });
      last = turn.catch(() => undefined);
      return turn;
    },
    put(system, text) {
      texts.set(system, text);
      return Promise.resolve();
    },
  };
}
