// Batches: which record an entry of the answer is about, what is asked for alone, and that nothing is guessed.

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { RemoteFailure, Result } from "../../src/connector/contract.ts";
import { closeExpressionsAfterwards, closeSystemsAfterwards, fileText, id, open } from "./opened.ts";
import { startRemote, type Asked, type Remote } from "./remote.ts";

let remote: Remote;
beforeAll(async () => {
  remote = await startRemote();
});
afterAll(() => remote.close());
closeExpressionsAfterwards();
closeSystemsAfterwards();

const FILE = (batch: string, more = ""): string =>
  fileText(`
objects:
  contact:
    version: v
    fields: { email: { at: properties.email } }
    get: { request: "GET /one/{{ id }}" }
    create: { request: POST /one, body: { properties: "{{ record }}" } }
    update: { request: "PATCH /one/{{ id }}", body: { properties: "{{ changed }}" }, guard: none }
    delete: { request: "DELETE /one/{{ id }}", guard: none }
    batch: { ${batch} }
${more}`);

const CREATE =
  'create: { max: 3, request: POST /batch, body: { inputs: "{{ items }}" }, ok: results, failed: errors, match: by-index }';

async function contact(text: string) {
  remote.asked.length = 0;
  const { system } = await open(text, remote.origin);
  return system.object("contact", []);
}

const create = (email: string) => ({ key: `k-${email}`, record: { email } });
const kinds = (results: readonly Result<{ readonly id: string } | null>[]): readonly string[] =>
  results.map((result) => (result.ok ? (result.value?.id ?? "done") : failureText(result.failure)));
const failureText = (failure: RemoteFailure): string => failure.kind;
const body = (asked: Asked | undefined): unknown => JSON.parse(asked?.body ?? "null");

describe("by index", () => {
  test.each([
    ["all went well", { results: [{ id: "a", v: 1 }, { id: "b" }, { id: "c" }] }, ["a", "b", "c"]],
    [
      "an entry's own index wins",
      {
        results: [
          { id: "c", index: 2 },
          { id: "a", index: 0 },
        ],
        errors: [{ index: 1, status: 409 }],
      },
      ["a", "duplicate", "c"],
    ],
    [
      "failures with an index, the rest in order",
      { results: [{ id: "a" }, { id: "c" }], errors: [{ index: 1, message: "bad" }] },
      ["a", "rejected", "c"],
    ],
    [
      "one list with marks",
      { results: [{ id: "a", success: true }, { success: false }, { status: 404 }] },
      ["a", "rejected", "rejected"],
    ],
    [
      "all failed",
      { results: [], errors: [{ status: 422 }, { status: 409 }, { status: 422 }] },
      ["rejected", "duplicate", "rejected"],
    ],
    [
      "some failed, and nobody knows which",
      { results: [{ id: "a" }, { id: "b" }], errors: [{ message: "bad" }] },
      ["unknown", "unknown", "unknown"],
    ],
    ["too few entries", { results: [{ id: "a" }] }, ["unknown", "unknown", "unknown"]],
    ["an entry without an id", { results: [{ id: "a" }, {}, { id: "c" }] }, ["a", "unknown", "c"]],
    ["no list at all", { done: true }, ["unknown", "unknown", "unknown"]],
  ])("%s", async (_, answer, outcomes) => {
    remote.answers({ body: answer });
    const object = await contact(FILE(CREATE));

    const results = await object.create([create("1"), create("2"), create("3")]);

    expect(kinds(results)).toEqual(outcomes);
    expect(remote.asked).toHaveLength(1);
    expect(body(remote.asked[0])).toEqual({ inputs: ["1", "2", "3"].map((email) => ({ properties: { email } })) });
  });
});

describe("by key", () => {
  const KEYED =
    'create: { max: 10, request: POST /batch, body: { inputs: "{{ items }}" }, ok: results, failed: errors, match: { key: properties.email } }';

  test("entries find their records in any order; what is left out is unknown", async () => {
    remote.answers({
      body: {
        results: [
          { id: "c", properties: { email: "3" } },
          { id: "a", properties: { email: 1 } },
        ],
        errors: [{ properties: { email: "4" }, status: 409 }],
      },
    });
    const object = await contact(FILE(KEYED));

    const results = await object.create(["1", "2", "3", "4"].map(create));

    expect(kinds(results)).toEqual(["a", "unknown", "c", "duplicate"]);
  });

  test("two records with one key are not told apart", async () => {
    remote.answers({
      body: {
        results: [
          { id: "a", properties: { email: "1" } },
          { id: "b", properties: { email: "1" } },
        ],
      },
    });
    const object = await contact(FILE(KEYED));

    expect(kinds(await object.create([create("1"), create("1")]))).toEqual(["unknown", "unknown"]);
    remote.answers({ body: { results: [{ id: "a", properties: { email: "1" } }] } });
    expect(kinds(await object.create([create("1"), create("1")]))).toEqual(["unknown", "unknown"]);
  });

  test("updates carry their id and are matched by it; deletes that are answered with 204 are done", async () => {
    remote.handle(({ path }) =>
      path === "/u"
        ? {
            body: [
              { id: 2, v: 9 },
              { id: "1", status: 412 },
            ],
          }
        : { status: 204 },
    );
    const object = await contact(
      FILE(
        'update: { max: 10, request: POST /u, body: "{{ items }}" }, delete: { max: 10, request: POST /d, body: { ids: "{{ items }}" } }',
      ),
    );

    const updated = await object.update(
      ["1", "2"].map((one) => ({ key: "k", id: id(one), version: null, changed: { email: one }, current: null })),
    );
    const deleted = await object.delete(["1", "2"].map((one) => ({ key: "k", id: id(one), version: null })));

    expect(kinds(updated)).toEqual(["stale", "2"]);
    expect(updated[1]).toMatchObject({ value: { version: "9" } });
    expect(body(remote.asked[0])).toEqual([
      { id: "1", properties: { email: "1" } },
      { id: "2", properties: { email: "2" } },
    ]);
    expect(kinds(deleted)).toEqual(["done", "done"]);
    expect(body(remote.asked[1])).toEqual({ ids: [{ id: "1" }, { id: "2" }] });
  });
});

describe("a batch as a whole", () => {
  test("more than its size goes in parts, one alone goes alone", async () => {
    remote.handle(({ path, body: text }) =>
      path === "/batch"
        ? {
            body: {
              results: (JSON.parse(text) as { inputs: { properties: { email: string } }[] }).inputs.map((item) => ({
                id: item.properties.email,
              })),
            },
          }
        : { status: 201, body: { id: "alone" } },
    );
    const object = await contact(FILE(CREATE));

    expect(kinds(await object.create(["1", "2", "3", "4", "5"].map(create)))).toEqual(["1", "2", "3", "4", "5"]);
    expect(remote.asked.map((asked) => asked.path)).toEqual(["/batch", "/batch"]);
    expect(kinds(await object.create([create("1")]))).toEqual(["alone"]);
  });

  test("one that is refused is tried record by record", async () => {
    remote.handle(({ path, body: text }) =>
      path === "/batch" || text.includes('"2"') ? { status: 422 } : { status: 201, body: { id: "made" } },
    );
    const object = await contact(FILE(CREATE));

    expect(kinds(await object.create(["1", "2", "3"].map(create)))).toEqual(["made", "rejected", "made"]);
    expect(remote.asked).toHaveLength(4);
  });

  test.each([[{ status: 500 }], ["cut" as const], [{ body: "<html>", headers: { "content-type": "text/html" } }]])(
    "one whose outcome is unknown (%j) is unknown for each record, and not sent again",
    async (answer) => {
      remote.answers(answer);
      const object = await contact(FILE(CREATE));

      expect(kinds(await object.create(["1", "2", "3"].map(create)))).toEqual(["unknown", "unknown", "unknown"]);
      expect(remote.asked).toHaveLength(1);
    },
  );

  test("creates with an idempotency key each go alone", async () => {
    remote.answers({ status: 201, body: { id: "made" } });
    const object = await contact(
      FILE(CREATE).replace(
        'body: { properties: "{{ record }}" } }',
        'body: { properties: "{{ record }}" }, repeat: by-key }',
      ),
    );

    await object.create(["1", "2"].map(create));

    expect(new Set(remote.asked.map((asked) => asked.headers["idempotency-key"]))).toEqual(new Set(["k-1", "k-2"]));
  });
});

describe("reading", () => {
  const READ = 'read: { max: 10, request: POST /read, body: { ids: "{{ items.id }}" }, ok: results, failed: errors }';

  test("a batch is read in one call, in the order asked, and what it leaves out is asked for alone", async () => {
    remote.handle(({ path }) => {
      if (path === "/read") return { body: { results: [{ id: "3" }, { id: "1" }] } };
      return path === "/one/2" ? { body: { id: "2" } } : { status: 404 };
    });
    const object = await contact(FILE(READ));

    const results = await object.get(["1", "2", "3", "4"].map(id));

    expect(kinds(results)).toEqual(["1", "2", "3", "gone"]);
    expect(remote.asked.map((asked) => asked.path).sort()).toEqual(["/one/2", "/one/4", "/read"]);
    expect(body(remote.asked[0])).toEqual({ ids: ["1", "2", "3", "4"] });
  });

  test("without a get, what a batch leaves out is gone, and one id is read by the batch too", async () => {
    remote.answers({ body: { results: [] } });
    const object = await contact(fileText(`objects: { contact: { batch: { ${READ} } } }`));
    expect(object.capabilities).toMatchObject({ get: true, batch: { read: 10 } });

    expect(kinds(await object.get([id("1")]))).toEqual(["gone"]);
    expect(body(remote.asked[0])).toEqual({ ids: ["1"] });
  });
});
