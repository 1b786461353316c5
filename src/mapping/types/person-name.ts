// person_name: one full name, which a side may keep in two or three fields.
//
//   [given, family]   "Ada Lovelace"            Ada | Lovelace
//                     "Ludwig van Beethoven"    Ludwig | van Beethoven      small particles go with the family name
//                     "van Beethoven"           – | van Beethoven
//                     "Madonna"                 Madonna | –                 `single: family` puts it on the right
//
// Where the fields already say the name, they stay as they are: ("Mary Ann", "Smith") is not split anew because of an echo.
// Compared is always the whole name, so a word that moves from one field to the other is no edit and nothing goes back and forth.

import { z } from "zod";

import type { Value } from "../../core/value.ts";
import { defineType } from "./definition.ts";
import { collapsed, invalid, likeShown, NULL_READING, textOf, valid } from "./reading.ts";
import { pick } from "./chance.ts";
import type { KnownType, PartsType, TypeReading } from "./type.ts";

const PARTS = ["given", "middle", "family"] as const;
type NamePart = (typeof PARTS)[number];

/** Written small, they belong to the family name that follows: "van der Berg", "de la Cruz". */
const PARTICLES = new Set(
  "af al av bin bint da das de degli dei del della den der des di do dos du e el i ibn la las le les lo los ten ter thoe tot van vom von y zu zum zur 't".split(
    " ",
  ),
);

const singleSchema = z.enum(["given", "family"]);

export const personNameType = defineType({
  name: "person_name",
  docs: {
    summary:
      "A person's full name. It travels as one text; white space between and around the words makes no difference. A side may keep it in two fields ([given, family]) or three " +
      "([given, middle, family]): they are joined with one space, and a name that arrives is split before the last word and the small particles in front of it (van, de la). " +
      "Fields that already say the name, and a family or given name that it still has, stay as they are. `parts` names the fields in another order; `single: family` says where a lone word goes.",
    example: "name: { crm: [firstname, lastname], billing: name, as: person_name }",
  },
  options: z.strictObject({
    parts: z
      .array(z.enum(PARTS))
      .min(2)
      .max(3)
      .optional()
      .describe("What the paths of this side hold, in their order."),
    single: singleSchema.optional().describe("Where a name of one word goes; given unless said."),
  }),
  short: {
    schema: z.array(z.enum(PARTS)).describe("What the paths of this side hold, in their order."),
    toOptions: (given) => (Array.isArray(given) ? { parts: given } : null),
  },
  faults: ({ parts }) =>
    parts === undefined || (new Set(parts).size === parts.length && parts.includes("given") && parts.includes("family"))
      ? []
      : [
          {
            code: "E_ENUM",
            option: "parts",
            message: "the parts of a name are given and family, or with middle, each once",
            found: parts.join(", "),
          },
        ],
  build: ({ parts, single = "given" }): KnownType & PartsType => {
    const partsOf = (count: number): readonly NamePart[] => parts ?? (count === 3 ? PARTS : ["given", "family"]);
    const key = (value: Value): string => `"${collapsed(textOf(value) ?? "")}`;

    const join = (raws: readonly (Value | undefined)[]): TypeReading | null => {
      const named = namedParts(raws, partsOf(raws.length));
      if (raws.every((raw) => raw === undefined)) return null;
      if (raws.every((raw) => raw === undefined || raw === null)) return NULL_READING;
      const words: string[] = [];
      for (const part of PARTS) {
        const raw = named[part];
        const text = raw === undefined || raw === null ? "" : textOf(raw);
        if (text === null) return invalid(raw ?? null, "part of a name");
        if (text.trim() !== "") words.push(text.trim());
      }
      return valid(words.join(" "));
    };

    return {
      name: "person_name",
      lossless: true,
      read: (raw) => {
        if (raw === null) return NULL_READING;
        const text = textOf(raw);
        return text === null ? invalid(raw, "a name") : valid(text);
      },
      write: (value, shown) => (typeof value === "string" ? likeShown(value, shown) : value),
      key,
      spreads: (count) => (parts === undefined ? count === 2 || count === 3 : count === parts.length),
      join,
      split: (value, shown) => {
        const order = partsOf(shown.length);
        if (value === null) return order.map(() => null);
        const now = join(shown);
        if (now?.ok === true && now.value !== null && key(now.value) === key(value))
          return shown.map((raw) => raw ?? null);
        const words = (textOf(value) ?? "")
          .trim()
          .split(/\s+/)
          .filter((word) => word !== "");
        const next = splitWords(words, namedParts(shown, order), { single, hasMiddle: order.includes("middle") });
        return order.map((part) => partText(next[part], namedParts(shown, order)[part]));
      },
      sample: (random) => {
        const name = `${pick(random, ["Ada", "Ludwig", "Zoë", "Mary Ann", "李", ""])} ${pick(random, ["Lovelace", "van Beethoven", "de la Cruz", "O'Neil", "Ze\u0301", ""])}`;
        return pick(random, [name, name.trim(), ` ${name}`]);
      },
      edges: [
        "",
        " Ada",
        "van Beethoven",
        "Madonna",
        "Ada  King\u00a0Lovelace",
        "van",
        "von der",
        "👩‍🔬 Ada",
        "Ze\u0301 Zé",
      ],
    };
  },
});

type NamedParts = Readonly<Partial<Record<NamePart, Value | undefined>>>;

function namedParts(raws: readonly (Value | undefined)[], order: readonly NamePart[]): NamedParts {
  return Object.fromEntries(order.map((part, index) => [part, raws[index]]));
}

type SplitName = Readonly<Record<NamePart, readonly string[]>>;

function splitWords(
  words: readonly string[],
  shown: NamedParts,
  rule: { readonly single: NamePart; readonly hasMiddle: boolean },
): SplitName {
  if (words.length === 1) return { given: [], middle: [], family: [], [rule.single]: words };
  const family = wordsOf(shown.family);
  const given = wordsOf(shown.given);
  const familyLength = endsWith(words, family) ? family.length : startsWith(words, given) ? null : familyWords(words);
  if (familyLength === null && !rule.hasMiddle) return { given, middle: [], family: words.slice(given.length) };
  const length = familyLength ?? Math.min(familyWords(words), words.length - given.length);
  const rest = words.slice(0, words.length - length);
  if (!rule.hasMiddle) return { given: rest, middle: [], family: words.slice(rest.length) };
  const givenLength = startsWith(rest, given) || given.length === rest.length ? Math.min(given.length, rest.length) : 1;
  return { given: rest.slice(0, givenLength), middle: rest.slice(givenLength), family: words.slice(rest.length) };
}

/** How many words at the end are the family name: the last one, and the particles before it. */
function familyWords(words: readonly string[]): number {
  let length = Math.min(1, words.length);
  while (length < words.length && PARTICLES.has(words[words.length - length - 1] ?? "")) length += 1;
  return length;
}

function wordsOf(shown: Value | undefined): readonly string[] {
  const text = shown === undefined || shown === null ? "" : collapsed(textOf(shown) ?? "");
  return text === "" ? [] : text.split(" ");
}

/** Whether these words are at the end, with others before them. */
function endsWith(words: readonly string[], end: readonly string[]): boolean {
  const start = words.length - end.length;
  return end.length > 0 && start > 0 && end.every((word, index) => word === words[start + index]?.normalize("NFC"));
}

/** Whether these words are at the beginning, with others after them. */
function startsWith(words: readonly string[], begin: readonly string[]): boolean {
  return (
    begin.length > 0 &&
    begin.length < words.length &&
    begin.every((word, index) => word === words[index]?.normalize("NFC"))
  );
}

/** An empty part is what the record has for empty: "" stays "". */
function partText(words: readonly string[], shown: Value | undefined): Value {
  if (words.length === 0) return shown === "" ? "" : null;
  return likeShown(words.join(" "), shown);
}
