// What a connector file says about OData: `odata:` at the top, `entity_set:` and `odata:` in an object.

import { z } from "zod";
import { about, duration, name, template } from "../../file/text.ts";

const fileOptions = z.strictObject({
  version: about(z.enum(["2.0", "4.0"]).optional(), "Default 4.0.", "4.0"),
});

/** Keys at the top of a connector file with `protocol: odata`. */
export const odataFilePart = {
  odata: about(fileOptions.optional(), "odata: which version is spoken.", { version: "4.0" }),
};

const objectOptions = z.strictObject({
  key: about(
    z.enum(["text", "number", "guid"]).optional(),
    "How the id is written into an address: Customers('7'), Customers(7) or Customers(a guid); default text.",
    "guid",
  ),
  filter: about(template.optional(), "Only these records; put into $filter.", "blocked eq false"),
  expand: about(z.string().min(1).optional(), "$expand of all that is read.", "lines"),
  select: about(z.boolean().optional(), "False: $select is not sent, and every field comes; default true.", false),
  page_size: about(z.number().int().min(1).max(20_000).optional(), "Records a page; default 200.", 200),
  paging: about(
    z.enum(["server", "client"]).optional(),
    "server (default): @odata.nextLink is followed. client: $top and $skip, in the order of the id.",
    "client",
  ),
  count: about(z.boolean().optional(), "False: the total is not asked for ($count); default true.", false),
  delta: about(
    z.boolean().optional(),
    "True: changes are read by delta links, and show deletes; default: by the time at `modified`.",
    true,
  ),
  settle: about(duration.optional(), "How late a row may become visible in changes by time; default 10s.", "60s"),
  etag: about(
    z.boolean().optional(),
    "False: records have no @odata.etag, so edits in between are noticed by reading just before a write; default true.",
    false,
  ),
  unquoted: about(
    z.array(name).optional(),
    "Natural keys that a filter compares without quotes: numbers, guids, dates.",
    ["number"],
  ),
  write: about(z.array(z.enum(["create", "update", "delete"])).optional(), "What may be written; default all three.", [
    "update",
  ]),
  batch: about(
    z
      .strictObject({
        read: about(
          z.number().int().min(2).max(100).optional(),
          "Records read at once, by a filter over their ids.",
          20,
        ),
        write: about(z.number().int().min(2).max(1000).optional(), "Writes in one $batch (JSON, 4.0).", 50),
      })
      .optional(),
    "How many records go into one request; default one.",
    { read: 20, write: 50 },
  ),
});

export type ODataOptions = z.output<typeof objectOptions>;

/** Keys of an object. */
export const odataObjectPart = {
  entity_set: about(
    z
      .string()
      .regex(/^[A-Za-z_][\w.]*(?:\([^()]*\))?(?:\/[A-Za-z_][\w.]*)*$/, "the name of an entity set, as in Customers")
      .optional(),
    "odata: the entity set. Every operation that the object does not say itself is derived from it.",
    "Customers",
  ),
  odata: about(objectOptions.optional(), "odata: how the entity set is read and written.", {
    key: "guid",
    delta: true,
  }),
};
