// Tells people what waits for them, after a run that found something new. What waited before the daemon started was told by an
// earlier one, or stands in `status`.

import type { HttpClient } from "../connector/http.ts";
import type { Secret } from "../connector/secret.ts";
import type { Ledger, PairFigures } from "../engine/ledger.ts";
import type { RunReport } from "../engine/ports/run.ts";
import type { Log } from "../engine/ports/world.ts";

type Occasion = "case" | "guard" | "pair-paused" | "quarantine" | "failed";

/** Where is told what. */
export interface Notice {
  readonly on: readonly Occasion[];
  /** `slack`: `{ text }` for an incoming webhook; `webhook`: `{ pair, on, text, run }`. */
  readonly form: "slack" | "webhook";
  readonly url: Secret;
}

export interface Notices {
  /** Reads what waits already, so that only what is new is told. */
  begin(pairs: readonly string[]): Promise<void>;
  /** After a run. Never rejects. */
  ran(report: RunReport): Promise<void>;
  close(): Promise<void>;
}

interface NoticePorts {
  readonly notices: readonly Notice[];
  readonly ledger: Pick<Ledger, "figures" | "cases">;
  readonly http: HttpClient;
  readonly log: Log;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** What was waiting when a pair was last looked at. */
interface Seen {
  readonly cases: ReadonlySet<string>;
  readonly paused: string | null;
  readonly quarantined: number;
  readonly failed: string | null;
}

interface Told {
  readonly on: Occasion;
  readonly text: string;
}

/** Later than the last of these the person reads it in `status`. */
const PAUSES_MS = [1_000, 10_000, 60_000];
const CASES_MAX = 1_000;

export function startNotices(ports: NoticePorts): Notices {
  const closing = new AbortController();
  const seen = new Map<string, Seen>();
  const posts = new Set<Promise<void>>();

  const look = async (
    pair: string,
    failed: string | null,
  ): Promise<{ figures: PairFigures; now: Seen; kinds: Map<string, string> }> => {
    const [figures, cases] = await Promise.all([
      ports.ledger.figures(pair),
      ports.ledger.cases({ pair, limit: CASES_MAX }),
    ]);
    const kinds = new Map(cases.map((row) => [row.id, row.kind]));
    const { paused } = figures.state;
    return { figures, kinds, now: { cases: new Set(kinds.keys()), paused, quarantined: figures.quarantined, failed } };
  };

  return {
    async begin(pairs) {
      for (const pair of pairs) seen.set(pair, (await look(pair, null)).now);
    },
    async ran(report) {
      const { pair } = report;
      try {
        const failed = report.outcome === "failed" ? (report.reason ?? "internal") : null;
        const { now, kinds } = await look(pair, failed);
        const before = seen.get(pair);
        seen.set(pair, now);
        const told = toldOf(report, now, before, kinds);
        for (const notice of ports.notices) {
          const wanted = told.filter(({ on }) => notice.on.includes(on));
          if (wanted.length === 0) continue;
          const post = send(notice, report, wanted, ports, closing.signal).finally(() => posts.delete(post));
          posts.add(post);
        }
      } catch (error) {
        ports.log.warn("what waits for people could not be told", { pair, error: String(error) });
      }
    },
    async close() {
      closing.abort();
      await Promise.all(posts);
      await ports.http.close();
    },
  };
}

function toldOf(
  report: RunReport,
  now: Seen,
  before: Seen | undefined,
  kinds: ReadonlyMap<string, string>,
): readonly Told[] {
  const { pair } = report;
  const told: Told[] = [];
  const fresh = [...now.cases].filter((id) => before?.cases.has(id) !== true).map((id) => kinds.get(id) ?? "");
  const guards = fresh.filter((kind) => kind === "guard").length;
  const others = fresh.filter((kind) => kind !== "guard");
  if (guards > 0) {
    const text = `${pair}: a guard withheld changes. Look with: syncline plan ${pair} --sweep`;
    told.push({ on: "guard", text });
  }
  if (others.length > 0) {
    const names = [...new Set(others)].map(
      (kind) => `${String(others.filter((each) => each === kind).length)} ${kind}`,
    );
    const text = `${pair}: ${names.join(", ")} wait for a person: syncline cases ${pair}`;
    told.push({ on: "case", text });
  }
  if (now.paused !== null && now.paused !== before?.paused) {
    told.push({ on: "pair-paused", text: `${pair} is paused (${now.paused}). Go on with: syncline resume ${pair}` });
  }
  if (now.quarantined > (before?.quarantined ?? 0)) {
    const text = `${pair}: ${String(now.quarantined)} records fail: syncline quarantine ${pair}`;
    told.push({ on: "quarantine", text });
  }
  if (now.failed !== null && now.failed !== before?.failed) {
    const why = report.message === null ? "" : ` ${report.message}`;
    told.push({ on: "failed", text: `${pair}: the run failed (${now.failed}).${why} See: syncline status ${pair}` });
  }
  return told;
}

async function send(
  notice: Notice,
  report: RunReport,
  told: readonly Told[],
  { http, log, sleep }: NoticePorts,
  signal: AbortSignal,
): Promise<void> {
  const url = new URL(notice.url.reveal());
  const text = told.map((each) => each.text).join("\n");
  const body =
    notice.form === "slack" ? { text } : { pair: report.pair, run: report.run, on: told.map(({ on }) => on), text };
  for (const pauseMs of [...PAUSES_MS, null]) {
    const sent = await http.send({
      method: "POST",
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal,
    });
    if (sent.kind === "response" && sent.status < 300) return;
    const why = sent.kind === "response" ? `status ${String(sent.status)}` : sent.message;
    if (pauseMs === null || signal.aborted) {
      log.warn("a notice was not taken", { pair: report.pair, host: url.host, why });
      return;
    }
    await sleep(pauseMs, signal);
  }
}
