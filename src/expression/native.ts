// A tree to a plain function, for the part of the language that mappings and requests are made of. It gives exactly what jsonata
// gives (native.test.ts compares them over generated expressions), a hundred times as fast, and keeps numbers with all their
// digits. What is not here is left to jsonata in another process:
//
//   wildcards (* and **), the parent (%), @$name and #$name, functions that functions.ts calls interpreted, `?` in arguments,
//   a variable set anywhere but straight inside ( … ; … )
//
// Nothing is called twice at once (there is no recursion), so each variable has one fixed slot.

import { compileBlock, compileCondition } from "./native-block.ts";
import { compilePath } from "./native-path.ts";
import { NotCompiled, type Run, type Scope } from "./native-scope.ts";
import { compileCall, compileTail } from "./native-call.ts";
import { groupOf, objectOf } from "./native-object.ts";
import { filterOf } from "./native-filter.ts";
import { spend } from "./budget.ts";
import { isTrue } from "./coerce.ts";
import { arithmetic, calculate, compare, equal, isIn, negate, range, withText, type Order } from "./operators.ts";
import { append, collapse, markConstructed, outermost, unwrapped, type Item } from "./sequence.ts";
import type { Value } from "../core/value.ts";
import type { Node, NodeOf } from "./tree.ts";

/** Evaluates a page: the bindings are the same for all its inputs. */
export type Native = (bindings: Readonly<Record<string, Value>>) => (input: Value) => Item;

/** Null: left to jsonata. The tree has passed check.ts. */
export function compileNative(tree: Node, bindingNames: readonly string[]): Native | null {
  let run: Run;
  const slots = new Map([["$", 0]]);
  for (const name of bindingNames) if (!slots.has(name)) slots.set(name, slots.size);
  const scope: Scope = { slots, counter: { count: slots.size }, compile: compileNode };
  try {
    // At the very top a variable can be set, but nothing comes after it.
    run = tree.kind === "bind" ? compileNode(tree.value, scope) : compileNode(tree, scope);
  } catch (thrown) {
    if (thrown instanceof NotCompiled) return null;
    throw thrown;
  }
  return (bindings) => {
    const values = Array.from<Item>({ length: scope.counter.count });
    for (const [name, slot] of slots) values[slot] = Object.hasOwn(bindings, name) ? bindings[name] : undefined;
    return (input) => {
      values[0] = input;
      return run(outermost(input), values);
    };
  };
}

/** With what follows the node: predicates, grouping, and the collapse of a sequence. */
function compileNode(node: Node, scope: Scope): Run {
  return finish(node, compileKind(node, scope), scope);
}

function finish(node: Node, kind: Run, scope: Scope): Run {
  let run = kind;
  for (const predicate of node.predicates) {
    const filter = filterOf(predicate, scope, "node");
    const before = run;
    run = (context, slots) => filter(before(context, slots), slots);
  }
  // A path groups before it is done, for its own reasons; see there.
  if (node.group !== null && node.kind !== "path") {
    const before = run;
    const group = groupOf(node.group, scope);
    run = (context, slots) => group(before(context, slots), slots);
  }
  if (node.predicates.length === 0 && !givesSequence(node)) return run;
  const { keepList } = node;
  const done = run;
  return (context, slots) => {
    const item = done(context, slots);
    return typeof item === "object" ? collapse(item, keepList) : item;
  };
}

function givesSequence(node: Node): boolean {
  switch (node.kind) {
    case "literal":
    case "negate":
    case "array":
    case "object":
      return false;
    case "binary":
      return node.operator === "..";
    default:
      return true;
  }
}

function compileKind(node: Node, scope: Scope): Run {
  switch (node.kind) {
    case "literal": {
      const { value } = node;
      return () => value;
    }
    case "path":
      return compilePath(node, scope);
    case "variable":
      return compileVariable(node, scope);
    case "binary":
      return compileBinary(node, scope);
    case "negate": {
      const operand = compileNode(node.operand, scope);
      return (context, slots) => negate(operand(context, slots));
    }
    case "array":
      return compileArray(node, scope);
    case "object":
      return objectOf(node.pairs, scope);
    case "condition":
      return compileCondition(node, scope, compileNode);
    case "block":
      return compileBlock(node, scope, compileNode);
    case "call":
      return compileCall(node, null, scope, "here");
    case "apply":
      return compileApply(node, scope);
    default:
      throw new NotCompiled(node.kind);
  }
}

function compileVariable(node: NodeOf<"variable">, scope: Scope): Run {
  if (node.name === "") return unwrapped;
  const slot = scope.slots.get(node.name);
  if (slot === undefined) throw new NotCompiled("a function as a value");
  return (_context, slots) => slots[slot];
}

function compileBinary(node: NodeOf<"binary">, scope: Scope): Run {
  const { operator } = node;
  if (operator === "&") return compileJoin(node, scope);
  const left = compileNode(node.left, scope);
  const right = compileNode(node.right, scope);
  switch (operator) {
    case "and":
      return (context, slots) => {
        spend(2);
        return isTrue(left(context, slots)) && isTrue(right(context, slots));
      };
    case "or":
      return (context, slots) => {
        spend(2);
        return isTrue(left(context, slots)) || isTrue(right(context, slots));
      };
    case "=":
    case "!=": {
      const wanted = operator === "=";
      const text = literalText(node.right);
      if (text !== null) {
        return (context, slots) => {
          spend(2);
          const a = left(context, slots);
          return a !== undefined && (a === text) === wanted;
        };
      }
      return (context, slots) => {
        spend(2);
        const a = left(context, slots);
        const b = right(context, slots);
        return a !== undefined && b !== undefined && equal(a, b) === wanted;
      };
    }
    case "in":
      return (context, slots) => isIn(left(context, slots), right(context, slots));
    case "..":
      return (context, slots) => range(left(context, slots), right(context, slots));
    default: {
      if (isOrder(operator)) return (context, slots) => compare(operator, left(context, slots), right(context, slots));
      const operation = arithmetic.get(operator);
      if (operation === undefined) throw new NotCompiled(operator);
      return (context, slots) => calculate(operation, left(context, slots), right(context, slots));
    }
  }
}

/** Null: it is something else. */
function literalText(node: Node): string | null {
  return node.kind === "literal" && node.predicates.length === 0 && typeof node.value === "string" ? node.value : null;
}

/** `a & b & c` makes one text, not first that of `a & b`. */
function compileJoin(node: NodeOf<"binary">, scope: Scope): Run {
  const parts = joined(node).map((part) => compileNode(part, scope));
  return (context, slots) => {
    let text = "";
    for (let index = 0; index < parts.length; index += 1) text = withText(text, parts[index]?.(context, slots));
    return text;
  };
}

function joined(node: Node): readonly Node[] {
  const plain = node.kind === "binary" && node.operator === "&" && node.predicates.length === 0 && node.group === null;
  return plain && !node.keepList ? [...joined(node.left), ...joined(node.right)] : [node];
}

function isOrder(operator: string): operator is Order {
  return ["<", "<=", ">", ">="].includes(operator);
}

function compileArray(node: NodeOf<"array">, scope: Scope): Run {
  const items = node.items.map((item) => ({ run: compileNode(item, scope), isArray: item.kind === "array" }));
  return (context, slots) => {
    spend(5);
    let list: Item[] = [];
    for (const { run, isArray } of items) {
      const value = run(context, slots);
      if (value === undefined) continue;
      if (isArray || !Array.isArray(value)) list.push(value);
      else list = append(list, value) as Item[];
    }
    return node.constructed ? markConstructed(list) : list;
  };
}

function compileApply(node: NodeOf<"apply">, scope: Scope): Run {
  const { right } = node;
  const left = compileNode(node.left, scope);
  // What follows the call on the right is not looked at, in jsonata either.
  if (right.kind === "call") return compileCall(right, left, scope, "here");
  if (right.kind === "variable") return compileTail(right, left);
  throw new NotCompiled("~> to something else");
}
