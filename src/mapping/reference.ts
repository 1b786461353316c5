// References between records of different entities: what a rule asks for, and who answers.

import type { RemoteId, Side } from "../core/ids.ts";

/** A record of another entity that a `ref` field names. */
export interface RefNeed {
  readonly entity: string;
  readonly side: Side;
  readonly id: RemoteId;
}

/** Answers a RefNeed: the linked counterpart's id, or null when there is no live link. */
export type RefLookup = (need: RefNeed) => RemoteId | null;
