// "Look at this record", and where reading of changes stopped.

import type { Instant, RemoteId, Side } from "../../core/ids.ts";

export type Channel = "webhook" | "changes" | "sweep" | "discovery" | "manual" | "retry" | "parent" | "withheld";

/** "Look at this record." Kept in the inbox until a run has looked. */
export interface Hint {
  readonly entity: string;
  readonly side: Side;
  readonly id: RemoteId;
  readonly channel: Channel;
  /** Not before this time. */
  readonly due: Instant;
}

export interface StoredHint extends Hint {
  readonly hintId: string;
}

export interface CursorState {
  readonly cursor: string;
  /** How long ago it was first reached. */
  readonly ageMs: number;
  /** Everything up to it has been read for good. */
  readonly settled: boolean;
}
