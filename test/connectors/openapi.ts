// Judges recorded requests by a vendor's OpenAPI 3 description: path, method, credentials, parameters, content type, body. What
// the description does not name is a fault too: a vendor drops a misspelt field without a word.
//
// Forms and queries carry only text, so there `5` is an integer and `true` a boolean; JSON has to have the type itself.

import type { Asked } from "../connector/remote.ts";

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly nullable?: boolean;
  readonly readOnly?: boolean;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly maxLength?: number;
}

interface Parameter {
  readonly $ref?: string;
  readonly name: string;
  readonly in: "path" | "query" | "header" | "cookie";
  readonly required?: boolean;
  readonly explode?: boolean;
  readonly schema?: Schema;
}

interface RequestBody {
  readonly $ref?: string;
  readonly required?: boolean;
  readonly content: Readonly<Record<string, { readonly schema?: Schema }>>;
}

interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: RequestBody;
  readonly security?: readonly unknown[];
}

export interface Description {
  readonly servers?: readonly { readonly url: string }[];
  readonly security?: readonly unknown[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation | readonly Parameter[]>>>>;
}

type Sent = Pick<Asked, "method" | "url" | "headers" | "body">;

type Tree = string | readonly Tree[] | { readonly [name: string]: Tree };

interface Route {
  readonly path: string;
  readonly pattern: RegExp;
  readonly names: readonly string[];
}

const FORM = "application/x-www-form-urlencoded";

export interface Judge {
  /** What is wrong with a request; an empty list: nothing. */
  faults(request: Sent): readonly string[];
  /** `POST /v1/customers/{customer}`; several where one path is described twice. */
  operations(request: Sent): readonly string[];
}

export function judgeBy(description: Description): Judge {
  const routes = Object.keys(description.paths)
    .map(routeOf)
    // The most literal path wins: /customers/search before /customers/{customer}.
    .sort((a, b) => a.names.length - b.names.length);
  const bases = (description.servers ?? []).map(({ url }) => new URL(url, "http://x").pathname.replace(/\/$/, ""));

  const pathOf = ({ url }: Sent): string => {
    const { pathname } = new URL(url, "http://x");
    return pathname.slice(bases.find((base) => base !== "" && pathname.startsWith(`${base}/`))?.length ?? 0);
  };
  const routesOf = (request: Sent): readonly Route[] => {
    const fitting = routes.filter(({ pattern }) => pattern.test(pathOf(request)));
    const able = fitting.filter(({ path }) => description.paths[path]?.[request.method.toLowerCase()] !== undefined);
    return able.filter(({ names }) => names.length === able[0]?.names.length);
  };

  return {
    operations: (request) => routesOf(request).map(({ path }) => `${request.method} ${path}`),
    faults(request) {
      const able = routesOf(request);
      if (able.length === 0) return [`there is no ${request.method} ${pathOf(request)}`];
      // One path may be described twice, by id and by name: either may be meant.
      const judged = able.map((route) => new RequestJudge(description, route, request).faults(pathOf(request)));
      return judged.find((faults) => faults.length === 0) ?? judged[0] ?? [];
    },
  };
}

function routeOf(path: string): Route {
  const names = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name ?? "");
  const source = path.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{[^}]+\}/g, "([^/]+)");
  return { path, names, pattern: new RegExp(`^${source}$`) };
}

class RequestJudge {
  readonly #description: Description;
  readonly #route: Route;
  readonly #request: Sent;

  constructor(description: Description, route: Route, request: Sent) {
    this.#description = description;
    this.#route = route;
    this.#request = request;
  }

  faults(path: string): readonly string[] {
    const item = this.#description.paths[this.#route.path] ?? {};
    const operation = item[this.#request.method.toLowerCase()] as Operation; // routesOf has seen it
    const shared = (item.parameters ?? []) as readonly Parameter[];
    const parameters = [...shared, ...(operation.parameters ?? [])].map((parameter) => this.#deref(parameter));
    const values = this.#route.pattern.exec(path)?.slice(1) ?? [];
    const inPath = Object.fromEntries(
      this.#route.names.map((name, at) => [name, decodeURIComponent(values[at] ?? "")]),
    );
    return [
      ...this.#named("path", parameters, inPath, true),
      ...this.#named("query", parameters, formTree(new URL(this.#request.url, "http://x").search.slice(1)), true),
      ...this.#named("header", parameters, this.#headers(), false),
      ...this.#credentials(operation),
      ...this.#body(operation),
    ];
  }

  #headers(): Readonly<Record<string, Tree>> {
    return Object.fromEntries(Object.entries(this.#request.headers).map(([name, value]) => [name, String(value)]));
  }

  #credentials(operation: Operation): readonly string[] {
    const needed = (operation.security ?? this.#description.security ?? []).length > 0;
    return needed && this.#request.headers.authorization === undefined ? ["there are no credentials"] : [];
  }

  #named(
    place: Parameter["in"],
    all: readonly Parameter[],
    given: Readonly<Record<string, Tree>>,
    closed: boolean,
  ): readonly string[] {
    const bare = (name: string): string => (place === "header" ? name.toLowerCase() : name.replace(/\[\]$/, ""));
    const parameters = new Map(all.filter((each) => each.in === place).map((each) => [bare(each.name), each]));
    const faults: string[] = [];
    for (const [name, parameter] of parameters) {
      const value = given[name];
      if (value === undefined && parameter.required === true) faults.push(`${place}: ${name} is missing`);
      if (value === undefined) continue;
      const listed = this.#deref(parameter.schema ?? {}).type === "array" && typeof value === "string";
      const parts = listed ? (parameter.explode === false ? value.split(",") : [value]) : value;
      faults.push(...this.#value(parameter.schema ?? {}, parts, `${place}: ${name}`, true));
    }
    const unknown = closed ? Object.keys(given).filter((name) => !parameters.has(name)) : [];
    return [...faults, ...unknown.map((name) => `${place}: there is no parameter ${name}`)];
  }

  #body(operation: Operation): readonly string[] {
    const { body, headers } = this.#request;
    const requestBody = operation.requestBody === undefined ? undefined : this.#deref(operation.requestBody);
    if (body === "") return requestBody?.required === true ? ["body: it is missing"] : [];
    if (requestBody === undefined) return ["body: there is none to send"];
    const type = (headers["content-type"] ?? "").split(";")[0]?.trim() ?? "";
    const content = requestBody.content[type];
    if (content === undefined) return [`body: ${type} is not one of ${Object.keys(requestBody.content).join(", ")}`];
    if (type === FORM) return this.#value(content.schema ?? {}, formTree(body), "body", true);
    return this.#value(content.schema ?? {}, JSON.parse(body) as unknown, "body", false);
  }

  #deref<T extends { readonly $ref?: string }>(node: T): T {
    if (node.$ref === undefined) return node;
    let here: unknown = this.#description;
    for (const step of node.$ref.slice(2).split("/")) here = (here as Record<string, unknown>)[step];
    return this.#deref(here as T);
  }

  /** @param text Values are texts, as in forms and queries. */
  #value(given: Schema, value: unknown, at: string, text: boolean): readonly string[] {
    const schema = this.#whole(given);
    if (value === null) return schema.nullable === true ? [] : [`${at}: null is not allowed`];
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices !== undefined) {
      const judged = choices.map((choice) => this.#value(choice, value, at, text));
      return judged.find((faults) => faults.length === 0) ?? judged.toSorted((a, b) => a.length - b.length)[0] ?? [];
    }
    if (
      schema.enum !== undefined &&
      !schema.enum.some((allowed) => allowed === value || (text && String(allowed) === value))
    )
      return [`${at}: ${JSON.stringify(value)} is not one of ${schema.enum.slice(0, 20).join(", ")}`];
    switch (schema.type ?? (schema.properties === undefined ? "any" : "object")) {
      case "object":
        return this.#fields(schema, value, at, text);
      case "array":
        if (!Array.isArray(value)) return [`${at}: this is no list`];
        return value.flatMap((entry, index) => this.#value(schema.items ?? {}, entry, `${at}[${String(index)}]`, text));
      case "integer":
        return fits(value, text ? /^-?\d+$/ : Number.isInteger) ? [] : [`${at}: this is no whole number`];
      case "number":
        return fits(value, text ? /^-?\d+(?:\.\d+)?$/ : (each) => typeof each === "number")
          ? []
          : [`${at}: this is no number`];
      case "boolean":
        return fits(value, text ? /^(?:true|false)$/ : (each) => typeof each === "boolean")
          ? []
          : [`${at}: neither true nor false`];
      case "string":
        if (typeof value !== "string") return [`${at}: this is no text`];
        return value.length > (schema.maxLength ?? Infinity) ? [`${at}: the text is too long`] : [];
      default:
        return [];
    }
  }

  #fields(schema: Schema, value: unknown, at: string, text: boolean): readonly string[] {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return [`${at}: this is no object`];
    const fields = value as Readonly<Record<string, unknown>>;
    const { properties = {}, additionalProperties: others } = schema;
    // What the server fills in need not be sent, required or not.
    const missing = (schema.required ?? []).filter(
      (name) => fields[name] === undefined && this.#whole(properties[name] ?? {}).readOnly !== true,
    );
    const open = others === true || (others === undefined && Object.keys(properties).length === 0);
    const faults = Object.entries(fields).flatMap(([name, entry]) => {
      const property = properties[name];
      if (property?.readOnly === true) return [`${at}.${name}: this is only read`];
      if (property !== undefined) return this.#value(property, entry, `${at}.${name}`, text);
      if (typeof others === "object") return this.#value(others, entry, `${at}.${name}`, text);
      return open ? [] : [`${at}: there is no property ${name}`];
    });
    return [...missing.map((name) => `${at}: ${name} is missing`), ...faults];
  }

  /** References followed, and the parts of `allOf` put together: what none of them names is unknown. */
  #whole(given: Schema): Schema {
    const schema = this.#deref(given);
    if (schema.allOf === undefined) return schema;
    const parts = schema.allOf.map((part) => this.#whole(part));
    return {
      ...schema,
      ...Object.assign({}, ...parts),
      properties: Object.assign({}, ...parts.map((part) => part.properties), schema.properties) as Record<
        string,
        Schema
      >,
      required: [...(schema.required ?? []), ...parts.flatMap((part) => part.required ?? [])],
    };
  }
}

function fits(value: unknown, test: RegExp | ((value: unknown) => boolean)): boolean {
  return typeof test === "function" ? test(value) : typeof value === "string" && test.test(value);
}

/** `a[b]=1&c[]=2&c[]=3&d[0][e]=4` as { a: { b: "1" }, c: ["2", "3"], d: [{ e: "4" }] }. */
function formTree(form: string): Readonly<Record<string, Tree>> {
  const root: Branch = new Map();
  for (const [name, value] of new URLSearchParams(form)) {
    const [first = "", rest = ""] = /^([^[]+)(.*)$/s.exec(name)?.slice(1) ?? [name];
    const steps = [first, ...[...rest.matchAll(/\[([^\]]*)\]/g)].map(([, step]) => step ?? "")];
    let here = root;
    steps.forEach((step, at) => {
      const key = step === "" ? String(here.size) : step;
      const next = here.get(key);
      if (at === steps.length - 1) here.set(key, next === undefined || typeof next === "string" ? value : next);
      else {
        const branch: Branch = next instanceof Map ? next : new Map();
        here.set(key, branch);
        here = branch;
      }
    });
  }
  return Object.fromEntries([...root].map(([key, entry]) => [key, grown(entry)]));
}

type Branch = Map<string, string | Branch>;

function grown(entry: string | Branch): Tree {
  if (typeof entry === "string") return entry;
  const keys = [...entry.keys()];
  const listed = keys.every((key, at) => key === String(at));
  const values = [...entry.values()].map(grown);
  return listed ? values : Object.fromEntries(keys.map((key, at) => [key, values[at] ?? ""]));
}
