// A field that both sides show, and what they last agreed on: what `merge:` puts together.

import type { Cell } from "../core/field.ts";
import type { RefLookup } from "./reference.ts";

export interface Movement {
  readonly left: Cell;
  readonly right: Cell;
  readonly baseLeft: Cell | null;
  readonly baseRight: Cell | null;
  /** For references inside lines; without one they have no counterpart. */
  readonly lookup?: RefLookup;
}

export interface Combined {
  readonly left: Cell;
  readonly right: Cell;
}
