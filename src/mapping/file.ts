// The shape of a whole mapping file (spec/formats.md, section 3). This one schema gives the types, the checks and the JSON
// Schema for editors. What a shape cannot say (names of sides, overlaps, laws) is checked by compile.ts.

import { z } from "zod";

import { entitySchema } from "./file-entity.ts";

const duration = (about: string, example: string) =>
  z.string().describe(`${about} Durations: 500ms 30s 5m 2h 7d. Example: ${example}`);

const entry = (about: string, example: string) =>
  z.string().describe(`${about}: \`every DURATION\` or \`cron EXPRESSION\`. Example: ${example}`);

const limitSchema = (about: string) =>
  z
    .union([
      z.literal("off"),
      z.strictObject({
        floor: z.int().nonnegative().describe("So many are always let through. Example: 10").optional(),
        fraction: z.union([z.string(), z.number()]).describe("Share of the linked pairs. Example: 10%").optional(),
      }),
    ])
    .describe(
      `${about}: tripped when over max(floor, fraction of linked pairs), or off. Example: { floor: 10, fraction: 10% }`,
    );

const guardsSchema = z
  .union([
    z.literal("off"),
    z.strictObject({
      create: limitSchema("Records created per run and side").optional(),
      update: limitSchema("Records updated per run and side").optional(),
      delete: limitSchema("Records deleted per run and side").optional(),
      blank: limitSchema("Fields set to empty per run and side").optional(),
      one_value: limitSchema(
        "Records of which one field gets one and the same value, over many different ones, per run and side",
      ).optional(),
      all_changed: z
        .enum(["refuse", "allow"])
        .describe(
          "Every linked record of an entity, 100 or more, updated on one side at once: refuse withholds these updates. Example: refuse",
        )
        .optional(),
      empty: z
        .enum(["refuse", "allow"])
        .describe("A side that had records and lists none: refuse halts the run. Example: refuse")
        .optional(),
    }),
  ])
  .describe(
    "Limits per run and side; a class of action that trips is withheld, the rest goes on; off switches all off. Example: { delete: { floor: 10, fraction: 10% } }",
  );

const scheduleSchema = z
  .strictObject({
    changes: entry("When changes are read", "every 2m").optional(),
    sweep: entry("When both sides are compared whole", "cron 0 3 * * *").optional(),
    timezone: z.string().describe("Time zone of the cron entries; default UTC. Example: Europe/Vienna").optional(),
    webhooks: z
      .boolean()
      .describe("Whether webhooks of the two systems start work; default true. Example: true")
      .optional(),
  })
  .describe("What starts work. Example: { changes: every 2m, sweep: cron 0 3 * * * }");

export const mappingFileSchema = z
  .strictObject({
    pair: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, "a name of letters, digits, `-`, `_` and `.`, at most 63 long")
      .describe("Unique name of the pair, for the command line and the metrics. Example: crm-billing"),
    state: z
      .enum(["proposed", "active", "paused"])
      .describe("proposed (the default) plans only and never writes. Example: active")
      .optional(),
    sides: z
      .record(z.string(), z.string().min(1))
      .describe(
        "Two short names, used everywhere below, and their systems of the config. Example: { crm: hubspot-prod, billing: stripe-prod }",
      ),
    schedule: scheduleSchema.optional(),
    guards: guardsSchema.optional(),
    on_change: z
      .enum(["accept", "continue"])
      .describe("After a change of this file's meaning: stop until accepted, or go on. Example: accept")
      .optional(),
    tombstones: duration("How long a dead link is remembered; default 90d.", "90d").optional(),
    clock_tolerance: duration("Two changes nearer than this have no newest; default 30s.", "30s").optional(),
    entities: z
      .record(z.string(), entitySchema)
      .describe(
        "What is kept in step, by a name of your choosing. Example: { customer: { crm: { object: contact }, billing: { object: customer }, fields: { email: {} } } }",
      ),
  })
  .describe("What is kept in step between two systems. Example: see mappings/crm-billing.yaml");

export type MappingFile = z.infer<typeof mappingFileSchema>;
