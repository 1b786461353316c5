// What a field type is to the lenses: how a record's raw value becomes the canonical value that travels, how that is put into
// a side's own form again, and under which text two values are equivalent. Made by `fieldType` (registry.ts).
//
//   raw on the left --read--> canonical value --write--> raw on the right          key(canonical value) is the equivalence

import type { Value } from "../../core/value.ts";

/** Canonical null is `value: null`. The message names what was found and what is expected: `"31.02.2026" is not a date`. */
export type TypeReading =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly message: string };

export interface FieldType {
  /** As in `as:`; `raw` where a rule names no type. */
  readonly name: string;
  /** `read(write(v, …))` is equivalent to `v` for every value of the type: this side keeps all that travels. */
  readonly lossless: boolean;
  /** What a record shows, as the canonical value that travels. Null reads as canonical null. Never throws. */
  read(raw: Value): TypeReading;
  /**
   * The raw form for a side; null gives null (an address over an object: the object with its parts null). A value that this side's form cannot hold comes back in a form that `read` refuses,
   * so `read(write(v, undefined))` is what the side would show after the write, or the reason why it cannot.
   * @param shown What the record shows there now; undefined on a create. Decides the form (number or text, zeros, separators), never the meaning.
   */
  write(value: Value, shown: Value | undefined): Value;
  /** Comparison text, equal exactly when the values are equivalent. Never NULL_KEY; canonical null is not passed. */
  key(value: Value): string;
  /** Of lines some of whose fields go one way: the same without those. */
  bothWays?(value: Value): string;
}

/** A type that one side may spread over several paths: `crm: [firstname, lastname]`. */
export interface PartsType extends FieldType {
  /** Whether it can be spread over this many paths. */
  spreads(count: number): boolean;
  /** The canonical value of the parts in path order; null when every part is absent. */
  join(raws: readonly (Value | undefined)[]): TypeReading | null;
  /** As many parts as `shown` has entries. Parts that already say the value come back as they are. */
  split(value: Value, shown: readonly (Value | undefined)[]): readonly Value[];
}

/** Raw values of a type: what laws are tested with. */
export interface Domain {
  /** One raw value that `read` accepts. @param random From 0 (included) to 1 (not). */
  sample(random: () => number): Value;
  /** Raw values at the borders of the domain; `read` accepts each. */
  readonly edges: readonly Value[];
}

/** A type with its options, as `fieldType` makes it. */
export type KnownType = (FieldType | PartsType) & Domain;

export function isPartsType(type: FieldType): type is PartsType {
  return "split" in type;
}
