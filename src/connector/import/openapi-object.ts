// One collection becomes one object of the connector.

import type { DraftNote } from "./draft.ts";
import { DELETED, MODIFIED, named, NATURAL_KEYS, plainName, VERSION } from "./guess.ts";
import { isPart, textOf, type OpenApi, type Part } from "./openapi-document.ts";
import { draftChanges, draftFind, draftListing } from "./openapi-listing.ts";
import { answerSchema, bodyOf, endpoint, type Collection, type Endpoint } from "./openapi-paths.ts";

export interface DraftObject {
  readonly object: Part;
  readonly notes: readonly DraftNote[];
}

/** Null: neither a list nor a single record of it can be read, and none can be made. */
export function draftObject(api: OpenApi, of: Collection): DraftObject | null {
  const list = endpoint(of.collection, "GET");
  const get = endpoint(of.single, "GET");
  const create = endpoint(of.collection, "POST", "PUT");
  const idIn = (item: Part): string =>
    named(Object.keys(api.part(item["properties"])), ["id", of.idParameter ?? "id", `${of.name}_id`, "uuid", "key"]) ??
    "id";
  const listing = list === null ? null : draftListing(api, list, idIn);
  const single = get === null ? null : (answerSchema(api, get) ?? {});
  if (listing === null && single === null && create === null) return null;
  const wrapper = single === null ? null : wrapperOf(api, single, listing?.item ?? null);
  const item = listing?.item ?? (single === null ? null : (wrapper?.item ?? single)) ?? {};
  const properties = api.part(item["properties"]);
  const names = Object.keys(properties);
  const id = idIn(item);
  const modified = named(names, MODIFIED);
  const version = named(names, VERSION);
  const etag = get !== null && tellsEtag(api, get);
  const changes = list === null || listing === null ? null : draftChanges(list, listing, modified);
  const find = list === null || listing === null ? null : draftFind(list, listing, names);
  const notes: DraftNote[] = [];
  if (!names.includes(id)) notes.push({ path: ["id"], text: "the description does not tell which field is the id" });
  const add = (key: string, part: { readonly request: Part; readonly notes: readonly DraftNote[] } | null): Part => {
    if (part === null) return {};
    notes.push(...part.notes.map((note) => ({ path: [key, ...note.path], text: note.text })));
    return { [key]: part.request };
  };
  const fields = fieldsOf(api, properties, id);
  const natural = named(names, NATURAL_KEYS);
  const deleted = named(names, DELETED);
  const single_ = pathOf(of);
  const object = {
    id,
    ...(version === null && modified === null ? {} : { version: version ?? modified }),
    ...(modified === null ? {} : { modified }),
    ...(deleted === null ? {} : { deleted }),
    ...(natural === null ? {} : { natural_keys: [natural] }),
    ...(Object.keys(fields).length === 0 ? {} : { fields }),
    ...add("list", listing),
    ...(get === null
      ? {}
      : { get: { request: `GET ${single_}`, ...(wrapper === null ? {} : { item: wrapper.path }) } }),
    ...add("find", find),
    ...add("changes", changes),
    ...add("create", create === null ? null : draftCreate(api, create, { canFind: find !== null, item })),
    ...add("update", draftUpdate(api, of, { canGet: get !== null, version, etag, item })),
    ...add("delete", draftDelete(of)),
  };
  return { object, notes };
}

function pathOf(of: Collection): string {
  return `${of.path}/{{ id }}`;
}

/** A single record in an answer: below one property, or first of a list. */
function wrapperOf(
  api: OpenApi,
  schema: Part,
  item: Part | null,
): { readonly path: string; readonly item: Part } | null {
  const properties = Object.entries(api.part(schema["properties"]));
  const same = (other: Part): boolean => {
    const [ours, theirs] = [Object.keys(api.part(item?.["properties"])), Object.keys(api.part(other["properties"]))];
    return (
      theirs.length > 0 &&
      (item === null
        ? properties.length === 1
        : ours.filter((name) => theirs.includes(name)).length > theirs.length / 2)
    );
  };
  for (const [name, each] of properties) {
    const inner = api.schema(each);
    if (inner["type"] === "array" && same(api.schema(inner["items"])))
      return { path: `${name}[0]`, item: api.schema(inner["items"]) };
    if (same(inner)) return { path: name, item: inner };
  }
  return null;
}

/** Only what JSON alone does not tell: exact numbers, times, what is never sent. */
function fieldsOf(api: OpenApi, properties: Part, id: string): Part {
  const fields: Record<string, Part> = {};
  for (const [name, value] of Object.entries(properties)) {
    const schema = api.schema(value);
    const type = wireType(schema);
    const readOnly = schema["readOnly"] === true && name !== id;
    const field = { ...(type === null ? {} : { type }), ...(readOnly ? { read_only: true } : {}) };
    if (Object.keys(field).length > 0 && !name.includes(".")) fields[name] = field;
  }
  return fields;
}

function wireType(schema: Part): string | null {
  const format = textOf(schema["format"]);
  if (schema["type"] === "string" && (format === "date" || format === "decimal")) return format;
  if (schema["type"] === "string" && format === "date-time") return "datetime";
  return schema["type"] === "number" ? "decimal" : null;
}

function tellsEtag(api: OpenApi, get: Endpoint): boolean {
  const headers = api.part(api.part(api.part(get.operation["responses"])["200"])["headers"]);
  return Object.keys(headers).some((name) => name.toLowerCase() === "etag");
}

interface DraftRequest {
  readonly request: Part;
  readonly notes: readonly DraftNote[];
}

/** The body with the record in it, where a property wraps it: the only one, or the one called as the path. */
function payload(api: OpenApi, write: Endpoint, variable: string): Part {
  const body = bodyOf(api, write);
  const value = `{{ ${variable} }}`;
  if (body === null) return { body: value };
  const headers = /json/.test(body.type) ? {} : { headers: { "Content-Type": body.type } };
  const properties = Object.entries(api.part(body.schema["properties"]));
  const called = plainName(write.path.split("/").findLast((segment) => /^[^{}]+$/.test(segment)) ?? "");
  const wrapper = properties.length === 1 ? properties[0] : properties.find(([name]) => plainName(name) === called);
  if (wrapper === undefined) return { ...headers, body: value };
  const inner = api.schema(wrapper[1]);
  if (isPart(inner["properties"])) return { ...headers, body: { [wrapper[0]]: value } };
  const isList = inner["type"] === "array" && isPart(api.schema(inner["items"])["properties"]);
  return { ...headers, body: isList ? { [wrapper[0]]: [value] } : value };
}

/** Where the answer of a write holds the record: it need not be read again. */
function answered(api: OpenApi, write: Endpoint, item: Part): string | null {
  const schema = answerSchema(api, write);
  if (schema === null) return null;
  const names = Object.keys(api.part(item["properties"]));
  const whole = Object.keys(api.part(schema["properties"]));
  if (names.length > 0 && names.every((name) => whole.includes(name))) return "$";
  return wrapperOf(api, schema, item)?.path ?? null;
}

function draftCreate(
  api: OpenApi,
  create: Endpoint,
  { canFind, item }: { readonly canFind: boolean; readonly item: Part },
): DraftRequest {
  const place = answered(api, create, item);
  const told = place === null ? {} : { item: place };
  const key = create.parameters.find(({ name, place }) => place === "header" && /idempotency/i.test(name));
  const notes: DraftNote[] = [];
  if (key === undefined && !canFind) {
    notes.push({
      path: ["repeat"],
      text: "nothing tells after a lost answer whether the record was made; look for an idempotency key, a field for op.key, or a look-up",
    });
  }
  const request = {
    request: `${create.method} ${create.path}`,
    ...payload(api, create, "record"),
    ...told,
    ...(key === undefined
      ? { repeat: "unsafe", ...(canFind ? { verify: "find" } : {}) }
      : { repeat: "by-key", key: { header: key.name } }),
  };
  return { request, notes };
}

function draftUpdate(
  api: OpenApi,
  of: Collection,
  {
    canGet,
    version,
    etag,
    item,
  }: { readonly canGet: boolean; readonly version: string | null; readonly etag: boolean; readonly item: Part },
): DraftRequest | null {
  const update = endpoint(of.single, "PATCH", "PUT", "POST");
  if (update === null) return null;
  const partial = update.method !== "PUT";
  const notes: DraftNote[] = [];
  if (!partial)
    notes.push({
      path: ["body"],
      text: "does it replace the whole record? Where fields left out are kept, send {{ changed }}",
    });
  if (update.method === "POST") notes.push({ path: ["body"], text: "are fields that are left out kept?" });
  const ifMatch = update.parameters.some(({ name, place }) => place === "header" && /^if-match$/i.test(name));
  if ((ifMatch || etag) && version === null)
    notes.push({
      path: ["request"],
      text: "the API knows ETags; where the item holds its ETag, name it as version: and say guard: if-match",
    });
  const place = answered(api, update, item);
  const guard = ifMatch && version !== null ? "if-match" : canGet ? "read-compare" : "none";
  return {
    request: {
      request: `${update.method} ${pathOf(of)}`,
      ...payload(api, update, partial ? "changed" : "record"),
      ...(place === null ? {} : { item: place }),
      guard,
    },
    notes,
  };
}

function draftDelete(of: Collection): DraftRequest | null {
  if (endpoint(of.single, "DELETE") === null) return null;
  return { request: { request: `DELETE ${pathOf(of)}` }, notes: [] };
}
