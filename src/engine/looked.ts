// What came of looking at an entity.

import type { Side } from "../core/ids.ts";
import type { Hint } from "./ports/hint.ts";
import type { Quarantined } from "./ports/waiting.ts";

/** How an entity was looked at. */
export interface Looked {
  /** Hints to end with the run's last commit. */
  readonly hintsDone: readonly string[];
  /** What could not be looked at: stored with that same commit, so that nothing is lost when the cursor moves on. */
  readonly hints: readonly Hint[];
  readonly cursors: readonly { readonly side: Side; readonly cursor: string | null; readonly settled?: boolean }[];
  readonly broken: readonly Quarantined[];
  /**
   * What was seen cannot be decided from single records (a record may be gone, a create needs proof that nobody matches):
   * the entity must be swept.
   */
  readonly sweepNeeded: string | null;
}
