// One entry of `objects:`.

import { z } from "zod";
import { odataObjectPart } from "../protocols/odata/file.ts";
import { filesObjectPart } from "../protocols/files/file.ts";
import { sqlObjectPart, sqlStatement } from "../protocols/sql/file.ts";
import {
  batchSchema,
  changesSchema,
  createSchema,
  deleteSchema,
  findSchema,
  getSchema,
  listSchema,
  updateSchema,
} from "./request.ts";
import { about, name, path } from "./text.ts";

const scalar = z.union([z.string(), z.number(), z.boolean()]);

const fieldSchema = z.strictObject({
  at: about(path.optional(), "Path of the field in an item; default: its own name.", "properties.email"),
  type: about(
    z.enum(["text", "integer", "decimal", "boolean", "date", "datetime", "json"]).optional(),
    "Wire type, where JSON alone is not enough.",
    "decimal",
  ),
  read_only: about(z.boolean().optional(), "True: never sent.", true),
  none: about(scalar.optional(), "What stands on the wire for null, read and written.", false),
  encode: about(
    z.enum(["text", "number", "seconds", "milliseconds"]).optional(),
    "How the value is written on the wire; default: as the record just read shows it, else a number, or ISO text for times.",
    "text",
  ),
});

export type FieldPart = z.output<typeof fieldSchema>;

export const objectSchema = z.strictObject({
  id: about(path.optional(), "Path of the immutable id in an item; default id.", "id"),
  version: about(path.optional(), "Path of a token that changes with each change.", "updatedAt"),
  modified: about(path.optional(), "Path of the time of the last change.", "updatedAt"),
  deleted: about(path.optional(), "Path that is truthy on a deleted item.", "archived"),
  deleted_is: about(
    z.union([scalar, z.array(scalar).min(1)]).optional(),
    "Values at `deleted` that mean so; default: whatever is truthy.",
    ["ARCHIVED", "DELETED"],
  ),
  ...odataObjectPart,
  natural_keys: about(z.array(name).optional(), "Fields that name a record uniquely.", ["email"]),
  fields: about(z.record(z.string().min(1), fieldSchema).optional(), "Names and wire types of fields.", {
    email: { at: "properties.email" },
  }),
  list: listSchema.optional(),
  get: getSchema.optional(),
  find: findSchema.optional(),
  changes: changesSchema.optional(),
  create: createSchema.optional(),
  update: z.union([updateSchema, sqlStatement]).optional(),
  delete: z.union([deleteSchema, sqlStatement]).optional(),
  batch: z
    .strictObject({
      read: batchSchema.optional(),
      create: batchSchema.optional(),
      update: batchSchema.optional(),
      upsert: batchSchema.optional(),
      delete: batchSchema.optional(),
    })
    .optional(),
  ...sqlObjectPart,
  ...filesObjectPart,
});

export type ObjectPart = z.output<typeof objectSchema>;
