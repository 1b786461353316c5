// The one transaction in which a page of outcomes becomes true: links, bases, effects, ends of intents, cases, cursors. Its
// first statement locks the lease, so nothing of a run that lost its lease can be stored. Each part is one or two statements
// whatever the size of the page, in the order of the keys of Commit; waking comes last, when links and parked records are in.

import { SIDES } from "../core/ids.ts";
import type { Commit } from "../engine/ports/commit.ts";
import type { Lease } from "../engine/ports/pair-store.ts";
import { addAgreements } from "./agreements.ts";
import { settleCases } from "./cases.ts";
import { moveCursors } from "./cursors.ts";
import type { Database } from "./database.ts";
import { addEffects } from "./effects.ts";
import { addHints, hintsDone } from "./inbox.ts";
import { intentsDone, intentsTried } from "./intents.ts";
import { lockLease } from "./leases.ts";
import { writeLinks } from "./link-writes.ts";
import { park, unpark, wake } from "./parked.ts";
import { settleUnlinked } from "./unlinked.ts";
import { addQuarantined, releaseQuarantined } from "./quarantine.ts";

/** @throws LeaseLost. */
export async function commitPage(database: Database, pair: string, lease: Lease, commit: Commit): Promise<void> {
  await database.transaction(async (sql) => {
    await lockLease(sql, pair, lease);
    await writeLinks(sql, pair, commit.links);
    await settleUnlinked(sql, pair, commit);
    await addEffects(sql, pair, commit.run, commit.effects);
    await addAgreements(sql, pair, commit.run, commit.agreed ?? []);
    await intentsDone(sql, pair, commit.intentsDone);
    await intentsTried(sql, pair, commit.intentsTried);
    await settleCases(sql, pair, commit.run, commit.cases);
    await addQuarantined(sql, pair, commit.quarantined);
    await releaseQuarantined(sql, pair, commit.released);
    await park(sql, pair, commit.parked);
    await unpark(sql, pair, commit.unparked);
    await addHints(sql, pair, commit.hints);
    await hintsDone(sql, pair, commit.hintsDone);
    await moveCursors(sql, pair, commit.cursors);
    await wake(sql, pair, possibleParents(commit));
  });
}

/** Records whose link may have come live in this commit, or had before a child was parked for it. */
function possibleParents(commit: Commit): Parameters<typeof wake>[2] {
  const linked = commit.links
    .filter((link) => link.state === "live")
    .flatMap((link) => SIDES.map((side) => ({ entity: link.entity, side, id: link[side] })));
  const awaited = commit.parked.map((parked) => ({
    entity: parked.parentEntity,
    side: parked.parentSide,
    id: parked.parentId,
  }));
  return [...linked, ...awaited];
}
