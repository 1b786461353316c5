// The last look before a write: references resolved, the record read again where the guard asks for it, nobody there yet who
// would be doubled, and the body in the system's own form.

import { stopOf, type Prepared, type Stop } from "./job.ts";
import type { RemoteFailure, RemoteRecord, Result } from "../connector/contract.ts";
import type { FieldWrite, Write } from "../core/decision.ts";
import { NULL_KEY, type Cell } from "../core/field.ts";
import { otherSide, type Side } from "../core/ids.ts";
import type { WriteOutcome } from "../core/settle.ts";
import { canonicalText, isFields, isList, type Fields } from "../core/value.ts";
import type { Entity, RunContext } from "./context.ts";
import { exactKeys } from "../mapping/match-key.ts";
import { findKey } from "./find-key.ts";
import type { PlannedDecision } from "./ports/run.ts";
import { goneAlready } from "./outcome.ts";
import { fingerprintOf } from "./sight.ts";
import { listFor } from "./look-up.ts";
import { refLookup } from "./carry-values.ts";
import type { RefLookup, RefNeed } from "../mapping/reference.ts";

export async function prepareAll(
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
    write.fields.flatMap((field) => (field.after.kind === "waiting" ? needsOf(entity, write, field, field.after) : [])),
  );
  const lookup = needs.length === 0 ? () => null : await refLookup(context, needs);
  const currents = await readCurrents(entity, all);
  return Promise.all(
    all.map(async ({ planned, writeIndex, write }, index) => {
      const { write: resolved, missing, needed } = await resolveReferences(entity, write, lookup);
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

/** All records that a waiting value names: one, or those of its lines. */
function needsOf(entity: Entity, write: Write, { field, sent }: FieldWrite, first: RefNeed): readonly RefNeed[] {
  if (sent === null || !isList(sent.value)) return [first];
  return entity.mapping.refNeeds(otherSide(write.side), { [field]: { kind: "value", cell: sent } });
}

/**
 * References to records that were linked earlier in this run. Lines that are there already are put together with what the record
 * shows, which only a decision does: they wait for the next one, and are woken for it at once.
 */
async function resolveReferences(entity: Entity, write: Write, lookup: RefLookup): Promise<Resolved> {
  const fields: FieldWrite[] = [];
  const missing: RefNeed[] = [];
  let needed = false;
  for (const field of write.fields) {
    if (field.after.kind !== "waiting") {
      fields.push(field);
      continue;
    }
    const needs = needsOf(entity, write, field, field.after);
    const open = needs.filter((need) => lookup(need) === null);
    const after = open.length > 0 ? null : await resolvedValue(entity, write, field, lookup);
    if (after !== null) fields.push({ ...field, after });
    else {
      missing.push(
        ...(open.length > 0 ? open : needs).map(({ entity: name, side, id }) => ({ entity: name, side, id })),
      );
      needed ||= entity.mapping.policy.fields.find(({ name }) => name === field.field)?.optional !== true;
    }
  }
  return { write: { ...write, fields }, missing, needed };
}

/** Null: it takes a decision. */
async function resolvedValue(
  entity: Entity,
  write: Write,
  { field, sent }: FieldWrite,
  lookup: RefLookup,
): Promise<Extract<FieldWrite["after"], { readonly kind: "value" }> | null> {
  if (sent === null || (isList(sent.value) && write.op !== "create")) return null;
  const [carried] = await entity.mapping.carry(
    otherSide(write.side),
    [{ [field]: { kind: "value", cell: sent } }],
    lookup,
  );
  const value = carried?.[field];
  return value?.kind === "value" ? value : null;
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
