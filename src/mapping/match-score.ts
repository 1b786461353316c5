// A scored match rule: how alike two records are, field by field, and what that is worth. The score is the weighted mean over
// the fields that both records show; a field that one of them lacks has no opinion.
//
//   evidence = weight of the fields both show / weight of all
//
//   score                     evidence >= 1/2   1/4 to 1/2   less
//   link_at and more          sure              likely       –
//   review_at to link_at      likely            likely       –
//   less                      –                 –            –

import type { Reading } from "../core/field.ts";
import { NULL_KEY } from "../core/field.ts";
import type { Side } from "../core/ids.ts";
import { isFields, isList, type Fields, type Value } from "../core/value.ts";
import type { FieldLens } from "./lens.ts";
import { sharedCell } from "./match-cell.ts";
import { postcodeBlocks, similarityOf, type Similarity } from "./similarity/similarity.ts";
import { remembering } from "./similarity/words.ts";
import { scalarText } from "./word-types.ts";

/** Below it one present field could link two records; above it a single missing field would keep apart what belongs together. */
const SURE_EVIDENCE = 0.5;
/** Below it nearly everybody who shares a postal code would be a question to a person. */
const LIKELY_EVIDENCE = 0.25;
/**
 * How far a match must be ahead of the next one to be linked without a person. Smaller, and two Ada Smiths of one house are
 * linked by a comma; larger, and a father keeps his son from being linked.
 */
export const CLEAR_LEAD = 0.05;

export interface ScoredField {
  readonly lens: FieldLens;
  /** Above zero. */
  readonly weight: number;
}

/** What the engine asks of a scored rule. */
export interface ScoreRule {
  /** Its place among the match rules. */
  readonly index: number;
  readonly linkAt: number;
  readonly reviewAt: number;
  /** Names of the scored fields, in the order of the file. */
  readonly fields: readonly string[];
  /** @param one, other Profiles, as `profileOf` gives them. */
  score(one: string, other: string): PairScore;
  /** What a profile shows, by field: for people. */
  shown(profile: string): Fields;
}

export interface PairScore {
  /** 0 to 1, to four digits; 0 for what certainly stays below `review_at`. */
  readonly score: number;
  readonly evidence: number;
  readonly grade: "sure" | "likely" | "none";
  /** By field; null: one of the two does not show it. Empty for what stays below `review_at`. */
  readonly fields: Readonly<Record<string, number | null>>;
}

/** A rule with what reading a record for it takes. */
export interface ReadableScoreRule extends ScoreRule {
  readonly lenses: readonly FieldLens[];
  /** Null: the record shows none of the fields. */
  profile(side: Side, readings: Readonly<Record<string, Reading>>): string | null;
  blocks(profile: string): readonly string[];
}

export interface ScoreLimits {
  readonly linkAt: number;
  readonly reviewAt: number;
}

type Profile = Readonly<Record<string, string>>;

export function scoreRule(index: number, scored: readonly ScoredField[], limits: ScoreLimits): ReadableScoreRule {
  const parts = scored.map(({ lens, weight }) => ({
    lens,
    weight,
    name: lens.policy.name,
    similarity: fieldSimilarity(lens),
  }));
  const total = parts.reduce((sum, part) => sum + part.weight, 0);
  const cheapFirst = parts.toSorted((one, other) => Number(isCostly(one)) - Number(isCostly(other)));
  const read = remembering(profileFrom);
  return {
    ...limits,
    index,
    lenses: scored.map(({ lens }) => lens),
    fields: parts.map(({ name }) => name),
    score(one, other) {
      const [a, b] = [read(one), read(other)];
      let weight = 0;
      for (const { name, weight: own } of cheapFirst) if (a[name] !== undefined && b[name] !== undefined) weight += own;
      const evidence = rounded(weight / total);
      const compared = new Map<string, number>();
      let sum = 0;
      let left = weight;
      for (const { name, weight: own, similarity } of cheapFirst) {
        const [mine, theirs] = [a[name], b[name]];
        if (mine === undefined || theirs === undefined) continue;
        const alike = compareTexts(similarity, mine, theirs);
        sum += own * alike;
        left -= own;
        // Most candidates share a block and nothing else: their names need not be compared.
        if (rounded((sum + left) / weight) < limits.reviewAt) return { score: 0, evidence, grade: "none", fields: {} };
        compared.set(name, rounded(alike));
      }
      const score = weight === 0 ? 0 : rounded(sum / weight);
      const fields = Object.fromEntries(parts.map(({ name }) => [name, compared.get(name) ?? null]));
      return { score, evidence, grade: gradeOf(score, evidence, limits), fields };
    },
    shown: (profile) => Object.fromEntries(Object.entries(read(profile)).map(([name, text]) => [name, unmarked(text)])),
    profile(side, readings) {
      const entries = parts.flatMap(({ lens, name, similarity }): readonly (readonly [string, string])[] => {
        const reading = readings[name];
        const text = reading === undefined ? null : comparedText(lens, similarity, side, reading);
        return text === null || text === "" ? [] : [[name, text]];
      });
      return entries.length === 0 ? null : fitting(entries);
    },
    blocks: (profile) => blocksOf(parts, read(profile)),
  };
}

function isCostly({ similarity }: Part): boolean {
  return similarity.kind === "name" || similarity.kind === "text";
}

/** What is cut differs somewhere behind the cut, and nobody knows by how much. */
const CUT_ALIKE_MOST = 0.9;

function compareTexts(similarity: Similarity, one: string, other: string): number {
  const alike = similarity.compare(one, other);
  return one !== other && (one.includes(CUT) || other.includes(CUT)) ? Math.min(alike, CUT_ALIKE_MOST) : alike;
}

function gradeOf(score: number, evidence: number, { linkAt, reviewAt }: ScoreLimits): PairScore["grade"] {
  if (score >= linkAt && evidence >= SURE_EVIDENCE) return "sure";
  return score >= reviewAt && evidence >= LIKELY_EVIDENCE ? "likely" : "none";
}

/** Two records that compare the same have the same score, however the sum was added up. */
function rounded(share: number): number {
  return Math.round(share * 10_000) / 10_000;
}

// ---------------------------------------------------------------- what is compared

/** A table's words, and a field that only one side types, are compared as the words that they are. */
function fieldSimilarity(lens: FieldLens): Similarity {
  return similarityOf(lens.table === null ? lens.sides.right.type.name : "word");
}

/** Both sides in the right side's form, as equal keys are; what cannot be carried there at once stays as it is. */
function comparedText(lens: FieldLens, { kind }: Similarity, side: Side, reading: Reading): string | null {
  if (reading.kind !== "value" || reading.cell.key === NULL_KEY) return null;
  const cell = sharedCell(lens, side, reading.cell) ?? reading.cell;
  if (cell.key === NULL_KEY) return null;
  return kind === "exact" ? plainKey(cell.key) : textOf(cell.value).trim();
}

/** Keys of exact types are the value behind a quote, or between two. */
function plainKey(key: string): string {
  return key.replace(/^"(.*?)"?$/s, "$1");
}

function textOf(value: Value): string {
  if (isList(value)) return value.map(textOf).join(" ");
  if (isFields(value)) return Object.values(value).map(textOf).join(" ");
  return value === null ? "" : (scalarText(value) ?? "");
}

// ---------------------------------------------------------------- profiles

/** The state keeps keys whole up to 400 characters, and a longer profile could not be read back. */
const PROFILE_MAX = 380;
/** Parts that are cut end in a mark and a number made of the whole, so that what differs behind the cut is not equal. */
const CUT = "\u2026#";

function fitting(entries: readonly (readonly [string, string])[]): string {
  let room = PROFILE_MAX;
  for (;;) {
    const text = JSON.stringify(Object.fromEntries(entries.map(([name, value]) => [name, cut(value, room)])));
    if (text.length <= PROFILE_MAX || room <= SHORTEST) return text;
    room = Math.max(SHORTEST, Math.floor(room * 0.7));
  }
}

const SHORTEST = 12;

function cut(value: string, room: number): string {
  return value.length <= room ? value : `${value.slice(0, room)}${CUT}${fingerprint(value)}`;
}

function unmarked(value: string): string {
  const at = value.lastIndexOf(CUT);
  return at < 0 ? value : value.slice(0, at + 1);
}

/** FNV-1a, 32 bits. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(36);
}

/** A text that is no profile compares with nothing. */
function profileFrom(text: string): Profile {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null) return {};
    return Object.fromEntries(
      Object.entries(parsed).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
    );
  } catch {
    return {};
  }
}

// ---------------------------------------------------------------- where candidates are looked for

/** More would cost a look-up each, and find whom the others have found. */
const BLOCKS_MAX = 12;

interface Part {
  readonly name: string;
  readonly similarity: Similarity;
}

function blocksOf(parts: readonly Part[], profile: Profile): readonly string[] {
  const found = new Set<string>();
  const called =
    parts.find(({ similarity, name }) => similarity.kind === "name" && profile[name] !== undefined) ??
    parts.find(({ similarity, name }) => similarity.kind === "text" && profile[name] !== undefined);
  const callName = called === undefined ? undefined : profile[called.name];
  for (const { name, similarity } of parts) {
    const text = profile[name];
    if (text === undefined) continue;
    const own =
      similarity.kind !== "postcode"
        ? similarity.blocks(text)
        : callName === undefined
          ? []
          : postcodeBlocks(text, callName);
    for (const block of own) found.add(`${name}:${block.slice(0, BLOCK_LENGTH_MAX)}`);
  }
  return [...found].slice(0, BLOCKS_MAX);
}

/** Enough for a UUID or a time; a longer one is cut on both sides alike. */
const BLOCK_LENGTH_MAX = 80;
