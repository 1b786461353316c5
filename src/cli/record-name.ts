// `SIDE:ID`, as people name a record.

import { remoteId, type RemoteId, type Side } from "../core/ids.ts";
import type { PairRuntime } from "../daemon/runtime.ts";
import { sideOf, UsageError } from "./session.ts";

/** @throws UsageError. */
export function recordOf(pair: PairRuntime, text: string): { readonly side: Side; readonly id: RemoteId } {
  const colon = text.indexOf(":");
  if (colon < 1) throw new UsageError(`"${text}" is not SIDE:ID, as in ${pair.mapping.sides.left.name}:1234`);
  return { side: sideOf(pair, text.slice(0, colon)), id: idOf(text.slice(colon + 1)) };
}

/** @throws UsageError. */
export function idOf(text: string): RemoteId {
  const id = remoteId(text);
  if (id === null) throw new UsageError("an id must not be empty");
  return id;
}
