// The rule of promise 10, over histories written as text: "X>Y" is a write of Y where X stood.

import { describe, expect, test } from "@jest/globals";
import type { Cell } from "../../src/core/field.ts";
import type { Instant } from "../../src/core/ids.ts";
import { isOscillating, OSCILLATION_WINDOW_MS, type PastWrite } from "../../src/core/oscillation.ts";

const NOW = 1_000 * OSCILLATION_WINDOW_MS;
const MINUTE = 60_000;
const cell = (text: string): Cell => ({ value: text, key: text });

/** The last write is the planned one; the others happened `gapMs` apart. "X>Y=Z": the side made Z of it. */
function trips(history: string, gapMs = MINUTE): boolean {
  const writes = history.split(" ").map((each) => each.split(/[>=]/u) as [string, string, string?]);
  const past = writes.map(([before, after, readBack], index): PastWrite => ({
    at: (NOW - (writes.length - 1 - index) * gapMs) as Instant,
    before: cell(before),
    after: cell(after),
    readBack: cell(readBack ?? after),
  }));
  const next = past.at(-1);
  if (next === undefined) throw new Error("no write");
  return isOscillating(past.slice(0, -1), next, NOW as Instant);
}

describe("a field goes round in circles (promise 10)", () => {
  test.each([
    ["what we write is undone each time: the third contested write is not carried out", "X>Y X>Y X>Y X>Y"],
    ["also after a create", "null>Y X>Y X>Y X>Y X>Y"],
    ["also when the side rounds what it gets", "X>Y=y X>Y=y X>Y=y X>Y=y"],
    ["two values come and go on both sides", "A>B A>B A>B A>B"],
    ["others are written in between", "A>B A>B B>C A>B A>B"],
  ])("%s", (_name, history) => {
    expect(trips(history)).toBe(true);
    expect(trips(history.slice(0, history.lastIndexOf(" ")))).toBe(false);
  });

  test.each([
    ["somebody changes his mind to and fro, twice", "A>B B>A A>B B>A"],
    ["and a fifth time", "A>B B>A A>B B>A A>B"],
    ["values that are always new", "A>B C>D E>F G>H I>J K>L M>N"],
    ["the first write", "A>B"],
    ["a value that nobody has shown, after a fight", "X>Y X>Y X>Y X>Z"],
  ])("no: %s", (_name, history) => {
    expect(trips(history)).toBe(false);
  });

  test("values that return with every run trip later, by their pace", () => {
    const toAndFro = "A>B B>A A>B B>A A>B B>A A>B B>A";

    expect(trips(toAndFro, 5 * MINUTE)).toBe(true);
    expect(trips(toAndFro, 15 * MINUTE)).toBe(false);
  });

  test("what is older than the window does not count", () => {
    const undone = "X>Y X>Y X>Y X>Y";

    expect(trips(undone, OSCILLATION_WINDOW_MS / 3)).toBe(true);
    expect(trips(undone, OSCILLATION_WINDOW_MS / 3 + 1)).toBe(false);
  });
});
