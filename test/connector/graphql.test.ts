// GraphQL: what is wrong with a query is told with its place, and no answer with an error in it passes for a success. The shop
// is a real schema behind a socket; where it must misbehave, its answers are changed on the way out.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { ExecutionResult } from "graphql";
import { createCostBudgets } from "../../src/connector/cost.ts";
import { parsePath } from "../../src/core/path.ts";
import { locateProblems, readYaml } from "../../src/config/yaml-file.ts";
import { shopConnector, startShop, type Shop } from "./graphql-shop.ts";
import {
  closeExpressionsAfterwards,
  closeSystemsAfterwards,
  failureOf,
  fileText,
  id,
  open,
  problemsOf,
  readAll,
  valueOf,
} from "./opened.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop.remote.close());
beforeEach(() => {
  shop.rows.clear();
  shop.answering = null;
  shop.fault = null;
});
closeExpressionsAfterwards();
closeSystemsAfterwards();

const contactOf = async (text = shopConnector()) => {
  const watched = await open(text, shop.remote.origin);
  return { ...watched, contact: watched.system.object("contact", ["email", "name"]) };
};

function list(query: string, more = "", protocol = "graphql"): string {
  const lines = query
    .split("\n")
    .map((line) => `        ${line}`)
    .join("\n");
  return fileText(`objects:\n  contact:\n    list:\n      query: |\n${lines}\n${more}`, protocol);
}

describe("what is wrong with a query", () => {
  test("a syntax error has its line and column in the file", () => {
    const text = list("query {\n  contacts(first: ) { nodes { id } }\n}", "      items: data.contacts.nodes");

    const [found] = locateProblems(problemsOf(text), readYaml(Buffer.from(text), "shop.yaml"));

    expect(found).toMatchObject({ code: "E_QUERY" });
    expect(text.split("\n")[(found?.line ?? 0) - 1]?.slice((found?.column ?? 0) - 1)).toBe(") { nodes { id } }");
  });

  test("a place inside the query is the place in the file", () => {
    const text = list("query($a: Int) {\n  contacts(first: $b) { nodes { id } }\n}", "      variables: { a: 1 }");

    const located = locateProblems(problemsOf(text), readYaml(Buffer.from(text), "shop.yaml"));
    const found = located.find((each) => each.message.includes('"$b"'));

    const line = text.split("\n")[(found?.line ?? 0) - 1] ?? "";
    expect(line.slice((found?.column ?? 0) - 1)).toMatch(/^\$b\)/);
  });

  test.each([
    [
      "no query",
      fileText("objects: { contact: { list: { items: data.a } } }", "graphql"),
      "E_QUERY",
      "needs its query",
    ],
    ["two operations", list("query A { a } query B { b }"), "E_QUERY", "2 operations"],
    ["a mutation for a list", list("mutation { a { id } }"), "E_QUERY", "list is sent as a query"],
    ["an undeclared variable is used", list("query { a(x: $x) { id } }"), "E_QUERY", '"$x" is not defined'],
    [
      "a declared variable is not given",
      list("query($x: ID) { a(x: $x) { id } }"),
      "E_QUERY_VARIABLE",
      '"$x" of the query is not given',
    ],
    ["a fragment is not there", list("query { a { ...nobody } }"), "E_QUERY", "nobody"],
    ["another place than data", list("query { a { id } }", "      items: a"), "E_QUERY_PATH", "begin with data"],
    [
      "a field not asked for",
      list("query { contacts { nodes { id } } }", "      items: data.contacts.node"),
      "E_QUERY_PATH",
      '"node"',
    ],
    [
      "no id in the items",
      list("query { contacts { nodes { name } } }", "      items: data.contacts.nodes"),
      "E_QUERY_PATH",
      '"id"',
    ],
    [
      "a path of the next page",
      list("query { c { nodes { id } } }", "      items: data.c.nodes\n      page: { token: data.c.end }"),
      "E_QUERY_PATH",
      '"end"',
    ],
  ])("%s is told", (_, text, code, message) => {
    expect(problemsOf(text)).toContainEqual(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });

  test("a misspelt variable is told with the one that was meant", () => {
    const text = list(
      "query($after: String) { a(after: $after) { id } }",
      "      variables: { aftr: 1 }\n      items: data.a",
    );

    expect(problemsOf(text)).toEqual([
      expect.objectContaining({ code: "E_QUERY_VARIABLE", hint: 'did you mean "after"?' }),
      expect.objectContaining({ code: "E_QUERY_VARIABLE", hint: 'rename "aftr"?' }),
    ]);
  });

  test("fields inside fragments are found", () => {
    const query = "query { a { nodes { ... on Person { id } ...named } } }\nfragment named on Person { name }";

    expect(problemsOf(list(query, "      items: data.a.nodes\n    fields: { who: { at: name } }"))).toEqual([]);
  });

  test("keys of GraphQL are refused in a REST file, and a body in a GraphQL one", () => {
    const rest = fileText(
      "limits: [{ name: c, cost: { at: a, available: b, restore_rate: 1 } }]\nobjects: { a: { list: { request: GET /, variables: {} } } }",
    );
    const graphql = list("query { a { id } }", "      items: data.a\n      body: {}");

    expect(problemsOf(rest).map(({ path }) => path.at(-1))).toEqual(expect.arrayContaining(["cost", "variables"]));
    expect(problemsOf(graphql)).toMatchObject([
      { code: "E_UNKNOWN_KEY", path: ["objects", "contact", "list", "body"] },
    ]);
  });
});

describe("errors inside 200", () => {
  const failing = (errors: readonly object[], data?: unknown): void => {
    shop.answering = () => ({ body: data === undefined ? { errors } : { errors, data } });
  };

  test("a listing with errors and no data has failed", async () => {
    const { contact } = await contactOf();
    failing([{ message: "Cannot query field", extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }]);

    expect((await readAll(contact.list())).failure).toMatchObject({
      kind: "rejected",
      code: "GRAPHQL_VALIDATION_FAILED",
    });
  });

  test("a listing with some data and an error is not believed", async () => {
    shop.add({ name: "Ada", email: "ada@example.com" });
    const { contact } = await contactOf();
    shop.answering = (result: ExecutionResult) => ({ body: { ...result, errors: [{ message: "one node was lost" }] } });

    const { records, failure } = await readAll(contact.list());

    expect(records).toEqual([]);
    expect(failure).toMatchObject({ kind: "malformed", code: "E_INCOMPLETE" });
  });

  test("an answer with neither data nor errors is not believed", async () => {
    const { contact } = await contactOf();
    shop.answering = () => ({ body: {} });

    expect((await readAll(contact.list())).failure).toMatchObject({ kind: "malformed" });
  });

  test("a write that failed inside the server is unknown, one refused before it began is rejected", async () => {
    const { contact } = await contactOf();
    const write = async () =>
      failureOf((await contact.create([{ key: "k", record: { name: "A", email: "a@b.c" } }]))[0]);

    failing([{ message: "boom" }], null);
    expect(await write()).toMatchObject({ kind: "unknown" });
    failing([{ message: "name is too long" }]);
    expect(await write()).toMatchObject({ kind: "rejected", message: expect.stringContaining("name is too long") });
    failing([{ message: "no", extensions: { code: "FORBIDDEN" } }]);
    expect(await write()).toMatchObject({ kind: "auth" });
  });

  test("a write that was done and answered in part is unknown", async () => {
    const { contact } = await contactOf();
    shop.answering = (result) => ({ body: { ...result, errors: [{ message: "a field below failed" }] } });

    const [made] = await contact.create([{ key: "k", record: { name: "A", email: "a@b.c" } }]);

    expect(failureOf(made)).toMatchObject({ kind: "unknown", code: "E_INCOMPLETE" });
    expect(shop.rows.size).toBe(1);
  });

  test("user errors refuse a write although the file says nothing of them", async () => {
    const one = id(shop.add({ name: "Ada", email: "ada@example.com" }));
    const { contact } = await contactOf(shopConnector().replace(/errors:\n(?: {2}- .*\n)+/, ""));

    const [written] = await contact.update([
      { key: "k", id: one, version: "7", changed: { name: "B" }, current: null },
    ]);

    expect(failureOf(written)).toMatchObject({ kind: "rejected", code: "STALE" });
  });

  test("an error type of a union refuses a write, also when the query does not ask for its type", async () => {
    const { contact } = await contactOf();
    shop.answering = () => ({
      body: { data: { contactCreate: { __typename: "EmailAddressConflictError", message: "is taken" } } },
    });

    const [made] = await contact.create([{ key: "k", record: { name: "A", email: "a@b.c" } }]);

    expect(failureOf(made)).toMatchObject({ kind: "rejected", code: "EmailAddressConflictError" });
    expect(JSON.parse(shop.remote.asked.at(-1)?.body ?? "").query).toContain("__typename");
  });

  test("the error table sees the whole body", async () => {
    const { contact } = await contactOf(
      shopConnector().replace(
        "errors:\n",
        "errors:\n  - { when: { body: \"data.contactCreate.userErrors.code = 'TAKEN'\" }, do: stop }\n",
      ),
    );
    shop.add({ name: "Ada", email: "a@b.c" });

    expect(failureOf((await contact.create([{ key: "k", record: { name: "A", email: "a@b.c" } }]))[0]).kind).toBe(
      "stop",
    );
  });

  test("digits of numbers are kept both ways", async () => {
    const { contact } = await contactOf();
    shop.answering = () => ({
      headers: { "content-type": "application/json" },
      body: '{"data":{"contact":{"id":"1","version":12345678901234567890,"email":"e","name":"n","updatedAt":"2026-01-01T00:00:00Z"}}}',
    });

    expect(valueOf((await contact.get([id("1")]))[0]).version).toBe("12345678901234567890");
  });
});

describe("paging", () => {
  test("hasNextPage that is missing, or true without a cursor, is no end", async () => {
    for (const pageInfo of [{ endCursor: null, hasNextPage: true }, { endCursor: "x" }]) {
      const { contact } = await contactOf();
      shop.answering = () => ({ body: { data: { contacts: { nodes: [], pageInfo, totalCount: 0 } } } });

      expect((await readAll(contact.list())).failure).toMatchObject({ kind: "malformed", code: "E_SCHEMA" });
    }
  });

  test("the request goes to base_url itself, or where request says", async () => {
    const { contact } = await contactOf();
    await readAll(contact.list());
    expect(shop.remote.asked.at(-1)).toMatchObject({ method: "POST", path: "/" });

    const watched = await open(
      shopConnector().replace("    list:\n", "    list:\n      request: /admin-api\n"),
      `${shop.remote.origin}/graphql`,
    );
    await readAll(watched.system.object("contact", []).list());
    expect(shop.remote.asked.at(-1)?.path).toBe("/graphql/admin-api");
    await readAll(watched.system.object("contact", []).changes(""));
    expect(shop.remote.asked.at(-1)?.path).toBe("/graphql");
  });
});

test("a look-up by a unique key answers with one record or null", async () => {
  const text = shopConnector().replace(
    /    find:[\s\S]*?    changes:/,
    `    find:
      by: [email]
      query: "query One($id: ID!) { contact(id: $id) { id name email version updatedAt } }"
      variables: { id: "{{ key.email }}" }
      items: data.contact
    changes:`,
  );
  const one = shop.add({ name: "Ada", email: "ada@example.com" });
  const { contact } = await contactOf(text);

  expect(valueOf(await contact.find({ email: one })).map((record) => record.id)).toEqual([one]);
  expect(valueOf(await contact.find({ email: "none" }))).toEqual([]);
});

test("a field that no query asks for is a warning: it may be one that is only written", () => {
  const text = list("query { a { id } }", "      items: data.a\n    fields: { password: { at: password } }");

  expect(problemsOf(text)).toEqual([expect.objectContaining({ code: "W_QUERY_FIELD" })]);
});

describe("costs", () => {
  const COST = `limits:
  - name: points
    cost:
      at: extensions.cost.requested
      available: extensions.cost.status.available
      maximum: extensions.cost.status.maximum
      restore_rate: extensions.cost.status.rate`;

  test("a call waits until what it cost the last time is there again", async () => {
    const { contact, sleeps } = await contactOf(shopConnector("", COST));
    let available = 100;
    shop.answering = (result) => {
      available -= 60;
      const cost = { requested: 60, status: { available, maximum: 100, rate: 10 } };
      return { body: { ...result, extensions: { cost } } };
    };

    await contact.find({ email: "a" });
    expect(sleeps).toEqual([]);
    await contact.find({ email: "a" });

    // 40 are left, 60 are needed, 10 come a second.
    expect(sleeps).toEqual([2000]);
  });

  test("calls under way are set aside, and no request waits for more than there ever is", async () => {
    const at = (text: string) => parsePath(text) ?? [];
    const sleeps: number[] = [];
    const underWay: (() => void)[] = [];
    let now = 0;
    const budgets = createCostBudgets(
      [{ name: "points", at: at("cost"), available: at("left"), maximum: 100, restoreRate: 10, resets: null }],
      {
        clock: {
          now: () => now as never,
          sleep: async (ms) => {
            sleeps.push(ms);
            now += ms;
            for (const end of underWay.splice(0)) end();
          },
        },
        waitMaxMs: 60_000,
        waited: () => undefined,
      },
    );
    const small = {};
    const huge = {};
    const signal = new AbortController().signal;
    const turn = async (request: object) => {
      const given = await budgets.turn(request, signal);
      if (given.kind !== "go") throw new Error("no turn");
      return given;
    };
    const first = await turn(small);
    first.release();
    first.learn({ cost: 50, left: 100 });

    for (let calls = 0; calls < 2; calls += 1) {
      const given = await turn(small);
      underWay.push(() => {
        given.learn({ cost: 50, left: 50 - calls * 50 });
        given.release();
      });
    }
    expect(sleeps).toEqual([]);
    (await turn(small)).release();
    // Told after 5 s that nothing is left, it waits for another 5 s.
    expect(sleeps).toEqual([5000, 5000]);

    const big = await turn(huge);
    big.release();
    big.learn({ cost: 500, left: 100 });
    expect((await turn(huge)).kind).toBe("go");
  });
});
