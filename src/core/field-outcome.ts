// What becomes of one field, as data, and what that may depend on beside the values.

import type { Cell } from "./field.ts";
import type { BySide, Instant, RemoteId, Side } from "./ids.ts";
import type { Fields, Value } from "./value.ts";

/** What becomes of one field. */
export type FieldOutcome =
  | { readonly kind: "rest"; readonly field: string }
  /** Its field has drifted on a side: nothing travels, and nothing of it counts as seen. */
  | { readonly kind: "drifted"; readonly field: string }
  | { readonly kind: "agree"; readonly field: string; readonly left: Cell | null; readonly right: Cell | null }
  | {
      readonly kind: "write";
      readonly field: string;
      readonly side: Side;
      readonly before: Cell | null;
      readonly after: Target;
      /** The giving side's value; becomes its base when the write is confirmed. */
      readonly sent: Cell | null;
      /** Base of the written side once confirmed, where it is not what was read back: then that side counts as moved and the other follows. */
      readonly writtenBase: Cell | null;
      /** Base of the written side where nothing can be read back, if that is not `after`; of what is read back only the rest counts. */
      readonly assumed?: Cell;
      /** The other side still gets something: the pair is decided about once more. */
      readonly follows?: boolean;
      readonly reason: string;
    }
  | {
      readonly kind: "conflict";
      readonly field: string;
      readonly unit: string;
      readonly left: Value;
      readonly right: Value;
      readonly atLink: boolean;
      /** The run that a person took back: why nothing is carried although neither side has moved. Left out: a true conflict. */
      readonly undone?: TakenBack;
    }
  | {
      readonly kind: "held";
      readonly field: string;
      readonly side: Side;
      readonly found: Value;
      readonly message: string;
    };

export type Target =
  | { readonly kind: "value"; readonly cell: Cell }
  | { readonly kind: "waiting"; readonly entity: string; readonly side: Side; readonly id: RemoteId };

/** A person's answer to the case of a field or group. */
export type Answer =
  | { readonly kind: "take"; readonly side: Side }
  /** What either side shall show, by field of the unit; a field that is not named keeps what it shows. */
  | { readonly kind: "value"; readonly fields: Readonly<Record<string, { readonly left: Cell; readonly right: Cell }>> }
  | { readonly kind: "dismiss" };

export interface MergeFacts {
  /** The file's names of the sides, for reasons. */
  readonly names: BySide<string>;
  /** Remote time of each side's last change; null: not told. Used by `newest` alone. */
  readonly modified: BySide<Instant | null>;
  readonly clockToleranceMs: number;
  /** By unit: the field's name, or its group's. */
  readonly answers: Readonly<Record<string, Answer>>;
  /** Fields that have vanished from a side, or are spelt otherwise there, on nearly all records at once. Left out: none. */
  readonly drifted?: ReadonlySet<string>;
  /** By unit, or `GONE`: the run that a person took back and whose open case still waits for an answer. Left out: none. */
  readonly undone?: ReadonlyMap<string, TakenBack>;
}

/** A run that a person took back, of which a field, a group or a record still waits for an answer. */
export interface TakenBack {
  readonly run: string;
  /** What the run had written, by side, of a group by field: as its case tells it. */
  readonly wrote: Fields;
  /** By field: what a read that comes too late still shows of a side that was put back; null: it was not. Empty: none comes so late. */
  readonly late: Readonly<Record<string, BySide<Cell | null>>>;
}
