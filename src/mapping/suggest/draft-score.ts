// A scored match rule: where records have names, phones and postal codes, who resembles whom. Tried on the samples before it is
// suggested; nobody is compared with everybody, here as in a run.

import type { BySide, Side } from "../../core/ids.ts";
import { similarityOf, type Similarity } from "../similarity/similarity.ts";
import { isPartsType } from "../types/type.ts";
import type { SuggestedMatch } from "./draft-match.ts";
import type { NamedDraft } from "./draft-rule.ts";
import { typeOf } from "./kind.ts";
import { isAbout } from "./names.ts";

const LINK_AT = 0.95;
const REVIEW_AT = 0.8;
/** Fewer could be chance, and then the rule is only work for a person. */
const FOUND_MIN = 2;

interface Scored {
  readonly name: string;
  readonly weight: number;
  readonly similarity: Similarity;
  /** By record; null: it shows none. */
  readonly texts: BySide<readonly (string | null)[]>;
}

/** None: no name with something beside it, or hardly anybody resembles anybody. */
export function scoreMatches(rules: readonly NamedDraft[]): readonly SuggestedMatch[] {
  const scored = rules.flatMap((rule) => scoredOf(rule) ?? []);
  if (scored.length < 2 || !scored.some(({ weight }) => weight === NAME_WEIGHT)) return [];
  const of = scored[0]?.texts.left.length ?? 0;
  const best = Array.from({ length: of }, (_, record) => bestScore(scored, record));
  const sure = best.filter((score) => score >= LINK_AT).length;
  const asked = best.filter((score) => score >= REVIEW_AT).length - sure;
  if (sure + asked < FOUND_MIN) return [];
  const score = Object.fromEntries(scored.map(({ name, weight }) => [name, weight]));
  const note = `${String(sure)} of ${String(of)} resemble a record of the other side enough to be linked, ${String(asked)} enough to ask`;
  return [{ rule: { score, link_at: LINK_AT, review_at: REVIEW_AT }, shared: sure, of, note }];
}

const NAME_WEIGHT = 0.5;
const WEIGHTS: Readonly<Record<string, number>> = { person_name: NAME_WEIGHT, phone: 0.3, postal_code: 0.2 };

function scoredOf({ draft, name }: NamedDraft): Scored | null {
  const { left, right, spec, values, ref, lines } = draft;
  if (values !== null || ref !== null || lines !== null) return null;
  const type = typeName(spec);
  const isName =
    type === "person_name" || (type === "text" && [left, right].some(([one]) => isAbout(one?.text ?? "", "name")));
  const weight = isName ? NAME_WEIGHT : WEIGHTS[type];
  if (weight === undefined) return null;
  const texts = (side: Side): readonly (string | null)[] =>
    (draft[side][0]?.values ?? []).map((_, record) => textAt({ draft, name }, side, record));
  return { name, weight, similarity: similarityOf(type), texts: { left: texts("left"), right: texts("right") } };
}

/** What `as:` says: a name, or a name with its options; nothing is as good as text here. */
function typeName(spec: unknown): string {
  if (typeof spec === "string") return spec;
  return typeof spec === "object" && spec !== null ? (Object.keys(spec)[0] ?? "text") : "text";
}

function textAt({ draft }: NamedDraft, side: Side, record: number): string | null {
  const columns = draft[side];
  const type = typeOf(draft.spec);
  if (type === null) return null;
  const values = columns.map((column) => column.values[record]);
  const reading =
    columns.length > 1
      ? isPartsType(type)
        ? type.join(values)
        : null
      : values[0] === undefined
        ? null
        : type.read(values[0]);
  return reading?.ok === true && typeof reading.value === "string" ? reading.value.trim() : null;
}

/** Of one record of the left with those of the right that share a key with it, over the fields that both show. */
function bestScore(scored: readonly Scored[], record: number): number {
  const others = new Set(scored.flatMap((field) => [...candidatesOf(field, record)]));
  const total = scored.reduce((sum, { weight }) => sum + weight, 0);
  let best = 0;
  for (const other of others) {
    let [weight, sum] = [0, 0];
    for (const field of scored) {
      const [one, two] = [field.texts.left[record], field.texts.right[other]];
      if (one === null || one === undefined || two === null || two === undefined) continue;
      weight += field.weight;
      sum += field.weight * field.similarity.compare(one, two);
    }
    if (weight >= total / 2) best = Math.max(best, sum / weight);
  }
  return best;
}

const indexes = new WeakMap<Scored, ReadonlyMap<string, readonly number[]>>();

function candidatesOf(field: Scored, record: number): readonly number[] {
  const text = field.texts.left[record];
  if (text === null || text === undefined) return [];
  return field.similarity.blocks(text).flatMap((block) => indexOf(field).get(block) ?? []);
}

/** Records of the right by the keys under which they are looked for. */
function indexOf(field: Scored): ReadonlyMap<string, readonly number[]> {
  const known = indexes.get(field);
  if (known !== undefined) return known;
  const index = new Map<string, number[]>();
  field.texts.right.forEach((text, place) => {
    for (const block of text === null ? [] : field.similarity.blocks(text)) {
      const there = index.get(block);
      if (there === undefined) index.set(block, [place]);
      else there.push(place);
    }
  });
  indexes.set(field, index);
  return index;
}
