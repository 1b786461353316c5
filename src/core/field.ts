// A field as the decision sees it: what each side shows, what was last agreed, and what each side's value would be on the
// other. Mapping computes all of it beforehand, so that the decision needs no function and no time.

import type { RemoteId, Side } from "./ids.ts";
import type { Value } from "./value.ts";

/** A value of one side in that side's normal form. Two cells of one side and field are equivalent when their keys are equal. */
export interface Cell {
  readonly value: Value;
  /** Comparison text: equal exactly when the values are equivalent. Canonical null has the key NULL_KEY. */
  readonly key: string;
}

export const NULL_KEY = "null";

export const NULL_CELL: Cell = { value: null, key: NULL_KEY };

/** What a side shows for a field. Absent means "no opinion" and is not null. */
export type Reading =
  | { readonly kind: "absent" }
  | { readonly kind: "value"; readonly cell: Cell }
  /** Outside the type's domain: the field is held with a case, the record's other fields flow. */
  | { readonly kind: "invalid"; readonly found: Value; readonly message: string };

/** What a side's value would be on the other side. */
export type Carried =
  /** The rule has no way in this direction, or the giving side is absent. */
  | { readonly kind: "none" }
  | { readonly kind: "value"; readonly cell: Cell }
  | { readonly kind: "invalid"; readonly found: Value; readonly message: string }
  /** A `ref` whose record (of `entity`, on the giving `side`) has no live link yet. */
  | { readonly kind: "waiting"; readonly entity: string; readonly side: Side; readonly id: RemoteId };

export const ABSENT: Reading = { kind: "absent" };
export const NO_WAY: Carried = { kind: "none" };

/** Who wins when both sides have moved. */
export type Resolution = "review" | "newest" | Side;

/** What an edit of the receiving side of a one-way rule is worth. */
export type Strength = "weak" | "normal" | "strong" | "review";

/** The part of a field rule that the decision needs; the rest (paths, types, expressions) stays in mapping. */
export interface FieldPolicy {
  readonly name: string;
  /** Fields of one group merge and conflict as one; null: the field stands alone. */
  readonly group: string | null;
  /** `left`: only the left side is written (the right gives); `right`: only the right; `both`: two-way. */
  readonly writes: Side | "both";
  readonly strength: Strength;
  readonly conflict: Resolution;
  readonly atLink: Resolution;
  /** `keep`: a value cleared on one side is not cleared on the other. */
  readonly blank: "flow" | "keep";
  /** Of a `ref`: a record is created without waiting for the one it names, and gets the reference once that is linked. */
  readonly optional?: boolean;
}

/** One field of a pair of records. */
export interface FieldSight {
  readonly policy: FieldPolicy;
  readonly left: Reading;
  readonly right: Reading;
  /** Last agreed, in each side's own normal form; null: never agreed. */
  readonly baseLeft: Cell | null;
  readonly baseRight: Cell | null;
  /** The left value on the right side (`f`), and the right value on the left (`g`). */
  readonly toRight: Carried;
  readonly toLeft: Carried;
  /** Result of the rule's `merge:` when both sides moved (counter, set, lines, max); null: the rule has none. */
  readonly combined: { readonly left: Cell; readonly right: Cell } | null;
}
