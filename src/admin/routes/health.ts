// What probes and scrapers ask. No token is needed here.

import { setTimeout as wait } from "node:timers/promises";
import type { Fields, Value } from "../../core/value.ts";
import type { Desk } from "../desk.ts";
import { gatherFigures } from "../figures.ts";
import { OPENAPI } from "../openapi.ts";
import { ok, type Answer, type ReadRoute } from "../route.ts";

/** A database that takes longer is as good as gone for a probe; shorter, and a slow disk restarts the daemon. */
const PING_MS = 3000;

export function healthRoutes(desk: Desk): readonly ReadRoute[] {
  const open = { kind: "read", role: null, queries: [] } as const;
  return [
    {
      ...open,
      path: "/healthz",
      async read() {
        const database = await answers(desk);
        const json = {
          status: database ? "ok" : "failing",
          database: database ? "ok" : "does not answer",
          version: desk.version,
        };
        return { status: database ? 200 : 503, json };
      },
    },
    { ...open, path: "/readyz", read: () => readiness(desk) },
    {
      ...open,
      path: "/metrics",
      async read() {
        // A scrape during a database outage still tells of calls and runs.
        const figures = await gatherFigures(desk.ledger, desk.operator, desk.now()).catch(() => null);
        return { status: 200, text: await desk.metrics.text(figures), type: desk.metrics.contentType };
      },
    },
    {
      ...open,
      path: "/openapi.json",
      read: () => Promise.resolve(ok({ ...OPENAPI, info: { title: "Syncline admin API", version: desk.version } })),
    },
  ];
}

async function answers(desk: Desk): Promise<boolean> {
  const stop = new AbortController();
  const late = wait(PING_MS, false, { signal: stop.signal, ref: false }).catch(() => false);
  try {
    return await Promise.race([
      desk.ledger.ping().then(
        () => true,
        () => false,
      ),
      late,
    ]);
  } finally {
    stop.abort();
  }
}

async function readiness(desk: Desk): Promise<Answer> {
  const { ready, why } = desk.operator.ready();
  if (!ready) return { status: 503, json: { ready: false, why, failing: [] } };
  if (!(await answers(desk)))
    return { status: 503, json: { ready: false, why: "the database does not answer", failing: [] } };
  return ok({ ready: true, why: null, failing: await failingPairs(desk) });
}

/** Pairs that stand still or whose last run failed: listed, and no reason to restart the daemon. */
async function failingPairs(desk: Desk): Promise<readonly Value[]> {
  const rows = await Promise.all(
    (await desk.operator.pairs()).map(async ({ pair }): Promise<Fields | null> => {
      const { state, lastRun } = await desk.ledger.figures(pair);
      if (state.paused?.startsWith("stop:") === true) return { pair, why: "stopped" };
      const report = lastRun?.report ?? null;
      const fails = report !== null && (report.outcome === "failed" || report.outcome === "halted");
      return fails ? { pair, why: report.reason ?? report.outcome } : null;
    }),
  );
  return rows.filter((row) => row !== null);
}
