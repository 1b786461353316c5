// A link as the state keeps it: two record ids, what both sides last agreed on, and what becomes of it.

import type { LinkView } from "../../core/decision.ts";
import type { BySide, Instant, LinkId, RemoteId } from "../../core/ids.ts";
import type { Value } from "../../core/value.ts";

export interface Link extends LinkView {
  readonly entity: string;
  readonly left: RemoteId;
  readonly right: RemoteId;
  /** Digest of what the mapping read when all was settled; null: look at the record again. */
  readonly fingerprints: BySide<string | null>;
  /** Version token last seen or returned by our own write; null: none. */
  readonly versions: BySide<string | null>;
  /** Since when it joins these two in this state; a new record shows late in listings. */
  readonly since: Instant;
}

/** Base values by canonical field name, each in its own side's normal form. A missing name was never agreed. */
export type Bases = BySide<Readonly<Record<string, Value>>>;

/** Bases with the match keys that each side's record had. */
export interface StoredBases extends Bases {
  readonly matchKeys: BySide<readonly string[]>;
}

/** What becomes of one link. Ids name it when `id` is null (a new link). */
export interface LinkWrite {
  readonly id: LinkId | null;
  readonly entity: string;
  readonly left: RemoteId;
  readonly right: RemoteId;
  readonly state: "live" | "frozen" | "tombstone";
  readonly reason: string | null;
  readonly fingerprints: BySide<string | null>;
  readonly versions: BySide<string | null>;
  /** Base values to set; names not listed stay as they are. */
  readonly bases: Bases;
  /** Match keys of each side, for finding linked records by key (`candidates`); null: unchanged. */
  readonly matchKeys: BySide<readonly string[] | null>;
}
