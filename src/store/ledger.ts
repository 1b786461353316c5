// What people and webhooks ask of the state. Every change a person makes is in the audit log, in the same transaction.

import { SIDES, type Instant, type LinkId, type RemoteId } from "../core/ids.ts";
import { LedgerError, type Ledger, type LinkRow } from "../engine/ledger.ts";
import type { LinkWrite } from "../engine/ports/link.ts";
import { addAudit, listAudit } from "./audit.ts";
import { answerCase, findCase, listCases } from "./cases.ts";
import { statement, type Database, type Sql } from "./database.ts";
import { deliveryStore } from "./deliveries.ts";
import { effectTotals, listEffects } from "./effects.ts";
import { instantSql, recordset, timestampSql } from "./encoding.ts";
import { countWaiting } from "./figures.ts";
import { addHints } from "./inbox.ts";
import { serializePair } from "./leases.ts";
import { writeLinks } from "./link-writes.ts";
import { countLinks, linkById, linksBy, listLinks } from "./links.ts";
import { acceptState } from "./accept-state.ts";
import { readState, setAcceptedMeaning, setPaused } from "./pair-state.ts";
import { wake } from "./parked.ts";
import { readPlan } from "./plans.ts";
import { listQuarantine, retryQuarantined } from "./quarantine.ts";
import { findRun, listRuns } from "./runs.ts";

const PING = statement("ledger.ping", "select 1");
const NOW = statement<{ now: Instant }>("ledger.now", `select ${instantSql("now()")} as now`);

export function openLedger(database: Database): Ledger {
  const ledger: Ledger = {
    async ping() {
      await database.rows(PING, []);
    },
    async figures(pair) {
      const [state, links, waiting, [lastRun], [lastSweep]] = await Promise.all([
        readState(database, pair),
        countLinks(database, pair, null),
        countWaiting(database, pair),
        listRuns(database, { pair, kind: null, before: null, limit: 1 }),
        listRuns(database, { pair, kind: "sweep", before: null, limit: 1 }),
      ]);
      return {
        state,
        links,
        cases: waiting.cases,
        quarantined: waiting.quarantined,
        parked: waiting.parked,
        backlog: waiting.backlog,
        oldestHint: waiting.oldest_hint,
        openIntents: waiting.open_intents,
        lastRun: lastRun ?? null,
        lastSweep: lastSweep ?? null,
        approvalsPending: waiting.approvals,
      };
    },
    runs: (filter) => listRuns(database, { ...filter, kind: null }),
    run: (id) => findRun(database, id),
    effects: (filter) => listEffects(database, filter),
    effectTotals: () => effectTotals(database),

    links: (filter) => listLinks(database, filter),
    link: (id) => linkById(database, id),
    addLink: (pair, entity, left, right, who) => addLink(database, { pair, entity, left, right, who }),
    removeLink: (pair, entity, left, right, who) => removeLink(database, { pair, entity, left, right, who }),

    cases: (filter) => listCases(database, filter.pair, filter.limit),
    async case(id) {
      const found = await findCase(database, id);
      if (found === null) return null;
      const { closed, ...row } = found;
      return closed ? null : row;
    },
    resolveCase: (id, answer, who) => resolveCase(database, { id, answer, who }),

    quarantine: (filter) => listQuarantine(database, filter.pair, filter.limit),
    retryQuarantined: (which, who) =>
      database.transaction(async (sql) => {
        const count = await retryQuarantined(sql, which);
        const facts = "ids" in which ? { ids: which.ids, count } : { pair: which.pair, count };
        await addAudit(sql, { who, what: "quarantine retried", facts });
        return count;
      }),

    setPaused: (pair, reason, who) =>
      database.transaction(async (sql) => {
        await setPaused(sql, pair, reason);
        await addAudit(sql, { who, what: reason === null ? "pair resumed" : "pair paused", facts: { pair, reason } });
      }),
    setAcceptedMeaning: (pair, meaning, who) =>
      database.transaction(async (sql) => {
        await setAcceptedMeaning(sql, pair, meaning);
        await addAudit(sql, { who, what: "mapping accepted", facts: { pair, meaning } });
      }),
    acceptState: (pair, how, who) => acceptState(database, pair, how, who),
    plan: (id) => readPlan(database, id),
    audit: (row) => addAudit(database, row),
    auditRows: (limit) => listAudit(database, limit),

    storeDelivery: deliveryStore(database),
    async forget(before) {
      await database.rows(FORGET, [before.deliveries, recordset(before.tombstones)]);
    },
  };
  return ledger;
}

interface NamedLink {
  readonly pair: string;
  readonly entity: string;
  readonly left: RemoteId;
  readonly right: RemoteId;
  readonly who: string;
}

function linkWrite(named: NamedLink, id: LinkId | null, state: LinkWrite["state"], reason: string | null): LinkWrite {
  const nothing = { left: null, right: null };
  return {
    id,
    entity: named.entity,
    left: named.left,
    right: named.right,
    state,
    reason,
    // Nothing is agreed yet: the next run compares the records and merges them.
    fingerprints: nothing,
    versions: nothing,
    bases: { left: {}, right: {} },
    matchKeys: nothing,
  };
}

/** Links that hold either id, live or frozen. */
async function holders(sql: Sql, named: NamedLink): Promise<Awaited<ReturnType<typeof linksBy>>> {
  const found = [
    ...(await linksBy(sql, named.pair, named.entity, "left", [named.left])),
    ...(await linksBy(sql, named.pair, named.entity, "right", [named.right])),
  ];
  return found.filter((link) => link.state !== "tombstone");
}

/** Links by hand, wakes what waited for it, and hints both records. */
async function addLink(database: Database, named: NamedLink): Promise<LinkRow> {
  const { pair, entity, left, right, who } = named;
  return database.transaction(async (sql) => {
    await serializePair(sql, pair);
    const [taken] = await holders(sql, named);
    if (taken !== undefined) {
      throw new LedgerError(
        "E_TAKEN",
        `${entity}: ${taken.left} = ${taken.right} is linked already (link ${taken.id})`,
      );
    }
    await writeLinks(sql, pair, [linkWrite(named, null, "live", `linked by ${who}`)]);
    const records = SIDES.map((side) => ({ entity, side, id: named[side] }));
    await wake(sql, pair, records);
    await hintNow(sql, pair, records);
    await addAudit(sql, { who, what: "link added", facts: { pair, entity, left, right } });
    const [row] = await listLinks(sql, { pair, entity, record: { side: "left", id: left }, after: null, limit: 1 });
    if (row === undefined) throw new Error(`${entity}: ${left} = ${right} was linked and is not there`);
    return row;
  });
}

async function hintNow(
  sql: Sql,
  pair: string,
  records: readonly { readonly entity: string; readonly side: "left" | "right"; readonly id: RemoteId }[],
): Promise<void> {
  const [time] = await sql.rows(NOW, []);
  if (time === undefined) throw new Error("the database did not say the time");
  await addHints(
    sql,
    pair,
    records.map((record) => ({ ...record, channel: "manual", due: time.now })),
  );
}

async function removeLink(database: Database, named: NamedLink): Promise<void> {
  const { pair, entity, left, right, who } = named;
  await database.transaction(async (sql) => {
    await serializePair(sql, pair);
    const link = (await holders(sql, named)).find((holder) => holder.left === left && holder.right === right);
    if (link === undefined) throw new LedgerError("E_NOT_FOUND", `${entity}: ${left} = ${right} is not linked`);
    await writeLinks(sql, pair, [linkWrite(named, link.id, "tombstone", `removed by ${who}`)]);
    await addAudit(sql, { who, what: "link removed", facts: { pair, entity, left, right } });
  });
}

async function resolveCase(
  database: Database,
  { id, answer, who }: { id: string; answer: Parameters<Ledger["resolveCase"]>[1]; who: string },
): ReturnType<Ledger["resolveCase"]> {
  return database.transaction(async (sql) => {
    const row = await answerCase(sql, id, answer);
    if (row === null) {
      if ((await findCase(sql, id)) === null) throw new LedgerError("E_NOT_FOUND", `there is no case ${id}`);
      throw new LedgerError("E_CLOSED", `case ${id} is closed`);
    }
    const { pair, entity } = row;
    await hintNow(
      sql,
      pair,
      SIDES.flatMap((side) => {
        const record = row[side];
        return record === null ? [] : [{ entity, side, id: record }];
      }),
    );
    // The answer may be a field's value, which has no place in the log.
    await addAudit(sql, { who, what: "case resolved", facts: { pair, case: id, answer: answer.kind } });
    return row;
  });
}

const FORGET = statement(
  "ledger.forget",
  `with delivered as (delete from syncline.deliveries where at < ${timestampSql("$1")}),
   dead as (
     delete from syncline.links l using json_to_recordset($2::json) as i(pair text, before float8)
      where l.pair = i.pair and l.state = 'tombstone' and l.since < ${timestampSql("i.before")}
     returning l.id)
   delete from syncline.bases b using dead where b.link_id = dead.id`,
);
