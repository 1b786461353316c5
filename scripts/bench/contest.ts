// What the parent and a contender tell each other, and what a contender has to be able to do.

export interface Contender {
  /** One pass over both systems. */
  pass(): Promise<void>;
  close(): Promise<void>;
}

export interface ContenderTask {
  readonly kind: "engine" | "script";
  readonly left: string;
  readonly right: string;
  readonly database: string;
}

export interface PassAnswer {
  readonly seconds: number;
  /** Resident memory of the process, in MiB: what it had before, and the most during the pass. */
  readonly before: number;
  readonly peak: number;
}
