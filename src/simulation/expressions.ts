// The few expressions that the simulated mappings use, evaluated at once: `kind = "x"`, and its opposite.

import type { CompiledExpression, ExpressionCompiler } from "../core/expression.ts";
import { isFields } from "../core/value.ts";

const EQUATION = /^([a-z]+) (=|!=) "([^"]*)"$/;

export const equations: ExpressionCompiler = {
  compile(source): CompiledExpression {
    const [, name, operator, text] = EQUATION.exec(source) ?? [];
    if (name === undefined)
      return { ok: false, code: "E_EXPR_SYNTAX", message: "not an equation", position: 0, hint: null };
    const holds = operator === "=";
    return {
      ok: true,
      expression: {
        source,
        reads: [name],
        evaluate: async (inputs) =>
          inputs.map((input) => ({ ok: true, value: ((isFields(input) ? input[name] : null) === text) === holds })),
      },
    };
  },
  close: async () => undefined,
};
