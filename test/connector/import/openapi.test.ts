import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { draftText } from "../../../src/connector/import/draft.ts";
import { importOpenApi } from "../../../src/connector/import/openapi.ts";
import { accepted, notesOf } from "./drafts.ts";

const CRM = {
  openapi: "3.1.0",
  info: { title: "A CRM", version: "2" },
  servers: [{ url: "https://{region}.crm.example.com/v2/", variables: { region: { default: "eu" } } }],
  security: [{ key: [] }],
  components: {
    securitySchemes: { key: { type: "apiKey", in: "header", name: "X-Api-Key" } },
    parameters: { size: { name: "per_page", in: "query", schema: { type: "integer", maximum: 50 } } },
    schemas: {
      Thing: {
        type: "object",
        properties: { id: { type: "string" }, updated_at: { type: "string", format: "date-time" } },
      },
      Contact: {
        allOf: [
          { $ref: "#/components/schemas/Thing" },
          {
            properties: {
              email: { type: "string" },
              balance: { type: "number", readOnly: true },
              born: { type: "string", format: "date" },
              is_deleted: { type: "boolean" },
            },
          },
        ],
      },
      Page: {
        type: "object",
        properties: {
          warnings: { type: "array", items: { type: "object", properties: { text: { type: "string" } } } },
          contacts: { type: "array", items: { $ref: "#/components/schemas/Contact" } },
          meta: { type: "object", properties: { total: { type: "integer" } } },
        },
      },
    },
  },
  paths: {
    "/contacts": {
      get: {
        parameters: [
          { $ref: "#/components/parameters/size" },
          { name: "page", in: "query", schema: { type: "integer" } },
          { name: "updated_since", in: "query", schema: { type: "string" } },
          { name: "email", in: "query", schema: { type: "string" } },
        ],
        responses: { 200: { content: { "application/json": { schema: { $ref: "#/components/schemas/Page" } } } } },
      },
      post: {
        parameters: [{ name: "Idempotency-Key", in: "header", schema: { type: "string" } }],
        requestBody: {
          content: {
            "application/json": {
              schema: { type: "object", properties: { contact: { $ref: "#/components/schemas/Contact" } } },
            },
          },
        },
        responses: { 201: {}, 409: {} },
      },
    },
    "/contacts/{contact_id}": {
      get: {
        responses: {
          200: {
            content: {
              "application/json": {
                schema: { type: "object", properties: { contact: { $ref: "#/components/schemas/Contact" } } },
              },
            },
          },
        },
      },
      patch: {
        requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/Contact" } } } },
        responses: { 200: {} },
      },
      delete: { responses: { 204: {} } },
    },
    "/contacts/{contact_id}/notes": { get: { responses: {} } },
    "/ping": { get: { responses: { 200: {} } } },
  },
};

describe("what a description tells", () => {
  test("becomes objects with paging, look-up, changes and writes, and is taken as it is", async () => {
    const file = await accepted(importOpenApi(JSON.stringify(CRM), "crm", []));

    expect(Object.keys(file.objects)).toEqual(["contact"]);
    expect(file.settings).toEqual({ base_url: { default: "https://eu.crm.example.com/v2" } });
    expect(file.auth).toEqual({ scheme: "header", name: "X-Api-Key", token: "token" });
    expect(file.objects["contact"]).toEqual({
      id: "id",
      version: "updated_at",
      modified: "updated_at",
      deleted: "is_deleted",
      natural_keys: ["email"],
      fields: {
        updated_at: { type: "datetime" },
        balance: { type: "decimal", read_only: true },
        born: { type: "date" },
      },
      list: {
        request: "GET /contacts",
        query: { per_page: 50 },
        items: "contacts",
        page: { number: "page", size: 50 },
        count: "meta.total",
      },
      get: { request: "GET /contacts/{{ id }}", item: "contact" },
      find: { by: ["email"], request: "GET /contacts", query: { email: "{{ key.email }}" }, items: "contacts" },
      changes: {
        request: "GET /contacts",
        query: { per_page: 50, updated_since: "{{ cursor }}" },
        items: "contacts",
        page: { number: "page", size: 50 },
        cursor: { at: "updated_at", settle: "60s" },
        cannot_see: ["deletes"],
      },
      create: {
        request: "POST /contacts",
        body: { contact: "{{ record }}" },
        repeat: "by-key",
        key: { header: "Idempotency-Key" },
      },
      update: { request: "PATCH /contacts/{{ id }}", body: "{{ changed }}", guard: "read-compare" },
      delete: { request: "DELETE /contacts/{{ id }}" },
    });
    expect(file.errors).toContainEqual({ when: { status: 409 }, do: "duplicate" });
  });

  test("what is only guessed is marked at its place in the file", () => {
    const text = draftText(importOpenApi(JSON.stringify(CRM), "crm", []));

    expect(text).toContain("      # CHECK: is the first page 1, and is the page that is too far empty?\n      page:");
    expect(text.split("\n")[0]).toBe("# yaml-language-server: $schema=../schema/connector.json");
  });

  test("YAML is read too", async () => {
    const text = ["openapi: 3.0.0", "paths:", "  /things:", "    get:", "      responses:", "        200:"].join("\n");
    const schema = "{ content: { application/json: { schema: { type: array, items: { properties: { id: {} } } } } } }";

    const draft = importOpenApi(`${text} ${schema}`, "things", []);

    expect((await accepted(draft)).objects["thing"]?.list).toEqual({ request: "GET /things", items: "$" });
    expect(notesOf(draft)).toContain(
      "objects.thing.list.request: the description tells no paging; is the whole list really in one answer?",
    );
  });
});

describe("what cannot be imported", () => {
  test.each([
    ["nothing that is a description", "- a list", "this is not an OpenAPI 3 description: no key `openapi`"],
    ["Swagger 2", '{ "swagger": "2.0" }', "convert it to OpenAPI 3 first"],
    ["text that is neither JSON nor YAML", "{ a: ]", "neither JSON nor YAML"],
    ["a description without records", '{ "openapi": "3.0.0", "paths": {} }', "no path that lists or takes records"],
    ["a reference in a circle", '{ "openapi": "3.0.0", "paths": { "$ref": "#/paths" } }', "no path that lists"],
  ])("%s is refused with the reason", (_, text, reason) => {
    expect(() => importOpenApi(text, "x", [])).toThrow(reason);
  });

  test("an object that is not there is named with those that are", () => {
    expect(() => importOpenApi(JSON.stringify(CRM), "crm", ["invoice"])).toThrow("there are contact, ping");
  });
});

describe("vendors' own descriptions", () => {
  const shared = new URL("../../../../shared/specs/", import.meta.url);

  test.each([
    ["stripe.json", ["customer", "invoice", "product", "price", "subscription"]],
    ["xero_accounting.json", ["contact", "invoice", "payment"]],
  ])("%s becomes a connector that is taken as it is", async (name, objects) => {
    const file = new URL(name, shared);
    if (!existsSync(file)) {
      process.stderr.write(`skipped: the description ${name} is not beside the project\n`);
      return;
    }

    const drafted = await accepted(importOpenApi(readFileSync(file, "utf8"), "vendor", objects));

    expect(Object.keys(drafted.objects).toSorted()).toEqual(objects.toSorted());
    for (const object of Object.values(drafted.objects)) {
      expect(object.list?.page).toBeDefined();
      expect(object.get).toBeDefined();
    }
  });
});
