// What a mapping file says about an entity, as far as the decision needs it.

import type { FieldPolicy } from "./field.ts";
import type { BySide, Side } from "./ids.ts";

export type Operation = "create" | "update" | "delete";

/** What to do with the counterpart of a gone record. */
export type WhenGone = "unlink" | "delete" | "restore" | "review";

/** A limit on one class of action, per run and side: tripped when the count is over max(floor, fraction of linked pairs). */
export interface Limit {
  readonly floor: number;
  /** 0 to 1. */
  readonly fraction: number;
}

export interface Guards {
  /** Null: off. */
  readonly create: Limit | null;
  readonly update: Limit | null;
  readonly delete: Limit | null;
  readonly blank: Limit | null;
  readonly empty: "refuse" | "allow";
  /** Every linked record of an entity updated on one side at once. */
  readonly allChanged: "refuse" | "allow";
  /** Records of which one field gets one and the same value, over many different ones. Null: off. */
  readonly oneValue: Limit | null;
}

export interface EntityPolicy {
  readonly name: string;
  /** What may be written on each side. */
  readonly allow: BySide<readonly Operation[]>;
  /** By the side whose record is gone. */
  readonly whenGone: BySide<WhenGone>;
  readonly goneEdited: "review" | "restore" | "delete";
  readonly onScopeExit: "freeze" | "unlink" | "delete";
  /** For a one-way entity: the receiving side's records that the giving side has not. `keep` unless it is a mirror. */
  readonly foreign: "keep" | "delete" | "review";
  /** The giving side of a one-way entity; null: two-way. */
  readonly givingSide: Side | null;
  /** A one-way entity of strength `strong`: what is gone of the receiving side is restored, whatever `when_gone` says. */
  readonly mirror: boolean;
  readonly withoutKey: "quarantine" | "create";
  /** No `match` at all: every unlinked record is new. */
  readonly matches: boolean;
  readonly fields: readonly FieldPolicy[];
}
