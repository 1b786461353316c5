// Expressions for the tests of this room: the real ones, ended with the test file.

import { afterAll } from "@jest/globals";

import { createExpressionCompiler } from "../../src/expression/compiler.ts";

export const expressions = createExpressionCompiler();

afterAll(() => expressions.close());
