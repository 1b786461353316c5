// What is told about a record, as data: the command line and the admin API show the same.

import type { BySide, Instant, RunId, Side } from "../../core/ids.ts";
import type { KeyPath } from "../../core/problem.ts";
import type { Fields, Value } from "../../core/value.ts";

/** Where a rule stands in its file; line and column count from 1. */
export interface RulePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Null: the file is not at hand. */
export type PlaceOf = (path: KeyPath) => RulePlace | null;

export interface Told {
  readonly code: string;
  readonly text: string;
  /** What to type, or to do. */
  readonly next: readonly string[];
}

export interface StoryEvent {
  readonly at: Instant;
  /** seen, decided, written, created, deleted, agreed, linked, unlinked, asked, answered, closed, failed, parked, hinted, said */
  readonly what: string;
  readonly text: string;
  readonly run: RunId | null;
  readonly side: Side | null;
  readonly values: Fields;
}

export interface FieldStory {
  readonly field: string;
  readonly rule: RulePlace | null;
  readonly says: string;
  /** What either side shows, and what it showed when the two last agreed; a name that is missing: nothing is known. */
  readonly sides: BySide<{ readonly shows?: Value; readonly agreed?: Value }>;
  readonly now: Told;
  readonly timeline: readonly StoryEvent[];
}

export interface Explanation {
  readonly pair: string;
  readonly entity: string;
  readonly side: Side;
  readonly record: string;
  readonly other: string | null;
  readonly names: BySide<string>;
  readonly link: {
    readonly id: string;
    readonly state: string;
    readonly since: Instant;
    readonly reason: string | null;
  } | null;
  readonly now: Told;
  readonly fields: readonly FieldStory[];
  readonly timeline: readonly StoryEvent[];
}

/** As `explain --json` prints it, with the sides by the file's names. */
export function explanationJson(told: Explanation): Fields {
  const { names } = told;
  const event = ({ at, what, text, run, side, values }: StoryEvent): Fields => ({
    at: new Date(at).toISOString(),
    what,
    text,
    run,
    side: side === null ? null : names[side],
    ...values,
  });
  const told_ = ({ code, text, next }: Told): Fields => ({ code, text, next });
  return {
    pair: told.pair,
    entity: told.entity,
    side: names[told.side],
    record: told.record,
    other: told.other,
    link:
      told.link === null
        ? null
        : {
            id: told.link.id,
            state: told.link.state,
            since: new Date(told.link.since).toISOString(),
            reason: told.link.reason,
          },
    now: told_(told.now),
    fields: told.fields.map(({ field, rule, says, sides, now, timeline }) => ({
      field,
      rule: rule === null ? null : { file: rule.file, line: rule.line, column: rule.column },
      says,
      sides: { [names.left]: { ...sides.left }, [names.right]: { ...sides.right } },
      now: told_(now),
      timeline: timeline.map(event),
    })),
    timeline: told.timeline.map(event),
  };
}
