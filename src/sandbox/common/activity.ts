// What the page tells of the last minutes: which records changed just now, and what was asked of this system.
// In memory only: after a restart nothing is "just now".

import type { Change } from "./database.ts";

export interface LogLine {
  readonly text: string;
  readonly tone: "read" | "write" | "person" | "webhook" | "refused";
  /** Of the last time it happened. */
  readonly at: number;
  readonly times: number;
}

const LINES_MAX = 80;
/** Polling asks the same few things again and again: a line among the last ones is counted up instead of written again. */
const REPEAT_WITHIN = 8;

export class Activity {
  readonly #now: () => number;
  #lines: LogLine[] = [];
  readonly #changed = new Map<string, { readonly at: number; readonly fields: ReadonlySet<string> }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Newest first. */
  lines(): readonly LogLine[] {
    return this.#lines;
  }

  tell(tone: LogLine["tone"], text: string): void {
    const at = this.#now();
    const repeated = tone === "read" ? this.#lines.slice(0, REPEAT_WITHIN).findIndex((line) => line.text === text) : -1;
    const known = repeated === -1 ? undefined : this.#lines[repeated];
    if (known !== undefined) this.#lines[repeated] = { ...known, at, times: known.times + 1 };
    else this.#lines = [{ text, tone, at, times: 1 }, ...this.#lines].slice(0, LINES_MAX);
  }

  noticeChange(change: Change): void {
    const { before, after } = change;
    if (after !== null) {
      const fields = Object.keys(after.values).filter(
        (name) => (before?.values[name] ?? null) !== (after.values[name] ?? null),
      );
      this.#changed.set(change.id, { at: change.at, fields: new Set(fields) });
      this.#tellChange(change, before === null ? "created" : `changed ${fields.join(", ")} of`);
    } else {
      this.#changed.delete(change.id);
      this.#tellChange(change, "deleted");
    }
  }

  /** What of this record changed in the last `withinMs`; null: nothing. */
  freshFields(id: string, withinMs: number): ReadonlySet<string> | null {
    const changed = this.#changed.get(id);
    return changed !== undefined && this.#now() - changed.at < withinMs ? changed.fields : null;
  }

  #tellChange(change: Change, what: string): void {
    if (change.by === "person") this.tell("person", `you ${what} ${change.id}`);
    if (change.by === "api") this.tell("write", `a program ${what} ${change.id}`);
  }
}
