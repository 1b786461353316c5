// Where a gone record may be made anew from the one that is still there, that one is read now, although it shows what is
// remembered: a base may hold what the record itself has no word about (a field it does not have, of the record before a merge),
// and a new record is made of what is shown, not of what was.

import { otherSide, SIDES, type RemoteId, type Side } from "../core/ids.ts";
import type { Entity, RunContext } from "./context.ts";
import type { Sighting, Subject } from "./ports/sighting.ts";
import type { CaseResolution } from "./ports/waiting.ts";
import { compareWithLinks, sightingsOf } from "./sight.ts";

export async function withKept(
  context: RunContext,
  entity: Entity,
  subjects: readonly Subject[],
  resolutions: readonly CaseResolution[],
): Promise<readonly Subject[]> {
  const read: Record<Side, ReadonlyMap<RemoteId, Sighting>> = { left: new Map(), right: new Map() };
  for (const side of SIDES) {
    const ids = subjects.flatMap((subject) =>
      subject.link !== null && isKept(entity, subject, side, resolutions) ? [subject.link[side]] : [],
    );
    if (ids.length === 0 || !entity.objects[side].capabilities.get) continue;
    const answers = await entity.objects[side].get(ids);
    // One that cannot be read now is decided by what is remembered of it, as one that was listed.
    const records = answers.flatMap((answer, index) =>
      answer.ok && answer.value.id === ids[index] && !answer.value.deleted ? [answer.value] : [],
    );
    const page = await compareWithLinks(context, entity, side, records);
    const sightings = await sightingsOf(
      context,
      entity,
      side,
      page.map((each) => ({ ...each, differs: true })),
    );
    read[side] = new Map(sightings.map((sighting) => [sighting.id, sighting]));
  }
  if (SIDES.every((side) => read[side].size === 0)) return subjects;
  return subjects.map((subject) => {
    const { link } = subject;
    const on = (side: Side): Sighting | null =>
      (link === null || !isKept(entity, subject, side, resolutions) ? undefined : read[side].get(link[side])) ??
      subject[side];
    return { ...subject, left: on("left"), right: on("right") };
  });
}

/** The other record is gone for certain, this one was not kept in full, and it may be needed so. */
function isKept(entity: Entity, subject: Subject, side: Side, resolutions: readonly CaseResolution[]): boolean {
  const gone = otherSide(side);
  const { link } = subject;
  if (link === null || link.state === "tombstone" || subject[gone]?.presence !== "absent") return false;
  const shown = subject[side];
  if (shown !== null && (shown.presence !== "present" || shown.record !== null)) return false;
  const { policy } = entity.mapping;
  const isAnswered = resolutions.some((each) => each[gone] === link[gone] && each[side] === link[side]);
  return (
    policy.whenGone[gone] === "restore" ||
    policy.goneEdited === "restore" ||
    (policy.mirror && policy.givingSide === side) ||
    isAnswered
  );
}
