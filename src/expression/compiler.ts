// JSONata where it can do no harm. Parsed and checked at once; evaluated by a plain function where the expression is one of the
// common ones, else by jsonata in a process that can be killed. An input on which the plain function has too much to do is
// handed to that process too, so that nothing holds up this one.

import { setImmediate } from "node:timers/promises";
import { spentBudget, startBudget, HandOver } from "./budget.ts";
import { checkTree } from "./check.ts";
import { EvaluatingProcess, type EvaluationLimits } from "./evaluating-process.ts";
import { failedResult, resultOfThrown } from "./failure.ts";
import { compileNative, type Native } from "./native.ts";
import { parseExpression } from "./parse.ts";
import { plainResult } from "./plain.ts";
import { Refusal } from "./refusal.ts";
import { refuseLostDigits } from "./literals.ts";
import { isFields, type Value } from "../core/value.ts";
import { wireText } from "./wire.ts";
import type {
  Bindings,
  CompiledExpression,
  Expression,
  ExpressionCompiler,
  ExpressionResult,
  ExpressionRules,
} from "../core/expression.ts";

const DEFAULT_LIMITS: EvaluationLimits = { timeoutMs: 1000, memoryMb: 128, resultLength: 1_048_576 };

/** Work done on a page before other events get their turn: about 10 ms. */
const TURN_BUDGET = 500_000;

/** An input of this many characters is data that nobody maps. */
const INPUT_LENGTH_MAX = 16_000_000;

/** `close` it: it may own a process. */
export function createExpressionCompiler(limits: Partial<EvaluationLimits> = {}): ExpressionCompiler {
  const process = new EvaluatingProcess({ ...DEFAULT_LIMITS, ...limits });
  return {
    compile: (source, rules) => compile(source, rules, process),
    close: () => process.close(),
  };
}

function compile(source: string, rules: ExpressionRules, process: EvaluatingProcess): CompiledExpression {
  try {
    const tree = parseExpression(source);
    const reads = checkTree(tree, rules);
    const native = compileNative(tree, rules.bindings);
    if (native === null) refuseLostDigits(tree);
    return { ok: true, expression: new SafeExpression({ source, reads, native, names: rules.bindings }, process) };
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    const { code, message, position, hint } = thrown;
    return { ok: false, code, message, position, hint };
  }
}

function isComplete(results: readonly (ExpressionResult | null)[]): results is readonly ExpressionResult[] {
  return !results.includes(null);
}

function isEach(bindings: Bindings | readonly Bindings[]): bindings is readonly Bindings[] {
  return Array.isArray(bindings);
}

interface Parts {
  readonly source: string;
  readonly reads: readonly string[] | null;
  /** Null: jsonata evaluates it. */
  readonly native: Native | null;
  readonly names: readonly string[];
}

class SafeExpression implements Expression {
  readonly source: string;
  readonly reads: readonly string[] | null;
  private readonly parts: Parts;
  private readonly process: EvaluatingProcess;

  constructor(parts: Parts, process: EvaluatingProcess) {
    this.source = parts.source;
    this.reads = parts.reads;
    this.parts = parts;
    this.process = process;
  }

  async evaluate(
    inputs: readonly Value[],
    bindings: Bindings | readonly Bindings[] = {},
  ): Promise<readonly ExpressionResult[]> {
    const { native } = this.parts;
    const results = native === null ? inputs.map(() => null) : await this.evaluateNative(native, inputs, bindings);
    if (isComplete(results)) return results;
    const isLeft = (_each: unknown, index: number): boolean => results[index] === null;
    const own = isEach(bindings) ? bindings.filter(isLeft) : bindings;
    const late = await this.evaluateElsewhere(inputs.filter(isLeft), own);
    const order = late[Symbol.iterator]();
    return results.map((result) => result ?? (order.next().value as ExpressionResult));
  }

  /** Null for an input that is too much work here. */
  private async evaluateNative(
    native: Native,
    inputs: readonly Value[],
    bindings: Bindings | readonly Bindings[],
  ): Promise<(ExpressionResult | null)[]> {
    const forAll = isEach(bindings) ? null : native(bindings);
    const results: (ExpressionResult | null)[] = [];
    let spent = 0;
    for (const [index, input] of inputs.entries()) {
      const run = forAll ?? native(isEach(bindings) ? (bindings[index] ?? {}) : bindings);
      if (spent > TURN_BUDGET) {
        await setImmediate();
        spent = 0;
      }
      startBudget();
      try {
        results.push({ ok: true, value: plainResult(run(input), this.process.limits.resultLength) });
      } catch (thrown) {
        const result = thrown instanceof HandOver ? null : resultOfThrown(thrown);
        if (result === null && !(thrown instanceof HandOver)) {
          throw new Error(`evaluating ${this.source} went wrong`, { cause: thrown });
        }
        results.push(result);
      }
      spent += spentBudget();
    }
    return results;
  }

  private async evaluateElsewhere(
    inputs: readonly Value[],
    bindings: Bindings | readonly Bindings[],
  ): Promise<readonly ExpressionResult[]> {
    const texts = inputs.map((input) => this.inputText(input));
    const fitting = texts.filter((text) => text !== null);
    const { source, names } = this.parts;
    const variables = isEach(bindings)
      ? inputs.flatMap((_input, index) => (texts[index] === null ? [] : [wireText(bindings[index] ?? {})]))
      : wireText(bindings);
    const answers = (await this.process.evaluate({ source, names, bindings: variables, inputs: fitting }))[
      Symbol.iterator
    ]();
    return texts.map((text) =>
      text === null
        ? failedResult(
            "E_EXPR_RESOURCE",
            `the input is larger than ${String(INPUT_LENGTH_MAX)} characters or nested too deeply`,
          )
        : (answers.next().value as ExpressionResult),
    );
  }

  /** What the expression can read of the input, as text; null: too large. */
  private inputText(input: Value): string | null {
    const { reads } = this;
    const needed =
      reads !== null && isFields(input)
        ? Object.fromEntries(reads.filter((name) => Object.hasOwn(input, name)).map((name) => [name, input[name]]))
        : input;
    try {
      const text = wireText(needed);
      return text.length > INPUT_LENGTH_MAX ? null : text;
    } catch (thrown) {
      if (thrown instanceof RangeError) return null;
      throw thrown;
    }
  }
}
