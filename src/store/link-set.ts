// A set of links by their numbers, a bit each: a million of them take 125 kB, where a Set of texts would take 60 MB.

import type { LinkId } from "../core/ids.ts";

const CHUNK_BITS = 4096;
const WORD_BITS = 32;

/** Numbers are bigints of the state, given out from 1 on: exact as JavaScript numbers. */
export class LinkSet implements LinkSet {
  readonly #chunks = new Map<number, Uint32Array>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(id: LinkId): boolean {
    const { chunk, word, bit } = placeOf(id);
    return ((this.#chunks.get(chunk)?.[word] ?? 0) & bit) !== 0;
  }

  add(id: LinkId): void {
    if (this.has(id)) return;
    const { chunk, word, bit } = placeOf(id);
    const words = this.#chunks.get(chunk) ?? new Uint32Array(CHUNK_BITS / WORD_BITS);
    this.#chunks.set(chunk, words);
    words[word] = (words[word] ?? 0) | bit;
    this.#size += 1;
  }

  delete(id: LinkId): void {
    if (!this.has(id)) return;
    const { chunk, word, bit } = placeOf(id);
    const words = this.#chunks.get(chunk);
    if (words !== undefined) words[word] = (words[word] ?? 0) & ~bit;
    this.#size -= 1;
  }

  /** How many links are in both. */
  sharedWith(other: LinkSet): number {
    let shared = 0;
    for (const [chunk, words] of this.#chunks) {
      const others = other.#chunks.get(chunk);
      if (others !== undefined) words.forEach((bits, word) => (shared += ones(bits & (others[word] ?? 0))));
    }
    return shared;
  }
}

function placeOf(id: LinkId): { readonly chunk: number; readonly word: number; readonly bit: number } {
  const number = Number(id);
  const at = number % CHUNK_BITS;
  return { chunk: Math.floor(number / CHUNK_BITS), word: at >>> 5, bit: 1 << (at & 31) };
}

function ones(bits: number): number {
  let rest = bits;
  let count = 0;
  while (rest !== 0) {
    rest &= rest - 1;
    count += 1;
  }
  return count;
}
