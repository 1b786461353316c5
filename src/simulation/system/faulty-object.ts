// One object of a simulated account as the engine meets it: late, partial, forgetful, and sometimes silent about what it did.
// Each call travels to the account (the process may die meanwhile, the request arrives all the same), takes effect there, and
// its answer travels back.

import type {
  Begun,
  Capabilities,
  CreateCall,
  DeleteCall,
  Page,
  RemoteFailure,
  RemoteRecord,
  Result,
  SystemObject,
  UpdateCall,
  Written,
} from "../../connector/contract.ts";
import type { RemoteId } from "../../core/ids.ts";
import type { Fields, Value } from "../../core/value.ts";
import type { Process } from "../scheduler.ts";
import { failureOf, type Mishap } from "./faults.ts";
import type { EngineWrite, FaultySystem, Table } from "./account.ts";
import type { Habits } from "./habits.ts";
import { present, shownAt, toRecord, versionOf, type Row, type Snapshot } from "./rows.ts";

const KEY_LIFE_MS = 24 * 3_600_000;

export function faultyObject(system: FaultySystem, process: Process, name: string): SystemObject {
  const { habits, scheduler, random } = system.parts;
  const table = system.table(name);
  const label = (what: string): string => `${process.name} ${system.side} ${what}`;
  const travel = (): number => (habits.latencyMs === 0 ? 0 : random.whole(0, habits.latencyMs));
  // The network does not die with the daemon that sent the request.
  const arrive = (what: string): Promise<void> => scheduler.turn(null, label(what), travel());
  const answer = <T>(what: string, value: T): Promise<T> =>
    scheduler.turn(process, label(`${what} answered`), travel()).then(() => value);
  const shown = (): number => scheduler.now() - habits.lagMs;
  const tell = (row: Row, snapshot: Snapshot): RemoteRecord => toRecord(row, snapshot, habits, false);

  /** The rows of a listing as they show now. */
  const listed = (): readonly { readonly row: Row; readonly snapshot: Snapshot }[] =>
    [...table.rows.values()].flatMap((row) => {
      const snapshot = shownAt(row, shown());
      return snapshot.fields !== null || (habits.keepsDeleted && snapshot.at > 0) ? [{ row, snapshot }] : [];
    });

  async function* list(): AsyncGenerator<Result<Page>> {
    const mishap = system.take("list");
    const failed = readFailure(mishap);
    let last = 0;
    let offset = 0;
    let omitted: RemoteId | null = null;
    for (let page = 0; ; page += 1) {
      await arrive("list");
      table.listedAt = scheduler.steps();
      if (failed !== null && (mishap !== "truncated" || page > 0)) {
        yield await answer("list", failed);
        return;
      }
      const all = mishap === "empty" ? [] : listed();
      if (mishap === "omits" && page === 0 && all.length > 0) omitted = random.pick(all).row.id;
      const rows = all.filter(({ row }) => row.id !== omitted);
      const from = habits.paging === "offset" ? rows.slice(offset) : rows.filter(({ row }) => row.number > last);
      const here = from.slice(0, habits.pageSize);
      offset += habits.pageSize;
      last = here.at(-1)?.row.number ?? last;
      const page_ = pageOf(told(here, mishap), here, habits.tellsTotal ? rows.length : null);
      yield await answer("list", { ok: true, value: page_ });
      if (from.length <= habits.pageSize) {
        if (mishap === "truncated") yield { ok: false, failure: failureOf("truncated") };
        return;
      }
    }
  }

  async function* changes(cursor: string, how?: { readonly settled: boolean }): AsyncGenerator<Result<Page>> {
    const mishap = system.take("changes");
    const failed = readFailure(mishap);
    await arrive("changes");
    table.listedAt = scheduler.steps();
    if (failed !== null && mishap !== "truncated") {
      yield await answer("changes", failed);
      return;
    }
    const since = Number(cursor) - (how?.settled === true ? 0 : habits.settleMs);
    const found = [...table.rows.values()]
      .map((row) => ({ row, snapshot: shownAt(row, shown()) }))
      .filter(
        ({ snapshot }) =>
          snapshot.at > 0 && snapshot.at + habits.skewMs >= since && (snapshot.fields !== null || habits.tellsDeletes),
      )
      .toSorted((a, b) => a.snapshot.at - b.snapshot.at || a.row.number - b.row.number);
    for (let start = 0; start === 0 || start < found.length; start += habits.pageSize) {
      const here = found.slice(start, start + habits.pageSize);
      if (start > 0) await arrive("changes");
      yield await answer("changes", { ok: true, value: pageOf(told(here, mishap), here, null) });
      if (mishap === "truncated") {
        yield { ok: false, failure: failureOf("truncated") };
        return;
      }
    }
  }

  type Told = Pick<Page, "records" | "broken">;

  /** The rows of a page as its reader gets them. */
  function told(rows: readonly { readonly row: Row; readonly snapshot: Snapshot }[], mishap: Mishap | null): Told {
    const records = rows.map(({ row, snapshot }) => tell(row, snapshot));
    const [first, ...others] = records;
    if (first === undefined) return { records, broken: [] };
    if (mishap === "repeats") return { records: [...records, first], broken: [] };
    if (mishap !== "garbled") return { records, broken: [] };
    return { records: others, broken: [{ id: first.id, code: "E_SCHEMA", message: "simulated: garbled" }] };
  }

  const pageOf = (
    { records, broken }: Told,
    rows: readonly { readonly snapshot: Snapshot }[],
    total: number | null,
  ): Page => {
    const latest = Math.max(...rows.map(({ snapshot }) => snapshot.at + habits.skewMs));
    return { records, broken, total, cursor: habits.changes && rows.length > 0 ? String(latest) : null };
  };

  async function get(ids: readonly RemoteId[]): Promise<readonly Result<RemoteRecord>[]> {
    const mishap = system.take("get");
    const failed = readFailure(mishap);
    await arrive("get");
    const results = ids.map((id): Result<RemoteRecord> => {
      if (failed !== null) return failed;
      table.gotAt.set(id, scheduler.steps());
      if (mishap === "stale") table.staleAt.set(id, scheduler.steps());
      const row = table.rows.get(id);
      const snapshot =
        row === undefined ? null : mishap === "stale" ? shownAt(row, scheduler.now() - habits.settleMs) : present(row);
      if (row === undefined || snapshot === null || snapshot.fields === null)
        return { ok: false, failure: { kind: "gone", message: `${id} is not there` } };
      return { ok: true, value: toRecord(row, snapshot, habits, true) };
    });
    return answer("get", results);
  }

  async function find(
    wanted: (fields: Fields, row: Row) => boolean,
    value: string,
  ): Promise<Result<readonly RemoteRecord[]>> {
    const failed = readFailure(system.take("find"));
    await arrive("find");
    if (failed !== null) return answer("find", failed);
    const rows = [...table.rows.values()].flatMap((row) => {
      const snapshot = shownAt(row, shown());
      return snapshot.fields !== null && wanted(snapshot.fields, row) ? [{ row, snapshot }] : [];
    });
    table.finds.push({ round: system.parts.round(), value, found: rows.map(({ row }) => row.id) });
    return answer("find", { ok: true, value: rows.map(({ row, snapshot }) => tell(row, snapshot)) });
  }

  /** One batch after the other; a mishap is that of one batch. */
  async function write<Call extends Begun & { readonly key: string }, T>(
    what: "create" | "update" | "delete",
    calls: readonly Call[],
    perform: (call: Call, sentIn: number) => Result<T>,
  ): Promise<readonly Result<T>[]> {
    const results: Result<T>[] = [];
    for (let start = 0; start < calls.length; start += habits.batch) {
      const mishap = system.take(what);
      const batch = calls.slice(start, start + habits.batch);
      if (batch[0]?.mayBegin?.() === false) {
        results.push(...batch.map((): Result<T> => ({ ok: false, failure: failureOf("unreachable") })));
        continue;
      }
      const sentIn = system.parts.round();
      await arrive(what);
      const reached = reachedBy(mishap, batch.length);
      const done = batch.map((call, index): Result<T> =>
        index < reached ? perform(call, sentIn) : { ok: false, failure: failureOf(mishap ?? "unreachable") },
      );
      const lost: RemoteFailure | null =
        mishap === "lost-after" || mishap === "malformed" || mishap === "partial-lost" ? failureOf(mishap) : null;
      results.push(
        ...(await answer(
          what,
          done.map((result): Result<T> => (lost === null ? result : { ok: false, failure: lost })),
        )),
      );
      if (lost === null) for (const call of batch) system.parts.answered(call.key);
    }
    return results;
  }

  function written(row: Row): Result<Written> {
    const snapshot = present(row);
    const record = habits.answersRecord ? toRecord(row, snapshot, habits, true) : null;
    return {
      ok: true,
      value: { id: row.id, version: habits.answersVersion ? versionOf(row, snapshot, habits, true) : null, record },
    };
  }

  /** Somebody else has the value that must be unique. */
  const isTaken = (fields: Fields, own: RemoteId | null): boolean => {
    const value = habits.unique ? keyOf(table, fields) : null;
    if (value === null) return false;
    return [...table.rows.values()].some((row) => row.id !== own && keyOf(table, present(row).fields ?? {}) === value);
  };

  /** @param sentIn The round in which the call left: it may arrive in a later one. */
  function creation(key: string, sent: Fields, sentIn: number): EngineWrite {
    const value = keyOf(table, sent);
    const asked = table.finds.findLast((each) => each.round === sentIn && each.value === value) ?? null;
    return { key, sent, asked, blind: false };
  }

  function engineWrite(key: string, sent: Fields, id: RemoteId, version: string | null): EngineWrite {
    return { key, sent, asked: null, blind: isBlind(table, habits, id, version) };
  }

  function create({ key, record }: CreateCall, sentIn: number): Result<Written> {
    const known = habits.repeat === "by-key" ? [...table.rows.values()].find((row) => row.key === key) : undefined;
    if (known !== undefined) return written(known);
    if (isTaken(record, null)) return { ok: false, failure: { kind: "duplicate", message: "this value is taken" } };
    const { id: _id, ...fields } = record;
    return written(system.create("engine", name, fields, creation(key, record, sentIn)));
  }

  /** Null: it may be written. */
  function refusal(row: Row | undefined, version: string | null): RemoteFailure | null {
    if (row === undefined || present(row).fields === null) return { kind: "gone", message: "it is not there" };
    const current = versionOf(row, present(row), habits, true);
    if (habits.guard === "if-match" && version !== null && version !== current)
      return { kind: "stale", message: `the version is ${String(current)}` };
    return null;
  }

  function update({ key, id, version, changed, current }: UpdateCall): Result<Written> {
    const row = table.rows.get(id);
    const failure = refusal(row, version);
    if (failure !== null || row === undefined)
      return { ok: false, failure: failure ?? { kind: "gone", message: "it is not there" } };
    if (habits.needsCurrent && current === null)
      throw new Error("a system that only replaces was not given the current record");
    const whole = habits.needsCurrent ? { ...current?.fields, ...changed } : { ...present(row).fields, ...changed };
    const { id: _id, ...fields } = whole;
    if (isTaken(fields, id)) return { ok: false, failure: { kind: "duplicate", message: "this value is taken" } };
    system.change("engine", name, id, fields, engineWrite(key, changed, id, version));
    return written(row);
  }

  function remove({ key, id, version }: DeleteCall): Result<null> {
    const failure = refusal(table.rows.get(id), version);
    if (failure !== null) return { ok: false, failure };
    system.change("engine", name, id, null, engineWrite(key, {}, id, version));
    return { ok: true, value: null };
  }

  return {
    name,
    capabilities: capabilitiesOf(habits, table),
    list,
    changes,
    get,
    find: (key) => {
      const wanted = Object.entries(key);
      return find(
        (fields) => wanted.every(([field, value]) => textOf(fields[field] ?? null) === textOf(value)),
        textOf(wanted[0]?.[1] ?? null),
      );
    },
    findByMarker: (key) => find((_, row) => row.key === key, key),
    create: (calls) => write("create", calls, create),
    update: (calls) => write("update", calls, update),
    delete: (calls) => write("delete", calls, remove),
    laterCursor: (a, b) => (a === null || b === null ? (a ?? b) : Number(a) >= Number(b) ? a : b),
  };
}

/** How many calls of a batch take effect. */
function reachedBy(mishap: Mishap | null, calls: number): number {
  if (mishap === null || mishap === "lost-after" || mishap === "malformed") return calls;
  return mishap === "partial" || mishap === "partial-lost" ? Math.ceil(calls / 2) : 0;
}

/** Mishaps of reads that are no failure: what is read is not all, or not so. */
const LIES: ReadonlySet<Mishap> = new Set(["omits", "repeats", "empty", "stale", "garbled"]);

function readFailure(mishap: Mishap | null): { readonly ok: false; readonly failure: RemoteFailure } | null {
  if (mishap === null || LIES.has(mishap)) return null;
  return { ok: false, failure: failureOf(mishap) };
}

function textOf(value: Value): string {
  return typeof value === "string" ? value.trim().toLowerCase() : JSON.stringify(value);
}

function keyOf({ shape }: Table, fields: Fields): string | null {
  const value = shape.key === null ? null : (fields[shape.key] ?? null);
  return value === null || value === "" ? null : textOf(value);
}

/** Somebody edited after the last look that this kind of guard asks for: no engine can know. */
function isBlind(table: Table, habits: Habits, id: RemoteId, version: string | null): boolean {
  if (habits.guard === "if-match" && version !== null) return false;
  const edited = table.editedAt.get(id) ?? 0;
  const got = table.gotAt.get(id) ?? 0;
  if (got > 0 && table.staleAt.get(id) === got) return true;
  const looked = habits.guard === "none" || !habits.get ? Math.max(got, table.listedAt) : got;
  const askedInTime = habits.guard === "none" || !habits.get || got > table.listedAt;
  // A listing that lags shows what was there some time ago, and an unguarded write goes by it.
  const unguarded = habits.guard === "none" || !habits.get;
  if (unguarded && (habits.lagMs > 0 || edited >= table.roundAt)) return true;
  return edited > looked && askedInTime;
}

function capabilitiesOf(habits: Habits, { shape }: Table): Capabilities {
  const hasFind = habits.find && shape.key !== null;
  const verify = habits.verify === "find" && !hasFind ? null : habits.verify;
  return {
    list: true,
    get: habits.get,
    findBy: hasFind && shape.key !== null ? [[shape.key]] : [],
    findSettleMs: habits.settleMs,
    changes: habits.changes ? { settleMs: habits.settleMs, cannotSeeDeletes: !habits.tellsDeletes } : null,
    create: { repeat: habits.repeat, verify, keyLifeMs: KEY_LIFE_MS },
    update: { guard: habits.guard, needsCurrent: habits.needsCurrent },
    delete: { guard: habits.guard, effect: "delete" },
    batch: { read: habits.batch, create: habits.batch, update: habits.batch, delete: habits.batch },
    versioned: habits.versions !== "none",
    tellsModified: habits.tellsModified,
    naturalKeys: shape.key === null ? [] : [shape.key],
  };
}
