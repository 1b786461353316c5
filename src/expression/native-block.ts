// `( $x := …; … )` and `test ? yes : no`.

import { isTrue } from "./coerce.ts";
import { declare, type Run, type Scope } from "./native-scope.ts";
import type { Item } from "./sequence.ts";
import type { NodeOf } from "./tree.ts";

/** @param branch How the branches are compiled: as nodes, or as the last thing of a function. */
export function compileCondition(node: NodeOf<"condition">, scope: Scope, branch: Scope["compile"]): Run {
  const test = scope.compile(node.test, scope);
  const yes = branch(node.yes, scope);
  const no = node.no === null ? () => undefined : branch(node.no, scope);
  return (context, slots) => (isTrue(test(context, slots)) ? yes(context, slots) : no(context, slots));
}

export function compileBlock(node: NodeOf<"block">, outer: Scope, last: Scope["compile"]): Run {
  let scope = outer;
  const runs: Run[] = [];
  for (const [index, expression] of node.expressions.entries()) {
    if (expression.kind !== "bind") {
      runs.push(index === node.expressions.length - 1 ? last(expression, scope) : scope.compile(expression, scope));
      continue;
    }
    const value = scope.compile(expression.value, scope);
    const declared = declare(scope, expression.name);
    ({ scope } = declared);
    runs.push((context, slots) => (slots[declared.slot] = value(context, slots)));
  }
  const [only] = runs;
  if (only !== undefined && runs.length === 1) return only;
  return (context, slots) => {
    let result: Item;
    for (const run of runs) result = run(context, slots);
    return result;
  };
}
