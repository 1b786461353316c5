// Carrying out a page of decisions: look once more, store the intents, write, read back, settle, and commit all of it in one
// transaction. What happened is never guessed: an outcome that is not known keeps its intent open.

import type { RemoteFailure, RemoteRecord, Result, Written } from "../connector/contract.ts";
import type { Decision, FieldWrite, Write } from "../core/decision.ts";
import { NULL_KEY, type Cell } from "../core/field.ts";
import { remoteId, unreachable, type RemoteId, type Side } from "../core/ids.ts";
import type { WriteOutcome } from "../core/settle.ts";
import { canonicalText, isFields, isList, type Fields } from "../core/value.ts";
import type { Entity, RunContext } from "./context.ts";
import { exactKeys } from "../mapping/match-key.ts";
import { findKey } from "./look.ts";
import { LeaseLost, type Intent, type PlannedDecision } from "./ports.ts";
import { confirmed, equalToSent, goneAlready, outcomeOfFailure, withoutTaken } from "./outcome.ts";
import { fingerprintOf } from "./sight.ts";
import { listFor } from "./sweep.ts";
import { settlePage, type Done } from "./settle-page.ts";
import { resolveUnknowns } from "./unknown.ts";
import { refLookup } from "./views.ts";
import type { RefLookup, RefNeed } from "../mapping/mapping.ts";

/** One write on its way: the decision it belongs to, and how far it has come. */
interface Job {
  readonly planned: PlannedDecision;
  readonly writeIndex: number;
  /** With references resolved. */
  readonly write: Write;
  /** The record as just read; null: not read. */
  readonly current: RemoteRecord | null;
  readonly body: Fields;
  readonly key: string;
}

type Prepared =
  { readonly kind: "job"; readonly job: Job } | { readonly kind: "outcome"; readonly outcome: WriteOutcome };

/** A system that must not be written to any more in this run, and why. */
export type Stop = Extract<RemoteFailure, { readonly kind: "auth" | "stop" | "unreachable" }>;

/**
 * Carries out and settles a page of decisions of one entity.
 * @param lookAgain Those of which a part is withheld.
 * @returns the failure after which nothing more may be written, or null. What was written until then is settled.
 */
export async function carryOutPage(
  context: RunContext,
  entity: Entity,
  page: readonly PlannedDecision[],
  lookAgain: ReadonlySet<PlannedDecision>,
): Promise<Stop | null> {
  const outcomes = new Map<PlannedDecision, (WriteOutcome | undefined)[]>(page.map((planned) => [planned, []]));
  const intents = new Map<PlannedDecision, string[]>(page.map((planned) => [planned, []]));
  const jobs: Job[] = [];
  const stops: (Stop | null)[] = [];

  const missing = new Map<PlannedDecision, readonly RefNeed[]>();
  for (const prepared of await prepareAll(context, entity, page, stops)) {
    if (prepared.missing.length > 0)
      missing.set(prepared.planned, [...(missing.get(prepared.planned) ?? []), ...prepared.missing]);
    if (prepared.result.kind === "job") jobs.push(prepared.result.job);
    else setAt(outcomes.get(prepared.planned), prepared.writeIndex, prepared.result.outcome);
  }
  // A system that must not be written to was met while looking: nothing of the page is sent.
  const rows = firstOf(stops) === null ? jobs.map((job) => intentOf(context, entity, job)) : [];
  if (rows.length > 0) {
    await context.store.saveIntents(context.lease, rows);
    const performed = await performAll(context, entity, jobs);
    const lost = rows.filter((_, index) => performed.results[index]?.kind === "unknown");
    const found = new Map(
      (await resolveUnknowns(context, entity, lost)).map((outcome, index) => [lost[index], outcome]),
    );
    const ended = jobs.map(({ write, planned }, index) => ({
      side: write.side,
      op: write.op,
      linkId: planned.decision.linkId,
      outcome: found.get(rows[index]) ?? performed.results[index] ?? SKIPPED,
    }));
    const settled = await withoutTaken(context, entity, ended);
    for (const [index, job] of jobs.entries()) {
      const intent = rows[index];
      const outcome = settled[index];
      if (intent === undefined || outcome === undefined) continue;
      setAt(outcomes.get(job.planned), job.writeIndex, outcome);
      if (outcome.kind !== "unknown") intents.get(job.planned)?.push(intent.id);
    }
    stops.push(performed.stop);
  }
  const jobIds = new Map<PlannedDecision, string[]>(page.map((planned) => [planned, []]));
  jobs.forEach((job, index) => {
    const id = rows[index]?.id;
    const ids = jobIds.get(job.planned);
    if (id !== undefined && ids !== undefined) ids[job.writeIndex] = id;
  });
  const done = page.map((planned): Done => {
    const found = outcomes.get(planned) ?? [];
    const all = planned.decision.writes.map((_, index) => found[index] ?? ({ kind: "skipped" } as const));
    const ids = jobIds.get(planned) ?? [];
    const own = planned.decision.writes.map((_, index) => ids[index] ?? null);
    return {
      decision: resolvedDecision(planned, jobs),
      intents: own,
      seen: planned.seen,
      outcomes: all,
      intentsDone: intents.get(planned) ?? [],
      intentsTried: [],
      missing: missing.get(planned) ?? [],
      lookAgain: lookAgain.has(planned),
    };
  });
  await settlePage(context, entity, done);
  return firstOf(stops);
}

const SKIPPED: WriteOutcome = { kind: "skipped" };

function firstOf(stops: readonly (Stop | null)[]): Stop | null {
  return stops.find((stop) => stop !== null) ?? null;
}

function setAt(list: (WriteOutcome | undefined)[] | undefined, index: number, outcome: WriteOutcome): void {
  if (list !== undefined) list[index] = outcome;
}

/** The decision with the references that its jobs resolved, so that bases and history hold real ids. */
function resolvedDecision(planned: PlannedDecision, jobs: readonly Job[]): Decision {
  const own = jobs.filter((job) => job.planned === planned);
  if (own.length === 0) return planned.decision;
  const writes = planned.decision.writes.map(
    (write, index) => own.find((job) => job.writeIndex === index)?.write ?? write,
  );
  const whole = writes.every((write, index) => write.fields.length === planned.decision.writes[index]?.fields.length);
  return whole
    ? { ...planned.decision, writes }
    : { ...planned.decision, writes, settledLeft: false, settledRight: false };
}

// ---------------------------------------------------------------- before the write

async function prepareAll(
  context: RunContext,
  entity: Entity,
  page: readonly PlannedDecision[],
  stops: (Stop | null)[],
): Promise<
  readonly {
    readonly planned: PlannedDecision;
    readonly writeIndex: number;
    readonly missing: readonly RefNeed[];
    readonly result: Prepared;
  }[]
> {
  const all = page.flatMap((planned) =>
    planned.decision.writes.map((write, writeIndex) => ({ planned, writeIndex, write })),
  );
  const needs = all.flatMap(({ write }) =>
    write.fields.flatMap(({ after }) => (after.kind === "waiting" ? [after] : [])),
  );
  const lookup = needs.length === 0 ? () => null : await refLookup(context, needs);
  const currents = await readCurrents(entity, all);
  return Promise.all(
    all.map(async ({ planned, writeIndex, write }, index) => {
      const { write: resolved, missing, needed } = resolveReferences(entity, write, lookup);
      // A new record waits for its parent; an existing one, or one whose reference is optional, gets its other fields meanwhile.
      const waits = missing.length > 0 && ((write.op === "create" && needed) || resolved.fields.length === 0);
      const result: Prepared = waits
        ? { kind: "outcome", outcome: { kind: "parked" } }
        : await prepare(context, entity, {
            planned,
            writeIndex,
            write: resolved,
            current: currents[index] ?? null,
            stops,
          });
      return { planned, writeIndex, missing, result };
    }),
  );
}

interface Resolved {
  readonly write: Write;
  /** References that still have no link. */
  readonly missing: readonly RefNeed[];
  /** One of them is not optional. */
  readonly needed: boolean;
}

/** References to records that were linked earlier in this run. */
function resolveReferences(entity: Entity, write: Write, lookup: RefLookup): Resolved {
  const fields: FieldWrite[] = [];
  const missing: RefNeed[] = [];
  let needed = false;
  for (const field of write.fields) {
    const id = field.after.kind === "waiting" ? lookup(field.after) : null;
    if (field.after.kind !== "waiting") fields.push(field);
    else if (id === null) {
      missing.push({ entity: field.after.entity, side: field.after.side, id: field.after.id });
      needed ||= entity.mapping.policy.fields.find(({ name }) => name === field.field)?.optional !== true;
    } else fields.push({ ...field, after: { kind: "value", cell: entity.mapping.cell(write.side, field.field, id) } });
  }
  return { write: { ...write, fields }, missing, needed };
}

/** What has to be read just before writing: the connector's guard asks for it, or it is part of what is written. Undefined: not read. */
async function readCurrents(
  entity: Entity,
  all: readonly { readonly planned: PlannedDecision; readonly write: Write }[],
): Promise<readonly (Result<RemoteRecord> | undefined)[]> {
  const found: (Result<RemoteRecord> | undefined)[] = all.map(() => undefined);
  const partial = await Promise.all(all.map(({ planned, write }) => writesPart(entity, planned, write)));
  for (const side of ["left", "right"] as const) {
    const object = entity.objects[side];
    const asked = all.flatMap(({ write }, index) =>
      write.side === side && write.id !== null && (readsFirst(object.capabilities, write) || partial[index] === true)
        ? [{ index, id: write.id }]
        : [],
    );
    if (asked.length === 0) continue;
    const ids = asked.map(({ id }) => id);
    const results = object.capabilities.get ? await object.get(ids) : await listFor(entity, side, ids);
    asked.forEach(({ index }, position) => (found[index] = results[position]));
  }
  return found;
}

/**
 * A record that showed what its link remembers was not kept. Where a field is a part of a greater value (an address), or a
 * value stands in several places (a name), the rest of it must be known, or it would be written over.
 */
async function writesPart(entity: Entity, planned: PlannedDecision, write: Write): Promise<boolean> {
  if (write.op !== "update" || planned.current[write.side] !== null) return false;
  const body = await bodyOf(entity, write, null);
  if (!body.ok) return true;
  const values = Object.values(body.record);
  return values.length !== write.fields.length || values.some((value) => isFields(value) || isList(value));
}

function readsFirst(capabilities: Entity["objects"]["left"]["capabilities"], { op, version }: Write): boolean {
  if (!capabilities.get || op === "create") return false;
  const guard = op === "delete" ? capabilities.delete?.guard : capabilities.update?.guard;
  // Without a version to send, if-match guards nothing.
  if (guard === "read-compare" || (guard === "if-match" && version === null)) return true;
  return op === "delete" ? guard !== "if-match" : capabilities.update?.needsCurrent === true;
}

/** A look before the write that failed: nothing was sent, so the record is looked at again, whatever it was. */
function notLooked(failure: RemoteFailure, stops: (Stop | null)[]): WriteOutcome {
  const stop = stopOf(failure);
  if (stop === null)
    return {
      kind: "again",
      why: `could not be read before writing: ${failure.message}`,
      waitMs: failure.kind === "throttled" ? failure.retryAfterMs : 0,
    };
  stops.push(stop);
  return { kind: "skipped" };
}

async function prepare(
  context: RunContext,
  entity: Entity,
  pending: {
    readonly planned: PlannedDecision;
    readonly writeIndex: number;
    readonly write: Write;
    readonly current: Result<RemoteRecord> | null;
    readonly stops: (Stop | null)[];
  },
): Promise<Prepared> {
  const { planned, writeIndex, write } = pending;
  const outcome = (made: WriteOutcome): Prepared => ({ kind: "outcome", outcome: made });
  const key = context.ids.key();
  if (write.op === "create") {
    const body = await bodyOf(entity, write, null);
    if (!body.ok) return outcome({ kind: "failed", code: "E_VALUE", message: `${body.field}: ${body.message}` });
    const taken = await someoneIsThere(context, entity, write.side, body.record, pending.stops);
    return taken === null
      ? { kind: "job", job: { planned, writeIndex, write, current: null, body: body.record, key } }
      : outcome(taken);
  }
  const { current } = pending;
  if (current !== null && !current.ok) {
    if (current.failure.kind === "gone")
      return outcome(
        write.op === "delete" ? goneAlready(write) : { kind: "again", why: "the record has gone", waitMs: 0 },
      );
    return outcome(notLooked(current.failure, pending.stops));
  }
  const record = current?.value ?? null;
  if (record !== null && (await hasMoved(context, entity, planned, write, record)))
    return outcome({ kind: "again", why: "edited meanwhile", waitMs: 0 });
  const shown = record?.fields ?? planned.current[write.side];
  const body = write.op === "delete" ? { ok: true as const, record: {} } : await bodyOf(entity, write, shown);
  if (!body.ok) return outcome({ kind: "failed", code: "E_VALUE", message: `${body.field}: ${body.message}` });
  return { kind: "job", job: { planned, writeIndex, write, current: record, body: body.record, key } };
}

function bodyOf(entity: Entity, write: Write, current: Fields | null): ReturnType<Entity["mapping"]["write"]> {
  const cells: Record<string, Cell> = {};
  for (const field of write.fields) if (field.after.kind === "value") cells[field.field] = field.after.cell;
  return entity.mapping.write(write.side, cells, current);
}

/** The fields to be written (for a delete: all fields) no longer show what was decided on. */
async function hasMoved(
  context: RunContext,
  entity: Entity,
  planned: PlannedDecision,
  write: Write,
  record: RemoteRecord,
): Promise<boolean> {
  const seen = planned.seen[write.side].fingerprint;
  if (write.op === "delete" && seen !== null) return fingerprintOf(context, entity, write.side, record) !== seen;
  const decidedOn = planned.current[write.side];
  const [now, then] = await entity.mapping.read(
    write.side,
    decidedOn === null ? [record.fields] : [record.fields, decidedOn],
  );
  if (write.op === "delete") {
    if (then === undefined || now === undefined)
      return write.version !== null && record.version !== null && write.version !== record.version;
    return canonicalText(readingKeys(now.fields)) !== canonicalText(readingKeys(then.fields));
  }
  return write.fields.some((field) => {
    const reading = now?.fields[field.field];
    const key = reading?.kind === "value" ? reading.cell.key : reading?.kind === "invalid" ? "invalid" : NULL_KEY;
    return key !== (field.before?.key ?? NULL_KEY);
  });
}

function readingKeys(fields: Readonly<Record<string, { readonly kind: string; readonly cell?: Cell }>>): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, reading]) => [name, reading.cell?.key ?? reading.kind]));
}

/** Asked before every create: a record with this key must not be there yet. Null: go on. */
async function someoneIsThere(
  context: RunContext,
  entity: Entity,
  side: Side,
  record: Fields,
  stops: (Stop | null)[],
): Promise<WriteOutcome | null> {
  if (!entity.mapping.policy.matches) return null;
  const object = entity.objects[side];
  const key = findKey(object.capabilities.findBy, record);
  if (key === null) return null;
  const found = await object.find(key);
  if (!found.ok) return notLooked(found.failure, stops);
  if (found.value.length === 0) return null;
  const readings = await entity.mapping.read(
    side,
    found.value.map((each) => each.fields),
  );
  const links = await context.store.linksBy(
    entity.name,
    side,
    found.value.map((each) => each.id),
  );
  const known = new Set(links.map((link) => link[side]));
  const [wanted] = await entity.mapping.read(side, [record]);
  const wantedKeys = new Set(exactKeys(wanted?.matchKeys ?? []));
  // Whoever has one of the match keys, in scope or not, linked or not, is looked at before anything is created.
  const matching = found.value.filter(
    (each, index) =>
      !known.has(each.id) &&
      (readings[index]?.matchKeys ?? []).some((each_) => each_ !== null && wantedKeys.has(each_)),
  );
  if (matching.length === 0) return null;
  // Nobody looks at who is out of scope, so waiting for a match would be for ever, and untold.
  const outside = matching.every((each) => readings[found.value.indexOf(each)]?.inScope === false);
  if (outside)
    return {
      kind: "failed",
      code: "key-taken",
      message: `${matching.map((each) => each.id).join(", ")} has this key, and is out of scope`,
    };
  return { kind: "again", why: "a matching record was found before creating", waitMs: 0 };
}

// ---------------------------------------------------------------- the write

function intentOf(context: RunContext, entity: Entity, job: Job): Intent {
  const { planned, write, writeIndex } = job;
  return {
    id: context.ids.key(),
    run: context.run,
    entity: entity.name,
    op: write.op,
    side: write.side,
    record: write.id,
    key: job.key,
    body: job.body,
    bodyHash: context.digest256(canonicalText(job.body)),
    version: job.current?.version ?? write.version,
    writeIndex,
    decision: {
      ...planned.decision,
      writes: planned.decision.writes.map((each, index) => (index === writeIndex ? write : each)),
    },
    seen: planned.seen,
    openedAt: context.clock.now(),
    attempts: 0,
  };
}

async function performAll(
  context: RunContext,
  entity: Entity,
  jobs: readonly Job[],
): Promise<{ readonly results: readonly WriteOutcome[]; readonly stop: Stop | null }> {
  const results: WriteOutcome[] = jobs.map(() => ({ kind: "skipped" }));
  let stop: Stop | null = null;
  for (const side of ["left", "right"] as const) {
    for (const op of ["create", "update", "delete"] as const) {
      const own = jobs
        .map((job, index) => ({ job, index }))
        .filter(({ job }) => job.write.side === side && job.write.op === op);
      if (own.length === 0 || stop !== null) continue;
      // Whoever has taken over may be resolving these intents already: nothing is sent on a lease that has run out.
      if (!context.holdsLease()) throw new LeaseLost(`the lease of ${context.mapping.pair} has run out`);
      if (context.signal.aborted) continue;
      const answers = await send(
        entity,
        side,
        op,
        own.map(({ job }) => job),
      );
      const outcomes = await readBack(
        context,
        entity,
        side,
        own.map(({ job }) => job),
        answers,
      );
      own.forEach(({ index }, position) => (results[index] = outcomes[position] ?? { kind: "skipped" }));
      stop = answers.map((answer) => (answer.ok ? null : stopOf(answer.failure))).find((each) => each !== null) ?? null;
    }
  }
  return { results, stop };
}

function stopOf(failure: RemoteFailure): Stop | null {
  return failure.kind === "auth" || failure.kind === "stop" || failure.kind === "unreachable" ? failure : null;
}

function send(
  entity: Entity,
  side: Side,
  op: Write["op"],
  jobs: readonly Job[],
): Promise<readonly Result<Written | null>[]> {
  const object = entity.objects[side];
  const idOf = (job: Job): RemoteId => job.write.id as RemoteId;
  const versionOf = (job: Job): string | null => job.current?.version ?? job.write.version;
  switch (op) {
    case "create":
      return object.create(jobs.map((job) => ({ key: job.key, record: job.body })));
    case "update":
      return object.update(
        jobs.map((job) => ({
          key: job.key,
          id: idOf(job),
          version: versionOf(job),
          changed: job.body,
          current: job.current,
        })),
      );
    case "delete":
      return object.delete(jobs.map((job) => ({ key: job.key, id: idOf(job), version: versionOf(job) })));
    default:
      return unreachable(op);
  }
}

// ---------------------------------------------------------------- after the write

/** What the written records show now becomes the base; a system's own normalisation is no edit. */
async function readBack(
  context: RunContext,
  entity: Entity,
  side: Side,
  jobs: readonly Job[],
  answers: readonly Result<Written | null>[],
): Promise<readonly WriteOutcome[]> {
  const object = entity.objects[side];
  const toRead: { readonly index: number; readonly id: RemoteId }[] = [];
  answers.forEach((answer, index) => {
    if (answer.ok && answer.value !== null && answer.value.record === null && object.capabilities.get)
      toRead.push({ index, id: answer.value.id });
  });
  const read = toRead.length === 0 ? [] : await object.get(toRead.map(({ id }) => id));
  const records = new Map<number, RemoteRecord>();
  toRead.forEach(({ index }, position) => {
    const result = read[position];
    const answer = answers[index];
    const version = answer?.ok === true ? (answer.value?.version ?? null) : null;
    // Another version than our write's: somebody has edited in between, and what they wrote is not what became of our value.
    if (result?.ok === true && (version === null || result.value.version === null || result.value.version === version))
      records.set(index, result.value);
  });
  return Promise.all(
    jobs.map(async (job, index): Promise<WriteOutcome> => {
      const answer = answers[index];
      if (answer === undefined)
        return { kind: "unknown", message: "the connector gave no answer for this write", needsPerson: false };
      if (answer.ok)
        return answer.value === null
          ? { ...goneAlready(job.write), effect: true }
          : confirmed(
              context,
              entity,
              side,
              { ...job, decidedOn: job.planned.seen[side].fingerprint },
              answer.value,
              answer.value.record ?? records.get(index) ?? null,
            );
      if (job.write.op === "delete" && answer.failure.kind === "gone") return goneAlready(job.write);
      if (job.write.op === "create" && (answer.failure.kind === "duplicate" || answer.failure.kind === "stale"))
        return adoptDuplicate(context, entity, side, job, answer.failure);
      return outcomeOfFailure(answer.failure, job.write.op);
    }),
  );
}

/** A unique constraint, or a taken id, said no: the record that has the key is adopted when it is what was sent, else the key is taken. */
async function adoptDuplicate(
  context: RunContext,
  entity: Entity,
  side: Side,
  job: Job,
  failure: RemoteFailure,
): Promise<WriteOutcome> {
  const object = entity.objects[side];
  const key = findKey(object.capabilities.findBy, job.body);
  const id = object.capabilities.create?.verify === "get" ? remoteId(job.body["id"]) : null;
  const found: RemoteRecord[] = [];
  if (key !== null) {
    const answer = await object.find(key);
    if (answer.ok) found.push(...answer.value);
  } else if (id !== null) {
    const [answer] = await object.get([id]);
    if (answer?.ok === true) found.push(answer.value);
  }
  const equal = await equalToSent(context, entity, side, job.write, found);
  if (equal !== null) return confirmed(context, entity, side, { write: job.write, current: null }, equal, equal);
  return outcomeOfFailure({ kind: "duplicate", message: failure.message }, "create");
}
