// Whole projects whose files are broken in every way: the reader answers with problems that have a place, and never throws. A
// failure prints its seed and path.

import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { projectWith } from "../config/projects.ts";
import { damaged } from "./damaged.ts";

const BOUNDED = { numRuns: 120, interruptAfterTimeLimit: 15_000, markInterruptAsFailure: false };

const FILES = ["config/syncline.yaml", "mappings/pair.yaml", "connectors/crm.yaml"].map((name) => ({
  name,
  text: readFileSync(new URL(`../config/project/${name}`, import.meta.url), "utf8"),
}));

test.each(FILES)("$name", async ({ name, text }) => {
  await fc.assert(
    fc.asyncProperty(damaged(text), async (bytes) => {
      const { problems } = await projectWith({ [name]: bytes });
      for (const problem of problems) {
        expect(problem.code).toMatch(/^[EW]_[A-Z0-9_]+$/);
        expect(problem.line).toBeGreaterThan(0);
        expect(problem.column).toBeGreaterThan(0);
        expect(problem.message).not.toBe("");
      }
    }),
    BOUNDED,
  );
});
