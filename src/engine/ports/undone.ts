// What taking a run back asks of the state.

import type { Instant, RemoteId, RunId } from "../../core/ids.ts";
import type { Fields } from "../../core/value.ts";
import type { Effect } from "./intent.ts";

/** An open question about two linked records since a run was taken back: nothing flows by itself until it is answered. */
export interface UndoneCase {
  readonly left: RemoteId;
  readonly right: RemoteId;
  /** Rule key or group name; null: whether the record is there at all. */
  readonly field: string | null;
  /** The run that was taken back. */
  readonly run: RunId;
  /** What the run had written there, by side. */
  readonly wrote: Fields;
  /** When it was taken back. */
  readonly since: Instant;
}

export interface RunEffects {
  /** In the order in which they happened; everything that the run did to a link is on one page. */
  readonly effects: readonly Effect[];
  /** For the next page; null: that was the last. */
  readonly next: string | null;
}
