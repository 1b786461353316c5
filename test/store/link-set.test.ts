import { describe, expect, test } from "@jest/globals";
import type { LinkId } from "../../src/core/ids.ts";
import { LinkSet } from "../../src/store/link-set.ts";

const id = (number: number): LinkId => String(number) as LinkId;

function setOf(...numbers: readonly number[]): LinkSet {
  const set = new LinkSet();
  for (const number of numbers) set.add(id(number));
  return set;
}

describe("a set of links", () => {
  test("agrees with a Set, whatever is added and deleted", () => {
    // A fixed series that crosses words, chunks and the 32 bits of a word's number.
    const numbers = Array.from({ length: 3000 }, (_, n) => ((n * 7919) % 10_007) + (n % 3) * 4096 * 1_000_003);
    const ours = new LinkSet();
    const plain = new Set<number>();
    numbers.forEach((number, n) => {
      if (n % 3 === 2) {
        const gone = numbers[Math.floor(n / 2)] ?? 0;
        ours.delete(id(gone));
        plain.delete(gone);
      }
      ours.add(id(number));
      plain.add(number);
    });

    expect(ours.size).toBe(plain.size);
    expect(numbers.filter((number) => ours.has(id(number)) !== plain.has(number))).toEqual([]);
    expect([1, 31, 32, 33, 4095, 4096, 4097].map((n) => setOf(n).has(id(n)))).toEqual(Array(7).fill(true));
    expect(setOf(32).has(id(0)) || setOf(4096).has(id(0)) || setOf(64).has(id(32))).toBe(false);
  });

  test("counts what it shares with another", () => {
    expect(setOf(1, 2, 31, 32, 5000, 9_000_000_000).sharedWith(setOf(2, 32, 33, 9_000_000_000))).toBe(3);
    expect(setOf().sharedWith(setOf(1))).toBe(0);
    expect(setOf(1).sharedWith(setOf())).toBe(0);
  });

  test("adding twice and deleting what is not there change nothing", () => {
    const set = setOf(5, 5);
    set.delete(id(6));

    expect(set.size).toBe(1);
  });
});
