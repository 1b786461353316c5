// Picking from a random source that is handed in, so that the same seed gives the same values.

export type Random = () => number;

/** @returns A whole number from `min` to `max`, both included. */
export function whole(random: Random, min: number, max: number): number {
  return min + Math.floor(random() * (max - min + 1));
}

export function pick<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[whole(random, 0, items.length - 1)];
  if (item === undefined) throw new Error("picked from an empty list");
  return item;
}

/** `length` characters of `alphabet`. */
export function letters(random: Random, length: number, alphabet: string): string {
  const characters = Array.from(alphabet);
  return Array.from({ length }, () => pick(random, characters)).join("");
}
