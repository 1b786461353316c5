// Every promise that a history is held to.

import type { Played } from "../play.ts";
import { boundedWrites, carriedDeletes, guards, intents, linkIntegrity, trueCounters } from "./book-keeping.ts";
import { frame, mergedWhole, noInvention, noLostEdit, permission } from "./edits.ts";
import { gatherEvidence } from "./evidence.ts";
import type { Broken, Promised } from "./promise.ts";
import { noDuplicate, noResurrection, provenDeletes, references } from "./records.ts";
import { converges, quiet, safeCursors } from "./rest.ts";
import { dryRun, oneWriter, retries, scope, stateLoss } from "./standing.ts";

export const PROMISES: readonly Promised[] = [
  converges,
  quiet,
  noLostEdit,
  mergedWhole,
  noInvention,
  noResurrection,
  noDuplicate,
  provenDeletes,
  boundedWrites,
  frame,
  permission,
  linkIntegrity,
  carriedDeletes,
  guards,
  intents,
  references,
  safeCursors,
  trueCounters,
  stateLoss,
  scope,
  dryRun,
  oneWriter,
  retries,
];

export async function brokenPromises(played: Played): Promise<readonly Broken[]> {
  const evidence = await gatherEvidence(played);
  const found: Broken[] = [];
  for (const promise of PROMISES) found.push(...(await promise.check(evidence)));
  return found;
}
