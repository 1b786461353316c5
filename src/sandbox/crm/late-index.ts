// What a CRM's search index does to its readers: a change is there at once when the record is read by its id, and shows in
// listings by time and in searches only a while later. How much later differs, so that a newer change can be visible
// before an older one: who remembers "the newest time I saw" and starts there loses the older one.

import type { Change, Database, Stored } from "../common/database.ts";

interface Pending {
  readonly visibleAt: number;
  /** What a search by value still finds; null: nothing, the record is new. */
  readonly before: Stored | null;
}

export class LateIndex {
  readonly #database: Database;
  readonly #lagMs: number;
  readonly #now: () => number;
  readonly #pending = new Map<string, Pending>();
  #changes = 0;

  /** @param lagMs How late two of three changes become visible; the third is there at once. */
  constructor(database: Database, options: { readonly lagMs: number; readonly now: () => number }) {
    this.#database = database;
    this.#lagMs = options.lagMs;
    this.#now = options.now;
    database.onChange((change) => this.#notice(change));
  }

  /** Records changed at `since` or later, as far as the index knows, by time and id. */
  changedSince(object: string, since: number): readonly Stored[] {
    return this.#database
      .list(object)
      .filter((record) => record.changedAt >= since && this.#waiting(record.id) === null)
      .sort((a, b) => a.changedAt - b.changedAt || compareIds(a.id, b.id));
  }

  /** Records whose field has this value, as far as the index knows; upper and lower case and outer spaces make no difference. */
  find(object: string, field: string, value: string): readonly Stored[] {
    const wanted = searchable(value);
    return this.#database.list(object).filter((record) => {
      const waiting = this.#waiting(record.id);
      const indexed = waiting === null ? record : waiting.before;
      const shown = indexed?.values[field];
      return typeof shown === "string" && searchable(shown) === wanted;
    });
  }

  #notice(change: Change): void {
    this.#changes += 1;
    if (change.after === null || this.#changes % 3 === 0) {
      this.#pending.delete(change.id);
      return;
    }
    const known = this.#waiting(change.id);
    this.#pending.set(change.id, {
      visibleAt: this.#now() + this.#lagMs,
      before: known === null ? change.before : known.before,
    });
  }

  #waiting(id: string): Pending | null {
    const pending = this.#pending.get(id);
    if (pending === undefined) return null;
    if (this.#now() < pending.visibleAt) return pending;
    this.#pending.delete(id);
    return null;
  }
}

/** Ids of one object have one prefix: the shorter number is the smaller one. */
function compareIds(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

function searchable(text: string): string {
  return text.trim().toLowerCase();
}
