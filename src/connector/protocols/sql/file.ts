// What a connector file says about SQL beside `dialect:`: the table of an object, statements that replace the derived ones,
// columns that every write of ours sets, and the replication slot that changes are read from.

import { z } from "zod";
import { about } from "../../file/text.ts";

const sqlText = "sql: the statement, with bound parameters :name; replaces the derived one.";
const identifier = z.string().min(1);

const replication = z.strictObject({
  slot: about(
    identifier,
    "Name of the slot, one for each object and pair; it is created where it is missing.",
    "syncline_customer",
  ),
  publication: about(identifier, "Name of the publication that has the table.", "syncline"),
});

export type ReplicationPart = z.output<typeof replication>;

/** Keys of an object with protocol: sql. */
export const sqlObjectPart = {
  table: about(
    z.string().optional(),
    "sql: the table or view, with its schema where that is not the usual one.",
    "app.customers",
  ),
  select: about(z.string().optional(), sqlText, "select id, email from customers where kind = 'b'"),
  insert: about(z.string().optional(), sqlText, "insert into customers (email) values (:email) returning id"),
  touch: about(
    z.record(identifier, z.enum(["now", "next"])).optional(),
    "sql: columns that each of our writes sets, where no trigger does: now is the database's clock, next is one more.",
    { updated_at: "now", revision: "next" },
  ),
  replication: about(
    replication.optional(),
    "sql, postgres: changes, deletes among them, are read from this logical replication slot.",
    { slot: "syncline_customer", publication: "syncline" },
  ),
  overlap: about(
    z.number().int().min(0).max(10_000_000).optional(),
    "sql: how many numbers back each reading of changes starts, where the cursor is a number; default 1000.",
    1000,
  ),
};

/** Statement in place of a request part at `update:` and `delete:`. */
export const sqlStatement = about(z.string(), sqlText);

/** Keys of an object that only sql has. */
export const SQL_KEYS = ["table", "select", "insert", "touch", "replication", "overlap"] as const;
