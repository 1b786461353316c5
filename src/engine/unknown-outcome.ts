// What can be said of a write whose outcome is not known.

import type { RemoteId } from "../core/ids.ts";
import type { WriteOutcome } from "../core/settle.ts";

/**
 * It happened, and the record may have been edited since: what was sent is the base, so that such an edit shows as one and
 * travels back.
 */
export function adopted(id: RemoteId, version: string | null): WriteOutcome {
  return {
    kind: "done",
    id,
    version,
    readBack: {},
    undisturbed: false,
    fingerprint: null,
    matchKeys: null,
    effect: true,
  };
}

export function stillUnknown(message: string): WriteOutcome & { readonly kind: "unknown" } {
  return { kind: "unknown", message, needsPerson: false };
}
