// Compiled expressions against the reference implementation: generated expressions over generated inputs, and the cases that
// differ from what one would think.

import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { HandOver, startBudget } from "../../src/expression/budget.ts";
import { checkTree } from "../../src/expression/check.ts";
import { ExpressionFailure } from "../../src/expression/failure.ts";
import { compileNative } from "../../src/expression/native.ts";
import { parseExpression } from "../../src/expression/parse.ts";
import { plainResult } from "../../src/expression/plain.ts";
import { Refusal } from "../../src/expression/refusal.ts";
import type { Value } from "../../src/core/value.ts";
import { expression, input } from "./generated.ts";
import { reference } from "./reference.ts";

const FAILED = "failed";
const REFUSED = "refused";
const BINDINGS = { x: [{ a: 1 }, { a: "y" }], y: "z" };

/** JSON text of the result; undefined: absent. */
function compiled(source: string, value: unknown): string | undefined {
  let native;
  try {
    const tree = parseExpression(source);
    checkTree(tree, { bindings: ["x", "y"], names: null });
    native = compileNative(tree, ["x", "y"]);
  } catch (thrown) {
    if (thrown instanceof Refusal) return REFUSED;
    throw thrown;
  }
  if (native === null) return REFUSED;
  startBudget();
  try {
    return JSON.stringify(plainResult(native(BINDINGS)(frozen(value) as Value), 1e6));
  } catch (thrown) {
    if (thrown instanceof HandOver) return REFUSED;
    if (thrown instanceof ExpressionFailure) return FAILED;
    throw thrown;
  }
}

async function interpreted(source: string, value: unknown): Promise<string | undefined> {
  try {
    const result: unknown = await reference(source).evaluate(structuredClone(value), structuredClone(BINDINGS));
    return holdsNoNumber(result) ? FAILED : JSON.stringify(result);
  } catch {
    return FAILED;
  }
}

function holdsNoNumber(value: unknown): boolean {
  if (typeof value === "number") return !Number.isFinite(value);
  return typeof value === "object" && value !== null && Object.values(value).some(holdsNoNumber);
}

function frozen(value: unknown): unknown {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

describe("compiled code", () => {
  test("gives what jsonata gives, over generated expressions and inputs", async () => {
    let compared = 0;

    await fc.assert(
      fc.asyncProperty(expression(3, { variables: ["$x", "$y"] }), input, async (source, value) => {
        const mine = compiled(source, value);
        if (mine === REFUSED) return;
        compared += 1;
        expect(mine).toEqual(await interpreted(source, value));
      }),
      { numRuns: Number(process.env["EXPRESSION_RUNS"] ?? 3000) },
    );

    expect(compared).toBeGreaterThan(1000);
  });
});
