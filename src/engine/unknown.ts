// Writes whose outcome is not known: a timeout, a reset, a 5xx, a crash. Resolved by what the connector declares, never by a
// guess; until then the intent stays open and its records are not decided again.
//
//   update, delete      read and compare; absolute writes that did not happen are decided again
//   create  by-key      repeated with the same key while the remote system remembers it
//           safe        repeated
//           verify      looked up by natural key, by the marker, or by the id sent
//           nothing     a complete listing shows exactly one unlinked record equal to what was sent, else a person decides

import type { RemoteFailure, RemoteRecord, Result } from "../connector/contract.ts";
import type { FieldWrite, Write } from "../core/decision.ts";
import { NULL_CELL, NULL_KEY, type Cell, type Reading } from "../core/field.ts";
import { groupBy } from "../core/group.ts";
import { otherSide, remoteId, type RemoteId, type Side } from "../core/ids.ts";
import type { WriteOutcome } from "../core/settle.ts";
import { allEqualToSent, confirmed, equalToSent, outcomeOfFailure, withoutTaken } from "./outcome.ts";
import { throwIfStopping, type Entity, type RunContext } from "./context.ts";
import { exactKeys, profileOf } from "../mapping/match-key.ts";
import type { ScoreRule } from "../mapping/match-score.ts";
import { findKey } from "./look.ts";
import type { CaseResolution, Intent } from "./ports.ts";
import { settlePage } from "./settle-page.ts";
import { listFor } from "./sweep.ts";

/** Resolves what an earlier run, or a crash, left open. @returns those that stay open: their records stay locked. */
export async function recoverIntents(context: RunContext): Promise<readonly Intent[]> {
  const stillOpen: Intent[] = [];
  const intents = await context.store.openIntents();
  const answers =
    intents.length === 0
      ? []
      : await context.store.resolutions(
          intents.map(({ entity, decision: { left, right } }) => ({ entity, left, right })),
        );
  for (const [name, own] of groupBy(intents, (intent) => intent.entity)) {
    const entity = context.entities.find((each) => each.name === name);
    if (entity === undefined) {
      context.log.warn("open intents belong to an entity that the mapping no longer has", {
        pair: context.mapping.pair,
        entity: name,
        intents: own.length,
      });
      stillOpen.push(...own);
      continue;
    }
    stillOpen.push(...(await recoverEntity(context, entity, own, answers)));
  }
  return stillOpen;
}

async function recoverEntity(
  context: RunContext,
  entity: Entity,
  intents: readonly Intent[],
  answers: readonly CaseResolution[],
): Promise<readonly Intent[]> {
  const stillOpen: Intent[] = [];
  const said = new Map<Intent, WriteOutcome>();
  for (const intent of intents) {
    const outcome = await personSaid(context, intent, answers);
    if (outcome !== null) said.set(intent, outcome);
  }
  const asked = intents.filter((intent) => !said.has(intent));
  const resolved = await resolveUnknowns(context, entity, asked);
  for (const intent of intents) {
    throwIfStopping(context);
    const found = said.get(intent) ?? resolved[asked.indexOf(intent)] ?? stillUnknown("nothing was found out");
    const [outcome = found] = await withoutTaken(context, entity, [
      { side: intent.side, op: intent.op, linkId: intent.decision.linkId, outcome: found },
    ]);
    // Each write of a decision has its own intent: only this one is settled here, and the rest is decided again.
    const write = intent.decision.writes[intent.writeIndex];
    const decision = {
      ...intent.decision,
      writes: write === undefined ? [] : [write],
      settledLeft: false,
      settledRight: false,
    };
    const open = outcome.kind === "unknown" || outcome.kind === "skipped";
    await settlePage(context, entity, [
      {
        decision,
        seen: intent.seen,
        outcomes: [outcome],
        intentsDone: open ? [] : [intent.id],
        intentsTried: open ? [intent.id] : [],
        missing: [],
        lookAgain: !open,
      },
    ]);
    if (open) stillOpen.push(intent);
  }
  return stillOpen;
}

/** A person's answer to the unknown-outcome case: the record it became, or that it never happened. */
async function personSaid(
  context: RunContext,
  intent: Intent,
  answers: readonly CaseResolution[],
): Promise<WriteOutcome | null> {
  const { left, right } = intent.decision;
  const about = (each: CaseResolution): boolean =>
    each.entity === intent.entity &&
    each.kind === "unknown-outcome" &&
    each.remembered !== true &&
    each.left === left &&
    each.right === right;
  const answer = answers.find(about)?.answer;
  if (answer === undefined) return null;
  if (answer.kind !== "link") return { kind: "again", why: "a person decided that it did not happen", waitMs: 0 };
  const links = await context.store.linksBy(intent.entity, intent.side, [answer.id]);
  // The record named is somebody else's counterpart: the case stays, with what is wrong with the answer.
  if (links.some((link) => link.state !== "tombstone"))
    return { kind: "unknown", message: `${answer.id} is linked already`, needsPerson: true };
  return adopted(answer.id, null);
}

/**
 * It happened, and the record may have been edited since: what was sent is the base, so that such an edit shows as one and
 * travels back.
 */
function adopted(id: RemoteId, version: string | null): WriteOutcome {
  return {
    kind: "done",
    id,
    version,
    readBack: {},
    undisturbed: false,
    fingerprint: null,
    matchKeys: null,
    effect: true,
  };
}

/** Outcomes in the order of the intents, which are all of one entity. What only a listing can tell is told by one listing a side. */
export async function resolveUnknowns(
  context: RunContext,
  entity: Entity,
  intents: readonly Intent[],
): Promise<readonly WriteOutcome[]> {
  const outcomes = new Map<Intent, WriteOutcome>();
  const unasked: Intent[] = [];
  for (const intent of intents) {
    const write = writeOf(intent);
    // A stopping run asks nothing more: what it cannot find out now the next one will.
    if (context.signal.aborted) {
      outcomes.set(intent, stillUnknown("the run was stopped"));
      continue;
    }
    const outcome =
      intent.op === "create"
        ? await resolveCreate(context, entity, intent, write)
        : await resolveExisting(context, entity, intent, write);
    if (outcome === null) unasked.push(intent);
    else outcomes.set(intent, outcome);
  }
  for (const [side, own] of groupBy(unasked, (intent) => intent.side)) {
    const listed = await byListing(context, entity, side, own.map(writeOf));
    own.forEach((intent, index) => outcomes.set(intent, listed[index] ?? stillUnknown("it was not listed")));
  }
  return intents.map((intent) => outcomes.get(intent) ?? stillUnknown("nothing was found out"));
}

function writeOf(intent: Intent): Write {
  const write = intent.decision.writes[intent.writeIndex];
  if (write === undefined)
    throw new Error(
      `intent ${intent.id} names write ${String(intent.writeIndex)} of a decision that has ${String(intent.decision.writes.length)}`,
    );
  return write;
}

async function resolveExisting(
  context: RunContext,
  entity: Entity,
  intent: Intent,
  write: Write,
): Promise<WriteOutcome> {
  const object = entity.objects[write.side];
  const id = write.id;
  if (id === null) throw new Error(`intent ${intent.id}: ${write.op} without a record`);
  const [found] = object.capabilities.get ? await object.get([id]) : await listFor(entity, write.side, [id]);
  if (found === undefined) return { kind: "unknown", message: "the connector gave no answer", needsPerson: false };
  if (!found.ok) {
    if (found.failure.kind !== "gone") return stillUnknown(found.failure.message);
    if (write.op === "delete")
      return {
        kind: "done",
        id,
        version: null,
        readBack: {},
        undisturbed: true,
        fingerprint: null,
        matchKeys: null,
        effect: true,
      };
    return { kind: "again", why: "the record has gone", waitMs: 0 };
  }
  if (write.op === "delete") return { kind: "again", why: "the record is still there", waitMs: 0 };
  const [reading] = await entity.mapping.read(write.side, [found.value.fields]);
  const happened = write.fields.every((field) => {
    const shown = reading?.fields[field.field];
    return (
      field.after.kind === "value" && (shown?.kind === "value" ? shown.cell.key : NULL_KEY) === field.after.cell.key
    );
  });
  if (happened) return confirmed(context, entity, write.side, { write, current: null }, found.value, found.value);
  // A listing may lag behind what it has just been told.
  const settleMs = object.capabilities.changes?.settleMs ?? object.capabilities.findSettleMs;
  if (!object.capabilities.get && context.clock.now() - intent.openedAt < settleMs)
    return stillUnknown("the listing does not show it yet");
  // A write arrives whole: where one field shows it, and none what was there before, it happened, and the rest was edited since.
  const changed = write.fields.filter(
    (field) => field.after.kind === "value" && !sameKey(field.after.cell, field.before),
  );
  const arrived = changed.some(
    (field) => field.after.kind === "value" && shows(reading?.fields[field.field], field.after.cell),
  );
  const untouched = changed.some((field) => shows(reading?.fields[field.field], field.before));
  if (arrived && !untouched) return adopted(id, found.value.version);
  // Deciding again adds both sides' changes up: one that has arrived already would count twice.
  const doubtful = changed.find(
    (field) => addsUp(entity, write.side, field) && !shows(reading?.fields[field.field], field.before),
  );
  if (doubtful !== undefined)
    return {
      kind: "unknown",
      message: `${doubtful.field} was written or was edited, and which cannot be told`,
      needsPerson: true,
    };
  return { kind: "again", why: "the write did not happen, or somebody has edited since", waitMs: 0 };
}

/** A rule that puts the changes of both sides together (a counter). */
function addsUp(entity: Entity, side: Side, { field, before, after }: FieldWrite): boolean {
  if (after.kind !== "value") return false;
  const base = before ?? NULL_CELL;
  const moved = { left: after.cell, right: after.cell, baseLeft: base, baseRight: base };
  const other = entity.mapping.cell(otherSide(side), field, after.cell.value);
  return (
    entity.mapping.combine(field, side === "left" ? { ...moved, right: other } : { ...moved, left: other }) !== null
  );
}

function sameKey(one: Cell, other: Cell | null): boolean {
  return one.key === (other?.key ?? NULL_KEY);
}

function shows(reading: Reading | undefined, cell: Cell | null): boolean {
  return (reading?.kind === "value" ? reading.cell.key : NULL_KEY) === (cell?.key ?? NULL_KEY);
}

/** Null: there is nothing to ask by but a listing. */
async function resolveCreate(
  context: RunContext,
  entity: Entity,
  intent: Intent,
  write: Write,
): Promise<WriteOutcome | null> {
  const object = entity.objects[write.side];
  const create = object.capabilities.create;
  const keyLives = create !== null && context.clock.now() - intent.openedAt < create.keyLifeMs;
  if (create?.repeat === "safe" || (create?.repeat === "by-key" && keyLives)) {
    const [answer] = await object.create([{ key: intent.key, record: intent.body }]);
    if (answer?.ok === true) {
      const record = answer.value.record ?? (await readOne(entity, write, answer.value.id));
      const asSent = record === null ? null : await equalToSent(context, entity, write.side, write, [record]);
      if (asSent === null) return adopted(answer.value.id, answer.value.version);
      return confirmed(context, entity, write.side, { write, current: null }, answer.value, record);
    }
    // The repeat was not let through, which says nothing about the first attempt: the same key is sent again later.
    if (answer === undefined || isPutOff(answer.failure))
      return stillUnknown(answer?.failure.message ?? "the connector gave no answer");
    if (answer.failure.kind === "rejected") return outcomeOfFailure(answer.failure, "create");
  }
  const found = await lookFor(entity, intent, write);
  if (found === null) return null;
  if (!found.ok) return stillUnknown(found.failure.message);
  const equal = await equalToSent(context, entity, write.side, write, found.value);
  if (equal !== null) return confirmed(context, entity, write.side, { write, current: null }, equal, equal);
  const ours = await candidatesOf(context, entity, intent, found.value);
  const [only] = ours;
  // A new record may show late in a look-up: what is found is all there is only once that time has passed.
  const waitMs = intent.openedAt + object.capabilities.findSettleMs - context.clock.now();
  const isLate = entity.mapping.policy.matches && waitMs <= 0;
  // Nobody had this key when the create was sent, so the one who has it now is what became of it.
  if (ours.length === 1 && only !== undefined && (isOurs(entity, write.side) || isLate))
    return adopted(only.id, only.version);
  if (ours.length > 0 && waitMs > 0 && entity.mapping.policy.matches)
    return stillUnknown("what was sent may not show yet beside who has its key");
  if (ours.length > 1 && entity.mapping.policy.matches)
    return { kind: "again", why: "several records with this key were found: they are matched, not created", waitMs: 0 };
  if (ours.length > 0)
    return {
      kind: "unknown",
      message: "records with this key exist, and none is exactly what was sent",
      needsPerson: true,
    };
  if (await isAnyAlike(entity, intent, found.value))
    return {
      kind: "unknown",
      message: "a record like what was sent exists, and is not exactly that",
      needsPerson: true,
    };
  if (waitMs > 0)
    return {
      kind: "unknown",
      message: `not found yet; looked up again for ${String(Math.ceil(waitMs / 1000))} s`,
      needsPerson: false,
    };
  return { kind: "again", why: "the record was not created", waitMs: 0 };
}

/** The look-up is by what only this create can have written. */
function isOurs(entity: Entity, side: Side): boolean {
  const verify = entity.objects[side].capabilities.create?.verify ?? null;
  return verify === "marker" || verify === "get";
}

function isPutOff(failure: RemoteFailure): boolean {
  return (
    failure.kind === "throttled" || failure.kind === "unreachable" || failure.kind === "auth" || failure.kind === "stop"
  );
}

/**
 * Found records that can be what became of the create: free, and, unless the look-up was by our own marker or id, with a match
 * key of what was sent. A look-up may well give more than was asked for.
 */
async function candidatesOf(
  context: RunContext,
  entity: Entity,
  intent: Intent,
  found: readonly RemoteRecord[],
): Promise<readonly RemoteRecord[]> {
  const { side } = intent;
  const links =
    found.length === 0
      ? []
      : await context.store.linksBy(
          entity.name,
          side,
          found.map((record) => record.id),
        );
  const taken = new Set(links.map((link) => link[side]));
  const free = found.filter((record) => !taken.has(record.id) && !record.deleted);
  if (isOurs(entity, side) || !entity.mapping.policy.matches) return free;
  const [sent, ...readings] = await entity.mapping.read(side, [intent.body, ...free.map((record) => record.fields)]);
  const keys = new Set(exactKeys(sent?.matchKeys ?? []));
  return free.filter((_, index) => readings[index]?.matchKeys.some((key) => key !== null && keys.has(key)) ?? false);
}

/** By a scored rule, whose word is no proof that a record is ours, nor that it is not. */
async function isAnyAlike(entity: Entity, intent: Intent, found: readonly RemoteRecord[]): Promise<boolean> {
  const { scored } = entity.mapping;
  if (scored.length === 0 || found.length === 0) return false;
  const [sent, ...readings] = await entity.mapping.read(intent.side, [
    intent.body,
    ...found.map((record) => record.fields),
  ]);
  const profile = (keys: readonly (string | null)[], rule: ScoreRule): string | null =>
    profileOf(
      keys.filter((key) => key !== null),
      rule.index,
    );
  return scored.some((rule) => {
    const own = profile(sent?.matchKeys ?? [], rule);
    return readings.some(({ matchKeys }) => {
      const other = profile(matchKeys, rule);
      return own !== null && other !== null && rule.score(own, other).grade !== "none";
    });
  });
}

/** By the connector's `verify`; null: it declares none, or the look-up has nothing to ask by. */
async function lookFor(entity: Entity, intent: Intent, write: Write): Promise<Result<readonly RemoteRecord[]> | null> {
  const object = entity.objects[write.side];
  const verify = object.capabilities.create?.verify ?? null;
  if (verify === "marker") return object.findByMarker(intent.key);
  if (verify === "get") {
    const id = remoteId(intent.body["id"]);
    if (id === null) return null;
    const [found] = await object.get([id]);
    if (found === undefined) return null;
    if (found.ok) return { ok: true, value: [found.value] };
    return found.failure.kind === "gone" ? { ok: true, value: [] } : found;
  }
  const key = verify === "find" ? findKey(object.capabilities.findBy, intent.body) : null;
  return key === null ? null : object.find(key);
}

/** Without any means to ask: exactly one unlinked record equal to what was sent, in a complete listing. */
async function byListing(
  context: RunContext,
  entity: Entity,
  side: Side,
  writes: readonly Write[],
): Promise<readonly WriteOutcome[]> {
  const object = entity.objects[side];
  const person = (message: string): WriteOutcome => ({ kind: "unknown", message, needsPerson: true });
  if (!object.capabilities.list) return writes.map(() => person("the connector can neither look it up nor list"));
  const equal = writes.map((): RemoteRecord[] => []);
  for await (const page of object.list()) {
    if (!page.ok) return writes.map(() => stillUnknown(page.failure.message));
    const found = await allEqualToSent(context, entity, side, writes, page.value.records);
    found.forEach((records, index) => equal[index]?.push(...records));
  }
  const adoptedIds = new Set<RemoteId>();
  const outcomes: WriteOutcome[] = [];
  for (const [index, write] of writes.entries()) {
    const records = distinct(equal[index] ?? []);
    const [only] = records;
    if (records.length === 1 && only !== undefined && !adoptedIds.has(only.id)) {
      adoptedIds.add(only.id);
      outcomes.push(await confirmed(context, entity, side, { write, current: null }, only, only));
    } else
      outcomes.push(
        person(
          records.length <= 1
            ? "no record equal to what was sent is listed"
            : "several records equal to what was sent are listed",
        ),
      );
  }
  return outcomes;
}

/** A page may show a record that an earlier one has shown. */
function distinct(records: readonly RemoteRecord[]): readonly RemoteRecord[] {
  return [...new Map(records.map((record) => [record.id, record])).values()];
}

async function readOne(entity: Entity, write: Write, id: RemoteId): Promise<RemoteRecord | null> {
  if (!entity.objects[write.side].capabilities.get) return null;
  const [found] = await entity.objects[write.side].get([id]);
  return found?.ok === true ? found.value : null;
}

function stillUnknown(message: string): WriteOutcome & { readonly kind: "unknown" } {
  return { kind: "unknown", message, needsPerson: false };
}
