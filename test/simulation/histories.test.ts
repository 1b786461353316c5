// Whole histories of the simulated family: two accounts, people, faults, crashes and two daemons, all drawn from a seed. Every
// promise is checked over every history. SIMULATION_RUNS plays more; the seed of a broken one is in its story.

import { expect, test } from "@jest/globals";
import { setImmediate as turn } from "node:timers/promises";
import { familyCast } from "../../src/simulation/family-cast.ts";
import { simulate, type Simulated } from "../../src/simulation/simulate.ts";

const RUNS = Number(process.env["SIMULATION_RUNS"] ?? "400");

function played(seed: string, runs: number): Promise<Simulated> {
  return simulate({ runs, seed, cast: familyCast, idle: () => turn(), progress: () => true });
}

test("no promise is broken, whatever goes wrong", async () => {
  const { found, histories, faults, crashes } = await played("test", RUNS);

  expect(found?.story ?? null).toBeNull();
  expect(histories).toBe(RUNS);
  expect(faults).toBeGreaterThan(0);
  expect(crashes).toBeGreaterThan(0);
}, 600_000);

test("the same seed plays the same history", async () => {
  const first = await played("again", 20);
  const second = await played("again", 20);

  expect(second).toEqual(first);
}, 120_000);
