// Which ids of a listing were seen, and with what content: a table of fixed rows in place of a map of texts, because a file may
// have more records than texts fit into memory. Ids are told apart by 64 bits of a digest: among two million, two that are taken
// for one are met once in ten million listings.

import { createHash } from "node:crypto";

const FIRST_ROWS = 1024;
/** Fuller, and looking for a free row takes long. */
const FULL = 0.7;
const CELLS = 3;

export class SeenIds {
  readonly #idsMax: number;
  #rows = FIRST_ROWS;
  /** Two cells of digest and one of content each; a content of 0 is a free row. */
  #table = new Uint32Array(FIRST_ROWS * CELLS);
  #size = 0;

  constructor(idsMax: number) {
    this.#idsMax = idsMax;
  }

  /** The content that the id was seen with before, or null; then it is remembered, as long as there is room. @param content 1 to 2³² - 1 */
  seenWith(id: string, content: number): number | null {
    const digest = createHash("sha256").update(id).digest();
    const high = digest.readUInt32LE(0);
    const low = digest.readUInt32LE(4);
    const at = this.#place(this.#table, this.#rows, high, low);
    const before = this.#table[at + 2] ?? 0;
    if (before !== 0) return before;
    if (this.#size >= this.#idsMax) return null;
    this.#table.set([high, low, content], at);
    this.#size += 1;
    if (this.#size > this.#rows * FULL) this.#grow();
    return null;
  }

  /** Where the id stands, or the free row where it belongs. */
  #place(table: Uint32Array, rows: number, high: number, low: number): number {
    for (let row = high % rows; ; row = (row + 1) % rows) {
      const at = row * CELLS;
      if (table[at + 2] === 0 || (table[at] === high && table[at + 1] === low)) return at;
    }
  }

  #grow(): void {
    const rows = this.#rows * 2;
    const table = new Uint32Array(rows * CELLS);
    for (let at = 0; at < this.#table.length; at += CELLS) {
      const cells = this.#table.subarray(at, at + CELLS);
      const [high = 0, low = 0, content = 0] = cells;
      if (content !== 0) table.set(cells, this.#place(table, rows, high, low));
    }
    this.#rows = rows;
    this.#table = table;
  }
}
