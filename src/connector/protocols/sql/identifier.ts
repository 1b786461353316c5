// Names that may stand in statements: of tables, columns, slots. Everything else in a statement is our own word or a bound value.

import { problem, type KeyPath, type Problem } from "../../../core/problem.ts";

export const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

export function identifierProblem(found: string, path: KeyPath, what: string): Problem {
  return problem("E_IDENTIFIER", path, `"${found.slice(0, 80)}" cannot be the name of ${what}`, {
    found: found.slice(0, 80),
    expected: "letters, digits and _, at most 63, not beginning with a digit",
    hint: "make a view with a plain name",
  });
}
