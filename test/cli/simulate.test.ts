// `syncline simulate`: the real command on the project's own example, and what it prints of a broken promise.

import { describe, expect, test } from "@jest/globals";
import { fileURLToPath } from "node:url";
import { jsonOf, textOf } from "../../src/cli/simulate.ts";
import type { Simulated } from "../../src/simulation/simulate.ts";
import { run, type Finished } from "../e2e/command.ts";

const folder = fileURLToPath(new URL("../../", import.meta.url));

function simulate(...args: readonly string[]): Promise<Finished> {
  return run(["--config", "config/demo.yaml", "simulate", ...args], { folder, env: {} });
}

const FIGURES = { histories: 3, steps: 900, faults: 2, crashes: 1, edits: 30, writes: 9, checked: 60 };

describe("syncline simulate", () => {
  test("plays the mapping of a pair, says how many promises were broken, and nothing else", async () => {
    const ended = await simulate("crm-billing", "--runs", "30", "--seed", "day");

    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(ended.stdout).toMatch(
      /^30 histories, 0 broken promises \([\d,]+ edits, [\d,]+ writes, \d+ faults, \d+ crashes\)\n$/,
    );
  });

  test("says the same as one document, and the same for the same seed", async () => {
    const [one, other] = [
      await simulate("crm-billing", "--runs", "20", "--json"),
      await simulate("crm-billing", "--runs", "20", "--json"),
    ];

    expect(one.json()).toMatchObject({ ok: true, histories: 20, broken: [], story: null, seed: null });
    expect(other.json()).toEqual(one.json());
  });

  test.each([["0"], ["-1"], ["many"], ["1.5"]])("refuses --runs %s", async (runs) => {
    const ended = await simulate("crm-billing", "--runs", runs);

    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(`--runs takes a whole number of at least 1, not "${runs}"`);
  });

  test("names the pair that was perhaps meant", async () => {
    const ended = await simulate("crm-biling");

    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain("crm-billing");
  });

  test("tells a broken promise as a story, with how to see it again", () => {
    const broken = [{ promise: 3, name: "lost edit of name", told: "an edit was lost" }];
    const result: Simulated = { ...FIGURES, found: { seed: "day-2", broken, story: "Promise 3 is broken" } };

    expect(textOf(result, "ab")).toBe(
      "Promise 3 is broken\n\n3 histories, 1 broken promise (30 edits, 9 writes, 2 faults, 1 crashes)\n" +
        "To see it again: syncline simulate ab --seed day --runs 3",
    );
    expect(jsonOf(result)).toEqual({ ...FIGURES, ok: false, seed: "day-2", broken, story: "Promise 3 is broken" });
  });

  test("says so when nothing could be carried across at all", () => {
    expect(textOf({ ...FIGURES, writes: 0, found: null }, "ab")).toContain("Nothing was ever written");
  });
});
