// Requests of an object: the operations, their paging, batches.

import { z } from "zod";
import { soapRequestPart } from "../protocols/soap/file.ts";
import { smtpCreatePart } from "../protocols/smtp/file.ts";
import { about, duration, name, path, template, templates } from "./text.ts";

/** The part of a request that the protocol reads; the rest is the kit's. */
const requestPart = {
  request: about(template.optional(), "Method and path, or an address of the same origin.", "GET /contacts/{{ id }}"),
  query: about(
    z.union([z.record(z.string(), templates), z.string()]).optional(),
    "Query parameters; one whose value is absent is left out. With graphql: the query's text.",
    { limit: 100, after: "{{ page.token }}" },
  ),
  headers: about(z.record(z.string(), template).optional(), "Headers of this request alone.", { "X-Version": "3" }),
  body: about(templates.optional(), "The body sent; strings in it are templates.", { properties: "{{ record }}" }),
  variables: about(z.record(z.string(), templates).optional(), "graphql: the query's variables."),
  code: about(
    z.string().optional(),
    "A function of ours that replaces this operation. It is given the variables of templates, and `send`; with sql `query`, with files `files`, with smtp `send` of a message.",
    "./odd.js#list",
  ),
  ...soapRequestPart,
};

/** A small request that tells which account answers. */
export const epochSchema = z.strictObject({
  ...requestPart,
  at: about(path, "Path in the answer of the account's own id: the organisation, the company, the installation.", "id"),
});

const nextSchema = z.strictObject({
  ...requestPart,
  items: about(
    path.optional(),
    "Path of the list of items in its answer; default: that of the first request.",
    "records",
  ),
});

const pagingSchema = z.strictObject({
  token: about(path.optional(), "Path of the next page's token; sent as page.token; empty ends.", "paging.next.after"),
  more: about(
    path.optional(),
    "With token: path that says whether there is a next page; where it is false the token is not followed.",
    "data.customers.pageInfo.hasNextPage",
  ),
  number: about(name.optional(), "Pages are numbered; the name of the number's query parameter.", "page"),
  offset: about(name.optional(), "Pages start at an offset; the name of its query parameter.", "offset"),
  link: about(z.literal("next").optional(), "The next page stands in the Link header.", "next"),
  url: about(path.optional(), "Path of the next page's whole address; empty ends.", "next"),
  after: about(path.optional(), "Keyset: path of the value in the last item, sent as page.after.", "id"),
  size: about(
    z.number().int().min(1).max(100_000).optional(),
    "Items in a full page, sent as page.size. Needed with number and offset.",
    100,
  ),
  start: about(z.number().int().min(0).optional(), "The first page's number or offset; default 1 or 0.", 0),
  pages: about(
    path.optional(),
    "With number: path that tells how many pages there are. The last one ends the listing, and no shorter page does.",
    "searchResult.totalPages",
  ),
  at: about(
    path.optional(),
    "With number: path of the number of the page that was answered. Another than was asked for is a failure.",
    "searchResult.pageIndex",
  ),
  keep: about(
    z.record(name, path).optional(),
    "Values out of the first page's answer that later pages are asked with, as page.NAME.",
    { search: "searchResult.searchId" },
  ),
  next: about(
    nextSchema.optional(),
    "The request of every page after the first, where that is another one; it sees `page` as the first does.",
    { call: "searchMoreWithId", args: { searchId: "{{ page.search }}", pageIndex: "{{ page.number }}" } },
  ),
});

export type PagingPart = z.output<typeof pagingSchema>;

const listing = {
  items: about(path.optional(), "Path of the list of items in the answer; default $.", "results"),
  page: about(pagingSchema.optional(), "How the next page is asked for; left out: there is one page.", {
    token: "paging.next.after",
  }),
  count: about(
    z.union([path, z.strictObject({ header: z.string().min(1) })]).optional(),
    "Path of the source's own total, or the header that tells it; checked against what was read.",
    "total",
  ),
  empty: about(
    path.optional(),
    "Path of an object that is in the answer also when there are no items and their list is left out.",
    "QueryResponse",
  ),
  reread: about(
    path.optional(),
    "The items only name records (an event, a row of ids): path of the id in an item; each record is read with get, and one " +
      "that is not there counts as deleted.",
    "data.object.id",
  ),
};

export const listSchema = z.strictObject({ ...requestPart, ...listing });

export const getSchema = z.strictObject({
  ...requestPart,
  item: about(path.optional(), "Path of the item in the answer; default $.", "$"),
});

export const findSchema = z.strictObject({
  ...requestPart,
  by: about(
    z.union([z.array(name).min(1), z.array(z.array(name).min(1)).min(1)]),
    "Fields looked up together, as key.NAME; several lists: the first that is wholly present.",
    ["email"],
  ),
  ...listing,
  settle: about(duration.optional(), "How late a new record may show in this look-up; default 0s.", "60s"),
});

export const changesSchema = z.strictObject({
  ...requestPart,
  ...listing,
  cursor: z.strictObject({
    at: about(path.optional(), "Path in an item of the value that only grows.", "updatedAt"),
    token: about(
      path.optional(),
      "Instead of `at`: path in the answer, not in an item, of what stands for all read so far; the last page's is kept. It is asked " +
        "for by listing completely, too.",
      "nextSyncToken",
    ),
    url: about(
      path.optional(),
      "As token, where it is the whole address of the next reading; another origin is refused.",
      '"@odata.deltaLink"',
    ),
    settle: about(duration.optional(), "How late a row may become visible; that much is read again each time.", "60s"),
  }),
  window: about(
    z.number().int().min(1).optional(),
    "The system shows at most so many items of one search, oldest first: reading starts anew from the last one's cursor.",
    10_000,
  ),
  deletes: about(
    z
      .strictObject({
        ...requestPart,
        items: listing.items,
        page: listing.page,
        empty: listing.empty,
        id: about(path, "Path in an item of the id of the record that is gone.", "record.id"),
      })
      .optional(),
    "A second listing, of what was deleted since the cursor: asked once the changes have been read to their end.",
    { call: "getDeleted", args: { since: "{{ cursor }}" }, items: "deleted", id: "id" },
  ),
  cannot_see: about(z.array(z.enum(["deletes"])).optional(), "What this listing does not show.", ["deletes"]),
});

const returns = about(
  z.strictObject({
    id: about(
      z.union([path, z.strictObject({ header: z.string().min(1) })]).optional(),
      "Path of the id in the answer, or a header (Location) whose address ends in it; default: the object's id.",
      "id",
    ),
    version: about(path.optional(), "Path of the version in the answer.", "updatedAt"),
  }),
  "Where the answer to a write tells what was made.",
  { id: "id", version: "updatedAt" },
).optional();

const repeat = about(
  z.enum(["safe", "unsafe", "by-key"]).optional(),
  "Whether it may be sent again after an unknown outcome; by-key sends the idempotency key. Default: unsafe for create, else safe.",
  "unsafe",
);

const key = z
  .strictObject({
    header: about(z.string().min(1).optional(), "Header of the idempotency key; default Idempotency-Key."),
    life: about(duration.optional(), "How long the system remembers a key; default 24h.", "24h"),
  })
  .optional();

const guard = about(
  z.enum(["none", "if-match", "read-compare"]).optional(),
  "How an edit in between is noticed: if-match sends the version, read-compare reads just before. Default: read-compare where get exists.",
  "if-match",
);

const writtenItem = about(path.optional(), "Path of the whole record in the answer, where it holds it.", "$");

export const createSchema = z.strictObject({
  ...requestPart,
  ...smtpCreatePart,
  returns,
  item: writtenItem,
  repeat,
  key,
  verify: about(z.enum(["find", "get", "marker"]).optional(), "How an unknown outcome is resolved.", "find"),
  marker: about(
    name.optional(),
    "Field that op.key is written into, so that the record can be found again.",
    "external_ref",
  ),
});

export const updateSchema = z.strictObject({ ...requestPart, returns, item: writtenItem, repeat, key, guard });

export const deleteSchema = z.strictObject({
  ...requestPart,
  repeat,
  key,
  guard,
  effect: about(z.enum(["delete", "archive"]).optional(), "What becomes of the record; default delete.", "archive"),
});

export const batchSchema = z.strictObject({
  ...requestPart,
  max: about(z.number().int().min(1).max(10_000), "Records in one request at most.", 100),
  ok: about(path.optional(), "Path of the list of records that went well; default $.", "results"),
  failed: about(path.optional(), "Path of the list of records that failed.", "errors"),
  fault: about(
    path.optional(),
    "Path in an entry of `ok` where something stands only when its record failed.",
    "error",
  ),
  match: about(
    z.union([z.literal("by-index"), z.strictObject({ key: path })]).optional(),
    "How an answer finds its record; default: by the id, for create by-index.",
    "by-index",
  ),
});

export type CreatePart = z.output<typeof createSchema>;
export type UpdatePart = z.output<typeof updateSchema>;
export type DeletePart = z.output<typeof deleteSchema>;
export type BatchPart = z.output<typeof batchSchema>;
