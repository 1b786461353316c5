// A promise of the engine as a checker: it looks at the evidence and says in words what was broken.

import type { Evidence } from "./evidence.ts";

export interface Broken {
  /** Number in the list of promises. */
  readonly promise: number;
  /** A short name that stays the same while a history is made smaller. */
  readonly name: string;
  readonly told: string;
}

export interface Promised {
  readonly number: number;
  readonly title: string;
  check(evidence: Evidence): readonly Broken[] | Promise<readonly Broken[]>;
}

export function broken(promise: number, name: string, told: string): Broken {
  return { promise, name, told };
}
