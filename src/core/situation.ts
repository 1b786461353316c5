// The situation of a pair of records: two tables that do not compile with a cell missing. docs/situations.md is generated from them.

import type { Situation } from "./decision.ts";

/** What is known of one side. Absent is proven; whatever is not proven is unknown. */
export type Presence = "present" | "absent" | "out-of-scope" | "unknown";

export type Moved = "none" | "left" | "right" | "both";

/** By presence, left then right. `compare`: both are there, so the fields say. */
export const LINKED: Readonly<Record<Presence, Readonly<Record<Presence, Situation | "compare">>>> = {
  present: { present: "compare", absent: "gone-right", "out-of-scope": "right-scope", unknown: "unknown" },
  absent: { present: "gone-left", absent: "both-gone", "out-of-scope": "right-scope", unknown: "unknown" },
  "out-of-scope": { present: "left-scope", absent: "left-scope", "out-of-scope": "left-scope", unknown: "unknown" },
  unknown: { present: "unknown", absent: "unknown", "out-of-scope": "unknown", unknown: "unknown" },
};

/** Both present: by the side that moved, and what the merge of the fields found. */
export const COMPARED: Readonly<Record<Moved, Readonly<Record<"apart" | "agree" | "dispute", Situation>>>> = {
  none: { apart: "in-sync", agree: "in-sync", dispute: "conflict" },
  left: { apart: "changed-left", agree: "changed-left", dispute: "conflict" },
  right: { apart: "changed-right", agree: "changed-right", dispute: "conflict" },
  both: { apart: "mergeable", agree: "converged", dispute: "conflict" },
};

/** What the engine does by default in each situation; the last column of the documentation's table. */
export const DEFAULTS: Readonly<Record<Situation, string>> = {
  "in-sync": "nothing",
  "changed-left": "write the changed fields to the right",
  "changed-right": "write the changed fields to the left",
  converged: "new bases, no write",
  mergeable: "write both ways",
  conflict: "the field's `conflict`; the losing value is kept in history",
  "new-left": "create on the right and link, where `allow` and the guard permit",
  "new-right": "create on the left and link, where `allow` and the guard permit",
  matched: "link; equal = agreed, empty = filled, different = `at_link`",
  "matched-taken": "a case naming the unlinked record and the taken candidate",
  ambiguous: "a case listing the candidates; none is linked or created",
  "gone-left": "`when_gone` of the left side",
  "gone-right": "`when_gone` of the right side",
  "gone-edited": "`gone_edited`",
  "both-gone": "tombstone",
  "left-scope": "`on_scope_exit`",
  "right-scope": "`on_scope_exit`",
  redirected: "move the link to the new id; nothing is deleted or created",
  unknown: "nothing; looked at again",
  "wrong-epoch": "stop all writes of the system",
  "no-key": "quarantined: none of the match fields is present",
  tombstoned: "nothing while the tombstone lasts",
  undone: "a person takes a run back: what it wrote, and nobody has edited since, is put as it was",
};
