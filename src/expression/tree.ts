// An expression as a tree: what parse.ts makes of jsonata's, whose nodes say neither what they have nor what they lack.

import type { Exact } from "../core/value.ts";

/** What any node may carry after it: `node[predicate]`, `node{group}`, `node[]`. */
interface Trailing {
  /** Characters from the start of the source to the first of this node; null: not known. */
  readonly position: number | null;
  readonly predicates: readonly Node[];
  readonly group: readonly Pair[] | null;
  /** `[]`: the result stays a list with one item. */
  readonly keepList: boolean;
}

export type Pair = readonly [name: Node, value: Node];

export type Node = Trailing &
  (
    | { readonly kind: "literal"; readonly value: null | boolean | number | string | Exact }
    | { readonly kind: "path"; readonly steps: readonly Step[]; readonly keepSingleton: boolean }
    /** "": `$`, the context. "$": `$$`, the whole input. */
    | { readonly kind: "variable"; readonly name: string }
    | { readonly kind: "binary"; readonly operator: string; readonly left: Node; readonly right: Node }
    | { readonly kind: "negate"; readonly operand: Node }
    /** `constructed`: first or last of a path, where its list is kept as one item. */
    | { readonly kind: "array"; readonly items: readonly Node[]; readonly constructed: boolean }
    | { readonly kind: "object"; readonly pairs: readonly Pair[] }
    | { readonly kind: "condition"; readonly test: Node; readonly yes: Node; readonly no: Node | null }
    | { readonly kind: "block"; readonly expressions: readonly Node[]; readonly constructed: boolean }
    | { readonly kind: "bind"; readonly name: string; readonly value: Node }
    | { readonly kind: "call"; readonly callee: Node; readonly args: readonly Node[] }
    /** Null: a `?`. */
    | { readonly kind: "partial"; readonly callee: Node; readonly args: readonly (Node | null)[] }
    | { readonly kind: "apply"; readonly left: Node; readonly right: Node }
    | {
        readonly kind: "lambda";
        readonly parameters: readonly string[];
        readonly body: Node;
        readonly signature: boolean;
      }
    /** A call that is the last thing its function does; jsonata runs it after the function has returned. */
    | { readonly kind: "tail"; readonly call: Node }
    /** Null: jsonata lost the pattern (it copies the left side of `?:` and `??` as JSON). */
    | { readonly kind: "regex"; readonly regex: RegExp | null }
    | { readonly kind: "transform" }
    /** Never outside a path's steps. */
    | { readonly kind: "name"; readonly name: string }
    | { readonly kind: "wildcard" | "descendant" | "parent" }
  );

export type NodeOf<Kind extends Node["kind"]> = Extract<Node, { readonly kind: Kind }>;

export interface Step {
  readonly node: Node | null;
  /** `^(…)`; then there is no node. */
  readonly sort: readonly SortTerm[] | null;
  /** Predicates, in order. */
  readonly filters: readonly Node[];
  /** `@$name` and `#$name`: variables of the steps after it. */
  readonly focus: string | null;
  readonly indexes: readonly string[];
  /** Something later in the path refers back to this step. */
  readonly tuple: boolean;
}

export interface SortTerm {
  readonly descending: boolean;
  readonly by: Node;
}
