// How a collection is listed: where the items are, how the next page is asked for, how what changed is.

import type { DraftNote } from "./draft.ts";
import {
  MODIFIED,
  named,
  NATURAL_KEYS,
  NEXT_TOKEN,
  NEXT_URL,
  PAGE_AFTER,
  PAGE_NUMBER,
  PAGE_OFFSET,
  PAGE_SIZE,
  PAGE_TOKEN,
  plainName,
  SINCE,
  TOTAL,
} from "./guess.ts";
import { isPart, type OpenApi, type Part } from "./openapi-document.ts";
import { answerSchema, type Endpoint } from "./openapi-paths.ts";

export interface DraftListing {
  readonly request: Part;
  readonly item: Part;
  readonly notes: readonly DraftNote[];
}

const SIZE_DEFAULT = 100;
const DEPTH_MAX = 3;

/** Names of lists of records, and of lists that stand beside them. */
const USUAL_LISTS = ["data", "items", "results", "records", "value", "entries"];
const BESIDE = ["warnings", "errors", "messages", "links", "included"];

/** Null: the answer holds no list of records. */
export function draftListing(api: OpenApi, get: Endpoint, id: (item: Part) => string): DraftListing | null {
  const schema = answerSchema(api, get);
  const found = schema === null ? null : findItems(api, schema, { called: get.path.split("/").at(-1) ?? "", path: [] });
  if (schema === null || found === null) return null;
  const notes: DraftNote[] = [];
  const { query, page } = draftPaging(api, get, schema, id(found.item), notes);
  const total = findPath(api, schema, TOTAL, (each) => each["type"] === "integer" || each["type"] === "number");
  const request = {
    request: `GET ${get.path}`,
    ...(Object.keys(query).length === 0 ? {} : { query }),
    items: found.path.length === 0 ? "$" : found.path.join("."),
    ...(page === null ? {} : { page }),
    ...(total === null || page === null ? {} : { count: total }),
  };
  if (total !== null && page !== null)
    notes.push({ path: ["count"], text: "is it the number of all records, not of the page's?" });
  return { request, item: found.item, notes };
}

/** The same listing, asking for what changed since the cursor; null: no parameter does. */
export function draftChanges(get: Endpoint, listing: DraftListing, modified: string | null): DraftListing | null {
  const header = get.parameters.find(({ name, place }) => place === "header" && /^if-modified-since$/i.test(name));
  const since = named(
    get.parameters.filter(({ place }) => place === "query").map(({ name }) => name),
    [...SINCE, ...MODIFIED.map((name) => `${name}_gte`)],
  );
  if (modified === null || (since === null && header === undefined)) return null;
  const query = isPart(listing.request["query"]) ? listing.request["query"] : {};
  const { count: _, ...request } = listing.request;
  const asked =
    since === null
      ? { ...request, headers: { [header?.name ?? ""]: "{{ cursor }}" } }
      : { ...request, query: { ...query, [since]: "{{ cursor }}" } };
  const notes = [
    { path: ["cursor"], text: "how late may a row become visible, and does the parameter include its own value?" },
    { path: ["cannot_see"], text: "leave it out when deleted records are listed too" },
  ];
  const cursor = { at: modified, settle: "60s" };
  return { request: { ...asked, cursor, cannot_see: ["deletes"] }, item: listing.item, notes };
}

/** The listing by a field that names one record; null: no parameter is one. */
export function draftFind(get: Endpoint, listing: DraftListing, fields: readonly string[]): DraftListing | null {
  const names = get.parameters.filter(({ place }) => place === "query").map(({ name }) => name);
  const by = NATURAL_KEYS.map((key) => ({ parameter: named(names, [key]), field: named(fields, [key]) })).find(
    ({ parameter, field }) => parameter !== null && field !== null,
  );
  if (by?.parameter === null || by?.field === null || by === undefined) return null;
  const request = {
    by: [by.field],
    request: `GET ${get.path}`,
    query: { [by.parameter]: `{{ key.${by.field} }}` },
    items: listing.request["items"],
  };
  return { request, item: listing.item, notes: [{ path: [], text: "is the comparison exact?" }] };
}

/** The list in an answer: itself, or the property that is a list of objects; where there are several, the one called as the path. */
function findItems(
  api: OpenApi,
  schema: Part,
  { called, path }: { readonly called: string; readonly path: readonly string[] },
): { readonly path: readonly string[]; readonly item: Part } | null {
  if (schema["type"] === "array") {
    const item = api.schema(schema["items"]);
    return isPart(item["properties"]) ? { path, item } : null;
  }
  const properties = Object.entries(api.part(schema["properties"])).map(
    ([name, each]) => [name, api.schema(each)] as const,
  );
  const lists = properties.filter(
    ([, each]) => each["type"] === "array" && isPart(api.schema(each["items"])["properties"]),
  );
  const usual =
    lists.find(([name]) => plainName(name) === plainName(called)) ??
    lists.find(([name]) => USUAL_LISTS.includes(plainName(name))) ??
    lists.find(([name]) => !BESIDE.includes(plainName(name)));
  if (usual !== undefined) return findItems(api, usual[1], { called, path: [...path, usual[0]] });
  if (path.length >= DEPTH_MAX) return null;
  for (const [name, each] of properties) {
    const inner = isPart(each["properties"]) ? findItems(api, each, { called, path: [...path, name] }) : null;
    if (inner !== null) return inner;
  }
  return null;
}

function draftPaging(
  api: OpenApi,
  get: Endpoint,
  schema: Part,
  id: string,
  notes: DraftNote[],
): { readonly query: Part; readonly page: Part | null } {
  const asked = get.parameters.filter(({ place }) => place === "query");
  const names = asked.map(({ name }) => name);
  const sizeName = named(names, PAGE_SIZE);
  const size = sizeOf(asked.find(({ name }) => name === sizeName)?.schema);
  const sized = sizeName === null ? {} : { [sizeName]: size };
  const isText = (each: Part): boolean =>
    each["type"] === "string" || Array.isArray(each["type"]) || each["type"] === undefined;
  const [token, after, number, offset] = [PAGE_TOKEN, PAGE_AFTER, PAGE_NUMBER, PAGE_OFFSET].map((each) =>
    named(names, each),
  );
  const nextToken = findPath(api, schema, NEXT_TOKEN, isText);
  const nextUrl = findPath(api, schema, NEXT_URL, isText);
  if (typeof token === "string" && nextToken !== null)
    return { query: { ...sized, [token]: "{{ page.token }}" }, page: { token: nextToken } };
  if (typeof after === "string") return { query: { ...sized, [after]: "{{ page.after }}" }, page: { after: id, size } };
  if (typeof number === "string") {
    notes.push({ path: ["page"], text: "is the first page 1, and is the page that is too far empty?" });
    return { query: sized, page: { number, size } };
  }
  if (typeof offset === "string") return { query: sized, page: { offset, size } };
  if (nextUrl !== null) return { query: sized, page: { url: nextUrl } };
  if (hasLinkHeader(api, get)) return { query: sized, page: { link: "next" } };
  notes.push({ path: ["request"], text: "the description tells no paging; is the whole list really in one answer?" });
  return { query: sized, page: null };
}

function sizeOf(schema: Part | undefined): number {
  const most = schema?.["maximum"];
  return typeof most === "number" && Number.isSafeInteger(most) && most >= 1 ? Math.min(most, 1000) : SIZE_DEFAULT;
}

function hasLinkHeader(api: OpenApi, { operation }: Endpoint): boolean {
  const good = api.part(api.part(operation["responses"])["200"]);
  return isPart(good["headers"]) && Object.keys(good["headers"]).some((name) => name.toLowerCase() === "link");
}

/** Path of a property with one of these names, at the top or one below. */
function findPath(api: OpenApi, schema: Part, wanted: readonly string[], fits: (each: Part) => boolean): string | null {
  const properties = api.part(schema["properties"]);
  const own = named(
    Object.keys(properties).filter(
      (name) => fits(api.schema(properties[name])) && !isPart(api.schema(properties[name])["properties"]),
    ),
    wanted,
  );
  if (own !== null) return own;
  for (const [name, each] of Object.entries(properties)) {
    const inner = api.part(api.schema(each)["properties"]);
    if (api.schema(each)["type"] === "array" || Object.keys(inner).length === 0) continue;
    const below = named(
      Object.keys(inner).filter((key) => fits(api.schema(inner[key]))),
      wanted,
    );
    if (below !== null) return `${name}.${below}`;
  }
  return null;
}
