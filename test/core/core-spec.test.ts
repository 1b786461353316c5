// docs/core-spec.md is true: every promise of 1 to 27 is there, and each names tests that exist.

import { describe, expect, test } from "@jest/globals";
import { missingTests, page, type NamedTest } from "../named-tests.ts";

const PROMISES = 27;

interface Listed {
  readonly number: number;
  readonly title: string;
  readonly tests: readonly NamedTest[];
}

const listed = page("docs/core-spec.md")
  .split(/^## /m)
  .slice(1)
  .map((section): Listed => {
    const [, number = "", title = ""] = /^(\d+)\. (.+)$/m.exec(section) ?? [];
    const tests = [...section.matchAll(/^- `([^`]+)`: (.+)$/gm)].map(([, file = "", name = ""]) => ({ file, name }));
    return { number: Number(number), title, tests };
  });

describe("the promises of the core", () => {
  test("are numbered 1 to 27, each once and in order", () => {
    expect(listed.map((each) => each.number)).toEqual(Array.from({ length: PROMISES }, (_, index) => index + 1));
  });

  test.each(listed.map((each) => [each.number, each.title, each] as const))(
    "%d, %s, is held by tests that exist",
    (_number, _title, promise) => {
      expect(promise.tests.length).toBeGreaterThan(0);
      expect(missingTests(promise.tests)).toEqual([]);
    },
  );

  test("that name a number in a test's name name one of these", () => {
    const named = listed.flatMap((each) =>
      each.tests.flatMap(({ name }) => [...name.matchAll(/promise (\d+)/g)].map(([, number]) => Number(number))),
    );
    for (const number of named) expect(number).toBeLessThanOrEqual(PROMISES);
  });
});
