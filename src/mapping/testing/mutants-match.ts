// Changes of the match rules: a rule dropped, and of a scored one a field dropped and its two limits moved towards each other.

import type { EntityFile } from "../file-entity.ts";
import type { Change } from "./mutant-change.ts";
import { textOf } from "./mutants-text.ts";

type MatchRule = NonNullable<EntityFile["match"]>[number];

export function matchChanges(entity: EntityFile): readonly Change[] {
  const rules = entity.match ?? [];
  return rules.flatMap((rule, index) => [
    {
      at: ["match", index],
      change: `match rule ${String(index + 1)} (${textOf(rule)}) dropped`,
      entity: { ...entity, match: rules.filter((_, other) => other !== index) },
    },
    ...scoreChanges(rule).map(({ key, words, changed }) => ({
      at: ["match", index, ...key],
      change: `match rule ${String(index + 1)}: ${words}`,
      entity: { ...entity, match: rules.map((each, other) => (other === index ? changed : each)) },
    })),
  ]);
}

interface ScoreChange {
  readonly key: readonly string[];
  readonly words: string;
  readonly changed: MatchRule;
}

/** Scores have four digits, so that this moves a limit past every one but the other limit itself. */
const STEP = 0.0001;

function scoreChanges(rule: MatchRule): readonly ScoreChange[] {
  const said = scoreOf(rule);
  if (said === null) return [];
  const { score, link_at: linkAt, review_at: reviewAt } = said;
  const names = Object.keys(score);
  const fields = names.flatMap((name): readonly ScoreChange[] => {
    const left = Object.fromEntries(Object.entries(score).filter(([other]) => other !== name));
    return names.length === 1
      ? []
      : [{ key: ["score", name], words: `score: ${name} dropped`, changed: { ...said, score: left } }];
  });
  const lower = Number((reviewAt + STEP).toFixed(4));
  const higher = Number((linkAt - STEP).toFixed(4));
  return [
    ...fields,
    {
      key: ["link_at"],
      words: `link_at: ${String(linkAt)} becomes ${String(lower)}`,
      changed: { ...said, link_at: lower },
    },
    {
      key: ["review_at"],
      words: `review_at: ${String(reviewAt)} becomes ${String(higher)}`,
      changed: { ...said, review_at: higher },
    },
  ];
}

type ScoreFile = Extract<MatchRule, { readonly link_at: number; readonly review_at: number }>;

/** Null: it is no scored rule. The shape of the file has been checked. */
function scoreOf(rule: MatchRule): ScoreFile | null {
  return Array.isArray(rule) || typeof rule["score"] !== "object" ? null : (rule as ScoreFile);
}
