// The shape of one entity of a mapping file: objects, matching, policies, and its field rules.

import { z } from "zod";

import { dynamicKeys } from "./dynamic-keys.ts";
import { directionSchema, resolutionSchema, ruleSchema, strengthSchema } from "./file-rule.ts";

const OPERATIONS = ["create", "update", "delete"] as const;
const WHEN_GONE = ["unlink", "delete", "restore", "review"] as const;

/** One side of an entity, written out. */
export const entitySideSchema = z
  .strictObject({
    object: z.string().min(1).describe("The object of the connector. Example: contact"),
    scope: z
      .string()
      .describe("Expression over the record: whether it takes part. Example: 'stage = \"customer\"'")
      .optional(),
  })
  .describe(
    "The object of this side, and which of its records take part. Example: { object: contact, scope: 'stage = \"customer\"' }",
  );

const operations = z.array(z.enum(OPERATIONS)).describe("What may be written. Example: [create, update]");
const whenGone = z.enum(WHEN_GONE).describe("What becomes of the counterpart. Example: unlink");

const matchSchema = z
  .union([
    z
      .array(z.string())
      .min(1)
      .describe("Fields whose canonical values must all be equal and present. Example: [email]"),
    z
      .strictObject({
        score: z
          .record(z.string(), z.number().positive())
          .describe(
            "The fields to compare, each with its weight; weights need not add up to 1. Example: { name: 0.5, phone: 0.3 }",
          ),
        link_at: z
          .number()
          .gt(0)
          .lte(1)
          .describe("From this score on, and clearly ahead of the next one, two records are linked. Example: 0.95"),
        review_at: z
          .number()
          .gt(0)
          .lte(1)
          .describe(
            "From this score up to `link_at` a person is asked; below it two records are strangers. Example: 0.8",
          ),
      })
      .describe(
        "Fields that are alike: the weighted mean of the fields that both records show. Example: { score: { name: 0.5, phone: 0.3 }, link_at: 0.95, review_at: 0.8 }",
      ),
    z
      .record(z.string(), z.unknown())
      .describe(
        "A path on each side whose values are equal: a stored foreign id. Example: { crm: billing_id, billing: id }",
      ),
  ])
  .describe("One way to find the counterpart of a record without a link. Example: [email]");

const testSchema = z
  .looseObject({
    name: z
      .string()
      .min(1)
      .describe("What the test shows, as a sentence. Example: a new customer is created in billing"),
    expect: z
      .record(z.string(), z.unknown())
      .describe(
        "What is written, by side; and the cases opened. Example: { billing: { create: { name: Ada Lovelace } } }",
      ),
  })
  .describe(
    'Records of the sides, and what shall come of them. Example: { name: a new customer, crm: { id: "1" }, expect: { billing: { create: {} } } }',
  );

const ENTITY_KEYS = {
  match: z
    .array(matchSchema)
    .describe("Tried in order for records without a link; left out, every unlinked record is new. Example: [[email]]")
    .optional(),
  without_key: z
    .enum(["quarantine", "create"])
    .describe("A record that has none of its match fields. Example: quarantine")
    .optional(),
  allow: z
    .union([operations, z.record(z.string(), operations)])
    .describe(
      "What may be written, by side; default [create, update] on both. Example: { crm: [update], billing: [create, update, delete] }",
    )
    .optional(),
  when_gone: z
    .union([whenGone, z.record(z.string(), whenGone)])
    .describe(
      "By the side whose record is gone, what becomes of its counterpart; default unlink. Example: { crm: delete, billing: unlink }",
    )
    .optional(),
  gone_edited: z
    .enum(["review", "restore", "delete"])
    .describe("One record is gone and the other was edited since. Example: review")
    .optional(),
  on_scope_exit: z
    .enum(["freeze", "unlink", "delete"])
    .describe("A linked record leaves the scope. Example: freeze")
    .optional(),
  conflict: resolutionSchema("When both sides changed the same field; the default of the entity's rules").optional(),
  at_link: resolutionSchema(
    "When two existing records differ as they are first linked; default as `conflict`",
  ).optional(),
  direction: directionSchema.optional(),
  strength: strengthSchema.optional(),
  foreign: z
    .enum(["keep", "delete", "review"])
    .describe("Of a mirror (one-way, strong): records that only the receiving side has. Example: keep")
    .optional(),
  after: z.array(z.string()).describe("Entities that go first; a `ref` implies it. Example: [product]").optional(),
  fields: z
    .record(z.string(), ruleSchema)
    .describe("The field rules, by canonical name. Example: { email: { as: email } }"),
  tests: z
    .array(testSchema)
    .describe('Examples that `syncline test` runs. Example: [{ name: a new customer, crm: { id: "1" }, expect: {} }]')
    .optional(),
} as const;

export const ENTITY_KEY_NAMES: readonly string[] = Object.keys(ENTITY_KEYS);

export const entitySchema = z
  .strictObject(ENTITY_KEYS)
  .catchall(dynamicKeys(entitySideSchema))
  .describe(
    "One object type of each side, kept in step. Example: { crm: { object: contact }, billing: { object: customer }, match: [[email]], fields: { email: {} } }",
  );

export type EntityFile = z.infer<typeof entitySchema>;
export type TestFile = z.infer<typeof testSchema>;
