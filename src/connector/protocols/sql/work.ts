// Work on one database: sessions are taken in turn, used for one piece of work and given back; what failed for a passing reason is
// done again. A write is a transaction, so until it commits its failure leaves nothing behind, and it may be done again; only a
// connection that breaks while it commits leaves open what became of it.

import type { Account } from "../../account.ts";
import type { Result } from "../../contract.ts";
import type { Limiter, Turn } from "../../limits.ts";
import { done, failed } from "../../object-tools.ts";
import type { Redactor } from "../../secret.ts";
import type { SqlSession } from "./dialect.ts";
import { failureOf, type FaultKind, type Ran, type SqlFault } from "./fault.ts";

export type Operation = "list" | "get" | "find" | "changes" | "create" | "update" | "delete" | "probe";

export interface Work {
  read<T>(operation: Operation, work: (session: SqlSession) => Promise<Ran<T>>): Promise<Result<T>>;
  /** @param undone False: what is written stays without a commit (a table without transactions). */
  write<T>(operation: Operation, work: (session: SqlSession) => Promise<Ran<T>>, undone: boolean): Promise<Result<T>>;
  /**
   * A session of its own, beside those that take turns, until it is released: for a reading that goes on while others look up
   * what it names. What was left open in it is rolled back.
   */
  hold(): Promise<Ran<{ readonly session: SqlSession; release(): Promise<void> }>>;
  close(): Promise<void>;
}

export interface WorkTools {
  readonly account: Account;
  readonly limiter: Limiter;
  readonly redactor: Redactor;
  connect(): Promise<Ran<SqlSession>>;
}

/** Attempts in all. Fewer gives up on a restart of the database; more holds the run up while it is down. */
const ATTEMPTS_MAX = 4;
const BACKOFF_FIRST_MS = 250;
const BACKOFF_MAX_MS = 10_000;
const MESSAGE_MAX = 300;

/** An idle session older than this is not used again: firewalls forget connections without a word. */
const IDLE_MAX_MS = 60_000;

const PASSING: ReadonlySet<FaultKind> = new Set(["unreachable", "busy", "lost"]);
const HOPELESS = new Set(["E_SSRF_BLOCKED", "E_TLS"]);

export function createWork(tools: WorkTools): Work {
  const { account, limiter, redactor } = tools;
  const { clock, observer } = account;
  const closing = new AbortController();
  const idle: { readonly session: SqlSession; readonly since: number }[] = [];

  const take = async (): Promise<Ran<SqlSession>> => {
    for (;;) {
      const kept = idle.pop();
      if (kept === undefined) return tools.connect();
      if (!kept.session.broken && clock.now() - kept.since < IDLE_MAX_MS) return { ok: true, value: kept.session };
      await kept.session.close();
    }
  };
  const give = async (session: SqlSession): Promise<void> => {
    if (session.broken || closing.signal.aborted) await session.close();
    else idle.push({ session, since: clock.now() });
  };
  const told = (found: SqlFault): SqlFault => ({
    ...found,
    message: redactor.redact(found.message).slice(0, MESSAGE_MAX),
  });

  /** One attempt, counted as one call. */
  const attempt = async <T>(
    operation: Operation,
    work: (session: SqlSession) => Promise<Worked<T>>,
  ): Promise<Attempted<T>> => {
    const turn = await limiter.turn(closing.signal);
    if (turn.kind === "throttled") return turn;
    const startedAt = clock.now();
    let status = "ok";
    try {
      const session = await take();
      if (!session.ok) {
        status = session.fault.code;
        return { kind: "failed", fault: session.fault, open: false };
      }
      const worked = await work(session.value);
      if (worked.kind === "failed") status = worked.fault.code;
      await give(session.value);
      return worked;
    } finally {
      turn.release();
      observer.called({ system: account.name, operation, status, seconds: (clock.now() - startedAt) / 1000 });
    }
  };

  const again = async (tries: number, found: SqlFault): Promise<boolean> => {
    if (tries >= ATTEMPTS_MAX || closing.signal.aborted || !PASSING.has(found.kind) || HOPELESS.has(found.code))
      return false;
    const whole = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** (tries - 1));
    const ms = Math.round(whole / 2 + (whole / 2) * (account.random ?? Math.random)());
    observer.waited({ system: account.name, reason: found.code, ms });
    await clock.sleep(ms, closing.signal);
    return true;
  };

  const throttled = (ms: number, reason: string): Result<never> =>
    failed({ kind: "throttled", retryAfterMs: ms, message: `the limit "${reason}" of ${account.name} is used up` });

  const perform = async <T>(
    operation: Operation,
    use: "read" | "write",
    work: (session: SqlSession) => Promise<Worked<T>>,
  ): Promise<Result<T>> => {
    for (let tries = 1; ; tries += 1) {
      const attempted = await attempt(operation, work);
      if (attempted.kind === "throttled") return throttled(attempted.retryAfterMs, attempted.reason);
      if (attempted.kind === "worked") return done(attempted.value);
      const found = told(attempted.fault);
      if (attempted.open) return failed(failureOf(found, use, "open"));
      if (!(await again(tries, found))) return failed(failureOf(found, use));
    }
  };

  return {
    read: (operation, work) =>
      perform(operation, "read", async (session) => {
        const read = await work(session);
        return read.ok ? { kind: "worked", value: read.value } : { kind: "failed", fault: read.fault, open: false };
      }),
    write: (operation, work, undone) => perform(operation, "write", (session) => transaction(session, work, undone)),
    async hold() {
      const session = await take();
      if (!session.ok) return { ok: false, fault: told(session.fault) };
      const { value } = session;
      return {
        ok: true,
        value: {
          session: value,
          async release() {
            await endBadly(value);
            await give(value);
          },
        },
      };
    },
    async close() {
      closing.abort();
      for (const { session } of idle.splice(0)) await session.close();
    },
  };
}

type Worked<T> =
  | { readonly kind: "worked"; readonly value: T }
  /** `open`: of a write; nobody knows whether it happened. */
  | { readonly kind: "failed"; readonly fault: SqlFault; readonly open: boolean };

type Attempted<T> = Worked<T> | Extract<Turn, { readonly kind: "throttled" }>;

async function transaction<T>(
  session: SqlSession,
  work: (session: SqlSession) => Promise<Ran<T>>,
  undone: boolean,
): Promise<Worked<T>> {
  const begun = await session.begin();
  if (!begun.ok) return { kind: "failed", fault: begun.fault, open: false };
  const worked = await work(session);
  if (!worked.ok) {
    await endBadly(session);
    const silent = worked.fault.kind === "lost" || worked.fault.kind === "slow";
    return { kind: "failed", fault: worked.fault, open: silent && !undone };
  }
  const committed = await session.commit();
  if (committed.ok) return { kind: "worked", value: worked.value };
  await endBadly(session);
  // An answer to the commit that says no is certain; no answer leaves everything open.
  const { kind } = committed.fault;
  return { kind: "failed", fault: committed.fault, open: kind === "lost" || kind === "unreachable" || kind === "slow" };
}

/** What can be neither committed nor rolled back ends with its connection. */
async function endBadly(session: SqlSession): Promise<void> {
  if (session.broken) return;
  const back = await session.rollback();
  if (!back.ok) await session.close();
}
