// A GraphQL schema (introspection as JSON, or SDL) becomes a draft: every type that a query lists is an object.

import {
  buildClientSchema,
  buildSchema,
  getNamedType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  type IntrospectionQuery,
} from "graphql";
import { ImportError, type Draft, type DraftNote } from "./draft.ts";
import { leafFields, namedObject, selectionOf } from "./graphql-selection.ts";
import { DELETED, MODIFIED, named, NATURAL_KEYS, plainName, VERSION } from "./guess.ts";
import { isPart, type Part } from "./openapi-document.ts";

type Field = GraphQLField<unknown, unknown>;

/** How a query gives its list. */
interface Listing {
  readonly field: Field;
  readonly item: GraphQLObjectType;
  /** Where the items are in what the field answers; empty: it is the list. */
  readonly at: string | null;
  readonly paging: "relay" | "skip" | "none";
  readonly total: string | null;
}

const PAGE = 100;

/** @param only Names of the objects wanted; empty: all. @throws ImportError when the text is no GraphQL schema. */
export function importGraphql(text: string, name: string, only: readonly string[]): Draft {
  const schema = readSchema(text);
  const queries = Object.values(schema.getQueryType()?.getFields() ?? {});
  const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});
  const objects: Record<string, Part> = {};
  const notes: DraftNote[] = [];
  const known: string[] = [];
  for (const field of queries) {
    const listing = listingOf(field);
    const key = listing === null ? "" : objectName(listing.item.name);
    if (listing === null || known.includes(key)) continue;
    known.push(key);
    if (only.length > 0 && !only.includes(key)) continue;
    const drafted = draftObject(listing, queries, mutations);
    objects[key] = drafted.object;
    notes.push(...drafted.notes.map((note) => ({ path: ["objects", key, ...note.path], text: note.text })));
  }
  if (Object.keys(objects).length === 0)
    throw new ImportError(
      known.length === 0
        ? "no query of the schema lists records"
        : `none of these objects is there; there are ${known.join(", ")}`,
    );
  const file = {
    connector: name,
    version: "0.1.0",
    title: name,
    proven: "unproven",
    protocol: "graphql",
    settings: { base_url: { required: true, description: "Address that queries are posted to" } },
    secrets: { token: { required: true } },
    base_url: "{{ settings.base_url }}",
    headers: { "User-Agent": "syncline/{{ syncline.version }}" },
    auth: { scheme: "bearer", token: "token" },
    objects,
  };
  notes.push({ path: ["auth"], text: "a schema does not tell how requests are authenticated" });
  notes.push({
    path: ["objects"],
    text: "add errors and limits: what the API answers in `errors`, and what a query costs",
  });
  return { file, notes };
}

function readSchema(text: string): GraphQLSchema {
  try {
    if (!text.trimStart().startsWith("{")) return buildSchema(text, { assumeValidSDL: true });
    const parsed: unknown = JSON.parse(text);
    const data = isPart(parsed) && isPart(parsed["data"]) ? parsed["data"] : parsed;
    return buildClientSchema(data as IntrospectionQuery, { assumeValid: true }); // it throws for anything else
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0] : "";
    throw new ImportError(`this is neither an introspection result nor a schema in SDL: ${why ?? ""}`);
  }
}

function listingOf(field: Field): Listing | null {
  const needed = field.args.filter((arg) => isNonNullType(arg.type) && arg.defaultValue === undefined);
  const names = field.args.map((arg) => arg.name);
  const direct = listItem(field);
  if (needed.some((arg) => !["first", "limit", "take"].includes(arg.name))) return null;
  if (direct !== null)
    return { field, item: direct, at: null, paging: names.includes("skip") ? "skip" : "none", total: null };
  const answer = namedObject(field.type);
  if (answer === null) return null;
  const fields = answer.getFields();
  const total = named(Object.keys(fields), ["totalItems", "totalCount", "total", "count"]);
  const at = ["nodes", "items", "results", "data"].find((each) => fields[each] !== undefined);
  const list = at === undefined ? null : listItem(fields[at]);
  const edge = fields["edges"] === undefined ? null : listItem(fields["edges"]);
  const node = edge?.getFields()["node"];
  const relay = names.includes("after") && fields["pageInfo"] !== undefined;
  if (at !== undefined && list !== null) {
    const skips = names.includes("skip") || optionsWith(field.args, "skip") !== null;
    return { field, item: list, at, paging: relay ? "relay" : skips ? "skip" : "none", total };
  }
  const item = node === undefined ? null : namedObject(node.type);
  return item === null ? null : { field, item, at: "edges", paging: relay ? "relay" : "none", total };
}

function listItem(field: Field | undefined): GraphQLObjectType | null {
  if (field === undefined) return null;
  const bare = isNonNullType(field.type) ? field.type.ofType : field.type;
  return isListType(bare) ? namedObject(bare.ofType) : null;
}

/** Name of an argument that is an input object with such a field. */
function optionsWith(args: readonly GraphQLArgument[], name: string): string | null {
  const found = args.find(({ type }) => {
    const bare = isNonNullType(type) ? type.ofType : type;
    return isInputObjectType(bare) && bare.getFields()[name] !== undefined;
  });
  return found?.name ?? null;
}

interface Drafted {
  readonly object: Part;
  readonly notes: readonly DraftNote[];
}

function draftObject(listing: Listing, queries: readonly Field[], mutations: readonly Field[]): Drafted {
  const { item } = listing;
  const fields = leafFields(item).map(({ name }) => name);
  const modified = named(fields, MODIFIED);
  const version = named(fields, VERSION) ?? modified;
  const natural = named(fields, NATURAL_KEYS);
  const deleted = named(fields, DELETED);
  const id = named(fields, ["id", "uuid", "key"]) ?? "id";
  const notes: DraftNote[] = [];
  const edges = listing.at === "edges";
  if (edges)
    notes.push({
      path: ["list"],
      text: "items are edges here: their fields are at node.…, so list each with at: node.NAME",
    });
  const get = queries.find((field) => namedObject(field.type) === item && field.args.some((arg) => arg.name === "id"));
  const write = (verb: readonly string[]): Field | null => mutationOf(mutations, verb, item.name);
  const object = {
    id: edges ? `node.${id}` : id,
    ...(version === null ? {} : { version: edges ? `node.${version}` : version }),
    ...(modified === null ? {} : { modified: edges ? `node.${modified}` : modified }),
    ...(deleted === null ? {} : { deleted: edges ? `node.${deleted}` : deleted }),
    ...(natural === null ? {} : { natural_keys: [natural] }),
    list: draftList(listing, notes),
    ...(get === undefined || edges ? {} : { get: draftGet(get, item) }),
    ...draftWrite("create", write(["create", "add"]), item, id, notes),
    ...draftWrite("update", write(["update", "edit", "set"]), item, id, notes),
    ...draftWrite("delete", write(["delete", "remove", "archive"]), item, id, notes),
  };
  return { object, notes };
}

function draftList({ field, item, at, paging, total }: Listing, notes: DraftNote[]): Part {
  const whole = `data.${field.name}`;
  const selection = selectionOf(item);
  const pageInfo = paging === "relay" ? "pageInfo { endCursor hasNextPage } " : "";
  const inner = at === null ? selection : at === "edges" ? `edges { node { ${selection} } }` : `${at} { ${selection} }`;
  const counted = total === null ? "" : `${total} `;
  const items = at === null ? whole : `${whole}.${at}`;
  const count = total === null ? {} : { count: `${whole}.${total}` };
  if (paging === "relay") {
    return {
      query: `query ($after: String) {\n  ${field.name}(first: ${String(PAGE)}, after: $after) { ${counted}${pageInfo}${inner} }\n}\n`,
      variables: { after: "{{ page.token }}" },
      items,
      page: { token: `${whole}.pageInfo.endCursor`, more: `${whole}.pageInfo.hasNextPage` },
      ...count,
    };
  }
  if (paging === "skip") {
    const options = optionsWith(field.args, "skip");
    const size = field.args.some((arg) => arg.name === "first") ? "first" : "take";
    const given = `skip: $skip, ${size}: ${String(PAGE)}`;
    return {
      query: `query ($skip: Int!) {\n  ${field.name}(${options === null ? given : `${options}: { ${given} }`}) { ${counted}${inner} }\n}\n`,
      variables: { skip: "{{ page.offset }}" },
      items,
      page: { offset: "skip", size: PAGE },
      ...count,
    };
  }
  notes.push({ path: ["list", "query"], text: "the schema tells no paging; is the whole list really in one answer?" });
  return { query: `query {\n  ${field.name} { ${counted}${inner} }\n}\n`, items, ...count };
}

function draftGet(field: Field, item: GraphQLObjectType): Part {
  const type = String(field.args.find((arg) => arg.name === "id")?.type ?? "ID!");
  return {
    query: `query ($id: ${type}) {\n  ${field.name}(id: $id) { ${selectionOf(item)} }\n}\n`,
    variables: { id: "{{ id }}" },
    item: `data.${field.name}`,
  };
}

function mutationOf(mutations: readonly Field[], verbs: readonly string[], type: string): Field | null {
  const wanted = verbs.flatMap((verb) => [plainName(`${verb}${type}`), plainName(`${type}${verb}`)]);
  return mutations.find(({ name }) => wanted.includes(plainName(name))) ?? null;
}

function draftWrite(
  operation: "create" | "update" | "delete",
  field: Field | null,
  item: GraphQLObjectType,
  id: string,
  notes: DraftNote[],
): Part {
  if (field === null) return {};
  const variables: Record<string, string> = {};
  for (const arg of field.args) {
    const value = variableOf(arg, operation, item);
    if (value !== null) variables[arg.name] = value;
    else if (isNonNullType(arg.type) && arg.defaultValue === undefined)
      notes.push({ path: [operation, "query"], text: `the argument ${arg.name} must be given too` });
  }
  const args = field.args.filter(({ name }) => name in variables);
  const declared = args.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(", ");
  const given = args.map((arg) => `${arg.name}: $${arg.name}`).join(", ");
  const [place, selection] = answerOf(field, item, id);
  notes.push({ path: [operation], text: "what does a refusal look like? The error table tells what it means" });
  return {
    [operation]: {
      query: `mutation${declared === "" ? "" : ` (${declared})`} {\n  ${field.name}${given === "" ? "" : `(${given})`}${selection}\n}\n`,
      ...(args.length === 0 ? {} : { variables }),
      ...(operation === "delete" || place === null ? {} : { returns: { id: `${place}.${id}` } }),
      ...(operation === "create" ? { repeat: "unsafe" } : {}),
    },
  };
}

/** What an argument is given; null: its name tells nothing. */
function variableOf(
  { name, type }: GraphQLArgument,
  operation: "create" | "update" | "delete",
  item: GraphQLObjectType,
): string | null {
  if (plainName(name) === "id" || plainName(name) === plainName(`${item.name}Id`)) return "{{ id }}";
  const bare = isNonNullType(type) ? type.ofType : type;
  if (!isInputObjectType(bare)) return null;
  if (operation === "create") return "{{ record }}";
  const own = bare.getFields()["id"] !== undefined;
  if (operation === "delete") return own ? '{{ {"id": id} }}' : null;
  return own ? '{{ $merge([changed, {"id": id}]) }}' : "{{ changed }}";
}

/** Where what a mutation answers holds the record, and what to ask for. */
function answerOf(field: Field, item: GraphQLObjectType, id: string): readonly [string | null, string] {
  const whole = `data.${field.name}`;
  const bare = isNonNullType(field.type) ? field.type.ofType : field.type;
  if (isUnionType(bare)) {
    const isIn = bare.getTypes().includes(item);
    return [isIn ? whole : null, ` { __typename${isIn ? ` ... on ${item.name} { ${id} }` : ""} }`];
  }
  const answer = namedObject(field.type);
  if (answer === null) return [null, ""];
  if (answer === item) return [whole, ` { ${id} }`];
  const inner = Object.values(answer.getFields()).find((each) => namedObject(each.type) === item);
  const errors = Object.values(answer.getFields()).find(({ name }) => /userErrors|errors$/i.test(name));
  const errorType = errors === undefined ? null : getNamedType(errors.type);
  const told = isObjectType(errorType) ? ` ${errors?.name ?? ""} { ${selectionOf(errorType)} }` : "";
  if (inner === undefined) return [null, ` { ${selectionOf(answer) || "__typename"}${told} }`];
  return [`${whole}.${inner.name}`, ` { ${inner.name} { ${id} }${told} }`];
}

function objectName(type: string): string {
  return (type[0] ?? "").toLowerCase() + type.slice(1);
}
