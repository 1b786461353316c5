// A built-in function as compiled code calls it.

import { parameters, type Argument, type Parameter } from "./signature.ts";
import type { Item } from "./sequence.ts";

export interface Builtin {
  readonly parameters: readonly Parameter[];
  /** How many arguments it takes from `$map` and the like: value, position, whole list. */
  readonly arity: number;
  /** @param args As the parameters say: `bindArguments` has seen to it. */
  readonly run: (args: readonly Argument[]) => Item;
}

/** Functions by name, without the `$`. */
export type Builtins = Readonly<Record<string, Builtin>>;

/** @param short The parameters, as signature.ts reads them, parted by blanks. */
export function builtin(short: string, run: (args: readonly Argument[]) => Item): Builtin {
  const list = parameters(...short.split(" "));
  return { parameters: list, arity: list.length, run };
}
