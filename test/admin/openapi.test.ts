// The OpenAPI document is written by hand; here it is held against the routes.

import { afterEach, expect, test } from "@jest/globals";
import { OPENAPI } from "../../src/admin/openapi.ts";
import { methodOf } from "../../src/admin/route.ts";
import { isFields, isList, type Fields, type Value } from "../../src/core/value.ts";
import { ask, fieldsOf } from "./ask.ts";
import { routesOfWorld, startAdmin, stopAll } from "./world.ts";

afterEach(stopAll);

function part(value: Value | undefined, ...keys: readonly string[]): Value {
  const found = keys.reduce<Value | undefined>((at, key) => (isFields(at) ? at[key] : undefined), value);
  return found ?? null;
}

function textOf(value: Value): string {
  return typeof value === "string" ? value : "";
}

const paths = part(OPENAPI, "paths") as Fields;
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods as Fields).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);

test("the document names exactly the routes there are", () => {
  const routes = routesOfWorld().map((route) => `${methodOf(route)} ${route.path}`);

  expect(operations.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(routes.toSorted());
});

test("the document names each route's role, parameters and whether it wants a token", () => {
  for (const route of routesOfWorld()) {
    const operation = operations.find(
      ({ method, path }) => method === methodOf(route) && path === route.path,
    )?.operation;
    const parameters = part(operation, "parameters");
    const listed = (isList(parameters) ? parameters : []).map(
      (each) => `${textOf(part(each, "in"))} ${textOf(part(each, "name"))}`,
    );
    const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => `path ${name ?? ""}`);
    const inQuery = route.kind === "read" ? route.queries.map((name) => `query ${name}`) : [];

    expect([route.path, part(operation, "x-role")]).toEqual([route.path, route.role]);
    expect(listed.toSorted()).toEqual([...inPath, ...inQuery].toSorted());
    expect(part(operation, "security")).toEqual(route.role === null ? [] : [{ token: [] }]);
  }
});

test("every schema that is named exists, and every one that exists is named", () => {
  const text = JSON.stringify(OPENAPI);
  const named = new Set([...text.matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name = ""]) => name));

  expect([...named].toSorted()).toEqual(Object.keys(part(OPENAPI, "components", "schemas") as Fields).toSorted());
});

test("it is served to everybody, with the version that runs", async () => {
  const { admin } = await startAdmin({ tokens: [{ name: "ops", role: "view", token: "0123456789abcdefghijklmn" }] });

  const document = fieldsOf(await ask(admin, "GET", "/openapi.json"));

  expect(part(document, "info", "version")).toBe("1.2.3");
  expect(part(document, "openapi")).toBe("3.1.0");
});

/** What an answer must have by its schema: `required`, followed through references, lists and objects. */
function missing(schema: Value, value: Value, at: string): readonly string[] {
  const reference = part(schema, "$ref");
  if (typeof reference === "string") return missing(part(OPENAPI, ...reference.slice(2).split("/")), value, at);
  const anyOf = part(schema, "anyOf");
  if (isList(anyOf)) return value === null ? [] : missing(anyOf[0] ?? null, value, at);
  if (isList(value))
    return value.flatMap((each, index) => missing(part(schema, "items"), each, `${at}[${String(index)}]`));
  if (!isFields(value)) return [];
  const required = part(schema, "required");
  const absent = (isList(required) ? required : []).flatMap((name) =>
    typeof name === "string" && !(name in value) ? [`${at}.${name}`] : [],
  );
  return [
    ...absent,
    ...Object.entries(value).flatMap(([name, each]) =>
      missing(part(schema, "properties", name), each, `${at}.${name}`),
    ),
  ];
}

test.each([
  "/healthz",
  "/readyz",
  "/v1/status",
  "/v1/pairs",
  "/v1/pairs/crm-billing",
  "/v1/runs",
  "/v1/runs/r_01",
  "/v1/runs/r_01/effects",
  "/v1/pairs/crm-billing/links",
  "/v1/links/7/history",
  "/v1/cases",
  "/v1/quarantine",
  "/v1/systems",
  "/v1/plans/p_1",
])("%s answers with all that its schema requires", async (path) => {
  const { admin } = await startAdmin();
  const template = path
    .replace("crm-billing", "{pair}")
    .replace("r_01", "{run}")
    .replace("links/7", "links/{link}")
    .replace("p_1", "{plan}");

  const answer = await ask(admin, "GET", path);

  const schema = part(OPENAPI, "paths", template, "get", "responses", "200", "content", "application/json", "schema");
  expect(schema).not.toBeNull();
  expect(missing(schema, JSON.parse(answer.text) as Value, path)).toEqual([]);
});
