// Field rules and match keys drafted from samples of both sides. What is suggested says why: names, types, and how many of the
// records that could be joined show the same. Nothing here is written anywhere: a person reads it first.

import type { BySide, Side } from "../../core/ids.ts";
import type { Path } from "../../core/path.ts";
import type { Fields } from "../../core/value.ts";
import { columnsOf, type Column } from "./column.ts";
import { draftOf } from "./column-pair.ts";
import { chosenOf, type Draft, type Evidence } from "./draft.ts";
import { linesDraft } from "./draft-lines.ts";
import { matchesOf, type SuggestedMatch } from "./draft-match.ts";
import { refDrafts, type Referred } from "./draft-ref.ts";
import { named, ruleOf } from "./draft-rule.ts";
import { scoreMatches } from "./draft-score.ts";
import { joinBy, keysOf, type Joined } from "./join.ts";
import { wholeNames } from "./whole-name.ts";

export interface Sample {
  readonly records: readonly Fields[];
  readonly id: Path;
  /** What the connector itself uses of a record. */
  readonly skipped: readonly Path[];
  /** Top-level names that cannot be written. */
  readonly readOnly: ReadonlySet<string>;
}

interface SuggestedRule {
  readonly name: string;
  readonly rule: Readonly<Record<string, unknown>>;
  readonly evidence: Evidence;
}

export interface Suggestion {
  readonly samples: BySide<number>;
  /** Records of the samples that are the same on both sides. */
  readonly joined: number;
  readonly match: readonly SuggestedMatch[];
  readonly rules: readonly SuggestedRule[];
  /** Paths that nothing was suggested for. */
  readonly unmatched: BySide<readonly string[]>;
}

/** @param referred Entities that these records may name. */
export function suggest(samples: BySide<Sample>, names: BySide<string>, referred: readonly Referred[]): Suggestion {
  const columns = {
    left: columnsOf(samples.left.records, samples.left.id, samples.left.skipped),
    right: columnsOf(samples.right.records, samples.right.id, samples.right.skipped),
  };
  const keys = keysOf(columns.left, columns.right);
  const [best] = keys.filter(({ left, right }) => !left.isId && !right.isId);
  const joined = best === undefined ? [] : joinBy(best);
  const drafted = pairUp(columns, joined, referred);
  const drafts = named(drafted);
  const readOnly = { left: samples.left.readOnly, right: samples.right.readOnly };
  const rules = drafts.map(({ draft, name }): SuggestedRule => ({
    name,
    rule: ruleOf(draft, name, { names, readOnly }),
    evidence: draft.evidence,
  }));
  const match = [...matchesOf(keys, drafts, names), ...scoreMatches(drafts)];
  const unmatched = (side: Side): readonly string[] => {
    const inRules = drafted.flatMap((draft) => draft[side].map(({ text }) => text));
    const inMatch = match.flatMap(({ rule }) =>
      Object.entries(rule).flatMap(([name, path]) => (name === names[side] ? [path] : [])),
    );
    const used = new Set<unknown>([...inRules, ...inMatch]);
    return columns[side].filter(({ isId, text }) => !isId && !used.has(text)).map(({ text }) => text);
  };
  return {
    samples: { left: samples.left.records.length, right: samples.right.records.length },
    joined: joined.length,
    match,
    rules,
    unmatched: { left: unmatched("left"), right: unmatched("right") },
  };
}

/** Which columns are one field. */
function pairUp(columns: BySide<readonly Column[]>, joined: Joined, referred: readonly Referred[]): readonly Draft[] {
  const left = columns.left.filter(({ isId }) => !isId);
  const right = columns.right.filter(({ isId }) => !isId);
  const turnedJoined = joined.map((pair) => ({ left: pair.right, right: pair.left }));
  const candidates = left.flatMap((one) =>
    right.flatMap((other) => [
      ...refDrafts(one, other, referred),
      ...[draftOf(one, other, joined), linesDraft(one, other, joined)].filter((draft) => draft !== null),
    ]),
  );
  return chosenOf(
    [...candidates, ...wholeNames(left, right, joined), ...wholeNames(right, left, turnedJoined).map(turned)],
    columns.left,
  );
}

function turned(draft: Draft): Draft {
  return { ...draft, left: draft.right, right: draft.left };
}
