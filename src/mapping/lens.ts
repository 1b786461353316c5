// A compiled field rule: how each side reads and writes one canonical field. Data and types only; lens-read.ts, lens-carry.ts
// and lens-write.ts work on it.

import type { Expression } from "../core/expression.ts";
import type { Cell, FieldPolicy } from "../core/field.ts";
import type { BySide } from "../core/ids.ts";
import type { Path } from "../core/path.ts";
import type { ValueDomain } from "./domain.ts";
import type { FieldType, PartsType } from "./types/type.ts";
import type { ValuesTable } from "./values-table.ts";

/** Where a side's value comes from. */
export type Source =
  | { readonly kind: "path"; readonly path: Path }
  | { readonly kind: "parts"; readonly paths: readonly Path[]; readonly type: PartsType }
  | { readonly kind: "expression"; readonly expression: Expression }
  /** The receiving side of nothing: the giving side of a `value` rule has no place of its own. */
  | { readonly kind: "none" };

/** How a value is put on a side. */
export type Target =
  | { readonly kind: "path"; readonly path: Path }
  | { readonly kind: "parts"; readonly paths: readonly Path[]; readonly type: PartsType }
  | { readonly kind: "expressions"; readonly writes: readonly ExpressionWrite[] }
  | { readonly kind: "none" };

export interface ExpressionWrite {
  readonly path: Path;
  readonly expression: Expression;
}

export interface SideLens {
  readonly type: FieldType;
  readonly source: Source;
  readonly target: Target;
  /** Canonical texts of the raw values that mean "nothing here". */
  readonly placeholders: ReadonlySet<string>;
  /** `default`: what a null of this side is worth on the other, and what another side's null is put as here. */
  readonly forNull: Cell | null;
}

export interface FieldLens {
  readonly policy: FieldPolicy;
  readonly sides: BySide<SideLens>;
  /** Both sides read and write with one and the same type, so a cell of one is a cell of the other. */
  readonly sameForm: boolean;
  readonly table: ValuesTable | null;
  /** The entity whose records the field names. */
  readonly ref: string | null;
  /** `each`: the field is a list of lines with rules of their own. */
  readonly lines: LinesLens | null;
  readonly merge: Merge | null;
  /** What `domain` leaves of the values that the laws are tried with. */
  readonly domain: ValueDomain;
}

export type Merge = "counter" | "set" | "lines" | "max";

/** The rules inside the lines of a list. */
export interface LinesLens {
  /** The one of `fields` by which a line of one side is found on the other. */
  readonly key: FieldLens;
  readonly fields: readonly FieldLens[];
  /** Some of the fields go one way, though the lines go both. */
  readonly mixed: boolean;
}
