// docs/core-spec.md is true: every promise of 1 to 27 is there, names tests that exist or the later issue that brings them.

import { describe, expect, test } from "@jest/globals";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const PROMISES = 27;

interface Listed {
  readonly number: number;
  readonly title: string;
  readonly tests: readonly { readonly file: string; readonly name: string }[];
  readonly later: string | null;
}

const listed = readFileSync(`${root}docs/core-spec.md`, "utf8")
  .split(/^## /m)
  .slice(1)
  .map((section): Listed => {
    const [, number = "", title = ""] = /^(\d+)\. (.+)$/m.exec(section) ?? [];
    const tests = [...section.matchAll(/^- `([^`]+)`: (.+)$/gm)].map(([, file = "", name = ""]) => ({ file, name }));
    return { number: Number(number), title, tests, later: /^- later: (.+)$/m.exec(section)?.[1] ?? null };
  });

describe("the promises of the core", () => {
  test("are numbered 1 to 27, each once and in order", () => {
    expect(listed.map((each) => each.number)).toEqual(Array.from({ length: PROMISES }, (_, index) => index + 1));
  });

  test.each(listed.map((each) => [each.number, each.title, each] as const))(
    "%d, %s, is held by tests that exist",
    (_number, _title, promise) => {
      expect(promise.tests.length > 0 || promise.later !== null).toBe(true);
      if (promise.later !== null) expect(promise.later).toMatch(/\bissue \d+\b/);
      const missing = promise.tests.filter(
        ({ file, name }) => !existsSync(root + file) || !readFileSync(root + file, "utf8").includes(name),
      );
      expect(missing).toEqual([]);
    },
  );

  test("that name a number in a test's name name one of these", () => {
    const named = listed.flatMap((each) =>
      each.tests.flatMap(({ name }) => [...name.matchAll(/promise (\d+)/g)].map(([, number]) => Number(number))),
    );
    for (const number of named) expect(number).toBeLessThanOrEqual(PROMISES);
  });
});
