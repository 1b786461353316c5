// The paths of a description, grouped into collections: a path that lists or takes records, and the path below it that names one.

import { isPart, listOf, textOf, type OpenApi, type Part } from "./openapi-document.ts";

export interface Endpoint {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly operation: Part;
  readonly parameters: readonly Parameter[];
}

interface Parameter {
  readonly name: string;
  readonly place: string;
  readonly required: boolean;
  readonly schema: Part;
}

export interface Collection {
  /** Singular, as an object of a connector is named. */
  readonly name: string;
  readonly path: string;
  readonly collection: readonly Endpoint[];
  readonly single: readonly Endpoint[];
  /** Name of the path's parameter that is the id; null: no path names one record. */
  readonly idParameter: string | null;
}

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

export function collectionsOf(api: OpenApi): readonly Collection[] {
  const paths = api.part(api.root["paths"]);
  const byPath = new Map(Object.entries(paths).map(([path, item]) => [path, endpointsOf(api, path, api.part(item))]));
  const found: Collection[] = [];
  for (const [path, collection] of byPath) {
    // Below another record, or below nothing that has a name: neither is a collection of its own.
    const last = path.split("/").findLast((segment) => segment !== "") ?? "";
    if (
      path.includes("{") ||
      !/[A-Za-z]/.test(last) ||
      !collection.some(({ method }) => method === "GET" || method === "POST")
    )
      continue;
    // A record may be named in several ways; most is known of it by its own id.
    const [below] = [...byPath]
      .filter(([other]) => other.startsWith(`${path}/{`) && /^\/\{[^/{}]+\}$/.test(other.slice(path.length)))
      .toSorted(([, a], [, b]) => b.length - a.length);
    const idParameter = below === undefined ? null : (/\{([^{}]+)\}$/.exec(below[0])?.[1] ?? null);
    found.push({ name: singular(last), path, collection, single: below?.[1] ?? [], idParameter });
  }
  return found;
}

export function endpoint(endpoints: readonly Endpoint[], ...methods: readonly Endpoint["method"][]): Endpoint | null {
  for (const method of methods) {
    const found = endpoints.find((each) => each.method === method);
    if (found !== undefined) return found;
  }
  return null;
}

/** Schema of a good answer's body; null: it tells none in JSON. */
export function answerSchema(api: OpenApi, { operation }: Endpoint): Part | null {
  const responses = api.part(operation["responses"]);
  const good = ["200", "201", "2XX", "default"].map((status) => responses[status]).find((each) => each !== undefined);
  const schema = jsonSchema(api, api.part(good)["content"]);
  return schema === null || Object.keys(schema).length === 0 ? null : schema;
}

export interface Body {
  readonly type: string;
  readonly schema: Part;
}

/** The body that an operation takes; JSON before forms. */
export function bodyOf(api: OpenApi, { operation }: Endpoint): Body | null {
  const content = api.part(api.part(operation["requestBody"])["content"]);
  for (const wanted of [/json/, /x-www-form-urlencoded/]) {
    const entry = Object.entries(content).find(([type]) => wanted.test(type));
    if (entry !== undefined) return { type: entry[0], schema: api.schema(api.part(entry[1])["schema"]) };
  }
  return null;
}

/** Statuses that operations of the description answer with, besides good ones. */
export function statusesOf(endpoints: readonly Endpoint[]): ReadonlySet<number> {
  return new Set(
    endpoints.flatMap(({ operation }) =>
      isPart(operation["responses"]) ? Object.keys(operation["responses"]).map(Number) : [],
    ),
  );
}

function jsonSchema(api: OpenApi, content: unknown): Part | null {
  if (!isPart(content)) return null;
  const entry = Object.entries(content).find(([type]) => /json/.test(type));
  return entry === undefined ? null : api.schema(api.part(entry[1])["schema"]);
}

function endpointsOf(api: OpenApi, path: string, item: Part): readonly Endpoint[] {
  const shared = parametersOf(api, item["parameters"]);
  return METHODS.flatMap((method) => {
    const operation = item[method.toLowerCase()];
    if (!isPart(operation)) return [];
    return [{ method, path, operation, parameters: [...shared, ...parametersOf(api, operation["parameters"])] }];
  });
}

function parametersOf(api: OpenApi, parameters: unknown): readonly Parameter[] {
  return listOf(parameters).flatMap((each) => {
    const found = api.part(each);
    const name = textOf(found["name"]);
    const place = textOf(found["in"]);
    if (name === null || place === null) return [];
    return [{ name, place, required: found["required"] === true, schema: api.schema(found["schema"]) }];
  });
}

/** English plurals as APIs use them. */
export function singular(word: string): string {
  const name = word.replaceAll(/[^A-Za-z0-9_]/g, "_").replace(/^(?=\d)/, "_");
  const small = /^[A-Z][a-z]/.test(name) ? (name[0] ?? "").toLowerCase() + name.slice(1) : name;
  if (/ies$/i.test(small) && small.length > 4) return small.replace(/ies$/i, "y");
  if (/(?:ss|us|is)$/i.test(small)) return small;
  if (/(?:ches|shes|xes|sses|zes)$/i.test(small)) return small.slice(0, -2);
  return small.replace(/s$/i, "");
}
