// One entry of `objects:`.

import { z } from "zod";
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
import { about, duration, name, path } from "./text.ts";

const fieldSchema = z.strictObject({
  at: about(path.optional(), "Path of the field in an item; default: its own name.", "properties.email"),
  type: about(
    z.enum(["text", "integer", "decimal", "boolean", "date", "datetime", "json"]).optional(),
    "Wire type, where JSON alone is not enough.",
    "decimal",
  ),
  read_only: about(z.boolean().optional(), "True: never sent.", true),
  encode: about(
    z.enum(["text", "number", "seconds", "milliseconds"]).optional(),
    "How the value is written on the wire; default: as the record just read shows it, else a number, or ISO text for times.",
    "text",
  ),
});

export type FieldPart = z.output<typeof fieldSchema>;

const sqlText = "sql: the statement, with bound parameters :name.";

export const objectSchema = z.strictObject({
  id: about(path.optional(), "Path of the immutable id in an item; default id.", "id"),
  version: about(path.optional(), "Path of a token that changes with each change.", "updatedAt"),
  modified: about(path.optional(), "Path of the time of the last change.", "updatedAt"),
  deleted: about(path.optional(), "Path that is truthy on a deleted item.", "archived"),
  natural_keys: about(z.array(name).optional(), "Fields that name a record uniquely.", ["email"]),
  fields: about(z.record(z.string().min(1), fieldSchema).optional(), "Names and wire types of fields.", {
    email: { at: "properties.email" },
  }),
  list: listSchema.optional(),
  get: getSchema.optional(),
  find: findSchema.optional(),
  changes: changesSchema.optional(),
  create: createSchema.optional(),
  update: z.union([updateSchema, about(z.string(), sqlText)]).optional(),
  delete: z.union([deleteSchema, about(z.string(), sqlText)]).optional(),
  batch: z
    .strictObject({
      read: batchSchema.optional(),
      create: batchSchema.optional(),
      update: batchSchema.optional(),
      upsert: batchSchema.optional(),
      delete: batchSchema.optional(),
    })
    .optional(),
  table: about(z.string().optional(), "sql: the table.", "customers"),
  select: about(z.string().optional(), sqlText),
  insert: about(z.string().optional(), sqlText),
  at: about(z.string().optional(), "files: the folder.", "sftp://files.example.com/out"),
  glob: about(z.string().optional(), "files: which of them.", "*.csv"),
  format: about(z.record(z.string(), z.unknown()).optional(), "files: csv, jsonl, json or xml.", { csv: {} }),
  means: about(z.enum(["snapshot", "changes"]).optional(), "files: what a file holds.", "snapshot"),
  ready_when: about(z.unknown(), "files: when a file is complete.").optional(),
  after: about(
    z.strictObject({ move_to: z.string().optional() }).optional(),
    "files: what becomes of a file that was read.",
  ),
  settle: about(duration.optional(), "files: how long a file must have kept its size."),
});

export type ObjectPart = z.output<typeof objectSchema>;
