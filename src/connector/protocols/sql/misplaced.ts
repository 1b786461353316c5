// Keys of requests that mean nothing to a database: each operation knows a few of its own.

import type { ObjectPart } from "../../file/object.ts";
import { didYouMean, problem, type KeyPath, type Problem } from "../../../core/problem.ts";

const KEYS: Readonly<Record<string, readonly string[]>> = {
  list: ["page"],
  get: [],
  find: ["by", "settle"],
  changes: ["cursor", "cannot_see"],
  create: ["marker", "repeat", "verify"],
  update: ["guard"],
  delete: ["guard", "effect"],
};

export function misplacedKeys(part: ObjectPart, at: KeyPath): readonly Problem[] {
  const problems: Problem[] = [];
  const check = (found: object | undefined, known: readonly string[], path: KeyPath): void => {
    for (const [key, value] of Object.entries(found ?? {})) {
      if (value === undefined || known.includes(key)) continue;
      const hint = didYouMean(key, known) ?? "remove it: the statement is derived from the table";
      problems.push(
        problem("E_UNKNOWN_KEY", [...path, key], `"${key}" means nothing to a database`, {
          on: "key",
          found: key,
          expected: known.length === 0 ? "none" : known.join(", "),
          hint,
        }),
      );
    }
  };
  for (const [operation, known] of Object.entries(KEYS)) {
    const request = part[operation as keyof ObjectPart];
    if (typeof request === "object" && request !== null) check(request, known, [...at, operation]);
  }
  check(part.list?.page, ["size"], [...at, "list", "page"]);
  for (const [operation, batch] of Object.entries(part.batch ?? {})) check(batch, ["max"], [...at, "batch", operation]);
  return problems;
}
