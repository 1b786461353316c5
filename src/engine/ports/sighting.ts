// What a run has seen, what is to be decided of it, and who may belong to whom.

import type { Instant, LinkId, RemoteId, Side } from "../../core/ids.ts";
import type { Fields } from "../../core/value.ts";
import type { Link } from "./link.ts";

/** A record as it was seen in this run. Payloads are kept only of records that need a decision. */
export interface Sighting {
  readonly entity: string;
  readonly side: Side;
  readonly id: RemoteId;
  /** Absent: proven so. Unknown: could not be read. */
  readonly presence: "present" | "out-of-scope" | "absent" | "unknown";
  readonly fingerprint: string | null;
  readonly version: string | null;
  readonly modified: Instant | null;
  /** The decoded record; null: nothing to decide (the fingerprint is the link's), or there is none. */
  readonly record: Fields | null;
  /** Match keys (`rule:text`); only with a record that has no live link. */
  readonly matchKeys: readonly string[];
  /** True: to be decided. False: seen and equal to what the link remembers. */
  readonly differs: boolean;
}

/** What of a listed record tells whether it is as its link remembers it. */
export type Print = Pick<Sighting, "id" | "version" | "modified"> & { readonly fingerprint: string };

/** One thing to decide: a link with what was seen of its sides, or one record without a link. */
export interface Subject {
  readonly entity: string;
  readonly link: Link | null;
  /** Null: not seen differing in this run (for a linked record: as the link remembers it). */
  readonly left: Sighting | null;
  readonly right: Sighting | null;
}

/** A record of the asked side that has one of the asked match keys. */
export interface Candidate {
  readonly key: string;
  readonly id: RemoteId;
  /** The live or frozen link it is in; null: free. */
  readonly linkId: LinkId | null;
  /** It was seen in this run (then its sighting has the record); false: remembered from an earlier one. */
  readonly sighted: boolean;
}

/** A record that has a block key of a scored match rule. */
export interface BlockMember {
  readonly side: Side;
  readonly id: RemoteId;
  /** The live or frozen link it is in; null: free. */
  readonly linkId: LinkId | null;
  /** Free and seen in this run; false: remembered from an earlier one, or linked. */
  readonly sighted: boolean;
}

/** Who shares a block key, of both sides. */
export interface Block {
  readonly key: string;
  /** Too many of one side have it: nobody is named. */
  readonly crowded: boolean;
  readonly members: readonly BlockMember[];
}
