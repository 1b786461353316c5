// What the core says about one pair of records: data only. A plan is a list of these.

import type { Cell } from "./field.ts";
import type { LinkId, RemoteId, Side } from "./ids.ts";
import type { Value } from "./value.ts";

export type Situation =
  | "in-sync"
  | "changed-left"
  | "changed-right"
  | "converged"
  | "mergeable"
  | "conflict"
  | "new-left"
  | "new-right"
  | "matched"
  | "matched-taken"
  | "ambiguous"
  | "gone-left"
  | "gone-right"
  | "gone-edited"
  | "both-gone"
  | "left-scope"
  | "right-scope"
  | "redirected"
  | "unknown"
  | "wrong-epoch"
  /** No link, and none of the match fields is present: quarantined `no-key`. */
  | "no-key"
  /** A dead link still remembered: the survivor is neither created again nor matched. */
  | "tombstoned"
  /** A person takes a run back: what it wrote is put as it was before. */
  | "undone";

export type CaseKind =
  | "conflict"
  | "gone"
  | "ambiguous"
  | "matched-taken"
  | "gone-edited"
  | "guard"
  | "oscillation"
  | "value-rejected"
  | "unknown-outcome"
  | "drift";

/** One field of a write. */
export interface FieldWrite {
  readonly field: string;
  /** What the written side shows now; null: nothing is known or there. */
  readonly before: Cell | null;
  /** What it shall show, in the written side's normal form. Waiting: a `ref` to a record that is linked earlier in this run. */
  readonly after:
    | { readonly kind: "value"; readonly cell: Cell }
    | { readonly kind: "waiting"; readonly entity: string; readonly side: Side; readonly id: RemoteId };
  /** The giving side's value, which becomes that side's base once the write is confirmed; null: it has none to give. */
  readonly sent: Cell | null;
  /** Base of the written side once confirmed, where it is not what was read back: that side then counts as moved and the other follows. */
  readonly writtenBase: Cell | null;
  /**
   * Base of the written side where nothing can be read back, and that is not `after`. Of lines, what the written side itself gives
   * is as it was last agreed in here, and stays so in the base: it has still to be carried.
   */
  readonly assumed?: Cell;
  /** Sets a field to empty: counted by the `blank` guard. */
  readonly blank: boolean;
  /** Why, in the words of the mapping file: "changed in crm", "crm wins", "filled at link", … */
  readonly reason: string;
}

export interface Write {
  readonly op: "create" | "update" | "delete";
  readonly side: Side;
  /** Null for a create. */
  readonly id: RemoteId | null;
  /** The version read with `before`; null: none. */
  readonly version: string | null;
  readonly fields: readonly FieldWrite[];
  readonly reason: string;
  /** Of a delete: what the record shows, by field, so that the history still tells it when the record is gone. */
  readonly shown?: Readonly<Record<string, Value>>;
}

/** New bases that need no write: what is consistent now. Null: that side's base stays as it is. */
export interface Agreement {
  readonly field: string;
  readonly left: Cell | null;
  readonly right: Cell | null;
}

/** What becomes of the link, beside the bases. A link made by a create is made when the create is confirmed. */
export type LinkChange =
  | { readonly kind: "keep" }
  | { readonly kind: "link" }
  | { readonly kind: "tombstone"; readonly reason: string }
  | { readonly kind: "freeze" }
  | { readonly kind: "thaw" }
  /** The record was merged into, or came back as, another id of the same side. */
  | { readonly kind: "move"; readonly side: Side; readonly to: RemoteId };

export interface CaseOpening {
  readonly kind: CaseKind;
  /** Rule key or group name; null: the case is about the record. */
  readonly field: string | null;
  readonly left: RemoteId | null;
  readonly right: RemoteId | null;
  /** What a person needs to see, by canonical name or side. */
  readonly values: Value;
}

/** A record that fails for good, by the side it was read from. */
export interface QuarantineEntry {
  readonly side: Side;
  readonly record: RemoteId;
  readonly code: string;
  readonly message: string;
}

export interface Decision {
  readonly entity: string;
  readonly situation: Situation;
  readonly linkId: LinkId | null;
  readonly left: RemoteId | null;
  readonly right: RemoteId | null;
  readonly link: LinkChange;
  readonly writes: readonly Write[];
  readonly agreements: readonly Agreement[];
  readonly cases: readonly CaseOpening[];
  readonly quarantine: readonly QuarantineEntry[];
  /** Records whose write was refused before and would only be refused again: left out, and still quarantined. Left out: none. */
  readonly refused?: readonly Pick<QuarantineEntry, "side" | "record">[];
  /** Actions that `allow` or a direction forbids: counted, not planned. */
  readonly blocked: number;
  /**
   * Per side: everything this record shows is settled once the writes are confirmed, so its fingerprint may be stored and
   * it need not be looked at again. False while a field is held, in conflict, blocked or withheld.
   */
  readonly settledLeft: boolean;
  readonly settledRight: boolean;
}

export interface LinkView {
  readonly id: LinkId;
  readonly state: "live" | "frozen" | "tombstone";
}
