// The writes themselves, in the connectors' batches, and what the written records show afterwards.

import { stopOf, type Job, type Stop } from "./job.ts";
import type { RemoteFailure, RemoteRecord, Result, Written } from "../connector/contract.ts";
import type { Write } from "../core/decision.ts";
import { remoteId, unreachable, type RemoteId, type Side } from "../core/ids.ts";
import type { WriteOutcome } from "../core/settle.ts";
import type { SideReading } from "../mapping/mapping.ts";
import { pagesOf, type Entity, type RunContext } from "./context.ts";
import { findKey } from "./find-key.ts";
import { LeaseLost } from "./ports/pair-store.ts";
import { confirmed, equalToSent, goneAlready, outcomeOfFailure } from "./outcome.ts";

// Smaller: a system's concurrency is not used up. Larger: a stop is noticed that much later. A batch is never parted.
const CHUNK = 40;
const CHUNK_BATCHES = 5;

export async function performAll(
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
      for (const chunk of pagesOf(own, chunkOf(entity.objects[side].capabilities.batch[op]))) {
        // What is not sent is skipped: its intent ends, and the next run decides it again.
        if (stop !== null || context.signal.aborted) break;
        // Whoever has taken over may be resolving these intents already: nothing is sent on a lease that has run out.
        if (!context.holdsLease()) throw new LeaseLost(`the lease of ${context.mapping.pair} has run out`);
        const sent = chunk.map(({ job }) => job);
        const answers = await send(entity, side, op, sent, context.holdsLease);
        // What has not been sent any more is not settled either: whoever has the lease resolves the intents.
        if (!context.holdsLease()) throw new LeaseLost(`the lease of ${context.mapping.pair} has run out`);
        const outcomes = await readBack(context, entity, side, sent, answers);
        chunk.forEach(({ index }, position) => (results[index] = outcomes[position] ?? { kind: "skipped" }));
        stop =
          answers.map((answer) => (answer.ok ? null : stopOf(answer.failure))).find((each) => each !== null) ?? null;
      }
    }
  }
  return { results, stop };
}

function chunkOf(batch: number): number {
  return batch > 1 ? Math.max(CHUNK, batch * CHUNK_BATCHES) : CHUNK;
}

function send(
  entity: Entity,
  side: Side,
  op: Write["op"],
  jobs: readonly Job[],
  mayBegin: () => boolean,
): Promise<readonly Result<Written | null>[]> {
  const object = entity.objects[side];
  const idOf = (job: Job): RemoteId => job.write.id as RemoteId;
  const versionOf = (job: Job): string | null => job.current?.version ?? job.write.version;
  switch (op) {
    case "create":
      return object.create(jobs.map((job) => ({ key: job.key, record: job.body, mayBegin })));
    case "update":
      return object.update(
        jobs.map((job) => ({
          key: job.key,
          id: idOf(job),
          version: versionOf(job),
          changed: job.body,
          current: job.current,
          mayBegin,
        })),
      );
    case "delete":
      return object.delete(jobs.map((job) => ({ key: job.key, id: idOf(job), version: versionOf(job), mayBegin })));
    default:
      return unreachable(op);
  }
}

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
  answers.forEach((answer, index) => {
    if (answer.ok && answer.value !== null && answer.value.record !== null) records.set(index, answer.value.record);
  });
  const shown = await entity.mapping.read(
    side,
    [...records.values()].map((record) => record.fields),
  );
  const readings = new Map([...records.keys()].map((index, position) => [index, shown[position]]));
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
              { ...job, decidedOn: job.planned.seen[side].fingerprint, ...shownOf(readings.get(index)) },
              answer.value,
              records.get(index) ?? null,
            );
      if (job.write.op === "delete" && answer.failure.kind === "gone") return goneAlready(job.write);
      if (job.write.op === "create" && (answer.failure.kind === "duplicate" || answer.failure.kind === "stale"))
        return adoptDuplicate(context, entity, side, job, answer.failure);
      return outcomeOfFailure(answer.failure, job.write.op, entity.mapping.refs.length > 0);
    }),
  );
}

function shownOf(reading: SideReading | undefined): { readonly shown?: SideReading } {
  return reading === undefined ? {} : { shown: reading };
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
