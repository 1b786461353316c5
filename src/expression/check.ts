// What an expression may be: a walk over the whole tree before anything runs.
//
// The language that is left has no way to run twice what is written once, but over the items of a list: functions are written
// in the place where $map, $filter and their like take them, cannot be stored and cannot be called by name. So there is no
// recursion, and every expression ends. Names are checked here too, where a mistake can still be shown with its place.

import { didYouMean } from "../core/problem.ts";
import {
  argumentShift,
  functionArgument,
  functionNames,
  functionParameters,
  takesPattern,
  whyForbidden,
} from "./functions.ts";
import { Refusal } from "./refusal.ts";
import { whyUnsafe } from "./safe-regex.mjs";
import type { ExpressionRules } from "../core/expression.ts";
import type { Node, NodeOf, Pair, Step } from "./tree.ts";

/** $pad makes its whole result at once, beyond any time limit. Wider fields exist in no format we know. */
const PAD_WIDTH_MAX = 10_000;

/** @returns Top-level names of the input that may be read, sorted; null: it reads the whole. @throws Refusal */
export function checkTree(tree: Node, rules: ExpressionRules): readonly string[] | null {
  const check = new Check(rules);
  check.node(tree, { root: true, variables: new Variables(null, rules.bindings) });
  return check.readsAll ? null : [...check.reads].sort();
}

/** Where a node stands. */
interface Place {
  /** `$` is the whole input here. */
  readonly root: boolean;
  readonly variables: Variables;
}

/** The variables of a block or function; those of what surrounds it are seen through. */
class Variables {
  readonly outer: Variables | null;
  readonly names: Set<string>;

  constructor(outer: Variables | null, names: readonly string[]) {
    this.outer = outer;
    this.names = new Set(names);
  }

  has(name: string): boolean {
    return this.names.has(name) || (this.outer?.has(name) ?? false);
  }

  all(): string[] {
    return [...this.names, ...(this.outer?.all() ?? [])];
  }
}

class Check {
  readonly rules: ExpressionRules;
  readonly reads = new Set<string>();
  readsAll = false;

  constructor(rules: ExpressionRules) {
    this.rules = rules;
  }

  node(node: Node, place: Place): void {
    this.kind(node, place);
    // What follows a node looks at its result, not at the input.
    const below = { ...place, root: false };
    for (const predicate of node.predicates) this.node(predicate, below);
    if (node.group !== null) this.pairs(node.group, below);
  }

  private nodes(nodes: readonly (Node | null)[], place: Place): void {
    for (const node of nodes) if (node !== null) this.node(node, place);
  }

  private pairs(pairs: readonly Pair[], place: Place): void {
    for (const pair of pairs) this.nodes(pair, place);
  }

  private kind(node: Node, place: Place): void {
    switch (node.kind) {
      case "literal":
        return;
      case "path":
        return this.path(node, place);
      case "name":
        return this.name(node.name, node.position, place);
      case "variable":
        return this.variable(node, place);
      case "binary":
        return this.nodes([node.left, node.right], place);
      case "negate":
        return this.node(node.operand, place);
      case "array":
        return this.nodes(node.items, place);
      case "object":
        return this.pairs(node.pairs, place);
      case "condition":
        return this.nodes([node.test, node.yes, node.no], place);
      case "block":
        return this.nodes(node.expressions, { ...place, variables: new Variables(place.variables, []) });
      case "bind":
        return this.bind(node, place);
      case "call":
        return this.call(node, place, 0);
      case "partial":
        throw this.functionOutOfPlace(node.position);
      case "apply":
        return this.apply(node, place);
      case "lambda":
        throw this.functionOutOfPlace(node.position);
      case "tail":
        // jsonata gives such a call no context, so one that takes it is rare; it is counted as reading.
        return this.node(node.call, place);
      case "regex":
        throw new Refusal("E_EXPR_FORBIDDEN", "a regular expression can only be an argument", node.position, {
          hint: "as in $match(text, /…/), $contains, $replace or $split",
        });
      case "transform":
        throw new Refusal("E_EXPR_FORBIDDEN", "a transform |…|…| changes its input", node.position, {
          hint: "make the object anew: $merge([$, { … }])",
        });
      case "wildcard":
      case "descendant":
        if (place.root) this.readsAll = true;
        return;
      case "parent":
        this.readsAll = true;
        return;
    }
  }

  private functionOutOfPlace(position: number | null): Refusal {
    return new Refusal(
      "E_EXPR_FORBIDDEN",
      "a function can only be written where $map, $filter, $reduce, … take one",
      position,
      {
        hint: "it cannot be stored or called by name, so that every expression ends; $name := value keeps a value",
      },
    );
  }

  private path(path: NodeOf<"path">, place: Place): void {
    let here: Place = { ...place, variables: new Variables(place.variables, []) };
    for (const [index, step] of path.steps.entries()) {
      if (index === 0 && this.isWhole(step, here, path.steps.length)) {
        // `$.name` and `$$.name` read one field like `name` does.
        here = { ...here, root: true };
        continue;
      }
      this.step(step, here);
      // A step with `@$name` keeps the context it had.
      if (step.focus === null) here = { ...here, root: false };
    }
  }

  private isWhole(step: Step, place: Place, length: number): boolean {
    const { node } = step;
    if (node?.kind !== "variable" || length < 2 || step.filters.length > 0 || node.predicates.length > 0) return false;
    return node.name === "$" || (node.name === "" && place.root);
  }

  private step(step: Step, place: Place): void {
    if (step.node !== null) this.node(step.node, place);
    if (step.focus !== null) this.declare(step.focus, step.node?.position ?? null, place);
    for (const name of step.indexes) this.declare(name, step.node?.position ?? null, place);
    const below = { ...place, root: false };
    for (const filter of step.filters) this.node(filter, below);
    for (const term of step.sort ?? []) this.node(term.by, below);
  }

  private name(name: string, position: number | null, place: Place): void {
    if (!place.root) return;
    this.reads.add(name);
    const { names } = this.rules;
    if (names === null || names.includes(name)) return;
    throw new Refusal("E_EXPR_NAME", `there is no "${name}" here`, position, {
      hint: didYouMean(name, names) ?? known(names, ""),
    });
  }

  private variable(node: NodeOf<"variable">, place: Place): void {
    const { name, position } = node;
    if (name === "$" || (name === "" && place.root)) this.readsAll = true;
    if (name === "$" || name === "" || place.variables.has(name)) return;
    if (functionParameters(name) !== null || whyForbidden(name) !== null) {
      throw new Refusal("E_EXPR_NAME", `$${name} is a function, not a value`, position, {
        hint: `call it: $${name}(…)`,
      });
    }
    throw this.unknownVariable(name, position, place);
  }

  private unknownVariable(name: string, position: number | null, place: Place): Refusal {
    const names = place.variables.all();
    const hint =
      didYouMean(
        `$${name}`,
        names.map((one) => `$${one}`),
      ) ?? known(names, "$");
    return new Refusal("E_EXPR_NAME", `there is no $${name} here`, position, { hint });
  }

  private bind(node: NodeOf<"bind">, place: Place): void {
    this.node(node.value, place);
    this.declare(node.name, node.position, place);
  }

  private declare(name: string, position: number | null, place: Place): void {
    if (name === "" || name === "$")
      throw new Refusal("E_EXPR_FORBIDDEN", `$${name} cannot be given a value`, position, { hint: "$name := value" });
    place.variables.names.add(name);
  }

  private apply(node: NodeOf<"apply">, place: Place): void {
    this.node(node.left, place);
    const { right } = node;
    if (right.kind === "call") this.call(right, place, 1);
    else if (right.kind === "partial") this.partial(right, place);
    else if (right.kind === "variable") this.functionName(right, place);
    else throw this.functionOutOfPlace(right.position);
  }

  /** @param given Arguments already there, from the left of `~>`. */
  private call(node: NodeOf<"call">, place: Place, given: number): void {
    const name = this.functionName(node.callee, place);
    this.checkPad(name, node.args, given);
    const shift = argumentShift(name, node.args, given);
    node.args.forEach((arg, index) => this.argument(name, index + shift, arg, place));
    if (place.root && this.mayTakeContext(name, node.args.length + given)) this.readsAll = true;
  }

  private partial(node: NodeOf<"partial">, place: Place): void {
    const name = this.functionName(node.callee, place);
    this.checkPad(name, node.args, 0);
    const shift = argumentShift(name, node.args, 0);
    node.args.forEach((arg, index) => {
      if (arg !== null) this.argument(name, index + shift, arg, place);
    });
  }

  private mayTakeContext(name: string, given: number): boolean {
    const wanted = functionParameters(name) ?? [];
    const needed = wanted.filter((parameter) => !parameter.optional).length;
    return wanted[0]?.context === true && given < (name === "sift" ? 2 : needed);
  }

  /** The name of a function that may be called. */
  private functionName(callee: Node, place: Place): string {
    if (callee.kind === "variable" && callee.predicates.length === 0) {
      const { name, position } = callee;
      if (place.variables.has(name)) {
        throw new Refusal("E_EXPR_FORBIDDEN", `$${name} is a value here, not a function`, position, {
          hint: functionParameters(name) === null ? undefined : "give the value another name",
        });
      }
      const forbidden = whyForbidden(name);
      if (forbidden !== null) {
        const { why, instead } = forbidden;
        throw new Refusal("E_EXPR_FORBIDDEN", `$${name} is not allowed: ${why}`, position, { hint: instead });
      }
      if (functionParameters(name) !== null) return name;
      throw new Refusal("E_EXPR_NAME", `there is no function $${name}`, position, {
        hint: didYouMean(
          `$${name}`,
          functionNames.map((one) => `$${one}`),
        ),
      });
    }
    const first = callee.kind === "path" && callee.steps.length === 1 ? callee.steps[0]?.node : null;
    if (first?.kind !== "name") throw this.functionOutOfPlace(callee.position);
    throw new Refusal("E_EXPR_NAME", `${first.name}(…) is not a function: their names begin with $`, first.position, {
      hint: didYouMean(
        `$${first.name}`,
        functionNames.map((one) => `$${one}`),
      ),
    });
  }

  private argument(name: string, index: number, arg: Node, place: Place): void {
    if (index === 1 && takesPattern(name) && arg.kind === "regex") return checkPattern(arg);
    if (functionArgument(name) !== index) return this.node(arg, place);
    if (arg.kind === "lambda") {
      // Its body sees the context of the place where it is written.
      return this.node(arg.body, { ...place, variables: new Variables(place.variables, arg.parameters) });
    }
    if (arg.kind === "partial") return this.partial(arg, place);
    if (arg.kind === "variable" && arg.name !== "" && arg.name !== "$" && !place.variables.has(arg.name)) {
      if (this.functionName(arg, place) === "pad") throw padRefusal(arg.position);
      return;
    }
    if (name !== "replace") {
      throw new Refusal("E_EXPR_FORBIDDEN", `$${name} takes a function written in its place`, arg.position, {
        hint: `$${name}(…, function($v) { … })`,
      });
    }
    this.node(arg, place);
  }

  /** The width is where the second argument stands, or the first when the text is the context. */
  private checkPad(name: string, args: readonly (Node | null)[], given: number): void {
    if (name !== "pad") return;
    if (given === 0 && isWidth(args[0])) return;
    const width = args[1 - given];
    if (!isWidth(width)) throw padRefusal(width?.position ?? args[0]?.position ?? null);
  }
}

function isWidth(node: Node | null | undefined): boolean {
  if (node?.kind !== "literal" || typeof node.value !== "number") return false;
  return Math.abs(node.value) <= PAD_WIDTH_MAX && node.predicates.length === 0;
}

function padRefusal(position: number | null): Refusal {
  return new Refusal(
    "E_EXPR_FORBIDDEN",
    `the width of $pad must be written as a number up to ${String(PAD_WIDTH_MAX)}`,
    position,
    { hint: "$pad(text, 20)" },
  );
}

function checkPattern(node: NodeOf<"regex">): void {
  if (node.regex === null) {
    throw new Refusal("E_EXPR_FORBIDDEN", "a regular expression cannot stand on the left of ?: or ??", node.position, {
      hint: "give its result a name first: ( $found := $match(…); $found ?: … )",
    });
  }
  const why = whyUnsafe(node.regex);
  if (why === null) return;
  const message = `/${node.regex.source}/ is not a regular expression of linear time: ${why}`;
  throw new Refusal("E_REGEX_UNSAFE", message, node.position, {
    hint: "look-around, references to groups and repeats over 1000 are not available (RE2 syntax)",
  });
}

function known(names: readonly string[], prefix: string): string | undefined {
  if (names.length === 0) return undefined;
  const shown = names.slice(0, 12).map((name) => prefix + name);
  return `there is ${shown.join(", ")}${names.length > shown.length ? ", …" : ""}`;
}
