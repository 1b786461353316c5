// Which record of the other side an unlinked record belongs to. Rules are tried in order; the first that knows of anyone decides.
//
//   free candidates   linked ones   rivals (unlinked records of the own side with the same key)   match
//   1                 any           none                                                          one
//   0                 1 or more     none                                                          taken
//   2 or more         any           any                                                           ambiguous
//   any               any           1 or more                                                     ambiguous
//   0                 0             none                                                          next rule, else none

import type { LinkId, RemoteId } from "./ids.ts";
import type { Fields } from "./value.ts";

export interface CandidateView {
  readonly id: RemoteId;
  /** The live or frozen link it is in; null: none. */
  readonly linkId: LinkId | null;
  /** Seen in this run, so that it is decided about too; false: only remembered. */
  readonly sighted: boolean;
  /** It has no link yet and will get one with another record in this run: a person said so, or a rule that comes first. */
  readonly promised?: boolean;
}

/** `shown`: what else a person is shown of a match by score. */
export type Match =
  | { readonly kind: "none" }
  /** The record has none of its match fields. */
  | { readonly kind: "no-key" }
  | { readonly kind: "one"; readonly id: RemoteId }
  /** The link is null while it is only promised. */
  | { readonly kind: "taken"; readonly id: RemoteId; readonly linkId: LinkId | null; readonly shown?: Fields }
  | {
      readonly kind: "ambiguous";
      readonly candidates: readonly RemoteId[];
      readonly rivals: readonly RemoteId[];
      readonly heard: Heard;
      readonly shown?: Fields;
    };

/** Of an ambiguous cluster, the unlinked records that this run decides about: one of them speaks for all. */
interface Heard {
  readonly candidates: readonly RemoteId[];
  readonly rivals: readonly RemoteId[];
}

/**
 * @param keys The record's match keys in rule order; null where a part is missing.
 * @param candidates By key: records of the other side.
 * @param rivals By key: other unlinked records of the record's own side.
 */
export function correlate(
  keys: readonly (string | null)[],
  candidates: ReadonlyMap<string, readonly CandidateView[]>,
  rivals: ReadonlyMap<string, readonly CandidateView[]>,
): Match {
  const present = keys.filter((key) => key !== null);
  if (keys.length > 0 && present.length === 0) return { kind: "no-key" };
  for (const key of present) {
    const known = candidates.get(key) ?? [];
    const own = rivals.get(key) ?? [];
    const free = known.filter((candidate) => candidate.linkId === null && candidate.promised !== true);
    if (free.length > 1 || own.length > 0) {
      const heard = {
        candidates: idsOf(free.filter((each) => each.sighted)),
        rivals: idsOf(own.filter((each) => each.sighted)),
      };
      return { kind: "ambiguous", candidates: idsOf(known), rivals: idsOf(own), heard };
    }
    const [only] = free;
    if (only !== undefined) return { kind: "one", id: only.id };
    const [taken] = known;
    if (taken !== undefined) return { kind: "taken", id: taken.id, linkId: taken.linkId };
  }
  return { kind: "none" };
}

function idsOf(candidates: readonly CandidateView[]): readonly RemoteId[] {
  return candidates.map((each) => each.id);
}
