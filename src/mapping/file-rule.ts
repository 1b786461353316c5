// The shape of one field rule of a mapping file. The two sides have names of the user's choosing, so a rule is a strict
// object but for keys that may be sides; compile.ts checks those against `sides` and reads them with `ruleSideSchema`.

import { z } from "zod";

import { domainSchema } from "./domain.ts";
import { dynamicKeys } from "./dynamic-keys.ts";
import { TYPE_NAMES, typeSpecSchema } from "./types/registry.ts";

const path = z
  .string()
  .describe(
    'A dotted path in the decoded record; a key with a dot is quoted. Example: "address.country" or "lines[0].sku"',
  );
const paths = z
  .union([path, z.array(path).min(1).describe("Several paths that make up one value. Example: [firstname, lastname]")])
  .describe("Where the value stands: a path, or several for types made of parts. Example: [firstname, lastname]");
const expression = (about: string, example: string) => z.string().describe(`${about} Example: ${example}`);
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const TYPE_ABOUT =
  "The canonical type: its name, or its name with options. Example: email, or { phone: GB }, or { decimal: 2 }";

/** Any name and options: types/registry.ts checks them, and says better what is wrong. */
const looseTypeSchema = z.union([z.string().meta({ examples: [...TYPE_NAMES] }), z.record(z.string(), z.unknown())]);

/** With the types spelled out, for editors. */
const typeSchema = z.union([typeSpecSchema, looseTypeSchema]).describe(TYPE_ABOUT);

const emptySchema = z.array(scalar).describe('Values that mean "nothing here", beside null. Example: ["", "N/A"]');

export const strengthSchema = z
  .enum(["weak", "normal", "strong", "review"])
  .describe(
    "What an edit of the receiving side of a one-way rule is worth: weak fills only an empty field, strong reverts the edit, review opens a case. Example: strong",
  );

export const directionSchema = z
  .string()
  .describe("Makes it one-way: giving side -> receiving side. Example: billing -> crm");

export const resolutionSchema = (about: string) =>
  z
    .string()
    .describe(`${about}: review (a case for a person), newest, or the name of the side that wins. Example: review`);

/** One side of a rule, written out. */
export const ruleSideSchema = z
  .union([
    path,
    z.array(path).min(1),
    z.strictObject({
      at: paths.optional(),
      as: looseTypeSchema.describe(TYPE_ABOUT).optional(),
      read: expression(
        "Expression over the record that gives the canonical value.",
        "'labels[lang = \"en\"].text'",
      ).optional(),
      write: z
        .record(
          z.string(),
          expression(
            "Expression that gives the new value at this path; $value is the canonical value, $ the current record.",
            '\'[{"lang": "en", "text": $value}]\'',
          ),
        )
        .describe(
          'How a canonical value is put back: paths and the expressions that give their new values. Example: { labels: \'[{"lang": "en", "text": $value}]\' }',
        )
        .optional(),
      empty: emptySchema.optional(),
      default: z
        .unknown()
        .describe('Stands for a null of this side, and does not travel back as an edit. Example: "standard"')
        .optional(),
    }),
  ])
  .describe(
    "Where the field stands on this side: a path, a list of paths, or an object with `at`, `as`, `read`, `write`, `empty`, `default`. Example: { at: amount_due, as: { money: minor } }",
  );

/** What every rule may say, that of a list and those of its lines. */
const SHARED_KEYS = {
  as: typeSchema.optional(),
  values: z
    .record(z.string(), scalar)
    .describe(
      "Table of equal values, first side: second side. Where two first values have one second, the first listed represents them. Example: { lead: prospect, customer: active }",
    )
    .optional(),
  value: expression(
    "Expression over the giving side's record, in place of a path; needs a direction.",
    "'\"crm\"'",
  ).optional(),
  direction: directionSchema.optional(),
  strength: strengthSchema.optional(),
  conflict: resolutionSchema("When both sides changed this field").optional(),
  at_link: resolutionSchema("When two existing records differ in this field as they are first linked").optional(),
  ref: z
    .string()
    .describe(
      "The field holds the id of a record of this entity, and is carried over as the id of its linked counterpart. Example: account",
    )
    .optional(),
  group: z.string().min(1).describe("Fields of one group merge and conflict as one. Example: address").optional(),
  merge: z
    .enum(["counter", "set", "lines", "max"])
    .describe(
      "How changes of both sides are put together instead of being a conflict: counter adds both deltas; set keeps both sides' additions and removals; lines merges line by line; max keeps the greater one, by `values` order or by amount or date. Example: counter",
    )
    .optional(),
  optional: z
    .boolean()
    .describe(
      "Of a `ref`: a record is created without waiting for the record that it names, which is filled in once that is linked. Example: true",
    )
    .optional(),
  empty: emptySchema.optional(),
  blank: z
    .enum(["keep"])
    .describe("keep: a value cleared on one side is not cleared on the other. Example: keep")
    .optional(),
  law: z
    .enum(["lossy"])
    .describe("Accepts a two-way rule that loses detail both ways; needs `conflict: SIDE`. Example: lossy")
    .optional(),
  domain: domainSchema.optional(),
} as const;

/** compile-lines.ts says which of the keys cannot stand here. */
const lineRuleSchema = z
  .strictObject(SHARED_KEYS)
  .catchall(dynamicKeys(ruleSideSchema))
  .describe(
    "A rule of a line's field. The line is its record: paths begin in it, `$` of an expression is the line, `$value` the canonical value; the rest of the record is not seen. `conflict`, `at_link`, `merge`, `blank`, `group` and `optional` are said of the list, `direction` and `strength` here or there. Example: { value: '\"20\"', direction: crm -> billing }",
  );

const eachSchema = z
  .strictObject({
    key: z.string().min(1).describe("The field of a line by which it is found on the other side. Example: sku"),
    fields: z
      .record(z.string(), lineRuleSchema)
      .describe(
        "The rules of a line, by name: paths, expressions, constants, both ways or one way. Example: { sku: {}, qty: { as: integer }, net: { crm: { read: gross / 1.25 }, as: decimal, direction: crm -> billing } }",
      ),
  })
  .describe(
    "The field is a list of lines, matched by a key, with rules of their own. Example: { key: sku, fields: { sku: {}, qty: { as: integer } } }",
  );

const RULE_KEYS = { ...SHARED_KEYS, each: eachSchema.optional() } as const;

export const RULE_KEY_NAMES: readonly string[] = Object.keys(RULE_KEYS);

export const ruleSchema = z
  .strictObject(RULE_KEYS)
  .catchall(dynamicKeys(ruleSideSchema))
  .describe(
    "A field rule: a side left out has the path of the field's own name. Example: { crm: country, billing: address.country, as: { country: alpha2 } }",
  );

export type RuleFile = z.infer<typeof ruleSchema>;
export type EachFile = z.infer<typeof eachSchema>;
export type RuleSideFile = z.infer<typeof ruleSideSchema>;
