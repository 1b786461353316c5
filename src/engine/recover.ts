// Intents that an earlier run, or a crash, left open: resolved before anything else is decided, or answered by a person.

import { groupBy } from "../core/group.ts";
import { otherSide } from "../core/ids.ts";
import type { WriteOutcome } from "../core/settle.ts";
import { type Entity, type RunContext, throwIfStopping } from "./context.ts";
import { withoutTaken } from "./outcome.ts";
import type { Intent } from "./ports/intent.ts";
import type { CaseResolution } from "./ports/waiting.ts";
import { settlePage } from "./settle-page.ts";
import { adopted, stillUnknown } from "./unknown-outcome.ts";
import { resolveUnknowns } from "./unknown.ts";

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
      {
        side: intent.side,
        op: intent.op,
        linkId: intent.decision.linkId,
        source: intent.decision[otherSide(intent.side)],
        outcome: found,
      },
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
