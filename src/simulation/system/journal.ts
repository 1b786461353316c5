// What really happened to the records of both systems, and who did it: what the promises are checked against.

import type { RemoteId, Side } from "../../core/ids.ts";
import type { Fields } from "../../core/value.ts";

export type Actor = "person" | "automation" | "engine";

export interface Happening {
  readonly seq: number;
  readonly step: number;
  readonly round: number;
  readonly at: number;
  readonly actor: Actor;
  readonly side: Side;
  readonly object: string;
  readonly id: RemoteId;
  /** Null: was not there. */
  readonly before: Fields | null;
  /** Null: is gone. */
  readonly after: Fields | null;
  /** Of an engine's write: what was sent, and its key. */
  readonly sent: Fields | null;
  readonly key: string | null;
  /** Of an engine's write: whether its intent was durable when it arrived. */
  readonly intended: boolean;
  /** Of an engine's write: the record of the other side that its intent is about. */
  readonly other: RemoteId | null;
  /** Of an engine's create: what was asked of `find` for the same key in this round; null: nothing. */
  readonly asked: { readonly found: readonly RemoteId[] } | null;
  /** Of an engine's write: an edit since the last look at this record that no guard of this system could have noticed. */
  readonly blind: boolean;
  /** Of an edit: it came between a write of ours and the look at what became of it, and the system answers neither version nor record. */
  readonly unseen: boolean;
}
