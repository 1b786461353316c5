// create, update and delete of one object: batches, each one transaction. A row that is refused does not take the others with it,
// and what is answered was read back before the commit, so it is what the triggers made of it.

import type { Knex } from "knex";
import { remoteId, type RemoteId } from "../../../core/ids.ts";
import type { Fields } from "../../../core/value.ts";
import type {
  CreateCall,
  DeleteCall,
  RemoteFailure,
  RemoteRecord,
  Result,
  UpdateCall,
  Written,
} from "../../contract.ts";
import { done, failed, parts } from "../../object-tools.ts";
import type { SqlSession } from "./dialect.ts";
import { failureOf, ran, type Ran, type SqlFault } from "./fault.ts";
import { createOne, createTogether, type NewRow } from "./inserting.ts";
import type { ObjectWork } from "./object-work.ts";
import { readByIds } from "./reading.ts";
import { boundColumns, filled, run, type Source } from "./source.ts";
import { statementValue } from "./statement-values.ts";
import { cellText } from "./value.ts";

/** What became of one row, inside the transaction. */
type Outcome =
  { readonly kind: "written"; readonly id: RemoteId } | { readonly kind: "failed"; readonly failure: RemoteFailure };

export async function createRecords(
  tools: ObjectWork,
  calls: readonly CreateCall[],
): Promise<readonly Result<Written>[]> {
  const { plan } = tools;
  return inBatches(tools, "create", calls, plan.capabilities.batch.create, async (session, source, part) => {
    const outcomes: (Outcome | undefined)[] = part.map(() => undefined);
    const rows: { readonly row: NewRow; readonly index: number }[] = [];
    const made = await madeBefore(session, source, part);
    if (!made.ok) return made;
    part.forEach((call, index) => {
      const id = made.value.get(call.key);
      if (id !== undefined) outcomes[index] = { kind: "written", id };
      else {
        const row = newRow(source, call);
        if ("failure" in row) outcomes[index] = { kind: "failed", failure: row.failure };
        else rows.push({ row, index });
      }
    });
    const together = await createTogether(
      session,
      source,
      rows.map(({ row }) => row),
    );
    if (!together.ok) return together;
    for (const [place, { row, index }] of rows.entries()) {
      let id = together.value?.[place] ?? null;
      if (id === null) {
        const one = await alone(session, source, () => createOne(session, source, row, tools.settings));
        if (!one.ok) return one;
        if (one.value.kind === "failed") {
          outcomes[index] = one.value;
          continue;
        }
        id = one.value.value;
      }
      outcomes[index] = { kind: "written", id };
    }
    return ran(outcomes.map(settled));
  });
}

/** Rows that an earlier attempt with the same key has left: the marker's column remembers it. */
async function madeBefore(
  session: SqlSession,
  source: Source,
  calls: readonly CreateCall[],
): Promise<Ran<ReadonlyMap<string, RemoteId>>> {
  const { plan } = source;
  const found = new Map<string, RemoteId>();
  if (plan.marker === null || plan.table === null || plan.capabilities.create?.repeat !== "by-key") return ran(found);
  const { marker } = plan;
  const keys = calls.map((call) => source.compared(marker, call.key)).filter((key) => key !== null);
  const query = source.dialect.knex
    .select([plan.id, marker])
    .from(source.table())
    .whereIn(marker, keys as Knex.Value[]);
  const answer = await run(session, query);
  if (!answer.ok) return answer;
  for (const row of answer.value.rows) {
    const id = remoteId(row[plan.id]);
    if (id !== null) found.set(cellText(row, marker), id);
  }
  return ran(found);
}

function newRow(source: Source, call: CreateCall): NewRow | { readonly failure: RemoteFailure } {
  const { plan, codec } = source;
  if (plan.insert !== null) return { call, values: {} };
  const wire = { ...codec.encode(call.record, null), ...(plan.marker === null ? {} : { [plan.marker]: call.key }) };
  const made = boundColumns(source, wire);
  if (!made.ok) return { failure: { kind: "rejected", code: made.code, message: made.message } };
  return { call, values: { ...made.values, ...touched(source, "create") } };
}

export async function updateRecords(
  tools: ObjectWork,
  calls: readonly UpdateCall[],
): Promise<readonly Result<Written>[]> {
  const { plan } = tools;
  const guarded = plan.capabilities.update?.guard === "if-match";
  return inBatches(tools, "update", calls, plan.capabilities.batch.update, (session, source, part) =>
    each(session, source, part, async (call) => {
      const statement = updateOf(source, call, guarded, tools.settings);
      if ("failure" in statement) return ran({ kind: "failed", failure: statement.failure });
      const counted = plan.update === null || COUNTED.test(plan.update.texts[0] ?? "");
      const answer = statement.builder === null ? null : await run(session, statement.builder);
      if (answer?.ok === false) return answer;
      if (answer !== null && (answer.value.met > 0 || !counted)) return ran({ kind: "written", id: call.id });
      return unmet(session, source, call.id, answer === null ? call.id : null, "update");
    }),
  );
}

/** Statements of the file that tell how many rows they met. A procedure tells nothing. */
const COUNTED = /^\s*(?:insert|update|delete|merge)\b/i;

function updateOf(
  source: Source,
  call: UpdateCall,
  guarded: boolean,
  settings: Fields,
): { readonly builder: Knex.QueryBuilder | Knex.Raw | null } | { readonly failure: RemoteFailure } {
  const { plan, codec, dialect } = source;
  if (plan.update !== null) {
    const whole = { ...call.current?.fields, ...call.changed };
    return {
      builder: filled(dialect, plan.update, (name) =>
        statementValue(source, name, { record: whole, id: call.id, version: call.version, key: call.key, settings }),
      ),
    };
  }
  const wire = codec.encode(call.changed, call.current);
  const nested = plan.shape.fields.some((field) => field.at.length > 1 && call.changed[field.name] !== undefined);
  if (nested && call.current === null)
    return {
      failure: {
        kind: "rejected",
        code: "E_NOT_READ",
        message: "a part of a column is to be written and the row was not read",
      },
    };
  const whole = nested && call.current !== null ? codec.replacement(call.changed, call.current) : wire;
  const made = boundColumns(source, Object.fromEntries(Object.keys(wire).map((name) => [name, whole[name] ?? null])));
  if (!made.ok) return { failure: { kind: "rejected", code: made.code, message: made.message } };
  const values = { ...made.values, ...touched(source, "update") };
  if (Object.keys(made.values).length === 0) return { builder: null };
  const query = meeting(source, call.id, guarded ? call.version : null);
  return { builder: query === null ? null : query.update(values as Record<string, Knex.Value>) };
}

export async function deleteRecords(tools: ObjectWork, calls: readonly DeleteCall[]): Promise<readonly Result<null>[]> {
  const { plan } = tools;
  const guarded = plan.capabilities.delete?.guard === "if-match";
  const answers = await inBatches(tools, "delete", calls, plan.capabilities.batch.delete, (session, source, part) =>
    each(session, source, part, async (call) => {
      const { builder, counted } = deleteOf(source, call, guarded, tools.settings);
      const answer = builder === null ? null : await run(session, builder);
      if (answer?.ok === false) return answer;
      if (answer !== null && (answer.value.met > 0 || !counted)) return ran({ kind: "written", id: call.id });
      return unmet(session, source, call.id, null, "delete");
    }),
  );
  return answers.map((answer) => (answer.ok ? done(null) : answer));
}

function deleteOf(
  source: Source,
  call: DeleteCall,
  guarded: boolean,
  settings: Fields,
): { readonly builder: Knex.QueryBuilder | Knex.Raw | null; readonly counted: boolean } {
  const { plan, dialect } = source;
  if (plan.delete !== null) {
    const values = { record: {}, id: call.id, version: call.version, key: call.key, settings };
    return {
      builder: filled(dialect, plan.delete, (name) => statementValue(source, name, values)),
      counted: COUNTED.test(plan.delete.texts[0] ?? ""),
    };
  }
  const query = meeting(source, call.id, guarded ? call.version : null);
  if (query === null || plan.capabilities.delete?.effect !== "archive" || plan.deleted === null)
    return { builder: query?.delete() ?? null, counted: true };
  return {
    builder: query.update({ [plan.deleted]: archivedValue(source, plan.deleted), ...touched(source, "update") }),
    counted: true,
  };
}

function archivedValue(source: Source, column: string): Knex.Value {
  const { plan, dialect, shape } = source;
  const kind = shape.columns.get(column)?.kind ?? "other";
  if (plan.archivedAs !== null) return (source.compared(column, plan.archivedAs) ?? null) as Knex.Value;
  if (kind === "boolean") return true;
  if (kind === "integer" || kind === "decimal") return 1;
  return kind === "text" ? "true" : dialect.now(kind);
}

/** The row with this id, in this version where one is given. Null: no row can have such an id. */
function meeting(source: Source, id: RemoteId, version: string | null): Knex.QueryBuilder | null {
  const { plan, dialect } = source;
  const key = source.compared(plan.id, id);
  if (key === null) return null;
  const query = dialect.knex(source.table()).where(plan.id, key as Knex.Value);
  if (version === null || plan.version === null) return query;
  const known = source.compared(plan.version, version);
  // A version that the column cannot hold is not the row's.
  return known === null ? query.whereRaw("1 = 0") : query.where(plan.version, known as Knex.Value);
}

/** No row was met: it is gone, or another version of it is there. @param unchanged Nothing was to be written: a row that is there is written. */
async function unmet(
  session: SqlSession,
  source: Source,
  id: RemoteId,
  unchanged: RemoteId | null,
  operation: string,
): Promise<Ran<Outcome>> {
  const read = await readByIds(session, source, [id]);
  if (!read.ok) return read;
  const row = read.value.get(id);
  const archived = row?.ok === true && row.value.deleted && operation === "delete";
  if (row === undefined || archived)
    return ran({ kind: "failed", failure: { kind: "gone", message: "there is no row with this id" } });
  if (unchanged !== null) return ran({ kind: "written", id });
  return ran({ kind: "failed", failure: { kind: "stale", message: "the row is not the version that was read" } });
}

/** Columns that each write of ours sets. */
function touched(source: Source, operation: "create" | "update"): Record<string, Knex.Value> {
  const values: Record<string, Knex.Value> = {};
  for (const [column, what] of Object.entries(source.plan.touch)) {
    const kind = source.shape.columns.get(column)?.kind ?? "other";
    const raw = what === "now" ? source.dialect.now(kind) : source.dialect.knex.raw("coalesce(??, 0) + 1", [column]);
    values[column] = what === "next" && operation === "create" ? 1 : raw;
  }
  return values;
}

/** Each row for itself; where a failure would end the transaction, first all of them on trust. */
async function each<T>(
  session: SqlSession,
  source: Source,
  calls: readonly T[],
  one: (call: T) => Promise<Ran<Outcome>>,
): Promise<Ran<readonly Outcome[]>> {
  const { savepoint, failsWhole } = source.dialect;
  if (failsWhole && calls.length > 1) {
    const set = await session.run({ text: savepoint.set, values: [] });
    if (!set.ok) return set;
    const outcomes: Outcome[] = [];
    for (const call of calls) {
      const outcome = await one(call);
      if (!outcome.ok && !ofTheRow(outcome.fault)) return outcome;
      if (!outcome.ok) break;
      outcomes.push(outcome.value);
    }
    if (outcomes.length === calls.length) return ran(outcomes);
    const undone = await session.run({ text: savepoint.undo, values: [] });
    if (!undone.ok) return undone;
  }
  const outcomes: Outcome[] = [];
  for (const call of calls) {
    const outcome = await alone(session, source, () => one(call));
    if (!outcome.ok) return outcome;
    outcomes.push(outcome.value.kind === "failed" ? outcome.value : outcome.value.value);
  }
  return ran(outcomes);
}

/** One row whose refusal leaves the others as they are. */
async function alone<T>(
  session: SqlSession,
  source: Source,
  one: () => Promise<Ran<T>>,
): Promise<
  Ran<{ readonly kind: "done"; readonly value: T } | { readonly kind: "failed"; readonly failure: RemoteFailure }>
> {
  const { savepoint } = source.dialect;
  const set = await session.run({ text: savepoint.set, values: [] });
  if (!set.ok) return set;
  const made = await one();
  if (made.ok) {
    const dropped = savepoint.drop === null ? made : await session.run({ text: savepoint.drop, values: [] });
    return dropped.ok ? ran({ kind: "done", value: made.value }) : dropped;
  }
  if (!ofTheRow(made.fault)) return made;
  const undone = await session.run({ text: savepoint.undo, values: [] });
  return undone.ok ? ran({ kind: "failed", failure: failureOf(made.fault, "write") }) : undone;
}

/** The database says no to this row; it is not the connection, a lock or a right. */
function ofTheRow({ kind }: SqlFault): boolean {
  return kind === "duplicate" || kind === "refused";
}

function settled(outcome: Outcome | undefined): Outcome {
  if (outcome === undefined) throw new Error("a row of a batch has no outcome");
  return outcome;
}

async function inBatches<T extends { readonly key: string }>(
  tools: ObjectWork,
  operation: "create" | "update" | "delete",
  calls: readonly T[],
  max: number,
  work: (session: SqlSession, source: Source, part: readonly T[]) => Promise<Ran<readonly Outcome[]>>,
): Promise<readonly Result<Written>[]> {
  // Where what was written stays, whatever becomes of the rest, each row is its own.
  const known = await tools.work.read(operation, (session) => tools.source(session));
  if (!known.ok) return calls.map(() => known);
  const undone = known.value.shape.transactional;
  const answers = await Promise.all(
    parts(calls, undone ? max : 1).map(async (part): Promise<readonly Result<Written>[]> => {
      const written = await tools.work.write(
        operation,
        async (session) => {
          const source = await tools.source(session);
          if (!source.ok) return source;
          const outcomes = await work(session, source.value, part);
          if (!outcomes.ok) return outcomes;
          const ids =
            operation === "delete"
              ? []
              : outcomes.value.flatMap((outcome) => (outcome.kind === "written" ? [outcome.id] : []));
          const back = await readByIds(session, source.value, ids);
          return back.ok ? ran(outcomes.value.map((outcome) => resultOf(outcome, back.value))) : back;
        },
        undone,
      );
      return written.ok ? written.value : part.map(() => written);
    }),
  );
  return answers.flat();
}

function resultOf(outcome: Outcome, back: ReadonlyMap<string, Result<RemoteRecord>>): Result<Written> {
  if (outcome.kind === "failed") return failed(outcome.failure);
  const read = back.get(outcome.id);
  const record = read?.ok === true ? read.value : null;
  return done({ id: outcome.id, version: record?.version ?? null, record });
}
