// The engine in a made-up world: people edit both sides at any moment, calls fail before and after they took effect, daemons are
// killed, and every promise (spec: semantics, section 4) is checked over what happened. A failure prints its seed and its story.

import { describe, expect, test } from "@jest/globals";
import type { Fields } from "../../src/core/value.ts";
import type { Mapping } from "../../src/mapping/mapping.ts";
import { familyCast } from "../../src/simulation/family-cast.ts";
import { PROMISES } from "../../src/simulation/promises/all.ts";
import { playSeed, simulate } from "../../src/simulation/simulate.ts";
import { shrink } from "../../src/simulation/shrink.ts";
import { drawHistory } from "../../src/simulation/history.ts";
import type { Cast } from "../../src/simulation/play.ts";

const idle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const HISTORIES = 2000;

describe("promises", () => {
  // The seeds change with the list of promises alone, so that a build that passed passes again.
  test.each([1, 2])(
    "none is broken in a thousand histories (part %i)",
    async (part) => {
      const result = await simulate({
        runs: HISTORIES / 2,
        seed: `test-${String(part)}`,
        cast: familyCast,
        idle,
        progress: () => true,
      });

      expect(result.found === null ? "" : `${result.found.seed}\n${result.found.story}`).toBe("");
      expect(result).toMatchObject({ histories: HISTORIES / 2, checked: (HISTORIES / 2) * PROMISES.length });
      // A world in which nothing happens proves nothing.
      for (const figure of [result.edits, result.writes, result.faults, result.crashes])
        expect(figure).toBeGreaterThan(HISTORIES / 20);
    },
    600_000,
  );

  test("the same seed plays the same history, step for step, and another seed another one", async () => {
    const seeds = Array.from({ length: 25 }, (_, index) => `same-${String(index)}`);
    const traceOf = async (seed: string): Promise<string> =>
      (await playSeed(seed, { cast: familyCast, idle })).played.trace;

    const first = await Promise.all(seeds.map(traceOf));
    const second = await Promise.all(seeds.toReversed().map(traceOf));

    expect(second.toReversed()).toEqual(first);
    expect(new Set(first).size).toBe(seeds.length);
  });
});

describe("a broken promise", () => {
  test("is found, made small, and told", async () => {
    const result = await simulate({ runs: 50, seed: "scribble", cast: scribbling, idle, progress: () => true });

    expect(result.found?.broken[0]).toMatchObject({ promise: 11 });
    expect(result.found?.story).toMatch(
      /Promise 11 \(Frame\) is broken: (left|right) \w+: the engine changed scribble, which no rule names/,
    );
    expect(result.found?.story).toMatch(/a person (creates|edits) /);
    const [, runs, events] = /\((\d+) runs, (\d+) events\)/.exec(result.found?.story ?? "") ?? [];
    expect(Number(runs)).toBeLessThanOrEqual(3);
    expect(Number(events)).toBeLessThanOrEqual(6);
  });

  test("keeps only the events without which it holds", async () => {
    const history = drawHistory("shrink", { objects: 1, fields: 5 });
    const events = history.rounds.flatMap((round) => round.events);
    const wanted = events.at(-1);

    const smallest = await shrink(history, async (smaller) =>
      smaller.rounds.some((round) => round.events.some((event) => event === wanted)),
    );

    expect(smallest.rounds.flatMap((round) => round.events)).toEqual([wanted]);
  });
});

/** A mapping that writes into each record what no rule names. */
function scribbling(seed: string): Cast {
  const cast = familyCast(seed);
  const entities = cast.mapping.entities.map((entity) => ({
    ...entity,
    async write(...given: Parameters<typeof entity.write>) {
      const written = await entity.write(...given);
      const scribbled: Fields = written.ok && given[2] !== null ? { ...written.record, scribble: "was here" } : {};
      return written.ok && given[2] !== null ? { ...written, record: scribbled } : written;
    },
  }));
  const mapping: Mapping = { ...cast.mapping, entities };
  return { ...cast, mapping };
}
