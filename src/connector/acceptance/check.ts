// One check of the acceptance suite: what was looked at, and whether the connector keeps the contract's word there.

import type { RemoteFailure } from "../contract.ts";

export interface Check {
  readonly object: string;
  /** A sentence on what must hold. */
  readonly name: string;
  readonly outcome: "passed" | "failed" | "not-applicable";
  /** What was seen, or why it could not be looked at. */
  readonly why: string;
}

/** Collects the checks of one object. */
export class Checks {
  readonly #object: string;
  readonly #found: Check[] = [];

  constructor(object: string) {
    this.#object = object;
  }

  get all(): readonly Check[] {
    return this.#found;
  }

  passed(name: string, why: string): void {
    this.#add(name, "passed", why);
  }

  failed(name: string, why: string): void {
    this.#add(name, "failed", why);
  }

  notApplicable(name: string, why: string): void {
    this.#add(name, "not-applicable", why);
  }

  /** @param fault What is wrong; null: nothing. */
  judge(name: string, fault: string | null, why: string): void {
    if (fault === null) this.passed(name, why);
    else this.failed(name, fault);
  }

  #add(name: string, outcome: Check["outcome"], why: string): void {
    this.#found.push({ object: this.#object, name, outcome, why });
  }
}

export function said(failure: RemoteFailure): string {
  return `${failure.kind}: ${failure.message}`;
}

export function counted(count: number, word: string): string {
  return `${String(count)} ${word}${count === 1 ? "" : "s"}`;
}
