// Everything that a page of outcomes changes.

import type { Situation } from "../../core/decision.ts";
import type { LinkId, RemoteId, RunId, Side } from "../../core/ids.ts";
import type { Value } from "../../core/value.ts";
import type { Hint } from "./hint.ts";
import type { Effect } from "./intent.ts";
import type { LinkWrite } from "./link.ts";
import type { CasesOf, Parked, Quarantined } from "./waiting.ts";

/** A record without a link, by what it is matched. */
export interface Unlinked {
  readonly entity: string;
  readonly side: Side;
  readonly id: RemoteId;
  readonly matchKeys: readonly string[];
}

/** Fields of two linked records that were found agreed, or let stand, without a write. */
export interface Agreed {
  readonly linkId: LinkId;
  readonly situation: Situation;
  /** By field: what either side then showed; null: as it was, or nothing. */
  readonly fields: Readonly<Record<string, { readonly left: Value; readonly right: Value }>>;
}

/** Everything a page of outcomes changes, committed in one transaction. Applied in the order of the keys. */
export interface Commit {
  readonly run: RunId;
  readonly links: readonly LinkWrite[];
  /** Records that are still without a link after their decision. */
  readonly unlinked: readonly Unlinked[];
  readonly effects: readonly Effect[];
  /** Left out: none. */
  readonly agreed?: readonly Agreed[];
  readonly intentsDone: readonly string[];
  /** Intents whose outcome is still unknown: one attempt more. */
  readonly intentsTried: readonly string[];
  readonly cases: readonly CasesOf[];
  readonly quarantined: readonly Quarantined[];
  /** Records that are fine again. */
  readonly released: readonly { readonly entity: string; readonly side: Side; readonly id: RemoteId }[];
  readonly parked: readonly Parked[];
  readonly unparked: readonly { readonly entity: string; readonly side: Side; readonly id: RemoteId }[];
  readonly hints: readonly Hint[];
  readonly hintsDone: readonly string[];
  readonly cursors: readonly {
    readonly entity: string;
    readonly side: Side;
    readonly cursor: string | null;
    /** Everything up to it has been read for good; stays so until the cursor moves. */
    readonly settled?: boolean;
  }[];
}

export const EMPTY_COMMIT: Omit<Commit, "run"> = {
  links: [],
  unlinked: [],
  effects: [],
  intentsDone: [],
  intentsTried: [],
  cases: [],
  quarantined: [],
  released: [],
  parked: [],
  unparked: [],
  hints: [],
  hintsDone: [],
  cursors: [],
};
