// What people and webhooks ask of the in-memory state.

import { SIDES, type Instant, type RemoteId } from "../../core/ids.ts";
import type { Value } from "../../core/value.ts";
import { LedgerError, type CaseRow, type Ledger, type LinkRow as LinkListed } from "../../engine/ledger.ts";
import type { RunRow } from "../../engine/ports/run.ts";
import { acceptStanding, toCaseRow } from "./cases.ts";
import { countLinks, linksBy, writeLinks } from "./links.ts";
import {
  linkId,
  nextNumber,
  pairTables,
  transaction,
  type LinkRow,
  type PairTables,
  type RunRecord,
  type StoredCase,
  type Tables,
} from "./tables.ts";
import { addHints, wake } from "./work.ts";

export function memoryLedger(tables: Tables): Ledger {
  const pairOf = (name: string): PairTables => pairTables(tables, name);
  const audit = (who: string, what: string, facts: Value): void =>
    void (tables.audit = [...tables.audit, { at: tables.now(), who, what, facts }]);
  const runsOf = (pair: string | null): readonly RunRecord[] =>
    tables.runs.filter((row) => pair === null || row.pair === pair).toReversed();
  const pairsOf = (pair: string | null): readonly (readonly [string, PairTables])[] =>
    [...tables.pairs].filter(([name]) => pair === null || name === pair);
  const casesOf = (pair: string | null): readonly { readonly pair: string; readonly row: StoredCase }[] =>
    pairsOf(pair).flatMap(([name, each]) => [...each.cases.values()].map((row) => ({ pair: name, row })));
  return {
    ping: async () => undefined,
    figures: async (name) => {
      const pair = pairOf(name);
      const open = [...pair.cases.values()].filter((row) => !row.closed);
      const hints = [...pair.hints.values()];
      const [lastRun] = runsOf(name);
      const lastSweep = runsOf(name).find((row) => row.kind === "sweep");
      return {
        state: { acceptedMeaning: pair.acceptedMeaning, paused: pair.paused },
        links: countLinks(pair, null),
        cases: Object.fromEntries(
          [...new Set(open.map((row) => row.kind))].map((kind) => [
            kind,
            open.filter((row) => row.kind === kind).length,
          ]),
        ),
        quarantined: pair.quarantine.size,
        parked: new Set([...pair.parked.values()].map((row) => `${row.entity} ${row.side} ${row.id}`)).size,
        backlog: new Set(hints.map((row) => `${row.entity} ${row.side} ${row.id}`)).size,
        oldestHint: hints.length === 0 ? null : (Math.min(...hints.map((row) => row.due)) as Instant), // of due times
        openIntents: pair.intents.size,
        lastRun: lastRun === undefined ? null : toRunRow(lastRun),
        lastSweep: lastSweep === undefined ? null : toRunRow(lastSweep),
        approvalsPending: pair.approvals.size,
      };
    },
    runs: async ({ pair, limit, before }) => {
      const all = runsOf(pair);
      const start = before === null ? 0 : all.findIndex((row) => row.run === before) + 1;
      return all.slice(start, start + limit).map(toPairRun);
    },
    run: async (id) => {
      const row = tables.runs.find((each) => each.run === id);
      return row === undefined ? null : toPairRun(row);
    },
    effects: async ({ run, link, limit }) => {
      const all = [...tables.pairs.values()].flatMap((pair) => pair.effects);
      return all
        .filter((row) => (run === null || row.run === run) && (link === null || row.linkId === link))
        .toReversed()
        .slice(0, limit);
    },
    effectTotals: async () =>
      [...tables.pairs].flatMap(([pair, each]) =>
        [...each.totals]
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, count]) => {
            const [entity, side, op] = JSON.parse(key) as [string, "left" | "right", string]; // as addEffects wrote it
            return { pair, entity, side, op, count };
          }),
      ),

    links: async ({ pair, entity, record, limit, after }) => {
      const rows = [...pairOf(pair).links.values()].filter(
        (row) =>
          (entity === null || row.entity === entity) &&
          row.number > Number(after ?? 0) &&
          (record === null || row[record.side] === record.id),
      );
      return rows
        .toSorted((a, b) => a.number - b.number)
        .slice(0, limit)
        .map(toListed);
    },
    link: async (id) => {
      for (const [pair, each] of tables.pairs) {
        const row = [...each.links.values()].find((link) => linkId(link) === id);
        if (row !== undefined) return { ...toListed(row), pair };
      }
      return null;
    },
    addLink: async (name, entity, left, right, who) => {
      const pair = pairOf(name);
      const [taken] = holders(pair, entity, left, right);
      if (taken !== undefined)
        throw new LedgerError(
          "E_TAKEN",
          `${entity}: ${taken.left} = ${taken.right} is linked already (link ${String(taken.number)})`,
        );
      transaction(pair, () => {
        writeLinks(tables, pair, [handWrite(entity, left, right, null, "live", `linked by ${who}`)]);
        wake(tables, pair);
        hintNow(tables, pair, [{ entity, left, right }]);
      });
      audit(who, "link added", { pair: name, entity, left, right });
      const [made] = holders(pair, entity, left, right);
      if (made === undefined) throw new Error(`${entity}: ${left} = ${right} was linked and is not there`);
      return toListed(made);
    },
    removeLink: async (name, entity, left, right, who) => {
      const pair = pairOf(name);
      const link = holders(pair, entity, left, right).find((row) => row.left === left && row.right === right);
      if (link === undefined) throw new LedgerError("E_NOT_FOUND", `${entity}: ${left} = ${right} is not linked`);
      writeLinks(tables, pair, [handWrite(entity, left, right, link, "tombstone", `removed by ${who}`)]);
      audit(who, "link removed", { pair: name, entity, left, right });
    },

    cases: async ({ pair, limit }) => {
      const open = casesOf(pair).filter(({ row }) => !row.closed);
      return open
        .toSorted((a, b) => b.row.since - a.row.since || b.row.number - a.row.number)
        .slice(0, limit)
        .map((each) => toCaseRow(each.pair, each.row));
    },
    case: async (id) => {
      const found = casesOf(null).find(({ row }) => row.id === id);
      return found === undefined || found.row.closed ? null : toCaseRow(found.pair, found.row);
    },
    resolveCase: async (id, answer, who): Promise<CaseRow> => {
      const found = casesOf(null).find(({ row }) => row.id === id);
      if (found === undefined) throw new LedgerError("E_NOT_FOUND", `there is no case ${id}`);
      if (found.row.closed) throw new LedgerError("E_CLOSED", `case ${id} is closed`);
      const pair = pairOf(found.pair);
      const answered: StoredCase = { ...found.row, answer, answeredAt: tables.now() };
      pair.cases.set(id, answered);
      hintNow(tables, pair, [answered]);
      audit(who, "case resolved", { pair: found.pair, case: id, answer: answer.kind });
      return toCaseRow(found.pair, answered);
    },

    quarantine: async ({ pair, limit }) => {
      const rows = pairsOf(pair).flatMap(([name, each]) => [...each.quarantine.values()].map((row) => ({ name, row })));
      return rows
        .toSorted((a, b) => b.row.number - a.row.number)
        .slice(0, limit)
        .map(({ name, row: { number, entity, side, record, code, message, attempts, next } }) => ({
          id: `q${String(number)}`,
          pair: name,
          entity,
          side,
          record,
          code,
          message,
          attempts,
          next,
        }));
    },
    retryQuarantined: async (which, who) => {
      let count = 0;
      for (const [, pair] of pairsOf("ids" in which ? null : which.pair)) {
        for (const [key, row] of pair.quarantine) {
          if ("ids" in which && !which.ids.includes(`q${String(row.number)}`)) continue;
          count += 1;
          pair.quarantine.set(key, { ...row, next: tables.now() });
          addHints(tables, pair, [
            { entity: row.entity, side: row.side, id: row.record, channel: "retry", due: tables.now() },
          ]);
        }
      }
      audit(who, "quarantine retried", "ids" in which ? { ids: which.ids, count } : { pair: which.pair, count });
      return count;
    },

    setPaused: async (name, reason, who) => {
      pairOf(name).paused = reason;
      audit(who, reason === null ? "pair resumed" : "pair paused", { pair: name, reason });
    },
    setAcceptedMeaning: async (name, meaning, who) => {
      pairOf(name).acceptedMeaning = meaning;
      audit(who, "mapping accepted", { pair: name, meaning });
    },
    acceptState: async (name, how, who) => {
      const pair = pairOf(name);
      const accepted: ("epoch" | "rewind" | "drift" | "links")[] = [...acceptStanding(tables, pair)];
      const nothing = { left: null, right: null };
      if (accepted.includes("rewind")) {
        for (const link of pair.links.values())
          if (link.state !== "tombstone")
            pair.links.set(link.number, { ...link, versions: nothing, fingerprints: nothing });
        pair.cursors.clear();
        pair.cursorsReached.clear();
      }
      if (how.forgetLinks) {
        pair.lease = { token: nextNumber(tables), owner: null, until: tables.now() };
        const { links, unlinked, cursors, cursorsReached, hints, intents, parked, quarantine, approvals } = pair;
        for (const rows of [links, unlinked, cursors, cursorsReached, hints, intents, parked, quarantine, approvals])
          rows.clear();
        for (const row of pair.cases.values()) pair.cases.set(row.id, { ...row, closed: true, answer: null });
        accepted.push("links");
      }
      if (accepted.length > 0) audit(who, "state accepted", { pair: name, accepted });
      return accepted;
    },
    plan: async (id) => tables.plans.get(id) ?? null,
    audit: async ({ who, what, facts }) => audit(who, what, facts),
    auditRows: async (limit) => tables.audit.toReversed().slice(0, limit),

    storeDelivery: async ({ system, id, hints }) => {
      const key = JSON.stringify([system, id]);
      if (tables.deliveries.has(key)) return false;
      tables.deliveries.set(key, tables.now());
      for (const hint of hints) addHints(tables, pairOf(hint.pair), [hint]);
      return true;
    },
    forget: async (before) => {
      for (const [key, at] of tables.deliveries) if (at < before.deliveries) tables.deliveries.delete(key);
      for (const { pair, before: time } of before.tombstones) {
        const { links } = pairOf(pair);
        for (const row of links.values()) if (row.state === "tombstone" && row.since < time) links.delete(row.number);
      }
    },
  };

  function hintNow(
    to: Tables,
    pair: PairTables,
    rows: readonly { readonly entity: string; readonly left: RemoteId | null; readonly right: RemoteId | null }[],
  ): void {
    const due = to.now();
    for (const row of rows)
      for (const side of SIDES)
        if (row[side] !== null)
          addHints(to, pair, [{ entity: row.entity, side, id: row[side], channel: "manual", due }]);
  }
}

function holders(pair: PairTables, entity: string, left: RemoteId, right: RemoteId): readonly LinkRow[] {
  return [...linksBy(pair, entity, "left", [left]), ...linksBy(pair, entity, "right", [right])].filter(
    (row) => row.state !== "tombstone",
  );
}

/** Nothing is agreed yet: the next run compares the records and merges them. */
function handWrite(
  entity: string,
  left: RemoteId,
  right: RemoteId,
  link: LinkRow | null,
  state: LinkRow["state"],
  reason: string,
): Parameters<typeof writeLinks>[2][number] {
  const nothing = { left: null, right: null };
  return {
    id: link === null ? null : linkId(link),
    entity,
    left,
    right,
    state,
    reason,
    fingerprints: nothing,
    versions: nothing,
    bases: { left: {}, right: {} },
    matchKeys: nothing,
  };
}

function toListed(row: LinkRow): LinkListed {
  const { entity, left, right, state, since } = row;
  return { id: linkId(row), entity, left, right, state, since };
}

function toRunRow({ run, kind, startedAt, endedAt, report }: RunRecord): RunRow {
  return { run, kind, startedAt, endedAt, report };
}

function toPairRun(row: RunRecord): RunRow & { readonly pair: string } {
  return { ...toRunRow(row), pair: row.pair };
}
