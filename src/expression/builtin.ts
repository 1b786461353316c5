// A built-in function as compiled code calls it.

import { bindArguments, parameters, type Argument, type Parameter } from "./signature.ts";
import type { Item } from "./sequence.ts";

export interface Builtin {
  readonly parameters: readonly Parameter[];
  /** How many arguments it takes from `$map` and the like: value, position, whole list. */
  readonly arity: number;
  /** Arguments as the parameters say: `callBuiltin` has seen to it. Four at most, which spares a list for each call. */
  readonly run: (first: Argument, second: Argument, third: Argument, fourth: Argument) => Item;
}

/** Functions by name, without the `$`. */
export type Builtins = Readonly<Record<string, Builtin>>;

/** @param short The parameters, as signature.ts reads them, parted by blanks. */
export function builtin(short: string, run: Builtin["run"]): Builtin {
  const list = parameters(...short.split(" "));
  return { parameters: list, arity: list.length, run };
}

/** The result of the function for arguments that may yet have to be completed by the context, or may not fit. */
export function callBuiltin(name: string, called: Builtin, args: readonly Argument[], context: Item): Item {
  const [first, second, third, fourth] = bindArguments(name, called.parameters, args, context);
  return called.run(first, second, third, fourth);
}
