// boolean: true or false, in the spelling of each side.

import { z } from "zod";

import { canonicalText, digitsOf, type Value } from "../../core/value.ts";
import { defineType, type OptionFault } from "./definition.ts";
import { invalid, NULL_READING } from "./reading.ts";
import { pick } from "./chance.ts";
import type { TypeReading } from "./type.ts";

const spellingSchema = z.union([z.string(), z.number(), z.boolean()]);
type Spelling = z.output<typeof spellingSchema>;

/** [true, false] in the spellings that are understood unless a side names its own. */
const USUAL: readonly (readonly [Spelling, Spelling])[] = [
  [true, false],
  ["true", "false"],
  [1, 0],
  ["1", "0"],
  ["yes", "no"],
  ["y", "n"],
  ["on", "off"],
];

const TRUE_READING: TypeReading = { ok: true, value: true };
const FALSE_READING: TypeReading = { ok: true, value: false };

export const booleanType = defineType({
  name: "boolean",
  docs: {
    summary:
      "True or false. Understood are true/false, yes/no, y/n, on/off in any case and 1/0, and a record is sent the spelling that it shows. " +
      "`{ boolean: [J, N] }` says how a side spells true and false; then nothing else is understood but true and false themselves.",
    example: "active: { crm: { at: is_active, as: { boolean: [Y, N] } }, as: boolean }",
  },
  options: z.strictObject({
    true: spellingSchema.optional().describe("How this side spells true."),
    false: spellingSchema.optional().describe("How this side spells false."),
  }),
  short: {
    schema: z.tuple([spellingSchema, spellingSchema]).describe("How this side spells true and false, in this order."),
    toOptions: (given) => (Array.isArray(given) && given.length === 2 ? { true: given[0], false: given[1] } : null),
  },
  faults: (options) => spellingFaults(options.true, options.false),
  build: (options) => {
    const own: readonly [Spelling, Spelling] | null =
      options.true === undefined || options.false === undefined ? null : [options.true, options.false];
    const pairs = own === null ? USUAL : [own];
    const known = new Map<string, TypeReading>();
    for (const [yes, no] of pairs) {
      known.set(spelled(yes), TRUE_READING);
      known.set(spelled(no), FALSE_READING);
    }
    const expected = pairs.map((pair) => pair.map(String).join("/")).join(", ");
    return {
      name: "boolean",
      lossless: true,
      read: (raw) => {
        if (raw === null) return NULL_READING;
        if (typeof raw === "boolean") return raw ? TRUE_READING : FALSE_READING;
        const text = typeof raw === "string" ? raw : digitsOf(raw);
        return (text === null ? undefined : known.get(spelled(text))) ?? invalid(raw, `one of ${expected}`);
      },
      write: (value, shown) => {
        if (typeof value !== "boolean") return value;
        if (own !== null) return own[value ? 0 : 1];
        return likeSpelling(value, shown);
      },
      key: canonicalText,
      sample: (random) => pick<Value>(random, pairs.flat()),
      edges: [true, false, ...pairs.flat()],
    };
  },
});

function spellingFaults(yes: Spelling | undefined, no: Spelling | undefined): readonly OptionFault[] {
  if ((yes === undefined) !== (no === undefined)) {
    return [
      {
        code: "E_MISSING",
        option: null,
        message: "boolean needs the spelling of both true and false",
        expected: "{ true: …, false: … }",
      },
    ];
  }
  if (yes === undefined || no === undefined || spelled(yes) !== spelled(no)) return [];
  return [{ code: "E_ENUM", option: null, message: `true and false cannot both be spelled ${String(yes)}` }];
}

function spelled(spelling: Spelling): string {
  return String(spelling).trim().toLowerCase();
}

/** The other word of the pair that the record uses, in its case. */
function likeSpelling(value: boolean, shown: Value | undefined): Value {
  if (typeof shown !== "string" && typeof shown !== "number") return value;
  const pair = USUAL.find((words) =>
    words.some((word) => typeof word === typeof shown && spelled(word) === spelled(shown)),
  );
  if (pair === undefined) return value;
  const word = pair[value ? 0 : 1];
  if (typeof shown !== "string" || typeof word !== "string") return word;
  if (shown === shown.toUpperCase()) return word.toUpperCase();
  return /^\p{Lu}/u.test(shown) ? word.charAt(0).toUpperCase() + word.slice(1) : word;
}
