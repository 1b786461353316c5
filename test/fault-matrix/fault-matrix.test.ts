// docs/fault-matrix.md is whole: every row is there, every cell that says something names a test, and every such test exists.

import { describe, expect, test } from "@jest/globals";
import { missingTests, page, type NamedTest } from "../named-tests.ts";

const OPERATIONS = ["list", "get", "create", "update", "delete"] as const;

const text = page("docs/fault-matrix.md");
const rows = text
  .split("\n")
  .filter((line) => line.startsWith("|"))
  .slice(2)
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

interface Held {
  readonly operation: string;
  readonly test: NamedTest;
}

const held = new Map(
  text
    .split(/^## /m)
    .slice(1)
    .map((section): readonly [string, readonly Held[]] => [
      section.split("\n")[0] ?? "",
      [...section.matchAll(/^- (\w+): `([^`]+)`: (.+)$/gm)].map(([, operation = "", file = "", name = ""]) => ({
        operation,
        test: { file, name },
      })),
    ]),
);

describe("the fault matrix", () => {
  test("has the twenty-seven faults, each once", () => {
    expect(rows).toHaveLength(27);
    expect([...held.keys()]).toEqual(rows.map(([fault]) => fault));
  });

  test.each(rows.map((cells) => [cells[0] ?? "", cells.slice(1)] as const))(
    "names a test of each cell, and only tests that exist: %s",
    (fault, cells) => {
      const own = held.get(fault) ?? [];
      const said = OPERATIONS.filter((_, index) => (cells[index] ?? "") !== "");

      expect(OPERATIONS.filter((operation) => own.some((each) => each.operation === operation))).toEqual(said);
      expect(missingTests(own.map((each) => each.test))).toEqual([]);
    },
  );
});
