// Calls of built-in functions, and the functions written as their arguments.
//
// jsonata runs a call that is the last thing a function does after that function has returned. This shows in three ways, kept
// here: such a call has null for its context, its list does not collapse, and what follows it is not looked at.

import { compileBlock, compileCondition } from "./native-block.ts";
import { declare, NotCompiled, type Run, type Scope } from "./native-scope.ts";
import { argumentShift, compiledFunction, functionArgument, takesPattern } from "./functions.ts";
import { fits, InlineFunction, Pattern, type Argument } from "./signature.ts";
import { SafeRegex } from "./safe-regex.mjs";
import { spend } from "./budget.ts";
import { callBuiltin, type Builtin } from "./builtin.ts";
import type { Item } from "./sequence.ts";
import type { Node, NodeOf } from "./tree.ts";

/** Work of one call, in units of the budget. */
const CALL_COST = 8;

type ArgumentRun = (context: Item, slots: Item[]) => Argument;

/**
 * @param given From the left of `~>`: the first argument.
 * @param end "here": an ordinary call. "tail": the last thing of a function.
 */
export function compileCall(node: NodeOf<"call">, given: Run | null, scope: Scope, end: "here" | "tail"): Run {
  const { name, builtin } = functionOf(node.callee);
  const shift = argumentShift(name, node.args, given === null ? 0 : 1);
  const args: ArgumentRun[] = node.args.map((arg, index) => compileArgument(name, index + shift, arg, scope, end));
  if (given !== null) args.unshift(given);
  const call = (values: readonly Argument[], context: Item): Item => {
    spend(CALL_COST);
    return callBuiltin(name, builtin, values, end === "tail" ? null : context);
  };
  return directCall(builtin, args, call) ?? ((context, slots) => call(argumentValues(args, context, slots), context));
}

/** Nearly always the arguments written are the function's, and fit: then no list is made of them. Null: not with so many. */
function directCall(
  builtin: Builtin,
  args: readonly ArgumentRun[],
  call: (values: readonly Argument[], context: Item) => Item,
): Run | null {
  const { parameters, run } = builtin;
  if (parameters.slice(args.length).some((parameter) => !parameter.optional)) return null;
  const [first, second, third] = args;
  const [forFirst, forSecond, forThird] = parameters;
  if (first === undefined || forFirst === undefined || args.length > 3) return null;
  if (second === undefined) {
    return (context, slots) => {
      const a = first(context, slots);
      if (!fits(forFirst, a)) return call([a], context);
      spend(CALL_COST);
      return run(a, undefined, undefined, undefined);
    };
  }
  if (forSecond === undefined) return null;
  if (third === undefined) {
    return (context, slots) => {
      const a = first(context, slots);
      const b = second(context, slots);
      if (!fits(forFirst, a) || !fits(forSecond, b)) return call([a, b], context);
      spend(CALL_COST);
      return run(a, b, undefined, undefined);
    };
  }
  if (forThird === undefined) return null;
  return (context, slots) => {
    const a = first(context, slots);
    const b = second(context, slots);
    const c = third(context, slots);
    if (!fits(forFirst, a) || !fits(forSecond, b) || !fits(forThird, c)) return call([a, b, c], context);
    spend(CALL_COST);
    return run(a, b, c, undefined);
  };
}

function argumentValues(args: readonly ArgumentRun[], context: Item, slots: Item[]): readonly Argument[] {
  return args.map((arg) => arg(context, slots));
}

/** `value ~> $name`: the function is called with nothing around it. */
export function compileTail(callee: NodeOf<"variable">, given: Run): Run {
  const { name, builtin } = functionOf(callee);
  return (context, slots) => callBuiltin(name, builtin, [given(context, slots)], null);
}

function functionOf(callee: Node): { readonly name: string; readonly builtin: Builtin } {
  const builtin = callee.kind === "variable" ? compiledFunction(callee.name) : null;
  if (callee.kind !== "variable" || builtin === null) throw new NotCompiled("an interpreted function");
  return { name: callee.name, builtin };
}

function compileArgument(name: string, index: number, arg: Node, scope: Scope, end: "here" | "tail"): ArgumentRun {
  if (arg.kind === "regex" && arg.regex !== null && index === 1 && takesPattern(name)) return compilePattern(arg.regex);
  if (functionArgument(name) === index) {
    if (arg.kind === "lambda") return compileLambda(arg, scope);
    if (arg.kind === "variable" && !scope.slots.has(arg.name) && arg.name !== "") {
      // jsonata cannot call a built-in handed on by a call at the end of a function; it says so itself.
      if (end === "tail") throw new NotCompiled("a built-in function handed on");
      return compileReference(arg);
    }
    if (name !== "replace") throw new NotCompiled("a function made in another way");
  }
  return scope.compile(arg, scope);
}

function compilePattern(regex: RegExp): ArgumentRun {
  const pattern = new Pattern(regex.source, () => new SafeRegex(regex));
  return () => pattern;
}

function compileReference(callee: NodeOf<"variable">): ArgumentRun {
  const { name, builtin } = functionOf(callee);
  const reference = new InlineFunction(builtin.arity, (args) => callBuiltin(name, builtin, args, null));
  return () => reference;
}

function compileLambda(lambda: NodeOf<"lambda">, outer: Scope): ArgumentRun {
  if (lambda.signature || lambda.predicates.length > 0) throw new NotCompiled("a function with a signature");
  let scope = outer;
  const places: number[] = [];
  for (const parameter of lambda.parameters) {
    const declared = declare(scope, parameter);
    ({ scope } = declared);
    places.push(declared.slot);
  }
  const body = compileLast(lambda.body, scope);
  return (context, slots) =>
    new InlineFunction(places.length, (args) => {
      for (let index = 0; index < places.length; index += 1) slots[places[index] ?? 0] = args[index];
      return body(context, slots);
    });
}

/** The body of a function, where a call may be the last thing it does. */
function compileLast(node: Node, scope: Scope): Run {
  if (node.kind === "tail") {
    if (node.call.kind !== "call") throw new NotCompiled("a call made in another way");
    return compileCall(node.call, null, scope, "tail");
  }
  if (node.kind !== "condition" && node.kind !== "block") return scope.compile(node, scope);
  if (!endsInCall(node)) return scope.compile(node, scope);
  if (node.predicates.length > 0 || node.group !== null || node.keepList)
    throw new NotCompiled("a predicate on a call to come");
  return node.kind === "condition"
    ? compileCondition(node, scope, compileLast)
    : compileBlock(node, scope, compileLast);
}

function endsInCall(node: Node): boolean {
  if (node.kind === "tail") return true;
  if (node.kind === "block") {
    const last = node.expressions.at(-1);
    return last !== undefined && endsInCall(last);
  }
  return node.kind === "condition" && (endsInCall(node.yes) || (node.no !== null && endsInCall(node.no)));
}
