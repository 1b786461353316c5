// A field as the decision sees it: what each side shows, what was last agreed, and what each side's value would be on the
// other. Mapping computes all of it beforehand, so that the decision needs no function and no time.

import type { BySide, RemoteId, Side } from "./ids.ts";
import type { Value } from "./value.ts";

/** A value of one side in that side's normal form. Two cells of one side and field are equivalent when their keys are equal. */
export interface Cell {
  readonly value: Value;
  /** Comparison text: equal exactly when the values are equivalent. Canonical null has the key NULL_KEY. */
  readonly key: string;
  /** Of lines some of whose fields go one way: the comparison text without those. Left out: it is `key`. */
  readonly bothWays?: string;
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
  /** Of lines some of whose fields go one way: what those ask for. Left out: the field has none. */
  readonly oneWay?: OneWayLines;
}

/**
 * Fields that only one side gives, inside lines that go both ways. `toRight`, `toLeft` and `combined` have them in already; this is
 * for the rest. A side's base keeps what the side itself gives until that has been carried, whatever else is written to it.
 */
export interface OneWayLines {
  /** By receiving side: its own lines with what the other gives them, and nothing else changed; null: nothing is to be given. */
  readonly given: BySide<Exclude<Carried, { readonly kind: "none" | "invalid" }> | null>;
  /** A person has to say whether what is given may take the place of what the receiving side shows. */
  readonly disputed: boolean;
  /** By giving side: its base once a write to the other side is confirmed. */
  readonly sent: BySide<Cell | null>;
  /** By written side and by what is written: its base once that is confirmed, as far as it can be told beforehand. */
  readonly assumed: {
    readonly given: BySide<Cell | null>;
    readonly carried: BySide<Cell | null>;
    readonly combined: BySide<Cell | null>;
  };
}
