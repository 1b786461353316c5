// create, update and delete of one object: what is sent, and what the answer proves.

import { remoteId } from "../core/ids.ts";
import { valueAt, type Path } from "../core/path.ts";
import { digitsOf, isFields, type Fields, type Value } from "../core/value.ts";
import { entryStatus, matchEntries, readBatchAnswer } from "./batch-answer.ts";
import { saidMessage, type Called } from "./call.ts";
import type {
  Begun,
  CreateCall,
  DeleteCall,
  RemoteFailure,
  RemoteRecord,
  Result,
  UpdateCall,
  Written,
} from "./contract.ts";
import type { BatchPlan, WritePlan } from "./object-plan.ts";
import { done, failed, parts, send, type ObjectTools } from "./object-tools.ts";
import type { Answer, Variables } from "./protocol.ts";
import { readMany } from "./reading.ts";
import { EACH_OF_BATCH, wireName } from "./variables.ts";
import { quotedVersion } from "./version.ts";

type WriteOperation = "create" | "update" | "delete";

/** A call with what it sends. */
interface Prepared<T> {
  readonly call: T;
  readonly variables: Variables;
  /** Its entry of `{{ items }}`. */
  readonly item: Fields;
}

export function createRecords(tools: ObjectTools, calls: readonly CreateCall[]): Promise<readonly Result<Written>[]> {
  const { plan, codec } = tools;
  const prepared = calls.map((call) => {
    const record = plan.marker === null ? call.record : { ...call.record, [plan.marker]: call.key };
    const wire = codec.encode(record, null);
    return { call, item: wire, variables: { ...recordForms(record, wire, wire, record), op: { key: call.key } } };
  });
  // A batch has one idempotency key, and after a crash other records may share it: with keys, one by one.
  const batched = (plan.create?.keyHeader ?? null) === null;
  return inBatches(
    tools,
    "create",
    prepared,
    batched ? plan.batch.create : null,
    async ({ variables, call }) => {
      if (plan.create === null) return failed(noOperation("create"));
      return written(tools, plan.create, await sendWrite(tools, plan.create, "create", variables, call, null), {
        create: call.key,
      });
    },
    (entry, call) => createdEntry(tools, entry, call),
  );
}

export async function updateRecords(
  tools: ObjectTools,
  calls: readonly UpdateCall[],
): Promise<readonly Result<Written>[]> {
  const { plan, codec } = tools;
  const current = await currentOf(tools, calls);
  const results: Result<Written>[] = [];
  const ready: Prepared<UpdateCall>[] = [];
  const places: number[] = [];
  calls.forEach((call, index) => {
    const read = current[index];
    if (read === undefined || !read.ok) {
      results[index] = read ?? failed(noOperation("get"));
      return;
    }
    const before = read.value;
    const changed = codec.encode(call.changed, before);
    const record = before === null ? changed : codec.replacement(call.changed, before);
    const view = before === null ? call.changed : { ...before.fields, ...call.changed };
    const item = codec.withId(plan.capabilities.update?.needsCurrent === true ? record : changed, call.id);
    const variables = {
      ...recordForms(view, record, changed, call.changed),
      id: call.id,
      version: call.version ?? undefined,
      item: before === null ? undefined : codec.itemOf(before),
      op: { key: call.key },
    };
    ready.push({ call, item, variables });
    places.push(index);
  });
  const guarded = plan.capabilities.update?.guard === "if-match";
  const sent = await inBatches(
    tools,
    "update",
    ready,
    guarded && plan.batch.update?.guarded !== true ? null : plan.batch.update,
    async ({ call, variables }) => {
      if (plan.update === null) return failed(noOperation("update"));
      const version = guarded ? call.version : null;
      return written(tools, plan.update, await sendWrite(tools, plan.update, "update", variables, call, version), call);
    },
    (entry, call) => {
      const record = wholeEntry(tools, "update", entry, call.changed);
      return done({
        id: call.id,
        version: entryVersion(tools, entry) ?? record?.version ?? null,
        record: record?.id === call.id ? record : null,
      });
    },
  );
  sent.forEach((result, index) => {
    const place = places[index];
    if (place !== undefined) results[place] = result;
  });
  return results;
}

export function deleteRecords(tools: ObjectTools, calls: readonly DeleteCall[]): Promise<readonly Result<null>[]> {
  const { plan, codec } = tools;
  const guarded = plan.capabilities.delete?.guard === "if-match";
  const prepared = calls.map((call) => ({
    call,
    item: codec.withId({}, call.id),
    variables: { id: call.id, version: call.version ?? undefined, op: { key: call.key } },
  }));
  return inBatches(
    tools,
    "delete",
    prepared,
    guarded && plan.batch.delete?.guarded !== true ? null : plan.batch.delete,
    async ({ call, variables }) => {
      if (plan.delete === null) return failed(noOperation("delete"));
      const called = await sendWrite(tools, plan.delete, "delete", variables, call, guarded ? call.version : null);
      return called.ok ? (unreadable(called.answer) ?? done(null)) : called;
    },
    () => done(null),
  );
}

/** Both forms of `record` and `changed`: decoded names inside expressions, wire shape where they stand alone. */
function recordForms(view: Fields, wire: Fields, changedWire: Fields, changed: Fields): Variables {
  return {
    record: { ...wire, ...view },
    [wireName("record")]: wire,
    changed: { ...changedWire, ...changed },
    [wireName("changed")]: changedWire,
  };
}

/** Records as just read, where the update replaces them whole; what the caller has not read is read here. */
async function currentOf(
  tools: ObjectTools,
  calls: readonly UpdateCall[],
): Promise<readonly Result<RemoteRecord | null>[]> {
  if (tools.plan.capabilities.update?.needsCurrent !== true) return calls.map((call) => done(call.current));
  const missing = calls.filter((call) => call.current === null);
  if (missing.length > 0 && !tools.plan.capabilities.get) {
    const failure: RemoteFailure = {
      kind: "rejected",
      code: "E_NOT_READ",
      message: "a whole record is to be sent and it cannot be read",
    };
    return calls.map((call) => (call.current === null ? failed(failure) : done(call.current)));
  }
  const read =
    missing.length === 0
      ? []
      : await readMany(
          tools,
          missing.map((call) => call.id),
        );
  const answers = new Map(missing.map((call, index) => [call, read[index]]));
  return calls.map((call) => answers.get(call) ?? done(call.current));
}

function sendWrite(
  tools: ObjectTools,
  plan: WritePlan,
  operation: WriteOperation,
  variables: Variables,
  { key, mayBegin }: Begun & { readonly key: string },
  version: string | null,
): Promise<Called> {
  const headers: Record<string, string> = {};
  if (plan.keyHeader !== null) headers[plan.keyHeader.toLowerCase()] = key;
  if (version !== null) headers["if-match"] = quotedVersion(version);
  return send(tools, plan, { operation, variables, headers, repeatable: plan.repeatable, mayBegin });
}

/** A good status with a page of a proxy or a log-in below it proves nothing. */
function unreadable(answer: Answer): { readonly ok: false; readonly failure: RemoteFailure } | null {
  if (typeof answer.body !== "string" || !/^\s*<(?:!doctype|html)/i.test(answer.body)) return null;
  return failed({ kind: "unknown", code: "E_CONTENT_TYPE", message: "the answer is a web page" });
}

/**
 * @param call The update it was; of a create its key. The answer to a create must name the new id, but where nothing can be
 * read nobody asks by it: the key stands for it.
 */
function written(
  tools: ObjectTools,
  plan: WritePlan,
  called: Called,
  call: UpdateCall | { readonly create: string },
): Result<Written> {
  if (!called.ok) return called;
  const bad = unreadable(called.answer);
  if (bad !== null) return bad;
  const { body } = called.answer;
  const item = plan.item === null ? undefined : valueAt(body, plan.item);
  const decoded = item === undefined ? null : tools.codec.decode(item);
  const record = decoded?.ok === true ? decoded.record : null;
  const { list, get, changes } = tools.plan.capabilities;
  const keyIsId = !list && !get && changes === null;
  const id =
    "id" in call
      ? call.id
      : (idInHeader(called.answer, plan) ??
        idAt(body, plan.returnsId) ??
        record?.id ??
        (keyIsId ? remoteId(call.create) : null));
  if (id === null) {
    return failed({ kind: "unknown", code: "E_SCHEMA", message: "the answer to a create names no id" });
  }
  return done({ id, version: textAt(body, plan.returnsVersion) ?? record?.version ?? null, record });
}

function idAt(body: Value, places: readonly Path[]): ReturnType<typeof remoteId> | undefined {
  for (const place of places) {
    const id = remoteId(valueAt(body, place));
    if (id !== null) return id;
  }
  return undefined;
}

/** `https://…/customer/647` and `…/Contacts('647')` end in the id. */
function idInHeader({ headers }: Answer, { returnsIdHeader }: WritePlan): ReturnType<typeof remoteId> {
  const address = returnsIdHeader === null ? undefined : headers[returnsIdHeader];
  const last =
    address
      ?.replace(/[?#].*$/s, "")
      .replace(/\/+$/, "")
      .split("/")
      .at(-1) ?? "";
  const inside = /\('?([^()']*)'?\)$/.exec(last)?.[1] ?? last;
  // decodeURIComponent throws on what is not encoded well; this does not.
  return remoteId(new URLSearchParams(`id=${inside.replaceAll("+", "%2B")}`).get("id") ?? "");
}

function textAt(body: Value, places: readonly Path[]): string | null {
  for (const place of places) {
    const value = valueAt(body, place);
    const text = typeof value === "string" ? value : value === undefined ? null : digitsOf(value);
    if (text !== null && text !== "") return text;
  }
  return null;
}

function createdEntry(tools: ObjectTools, entry: Value, call: CreateCall): Result<Written> {
  const id = idAt(entry, [tools.plan.shape.id, ...(tools.plan.create?.returnsId ?? [])]);
  if (id === undefined || id === null) {
    return failed({ kind: "unknown", code: "E_SCHEMA", message: "an entry of a batch names no id" });
  }
  const record = wholeEntry(tools, "create", entry, call.record);
  return done({
    id,
    version: entryVersion(tools, entry) ?? record?.version ?? null,
    record: record?.id === id ? record : null,
  });
}

/**
 * The record that an entry of a batch is, where the answer to a single write is the record itself (`item: $`): it need not be
 * read again. Null: the entry is something else, or leaves out what was sent.
 */
function wholeEntry(
  { plan, codec }: ObjectTools,
  operation: "create" | "update",
  entry: Value,
  sent: Fields,
): RemoteRecord | null {
  if (plan[operation]?.item?.length !== 0) return null;
  const decoded = codec.decode(entry);
  if (!decoded.ok) return null;
  const { fields } = decoded.record;
  return Object.keys(sent).every((name) => fields[name] !== undefined) ? decoded.record : null;
}

function entryVersion(tools: ObjectTools, entry: Value): string | null {
  return tools.plan.shape.version === null ? null : textAt(entry, [tools.plan.shape.version]);
}

/** In batches where the object has them, else one by one; a batch refused as a whole is tried one by one. */
async function inBatches<T extends Begun, R>(
  tools: ObjectTools,
  operation: WriteOperation,
  prepared: readonly Prepared<T>[],
  batch: BatchPlan | null,
  single: (one: Prepared<T>) => Promise<Result<R>>,
  entryDone: (entry: Value, call: T) => Result<R>,
): Promise<readonly Result<R>[]> {
  const hasSingle = tools.plan[operation] !== null;
  if (batch === null || (prepared.length === 1 && hasSingle)) return Promise.all(prepared.map(single));
  const answers = await Promise.all(
    parts(prepared, batch.max).map(async (part): Promise<readonly Result<R>[]> => {
      const repeatable = tools.plan[operation]?.repeatable ?? operation !== "create";
      const items = part.map((one) => one.item);
      const each = part.map(({ variables }) => ({ id: variables.id ?? null, version: variables.version ?? null }));
      const called = await send(tools, batch, {
        operation,
        variables: { items, [EACH_OF_BATCH]: each },
        repeatable,
        mayBegin: part[0]?.call.mayBegin,
      });
      if (called.ok) return batchResults(tools, operation, batch, called.answer, part, entryDone);
      return hasSingle && refusedWhole(called) ? Promise.all(part.map(single)) : part.map(() => called);
    }),
  );
  return answers.flat();
}

/** A 4xx about what was sent: nothing of the batch was done. */
function refusedWhole(called: Called & { readonly ok: false }): boolean {
  const { kind } = called.failure;
  const about = kind === "rejected" || kind === "duplicate" || kind === "gone" || kind === "stale";
  return about && called.status !== null && called.status >= 400 && called.status < 500;
}

async function batchResults<T, R>(
  tools: ObjectTools,
  operation: WriteOperation,
  batch: BatchPlan,
  answer: Answer,
  part: readonly Prepared<T>[],
  entryDone: (entry: Value, call: T) => Result<R>,
): Promise<readonly Result<R>[]> {
  // 204: all of it was done. A create still has to tell its ids.
  if (answer.body === null && operation !== "create") return part.map(({ call }) => entryDone(null, call));
  const lists = readBatchAnswer(answer.body, batch);
  const unknown = failed({
    kind: "unknown",
    code: "E_BATCH_UNMATCHED",
    message: "the answer to a batch does not say what became of this record",
  });
  if (lists === null) return part.map(() => unknown);
  const outcomes = matchEntries(
    lists,
    part.map((one) => one.item),
    batch.key,
    answer.body,
    batch.ok,
  );
  return Promise.all(
    part.map(async ({ call }, index): Promise<Result<R>> => {
      const outcome = outcomes[index];
      if (outcome?.kind === "done") return entryDone(outcome.entry, call);
      if (outcome?.kind !== "failed") return unknown;
      const fault = batch.fault === null ? null : (valueAt(outcome.entry, batch.fault) ?? null);
      const status = entryStatus(outcome.entry) ?? entryStatus(fault) ?? 422;
      const said = saidMessage(outcome.entry, 0) ?? "one record of a batch was refused";
      const alone: Answer = { status, headers: {}, body: isFields(outcome.entry) ? outcome.entry : null, fault: null };
      return failed(await tools.caller.judgePart(alone, operation, said));
    }),
  );
}

function noOperation(operation: string): RemoteFailure {
  return { kind: "rejected", code: "E_NO_OPERATION", message: `the object has no ${operation}` };
}
