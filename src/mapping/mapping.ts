// A compiled mapping: what the engine asks of a mapping file. Made once by compile.ts; nothing of the file's text is read later.

import type { BySide, Side } from "../core/ids.ts";
import type { Carried, Cell, FieldSight, Reading } from "../core/field.ts";
import type { EntityPolicy, Guards, Limit, Operation, WhenGone } from "../core/policy.ts";
import type { Fields, Value } from "../core/value.ts";
import type { ScoreRule } from "./match-score.ts";
import type { Combined, FieldShown, Movement } from "./movement.ts";
import type { RefLookup, RefNeed } from "./reference.ts";

export type { EntityPolicy, Guards, Limit, Operation, WhenGone };

export type ScheduleEntry = { readonly everyMs: number } | { readonly cron: string };

export interface Schedule {
  readonly changes: ScheduleEntry | null;
  readonly sweep: ScheduleEntry | null;
  readonly timezone: string;
  readonly webhooks: boolean;
}

export interface Mapping {
  readonly pair: string;
  /** The file, as named to people. */
  readonly file: string;
  readonly state: "proposed" | "active" | "paused";
  /** The file's name of each side, and the system of the config behind it. */
  readonly sides: BySide<{ readonly name: string; readonly system: string }>;
  readonly schedule: Schedule;
  readonly guards: Guards;
  readonly onChange: "accept" | "continue";
  readonly clockToleranceMs: number;
  /** How long a tombstone is remembered, in milliseconds. */
  readonly tombstonesMs: number;
  /** Canonical text of all that has meaning (sides, objects, scope, match, fields); policies, guards and schedules are not in it. */
  readonly meaning: string;
  /** Parents before children. */
  readonly entities: readonly EntityMapping[];
}

/** One record read through the lenses of its side. */
export interface SideReading {
  /** What `scope` says; true where there is none. */
  readonly inScope: boolean;
  /** By canonical field name. */
  readonly fields: Readonly<Record<string, Reading>>;
  /** For each match rule in order: the text under which this record is looked for, or null when a part is missing; of a scored rule several (match-key.ts). */
  readonly matchKeys: readonly (string | null)[];
}

export interface EntityMapping {
  readonly policy: EntityPolicy;
  /** Object name in the connector, per side. */
  readonly objects: BySide<string>;
  /** Top-level field names that the rules, scope and match read or write, per side; sorted. */
  readonly wanted: BySide<readonly string[]>;
  /** Names of the fields of each match rule, in order; none of a rule by paths. */
  readonly matchFields: readonly (readonly string[])[];
  /** The scored match rules, in order. */
  readonly scored: readonly ScoreRule[];
  /** Entities that `ref` fields name. */
  readonly refs: readonly string[];

  /** The record without what no rule, scope or match names at its top: all of it that is kept while a run is under way. */
  permitted(side: Side, record: Fields): Fields;

  /** What the rules read of a record, as one text: equal texts map to equal readings. The engine hashes it. */
  fingerprintText(side: Side, record: Fields): string;

  /** Lens reads for a page of records, scope and match keys included. A record whose expression fails reads as invalid, never throws. */
  read(side: Side, records: readonly Fields[]): Promise<readonly SideReading[]>;

  /** The same without the fields: whether the records take part, and by what they are matched. */
  place(side: Side, records: readonly Fields[]): Promise<readonly Omit<SideReading, "fields">[]>;

  /** Cell of a stored base value: the comparison key is computed anew. */
  cell(side: Side, field: string, value: Value): Cell;

  /** Ids of other entities' records that carrying these readings to the other side needs. */
  refNeeds(from: Side, fields: Readonly<Record<string, Reading>>): readonly RefNeed[];

  /**
   * Each field's value as the other side would show it after being written: `f` from the left, `g` from the right.
   * A page at a time; the result has an entry for every field of the entity.
   */
  carry(
    from: Side,
    page: readonly Readonly<Record<string, Reading>>[],
    lookup: RefLookup,
  ): Promise<readonly Readonly<Record<string, Carried>>[]>;

  /** Everything the decision needs of one field: readings and carried values as `read` and `carry` gave them. Synchronous and pure. */
  sight(field: string, shown: FieldShown): FieldSight;

  /**
   * The base that a written field leaves: what was read back. Of lines, what the written side itself gives is taken from
   * `assumed`, because that has still to be carried.
   */
  agreed(side: Side, field: string, readBack: Cell, assumed: Cell): Cell;

  /** Values that a field may show on a side, in the side's normal form: its edges, its table's words, made-up ones. Always the same. */
  values(side: Side, field: string): readonly Cell[];

  /** For rules with `merge:`: both sides' new value when both moved; null where the rule has none. Synchronous and pure. */
  combine(field: string, movement: Movement): Combined | null;

  /**
   * Lens writes: the record's top-level fields that change when these canonical fields get these values (in the written
   * side's normal form, as `carry` gave them).
   * @param current The record as just read; null for a create. Nested values keep their unmapped parts.
   */
  write(side: Side, fields: Readonly<Record<string, Cell>>, current: Fields | null): Promise<WriteResult>;
}

export type WriteResult =
  | { readonly ok: true; readonly record: Fields }
  /** `code`: of the expression that failed. */
  | { readonly ok: false; readonly field: string; readonly message: string; readonly code?: string };
