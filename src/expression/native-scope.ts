// What the compiler of trees keeps in mind on its way down.

import type { Item } from "./sequence.ts";
import type { Node } from "./tree.ts";

/** @param slots Values of the variables; slot 0 is the whole input. */
export type Run = (context: Item, slots: Item[]) => Item;

/** Thrown while compiling: this tree is left to jsonata. */
export class NotCompiled extends Error {
  override readonly name = "NotCompiled";
}

/** Where names lead while compiling. */
export interface Scope {
  readonly slots: ReadonlyMap<string, number>;
  /** Counts the slots given out, over the whole tree. */
  readonly counter: { count: number };
  /** Compiles any node (native.ts); handed along so that the files for single forms need not import it. */
  readonly compile: (node: Node, scope: Scope) => Run;
}

/** A scope with one more variable, and its slot. */
export function declare(scope: Scope, name: string): { readonly scope: Scope; readonly slot: number } {
  const slot = scope.counter.count;
  scope.counter.count += 1;
  return { scope: { ...scope, slots: new Map(scope.slots).set(name, slot) }, slot };
}
