// jsonata's tree to ours. Its nodes give the place *after* their first token; ours the place before it.

import { Exact, exactNumber } from "../core/value.ts";
import type { Node, Pair, SortTerm, Step } from "./tree.ts";

/** A node of jsonata 2.2.2, whose published type lacks most of these; which ones are there depends on `type`. */
interface RawNode {
  readonly type: string;
  readonly value?: unknown;
  readonly position?: number;
  readonly steps?: readonly RawNode[];
  readonly stages?: readonly RawStage[];
  readonly predicate?: readonly RawStage[];
  readonly group?: { readonly lhs: readonly RawPair[] };
  readonly lhs?: RawNode | readonly RawPair[];
  readonly rhs?: RawNode;
  readonly expression?: RawNode;
  readonly expressions?: readonly RawNode[];
  readonly condition?: RawNode;
  readonly then?: RawNode;
  readonly else?: RawNode;
  readonly arguments?: readonly RawNode[];
  readonly procedure?: RawNode;
  readonly body?: RawNode;
  readonly thunk?: boolean;
  readonly signature?: unknown;
  readonly terms?: readonly { readonly descending: boolean; readonly expression: RawNode }[];
  readonly keepArray?: boolean;
  readonly keepSingletonArray?: boolean;
  readonly consarray?: boolean;
  readonly focus?: string;
  readonly index?: string;
  readonly tuple?: boolean;
}
type RawPair = readonly [RawNode, RawNode];
interface RawStage {
  readonly type: string;
  readonly expr?: RawNode;
  readonly value?: string;
}

export function decodeTree(source: string, tree: unknown): Node {
  // The parser made it; a node without its parts would be a bug of the parser, and `need` throws.
  return new Decoder(source).node(tree as RawNode);
}

class Decoder {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }

  node(raw: RawNode): Node {
    const trailing = {
      position: this.position(raw),
      predicates: (raw.predicate ?? []).map((stage) => this.node(need(stage.expr))),
      group: raw.group === undefined ? null : this.pairs(raw.group.lhs),
      keepList: raw.keepArray === true,
    };
    switch (raw.type) {
      case "string":
        return { ...trailing, kind: "literal", value: text(raw.value) };
      case "number":
        return { ...trailing, kind: "literal", value: this.number(raw) };
      case "value":
        return { ...trailing, kind: "literal", value: raw.value === null ? null : raw.value === true };
      case "path":
        return {
          ...trailing,
          kind: "path",
          steps: need(raw.steps).map((step) => this.step(step)),
          keepSingleton: raw.keepSingletonArray === true,
        };
      case "name":
        return { ...trailing, kind: "name", name: text(raw.value) };
      case "variable":
        return { ...trailing, kind: "variable", name: text(raw.value) };
      case "binary":
        return {
          ...trailing,
          kind: "binary",
          operator: text(raw.value),
          left: this.node(single(raw.lhs)),
          right: this.node(need(raw.rhs)),
        };
      case "unary":
        return { ...trailing, ...this.unary(raw) };
      case "condition":
        return {
          ...trailing,
          kind: "condition",
          test: this.node(need(raw.condition)),
          yes: this.node(need(raw.then)),
          no: raw.else === undefined ? null : this.node(raw.else),
        };
      case "block":
        return {
          ...trailing,
          kind: "block",
          expressions: this.nodes(raw.expressions),
          constructed: raw.consarray === true,
        };
      case "bind":
        return { ...trailing, kind: "bind", name: text(single(raw.lhs).value), value: this.node(need(raw.rhs)) };
      case "function":
        return { ...trailing, kind: "call", callee: this.node(need(raw.procedure)), args: this.nodes(raw.arguments) };
      case "partial":
        return {
          ...trailing,
          kind: "partial",
          callee: this.node(need(raw.procedure)),
          args: need(raw.arguments).map((arg) => (arg.type === "operator" ? null : this.node(arg))),
        };
      case "apply":
        return { ...trailing, kind: "apply", left: this.node(single(raw.lhs)), right: this.node(need(raw.rhs)) };
      case "lambda":
        if (raw.thunk === true) return { ...trailing, kind: "tail", call: this.node(need(raw.body)) };
        return {
          ...trailing,
          kind: "lambda",
          parameters: need(raw.arguments).map((parameter) => text(parameter.value)),
          body: this.node(need(raw.body)),
          signature: raw.signature !== undefined,
        };
      case "regex":
        return { ...trailing, kind: "regex", regex: raw.value instanceof RegExp ? raw.value : null };
      case "wildcard":
      case "descendant":
      case "parent":
      case "transform":
        return { ...trailing, kind: raw.type };
      default:
        throw new Error(`jsonata's parser made a node that is not known: ${raw.type}`);
    }
  }

  private unary(raw: RawNode) {
    if (raw.value === "[") {
      return { kind: "array" as const, items: this.nodes(raw.expressions), constructed: raw.consarray === true };
    }
    if (raw.value === "{") return { kind: "object" as const, pairs: this.pairs(list(raw.lhs)) };
    return { kind: "negate" as const, operand: this.node(need(raw.expression)) };
  }

  private step(raw: RawNode): Step {
    const stages = raw.stages ?? [];
    const numbered = stages.filter((stage) => stage.type === "index").map((stage) => text(stage.value));
    return {
      node: raw.type === "sort" ? null : this.node(raw),
      sort: raw.type === "sort" ? need(raw.terms).map((term) => this.sortTerm(term)) : null,
      filters: stages.filter((stage) => stage.type === "filter").map((stage) => this.node(need(stage.expr))),
      focus: raw.focus ?? null,
      indexes: raw.index === undefined ? numbered : [raw.index, ...numbered],
      tuple: raw.tuple === true,
    };
  }

  private sortTerm(term: { readonly descending: boolean; readonly expression: RawNode }): SortTerm {
    return { descending: term.descending, by: this.node(term.expression) };
  }

  private nodes(raw: readonly RawNode[] | undefined): Node[] {
    return need(raw).map((node) => this.node(node));
  }

  private pairs(raw: readonly RawPair[]): Pair[] {
    return raw.map(([name, value]) => [this.node(name), this.node(value)]);
  }

  /** The digits as written: the parser has already made them a double. */
  private number(raw: RawNode): number | Exact {
    if (typeof raw.value !== "number") throw new Error("a number without its value");
    const exact = exactNumber(this.written(raw));
    if (!(exact instanceof Exact)) return raw.value;
    return raw.value < 0 ? new Exact(`-${exact.digits}`) : exact;
  }

  private written(raw: RawNode): string {
    return /(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/.exec(this.source.slice(0, raw.position ?? 0))?.[0] ?? "";
  }

  private position(raw: RawNode): number | null {
    if (raw.position === undefined) {
      const first = raw.steps?.[0] ?? raw.condition;
      return first === undefined ? null : this.position(first);
    }
    if (raw.type === "function" || raw.type === "partial") return this.position(need(raw.procedure));
    if (raw.type === "lambda") {
      const before = this.source.slice(0, raw.position);
      return Math.max(0, before.lastIndexOf("function"), before.lastIndexOf("λ"));
    }
    const start = raw.position - this.tokenLength(raw);
    return start >= 0 ? start : raw.position;
  }

  private tokenLength(raw: RawNode): number {
    if (raw.value instanceof RegExp) return raw.value.source.length + raw.value.flags.replace("g", "").length + 2;
    if (raw.type === "block" || raw.type === "transform") return 1;
    if (raw.type === "number") return this.written(raw).length;
    if (raw.type === "variable") return text(raw.value).length + 1;
    if (raw.type === "name") return text(raw.value).length + (this.source[(raw.position ?? 0) - 1] === "`" ? 2 : 0);
    if (raw.type === "string") return text(raw.value).length + 2;
    if (raw.type === "value") return JSON.stringify(raw.value).length;
    return typeof raw.value === "string" ? raw.value.length : 0;
  }
}

function need<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("jsonata's parser made a node without one of its parts");
  return part;
}

function single(part: RawNode | readonly RawPair[] | undefined): RawNode {
  const node = need(part);
  if (Array.isArray(node)) throw new Error("a list where jsonata's parser makes one node");
  return node as RawNode;
}

function list(part: RawNode | readonly RawPair[] | undefined): readonly RawPair[] {
  const pairs = need(part);
  if (!Array.isArray(pairs)) throw new Error("one node where jsonata's parser makes a list");
  return pairs as readonly RawPair[];
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new Error("a name that is not text");
  return value;
}
