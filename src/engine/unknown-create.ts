// A create whose outcome is not known: repeated where that is harmless, else looked for by what the connector declares.

import type { RemoteFailure, RemoteRecord, Result } from "../connector/contract.ts";
import type { Write } from "../core/decision.ts";
import { type RemoteId, type Side, remoteId } from "../core/ids.ts";
import type { WriteOutcome } from "../core/settle.ts";
import { exactKeys, profileOf } from "../mapping/match-key.ts";
import type { ScoreRule } from "../mapping/match-score.ts";
import type { Entity, RunContext } from "./context.ts";
import { findKey } from "./find-key.ts";
import { confirmed, equalToSent, outcomeOfFailure } from "./outcome.ts";
import type { Intent } from "./ports/intent.ts";
import { adopted, stillUnknown } from "./unknown-outcome.ts";

/** Null: there is nothing to ask by but a listing. */
export async function resolveCreate(
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

async function readOne(entity: Entity, write: Write, id: RemoteId): Promise<RemoteRecord | null> {
  if (!entity.objects[write.side].capabilities.get) return null;
  const [found] = await entity.objects[write.side].get([id]);
  return found?.ok === true ? found.value : null;
}
