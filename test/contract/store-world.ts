// Words of the store's contract tests: short ways to say a link, a sighting, a commit. Every test has a pair of its own, so
// tests of one database do not meet.

import type { Decision } from "../../src/core/decision.ts";
import type { Instant, LinkId, RemoteId, RunId, Side } from "../../src/core/ids.ts";
import type { Ledger } from "../../src/engine/ledger.ts";
import { EMPTY_COMMIT, type Commit } from "../../src/engine/ports/commit.ts";
import type { Hint } from "../../src/engine/ports/hint.ts";
import type { Link, LinkWrite } from "../../src/engine/ports/link.ts";
import type { Lease, PairStore } from "../../src/engine/ports/pair-store.ts";
import type { RunReport } from "../../src/engine/ports/run.ts";
import type { Sighting } from "../../src/engine/ports/sighting.ts";

/** What a contract test is given: a store that lives for the test file. */
export interface StoreUnderTest {
  pair(name: string): PairStore;
  readonly ledger: Ledger;
}

export type OpenStore = () => Promise<{ readonly store: StoreUnderTest; stop(): Promise<void> }>;

export const id = (text: string): RemoteId => text as RemoteId;
export const runId = (text: string): RunId => text as RunId;
export const at = (ms: number): Instant => ms as Instant;

const FINGERPRINT = "0123456789abcdef";

let pairs = 0;

/** A pair with a lease and a started run. */
export interface Bench {
  readonly pair: PairStore;
  readonly lease: Lease;
  readonly run: RunId;
  commit(parts: Partial<Commit>): Promise<void>;
  /** The one live or frozen link of a left id. */
  link(left: string): Promise<Link>;
}

export async function bench(store: StoreUnderTest): Promise<Bench> {
  pairs += 1;
  const pair = store.pair(`pair-${String(pairs)}`);
  const lease = await leaseOf(pair);
  const run = runId(`r_${pair.pair}`);
  await pair.startRun(run, "sweep");
  return {
    pair,
    lease,
    run,
    commit: (parts) => pair.commit(lease, { ...EMPTY_COMMIT, run, ...parts }),
    async link(left) {
      const found = (await pair.linksBy("customer", "left", [id(left)])).filter((link) => link.state !== "tombstone");
      const [only] = found;
      if (only === undefined || found.length !== 1) throw new Error(`${String(found.length)} links of ${left}`);
      return only;
    },
  };
}

export async function leaseOf(pair: PairStore, ttlMs = 60_000): Promise<Lease> {
  const lease = await pair.acquireLease("test", ttlMs);
  if (lease === null) throw new Error("the lease is taken");
  return lease;
}

export function linkWrite(left: string, right: string, more: Partial<LinkWrite> = {}): LinkWrite {
  return {
    id: null,
    entity: "customer",
    left: id(left),
    right: id(right),
    state: "live",
    reason: null,
    fingerprints: { left: FINGERPRINT, right: FINGERPRINT },
    versions: { left: null, right: null },
    bases: { left: {}, right: {} },
    matchKeys: { left: null, right: null },
    ...more,
  };
}

/** A change of a stored link, all else as it is. */
export function linkChange(link: Link, more: Partial<LinkWrite>): LinkWrite {
  return linkWrite(link.left, link.right, {
    id: link.id,
    state: link.state,
    fingerprints: link.fingerprints,
    versions: link.versions,
    ...more,
  });
}

/** A record that has to be decided. */
export function sighting(side: Side, record: string, more: Partial<Sighting> = {}): Sighting {
  return {
    entity: "customer",
    side,
    id: id(record),
    presence: "present",
    fingerprint: FINGERPRINT,
    version: null,
    modified: null,
    record: { name: record },
    matchKeys: [],
    differs: true,
    ...more,
  };
}

/** A record that shows what its link remembers. */
export function unchanged(side: Side, record: string): Sighting {
  return sighting(side, record, { record: null, differs: false });
}

export function hint(side: Side, record: string, due: number, more: Partial<Hint> = {}): Hint {
  return { entity: "customer", side, id: id(record), channel: "webhook", due: at(due), ...more };
}

export function decision(more: Partial<Decision> = {}): Decision {
  return {
    entity: "customer",
    situation: "new-left",
    linkId: null,
    left: id("L1"),
    right: null,
    link: { kind: "link" },
    writes: [],
    agreements: [],
    cases: [],
    quarantine: [],
    blocked: 0,
    settledLeft: true,
    settledRight: true,
    ...more,
  };
}

export function report(pair: string, run: RunId): RunReport {
  return { pair, run, outcome: "ok", reason: null, message: null, entities: {}, calls: {}, seconds: 1.5 };
}

export function linkId(text: string): LinkId {
  return text as LinkId;
}
