// Changes from a logical replication slot of Postgres, deletes among them, in the order of their commits.
//
// The slot is read without being moved. It is moved by the next reading, to the cursor which that one is given: only then is it
// certain that what was read has been stored. A cursor that the slot has left behind, a slot that is lost, and a table that was
// emptied at once mean: list completely. A slot is never created here, because one that nobody reads fills the server's disk.

import { remoteId, type RemoteId } from "../../../../core/ids.ts";
import type { Page, RemoteRecord, Result } from "../../../contract.ts";
import { done, failed } from "../../../object-tools.ts";
import type { SqlSession } from "../dialect.ts";
import { failureOf, ran, type Ran } from "../fault.ts";
import type { ReplicationPart } from "../file.ts";
import type { ObjectWork } from "../object-work.ts";
import { readMany } from "../reading.ts";
import { createPgOutputReader } from "./pgoutput.ts";
import { laterPosition, positionNumber } from "./position.ts";
import { cellText } from "../value.ts";

/** Messages fetched at once. More: more rows looked up in one page; fewer: more round trips. */
const FETCH = 1000;

/** Looks for a transaction that the log has and tables do not show yet: it waits for a standby, or a moment for itself. */
const VISIBLE_TRIES = 40;
const VISIBLE_WAIT_MS = 50;

interface Slot {
  readonly confirmed: string;
  /** Log that it needs is gone. */
  readonly lost: boolean;
}

/** Where reading may start after a complete listing that begins now; null: there is no slot to read. */
export async function slotCursor(tools: ObjectWork, part: ReplicationPart): Promise<Result<string | null>> {
  const slot = await tools.work.read("list", (session) => readSlot(session, part));
  if (!slot.ok) return slot;
  // What was committed since the slot was last moved is told again; it compares as equal.
  return done(slot.value === null || slot.value.lost ? null : slot.value.confirmed);
}

export async function readSlot(session: SqlSession, { slot }: ReplicationPart): Promise<Ran<Slot | null>> {
  const answer = await session.run({
    text: `select confirmed_flush_lsn::text as confirmed, wal_status = 'lost' as lost from pg_replication_slots
      where slot_name = $1 and plugin = 'pgoutput' and database = current_database()`,
    values: [slot],
  });
  if (!answer.ok) return answer;
  const row = answer.value.rows[0];
  if (row === undefined || typeof row.confirmed !== "string") return ran(null);
  return ran({ confirmed: row.confirmed, lost: row.lost === true });
}

export async function* slotPages(
  tools: ObjectWork,
  part: ReplicationPart,
  cursor: string,
): AsyncGenerator<Result<Page>> {
  const { work } = tools;
  const start = await work.read("changes", (session) => moveSlot(tools, session, part, cursor));
  if (!start.ok) {
    yield start;
    return;
  }
  if (start.value.kind === "resync") {
    yield failed({ kind: "resync", message: start.value.why });
    return;
  }
  const { relation, until } = start.value;
  const held = await work.hold();
  if (!held.ok) {
    yield failed(failureOf(held.fault, "read"));
    return;
  }
  const { session } = held.value;
  try {
    const opened = await openReading(session, part, until);
    if (!opened.ok) {
      yield failed(failureOf(opened.fault, "read"));
      return;
    }
    const reader = createPgOutputReader(tools.plan.id);
    let reached: string | null = null;
    for (;;) {
      const answer = await session.run({ text: `fetch ${String(FETCH)} from changes_read`, values: [] });
      if (!answer.ok) {
        yield failed(failureOf(answer.fault, "read"));
        return;
      }
      const ids = new Set<RemoteId>();
      const transactions = new Set<string>();
      for (const row of answer.value.rows) {
        for (const change of reader.read(Buffer.from(cellText(row, "data"), "base64"))) {
          if (change.kind === "commit") reached = laterPosition(reached, change.end);
          else if (change.kind === "truncate" && change.relations.includes(relation)) {
            yield failed({ kind: "resync", message: "the table was emptied at once" });
            return;
          } else if (change.kind === "row" && change.relation === relation) {
            const id = remoteId(change.id);
            if (id === null) {
              const message = `a change does not tell the row's ${tools.plan.id}: alter table … replica identity using the index of it, or full`;
              yield failed({ kind: "malformed", code: "E_REPLICA_IDENTITY", message });
              return;
            }
            ids.add(id);
            transactions.add(cellText(row, "xid"));
          }
        }
      }
      const end = answer.value.rows.length < FETCH;
      const visible = await waitUntilVisible(tools, transactions);
      if (!visible.ok) {
        yield visible;
        return;
      }
      // After the last of them the log holds nothing of ours up to where it was when reading began.
      const page = await pageOf(tools, [...ids], end ? laterPosition(reached, until) : reached);
      yield page;
      if (!page.ok || end) return;
    }
  } finally {
    await held.value.release();
  }
}

type Start =
  | { readonly kind: "start"; readonly relation: number; readonly until: string }
  | { readonly kind: "resync"; readonly why: string };

async function moveSlot(
  tools: ObjectWork,
  session: SqlSession,
  part: ReplicationPart,
  cursor: string,
): Promise<Ran<Start>> {
  const resync = (why: string): Ran<Start> => ran({ kind: "resync", why });
  const wanted = positionNumber(cursor);
  if (wanted === null)
    return resync("the cursor is no position in the log: the object's changes were read otherwise before");
  const slot = await readSlot(session, part);
  if (!slot.ok) return slot;
  if (slot.value === null) return resync(`there is no replication slot ${part.slot}`);
  if (slot.value.lost)
    return resync(`the replication slot ${part.slot} has lost its place: the server has dropped the log it needs`);
  const confirmed = positionNumber(slot.value.confirmed) ?? 0n;
  if (wanted < confirmed)
    return resync(`the replication slot ${part.slot} has gone beyond the cursor: somebody else reads it too`);
  if (wanted > confirmed) {
    const moved = await session.run({
      text: "select pg_replication_slot_advance($1, $2::pg_lsn)",
      values: [part.slot, cursor],
    });
    if (!moved.ok) return moved;
  }
  const name = [tools.plan.table?.schema ?? null, tools.plan.table?.table ?? null].filter((each) => each !== null);
  const now = await session.run({
    text: "select pg_current_wal_lsn()::text as until, to_regclass($1)::oid as relation",
    values: [name.map((each) => `"${each}"`).join(".")],
  });
  if (!now.ok) return now;
  return ran({
    kind: "start",
    relation: Number(now.value.rows[0]?.relation),
    until: cellText(now.value.rows[0], "until"),
  });
}

/** The log is decoded once, by a cursor: a second reading would start from the slot's place again. */
async function openReading(
  session: SqlSession,
  { slot, publication }: ReplicationPart,
  until: string,
): Promise<Ran<null>> {
  const begun = await session.begin();
  if (!begun.ok) return begun;
  const quiet = await session.run({ text: "set local idle_in_transaction_session_timeout = 0", values: [] });
  if (!quiet.ok) return quiet;
  // Names are letters, digits and _ by check, and a position is what the server has just told.
  const opened = await session.run({
    text: `declare changes_read no scroll cursor for select xid::text as xid, data
      from pg_logical_slot_peek_binary_changes('${slot}', '${until}', null, 'proto_version', '1', 'publication_names', '"${publication}"')`,
    values: [],
  });
  return opened.ok ? ran(null) : opened;
}

/** The log may be ahead of the tables: a commit is written to it a moment before others see it. */
async function waitUntilVisible(tools: ObjectWork, transactions: ReadonlySet<string>): Promise<Result<null>> {
  if (transactions.size === 0) return done(null);
  for (let tries = 0; tries < VISIBLE_TRIES; tries += 1) {
    const running = await tools.work.read("changes", (session) =>
      session.run({
        // Numbers of transactions are told with their epoch here, and without it in the log.
        text: "select (x::text::numeric % 4294967296)::text as xid from pg_snapshot_xip(pg_current_snapshot()) as x",
        values: [],
      }),
    );
    if (!running.ok) return running;
    if (!running.value.rows.some((row) => transactions.has(cellText(row, "xid")))) return done(null);
    await tools.pause(VISIBLE_WAIT_MS);
  }
  return failed({
    kind: "unknown",
    code: "E_NOT_VISIBLE",
    message: "a transaction that the log has as committed cannot be seen yet",
  });
}

async function pageOf(tools: ObjectWork, ids: readonly RemoteId[], cursor: string | null): Promise<Result<Page>> {
  const records: RemoteRecord[] = [];
  const broken: { id: RemoteId; code: string; message: string }[] = [];
  const read = await readMany(tools, ids);
  for (const [index, result] of read.entries()) {
    const id = ids[index];
    if (id === undefined) continue;
    if (result.ok) records.push(result.value);
    else if (result.failure.kind === "gone")
      records.push({ id, version: null, modified: null, deleted: true, fields: {} });
    else if (result.failure.kind === "malformed")
      broken.push({ id, code: result.failure.code, message: result.failure.message });
    else return result;
  }
  return done({ records, broken, total: null, cursor });
}
