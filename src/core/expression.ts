// The one kind of program a file may hold: a JSONata expression. This is the contract; src/expression evaluates it where it
// can do no harm. A missing result is `undefined` (absent), which is not null; a one-element list stays a list.

import type { Value } from "./value.ts";

export interface Expression {
  readonly source: string;
  /** Top-level names of the input that it may read; null: cannot be told (it reads the whole input). */
  readonly reads: readonly string[] | null;
  /**
   * One result per input, in order. `input` is `$` of the expression; bindings are its `$name` variables, the same for the page or
   * a list with one set for each input. Bounded in time, memory and size; a result or input beyond the bounds is a failure of that
   * input alone.
   */
  evaluate(inputs: readonly Value[], bindings?: Bindings | readonly Bindings[]): Promise<readonly ExpressionResult[]>;
}

/** Values of an expression's variables, by name. */
export type Bindings = Readonly<Record<string, Value>>;

export type ExpressionResult =
  | { readonly ok: true; readonly value: Value | undefined }
  /** E_EXPR_TIMEOUT, E_EXPR_RESOURCE, E_EXPR_FAILED. */
  | { readonly ok: false; readonly code: string; readonly message: string };

export interface ExpressionRules {
  /** Names of the `$variables` that exist, beside `$` itself. */
  readonly bindings: readonly string[];
  /** Top-level names the input may have; null: any (a record). Another name is E_EXPR_NAME, with the nearest one. */
  readonly names: readonly string[] | null;
}

export type CompiledExpression =
  | { readonly ok: true; readonly expression: Expression }
  /** E_EXPR_SYNTAX, E_EXPR_FORBIDDEN, E_REGEX_UNSAFE, E_EXPR_NAME. `position` counts characters from 0; null: not known. */
  | {
      readonly ok: false;
      readonly code: string;
      readonly message: string;
      readonly position: number | null;
      readonly hint: string | null;
    };

export interface ExpressionCompiler {
  compile(source: string, rules: ExpressionRules): CompiledExpression;
  /** Ends the processes that evaluate. */
  close(): Promise<void>;
}
