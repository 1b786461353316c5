// A field that both sides show, and what they last agreed on: what `merge:` puts together.

import type { Carried, Cell, Reading } from "../core/field.ts";
import type { BySide } from "../core/ids.ts";
import type { RefLookup } from "./reference.ts";

export interface Movement {
  readonly left: Cell;
  readonly right: Cell;
  readonly baseLeft: Cell | null;
  readonly baseRight: Cell | null;
  /** For references inside lines; without one they have no counterpart. */
  readonly lookup?: RefLookup;
  /** By the side they were carried to, as `carry` gave them; left out: lines are carried anew, without trying their expressions. */
  readonly across?: BySide<Carried>;
}

/** One field of two records, as read and carried. */
export interface FieldShown {
  readonly left: Reading;
  readonly right: Reading;
  readonly baseLeft: Cell | null;
  readonly baseRight: Cell | null;
  readonly toRight: Carried;
  readonly toLeft: Carried;
  readonly lookup: RefLookup;
}

export interface Combined {
  readonly left: Cell;
  readonly right: Cell;
}
