// Which record of the other side an unlinked record belongs to. Rules are tried in order; the first that knows of anyone decides.
//
//   free candidates   linked ones   rivals (unlinked records of the own side with the same key)   match
//   1                 any           none                                                          one
//   0                 1 or more     none                                                          taken
//   2 or more         any           any                                                           ambiguous
//   any               any           1 or more                                                     ambiguous
//   0                 0             none                                                          next rule, else none

import type { LinkId, RemoteId } from "./ids.ts";

export interface CandidateView {
  readonly id: RemoteId;
  /** The live or frozen link it is in; null: free. */
  readonly linkId: LinkId | null;
}

export type Match =
  | { readonly kind: "none" }
  /** The record has none of its match fields. */
  | { readonly kind: "no-key" }
  | { readonly kind: "one"; readonly id: RemoteId }
  | { readonly kind: "taken"; readonly id: RemoteId; readonly linkId: LinkId }
  | { readonly kind: "ambiguous"; readonly candidates: readonly RemoteId[]; readonly rivals: readonly RemoteId[] };

/**
 * @param keys The record's match keys in rule order; null where a part is missing.
 * @param candidates By key: records of the other side.
 * @param rivals By key: other unlinked records of the record's own side.
 */
export function correlate(
  keys: readonly (string | null)[],
  candidates: ReadonlyMap<string, readonly CandidateView[]>,
  rivals: ReadonlyMap<string, readonly RemoteId[]>,
): Match {
  const present = keys.filter((key) => key !== null);
  if (keys.length > 0 && present.length === 0) return { kind: "no-key" };
  for (const key of present) {
    const known = candidates.get(key) ?? [];
    const own = rivals.get(key) ?? [];
    const free = known.filter((candidate) => candidate.linkId === null);
    if (free.length > 1 || own.length > 0) return { kind: "ambiguous", candidates: known.map((each) => each.id), rivals: own };
    const [only] = free;
    if (only !== undefined) return { kind: "one", id: only.id };
    const [taken] = known;
    if (taken !== undefined && taken.linkId !== null) return { kind: "taken", id: taken.id, linkId: taken.linkId };
  }
  return { kind: "none" };
}
