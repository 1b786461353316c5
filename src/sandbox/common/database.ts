// The records of one sandbox: in memory for reading, in the journal for keeping. Every record has an id that is never used
// again, a version that counts its changes, and the time of its last change by this system's own clock.

import { createJournal, openJournal, type Journal } from "./journal.ts";

export type Plain = string | number | boolean | null;
export type Values = Readonly<Record<string, Plain>>;

export interface Stored {
  readonly id: string;
  readonly version: number;
  /** Milliseconds since 1970, as `changedAt`. */
  readonly createdAt: number;
  readonly changedAt: number;
  readonly values: Values;
}

export interface Change {
  readonly object: string;
  readonly id: string;
  /** Null: the record is new. */
  readonly before: Stored | null;
  /** Null: the record was deleted. */
  readonly after: Stored | null;
  readonly at: number;
  /** `api` for programs, `person` for somebody at the page, `system` for what follows by itself. */
  readonly by: Author;
}

export type Author = "api" | "person" | "system";

/** One line of the journal. */
export type Entry =
  | { readonly object: string; readonly record: Stored }
  | { readonly object: string; readonly gone: string; readonly at: number };

export interface IdScheme {
  readonly object: string;
  /** Ids are this prefix and a number that only grows. */
  readonly prefix: string;
  readonly firstNumber: number;
}

interface Table {
  readonly scheme: IdScheme;
  nextNumber: number;
  /** In the order of their ids: a map keeps the place of a key that is set again. */
  readonly records: Map<string, Stored>;
  readonly gone: Map<string, number>;
}

export class Database {
  readonly #journal: Journal;
  readonly #now: () => number;
  readonly #tables = new Map<string, Table>();
  readonly #listeners: ((change: Change) => void)[] = [];
  #lastTime = 0;

  constructor(journal: Journal, schemes: readonly IdScheme[], entries: readonly unknown[], now: () => number) {
    this.#journal = journal;
    this.#now = now;
    for (const scheme of schemes) {
      this.#tables.set(scheme.object, { scheme, nextNumber: scheme.firstNumber, records: new Map(), gone: new Map() });
    }
    // The journal is our own: its lines are what `insert`, `replace` and `remove` wrote.
    for (const entry of entries) this.#remember(entry as Entry);
  }

  /** All records, in the order of their ids. */
  list(object: string): readonly Stored[] {
    return [...this.#table(object).records.values()];
  }

  get(object: string, id: string): Stored | null {
    return this.#table(object).records.get(id) ?? null;
  }

  /** Deleted ids and when that happened. */
  gone(object: string): ReadonlyMap<string, number> {
    return this.#table(object).gone;
  }

  insert(object: string, values: Values, by: Author): Stored {
    const table = this.#table(object);
    const at = this.#time();
    const id = `${table.scheme.prefix}${String(table.nextNumber)}`;
    const record: Stored = { id, version: 1, createdAt: at, changedAt: at, values };
    this.#apply({ object, record }, { object, id, before: null, after: record, at, by });
    return record;
  }

  /** The record with these values instead of its own. Nothing happens, and the version stays, when they are the same. */
  replace(object: string, before: Stored, values: Values, by: Author): Stored {
    if (sameValues(before.values, values)) return before;
    const at = this.#time();
    const record: Stored = { ...before, version: before.version + 1, changedAt: at, values };
    this.#apply({ object, record }, { object, id: before.id, before, after: record, at, by });
    return record;
  }

  remove(object: string, before: Stored, by: Author): void {
    const at = this.#time();
    this.#apply({ object, gone: before.id, at }, { object, id: before.id, before, after: null, at, by });
  }

  /** Called after each change, in the same step: before any answer can show it. */
  onChange(listener: (change: Change) => void): void {
    this.#listeners.push(listener);
  }

  /** Resolves when all that can be seen now is on the disk. Every answer waits for it. */
  async durable(): Promise<void> {
    await this.#journal.durable();
  }

  async close(): Promise<void> {
    await this.#journal.close();
  }

  #apply(entry: Entry, change: Change): void {
    this.#journal.append(entry);
    this.#remember(entry);
    for (const listener of this.#listeners) listener(change);
  }

  #remember(entry: Entry): void {
    const table = this.#table(entry.object);
    if ("gone" in entry) {
      table.records.delete(entry.gone);
      table.gone.set(entry.gone, entry.at);
      this.#lastTime = Math.max(this.#lastTime, entry.at);
      return;
    }
    table.records.set(entry.record.id, entry.record);
    table.nextNumber = Math.max(table.nextNumber, numberOf(table.scheme, entry.record.id) + 1);
    this.#lastTime = Math.max(this.#lastTime, entry.record.changedAt);
  }

  /** A change is never dated before an earlier one, also when the machine's clock is set back. */
  #time(): number {
    this.#lastTime = Math.max(this.#lastTime, this.#now());
    return this.#lastTime;
  }

  #table(object: string): Table {
    const table = this.#tables.get(object);
    if (table === undefined) throw new Error(`no object "${object}" in this sandbox`);
    return table;
  }
}

/** @param first What a folder without a journal starts with. */
export async function openDatabase(options: {
  readonly path: string;
  readonly schemes: readonly IdScheme[];
  readonly first: () => readonly Entry[];
  readonly now: () => number;
}): Promise<Database> {
  const opened = await openJournal(options.path);
  if (opened !== null) return new Database(opened.journal, options.schemes, opened.entries, options.now);
  const entries = options.first();
  return new Database(await createJournal(options.path, entries), options.schemes, entries, options.now);
}

export function numberOf(scheme: IdScheme, id: string): number {
  const digits = id.startsWith(scheme.prefix) ? id.slice(scheme.prefix.length) : "";
  return /^\d{1,15}$/.test(digits) ? Number(digits) : 0;
}

function sameValues(a: Values, b: Values): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => (a[name] ?? null) === (b[name] ?? null));
}
