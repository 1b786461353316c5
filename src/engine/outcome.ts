// What the outcome of one write is: from a failure, from a confirmed answer, from a record that shows what was sent.

import type { RemoteFailure, RemoteRecord } from "../connector/contract.ts";
import type { Write } from "../core/decision.ts";
import { NULL_KEY, type Cell, type Reading } from "../core/field.ts";
import { otherSide, SIDES, unreachable, type LinkId, type RemoteId, type Side } from "../core/ids.ts";
import type { WriteOutcome } from "../core/settle.ts";
import { basesAfter } from "../mapping/base-after-write.ts";
import type { SideReading } from "../mapping/mapping.ts";
import type { Entity, RunContext } from "./context.ts";
import { fingerprintOf } from "./sight.ts";

// Shorter: the same refusal many times over. Longer: a record whose parent has come shows that much later.
const PARENT_WAIT_MS = 30_000;

/** @param refers The records of this entity name others, which a create may have come before. */
export function outcomeOfFailure(failure: RemoteFailure, op: Write["op"], refers = false): WriteOutcome {
  switch (failure.kind) {
    case "stale":
      return { kind: "again", why: "edited meanwhile", waitMs: 0 };
    case "gone":
      // A create is refused so while what it belongs to is not there.
      return op === "create"
        ? { kind: "again", why: failure.message, waitMs: PARENT_WAIT_MS }
        : { kind: "again", why: "the record has gone", waitMs: 0 };
    case "throttled":
      return { kind: "again", why: "throttled", waitMs: failure.retryAfterMs };
    case "unreachable":
    case "auth":
    case "stop":
      return { kind: "skipped" };
    case "duplicate":
      if (op === "delete") return { kind: "again", why: failure.message, waitMs: 0 };
      return { kind: "failed", code: op === "create" ? "key-taken" : "duplicate", message: failure.message };
    case "rejected":
      if (op === "create" && refers && failure.code === "HTTP_404")
        return { kind: "again", why: failure.message, waitMs: PARENT_WAIT_MS };
      return { kind: "failed", code: failure.code, message: failure.message };
    case "resync":
    case "malformed":
    case "unknown":
      return { kind: "unknown", message: failure.message, needsPerson: false };
    default:
      return unreachable(failure);
  }
}

/** A record to delete that is not there any more: done, and nothing of ours. */
export function goneAlready(write: Write): WriteOutcome & { readonly kind: "done" } {
  return {
    kind: "done",
    id: write.id as RemoteId,
    version: null,
    readBack: {},
    undisturbed: true,
    fingerprint: null,
    matchKeys: null,
    effect: false,
  };
}

/** A write that is known to have happened, with what its record shows now. */
export async function confirmed(
  context: RunContext,
  entity: Entity,
  side: Side,
  job: {
    readonly write: Write;
    readonly current: RemoteRecord | null;
    /** Fingerprint of the record as it was decided on; null: not known. */
    readonly decidedOn?: string | null;
    /** The record that it shows now, as read through the lenses; left out: it is read here. */
    readonly shown?: SideReading;
  },
  written: { readonly id: RemoteId; readonly version: string | null },
  record: RemoteRecord | null,
): Promise<WriteOutcome> {
  if (record === null)
    return {
      kind: "done",
      id: written.id,
      version: written.version,
      readBack: {},
      undisturbed: false,
      fingerprint: null,
      matchKeys: null,
      effect: true,
    };
  const now = job.shown ?? (await entity.mapping.read(side, [record.fields]))[0];
  const before = job.current === null ? undefined : (await entity.mapping.read(side, [job.current.fields]))[0];
  const readBack: Record<string, Cell> = {};
  const names = new Set(job.write.fields.map((field) => field.field));
  for (const name of names) {
    const reading = now?.fields[name];
    if (reading?.kind === "value") readBack[name] = reading.cell;
  }
  const { bases, undisturbed } = basesAfter(entity.mapping, job.write, readBack);
  const others = Object.keys(now?.fields ?? {}).filter((name) => !names.has(name));
  // On a create the other fields are the system's own defaults, which have still to travel; on an update they must be as before.
  const keyOf = (reading: Reading | undefined): string =>
    reading?.kind === "value" ? reading.cell.key : (reading?.kind ?? "absent");
  const settled =
    job.write.op === "create"
      ? others.every((name) => now?.fields[name]?.kind !== "value")
      : before !== undefined &&
        job.current !== null &&
        // An edit between the decision and the last look before the write has still to be decided about.
        fingerprintOf(context, entity, side, job.current) === job.decidedOn &&
        others.every((name) => keyOf(now?.fields[name]) === keyOf(before.fields[name]));
  return {
    kind: "done",
    id: written.id,
    version: record.version ?? written.version,
    readBack,
    bases,
    undisturbed: settled && undisturbed,
    fingerprint: fingerprintOf(context, entity, side, record),
    matchKeys: (now?.matchKeys ?? []).filter((key) => key !== null),
    effect: true,
  };
}

/** The one unlinked record that shows all that was sent; null when there is none or more than one. */
export async function equalToSent(
  context: RunContext,
  entity: Entity,
  side: Side,
  write: Write,
  records: readonly RemoteRecord[],
): Promise<RemoteRecord | null> {
  const [equal] = await allEqualToSent(context, entity, side, [write], records);
  return equal?.length === 1 ? (equal[0] ?? null) : null;
}

/** For each write the unlinked records that show all that it sent. */
export async function allEqualToSent(
  context: RunContext,
  entity: Entity,
  side: Side,
  writes: readonly Write[],
  records: readonly RemoteRecord[],
): Promise<readonly (readonly RemoteRecord[])[]> {
  if (records.length === 0) return writes.map(() => []);
  const links = await context.store.linksBy(
    entity.name,
    side,
    records.map((record) => record.id),
  );
  const taken = new Set(links.filter((link) => link.state !== "tombstone").map((link) => link[side]));
  const free = records.filter((record) => !taken.has(record.id) && !record.deleted);
  const readings = await entity.mapping.read(
    side,
    free.map((record) => record.fields),
  );
  return writes.map((write) =>
    free.filter((_, index) =>
      write.fields.every((field) => {
        if (field.after.kind !== "value") return false;
        const reading = readings[index]?.fields[field.field];
        const shown = reading?.kind === "value" ? reading.cell.key : reading?.kind === "invalid" ? "invalid" : NULL_KEY;
        return shown === field.after.cell.key;
      }),
    ),
  );
}

/** How a write ended, with the link it belongs to. */
export interface Ended {
  readonly side: Side;
  readonly op: Write["op"];
  readonly linkId: LinkId | null;
  /** Of a create: the record it was made from. */
  readonly source: RemoteId | null;
  readonly outcome: WriteOutcome;
}

/**
 * A create that was given a record which is somebody else's counterpart already (an upsert that hit another record), or from
 * which a counterpart is just being made, made no counterpart; nor did one whose source was linked meanwhile. Its source is
 * quarantined, where a second link would be refused for ever.
 */
export async function withoutTaken(
  context: RunContext,
  entity: Entity,
  ended: readonly Ended[],
): Promise<readonly WriteOutcome[]> {
  const holders = new Map<string, LinkId>();
  for (const side of SIDES) {
    const ids = ended.flatMap((each): readonly RemoteId[] => {
      if (each.op !== "create" || each.outcome.kind !== "done") return [];
      if (each.side === side) return [each.outcome.id];
      return each.source === null ? [] : [each.source];
    });
    if (ids.length === 0) continue;
    for (const link of await context.store.linksBy(entity.name, side, ids))
      if (link.state !== "tombstone") holders.set(`${side} ${link[side]}`, link.id);
  }
  // Two that were given each other's source make one link.
  const made = new Map<string, RemoteId>(
    ended.flatMap(({ side, op, source, outcome }) =>
      op === "create" && outcome.kind === "done" && source !== null
        ? [[`${otherSide(side)} ${source}`, outcome.id] as const]
        : [],
    ),
  );
  const given = new Set<string>();
  return ended.map(({ side, op, linkId, source, outcome }): WriteOutcome => {
    if (op !== "create" || outcome.kind !== "done") return outcome;
    const name = `${side} ${outcome.id}`;
    const isHeld = [name, `${otherSide(side)} ${source ?? ""}`].some((each) => {
      const holder = holders.get(each);
      return holder !== undefined && holder !== linkId;
    });
    const counterpart = made.get(name);
    if (isHeld || given.has(name) || (counterpart !== undefined && counterpart !== source))
      return {
        kind: "failed",
        code: "key-taken",
        message: `the system gave ${outcome.id}, which is the counterpart of another record`,
      };
    given.add(name);
    return outcome;
  });
}
