// OData: what is sent for an entity set, and what deltas, batches and empty answers mean. The service is a small real one;
// where an answer must be odd, a plain server gives it.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { keyIn } from "../../src/connector/protocols/odata/entity-id.ts";
import { startOData, type ODataServer } from "./odata-server.ts";
import {
  closeExpressionsAfterwards,
  closeSystemsAfterwards,
  failureOf,
  fileText,
  id,
  idsOf,
  open,
  problemsOf,
  readAll,
  valueOf,
} from "./opened.ts";
import { startRemote, type Remote } from "./remote.ts";

let server: ODataServer;
let plain: Remote;
beforeAll(async () => {
  plain = await startRemote();
});
afterAll(() => plain.close());
beforeEach(async () => {
  server = await startOData();
});
afterEach(() => server.remote.close());
closeExpressionsAfterwards();
closeSystemsAfterwards();

const file = (object: string, top = ""): string =>
  fileText(`${top}objects: { contact: { entity_set: Contacts, ${object} } }`, "odata");

async function contactOf(object: string, wanted: readonly string[] = ["email", "name"]) {
  const watched = await open(file(object), `${server.remote.origin}/odata/v4`);
  return { ...watched, contact: watched.system.object("contact", wanted) };
}

async function plainContact(object: string, top = "") {
  plain.asked.length = 0;
  const watched = await open(file(object, top), plain.origin);
  return watched.system.object("contact", []);
}

describe("what is asked", () => {
  test("only wanted fields are selected, with the id and the time of change", async () => {
    const { contact } = await contactOf("modified: modified, fields: { town: { at: address.town } }", ["name", "town"]);

    await readAll(contact.list());

    expect(server.remote.asked[0]?.query.get("$select")).toBe("id,modified,name,address");
    expect(server.remote.asked[0]?.query.get("$count")).toBe("true");
  });

  test("without wanted fields, and with select: false, everything comes", async () => {
    for (const [object, wanted] of [
      ["modified: modified", []],
      ["odata: { select: false }", ["name"]],
    ] as const) {
      const { contact } = await contactOf(object, wanted);
      await readAll(contact.list());
      expect(server.remote.asked.at(-1)?.query.has("$select")).toBe(false);
    }
  });

  test("what is expanded is not selected beside", async () => {
    const contact = (await open(file('odata: { expand: "lines($select=sku),owner" }'), plain.origin)).system.object(
      "contact",
      ["name", "lines"],
    );
    plain.answers({ body: { value: [] } });

    await readAll(contact.list());

    expect(Object.fromEntries(plain.asked.at(-1)?.query ?? [])).toMatchObject({
      $select: "id,name",
      $expand: "lines($select=sku),owner",
    });
  });

  test("quotes in a key looked up stay inside their text", async () => {
    server.add({ name: "Ada", email: "o'brien@example.com" });
    server.add({ name: "Eve", email: "eve@example.com" });
    const { contact } = await contactOf("natural_keys: [email]");
    const inject = "x' or name ne 'y";

    expect(idsOf(valueOf(await contact.find({ email: "o'brien@example.com" })))).toHaveLength(1);
    expect(valueOf(await contact.find({ email: inject }))).toEqual([]);
  });

  test("numbers and guids are compared without quotes, places are written with slashes", async () => {
    const contact = await plainContact(
      "natural_keys: [number, owner], fields: { number: { type: integer }, owner: { at: owner.guid } }, odata: { unquoted: [owner], key: guid }",
    );
    plain.answers({ body: { value: [] } });

    await contact.find({ number: 7 });
    await contact.find({ owner: "0f8fad5b-d9cb-469f-a165-70867728950e" });
    await contact.get([id("0f8fad5b-d9cb-469f-a165-70867728950e")]);

    expect(plain.asked.map(({ query }) => query.get("$filter"))).toEqual([
      "number eq 7",
      "owner/guid eq 0f8fad5b-d9cb-469f-a165-70867728950e",
      null,
    ]);
    expect(plain.asked.at(-1)?.path).toBe("/Contacts(0f8fad5b-d9cb-469f-a165-70867728950e)");
  });

  test("an id with quotes and slashes stays one key", async () => {
    const one = id(server.add({ name: "Ada", email: "a" }));
    const { contact } = await contactOf("modified: modified");

    expect(one).toBe("C'1/x");
    expect(valueOf((await contact.get([one]))[0]).id).toBe(one);
    expect(server.remote.asked[0]?.path).toBe("/odata/v4/Contacts('C''1%2Fx')");
  });

  test("client paging goes by $top and $skip in the order of the id", async () => {
    const contact = await plainContact('odata: { paging: client, page_size: 2, filter: "blocked eq false" }');
    plain.answers(
      { body: { value: [{ id: "1" }, { id: "2" }], "@odata.count": 3 } },
      { body: { value: [{ id: "3" }], "@odata.count": 3 } },
    );

    const { records, failure } = await readAll(contact.list());

    expect(failure).toBeNull();
    expect(records).toHaveLength(3);
    expect(
      plain.asked.map(({ query }) => [
        query.get("$skip"),
        query.get("$top"),
        query.get("$orderby"),
        query.get("$filter"),
      ]),
    ).toEqual([
      ["0", "2", "id", "blocked eq false"],
      ["2", "2", "id", "blocked eq false"],
    ]);
  });

  test("an operation that the object says itself is not derived", async () => {
    const contact = await plainContact(
      'get: { request: "GET /special/{{ id }}", item: it }, odata: { write: [update] }',
    );
    plain.answers({ body: { it: { id: "1" } } });

    expect(valueOf((await contact.get([id("1")]))[0]).id).toBe("1");
    expect(plain.asked[0]?.path).toBe("/special/1");
    expect(contact.capabilities).toMatchObject({ create: null, delete: null, update: { guard: "if-match" } });
  });
});

describe("deltas", () => {
  const DELTA = "odata: { delta: true }";

  test.each(["4.01", "4.0"] as const)(
    "removed entities, as told by %s, are deleted records with their ids",
    async (form) => {
      const gone = server.add({ name: "Ada", email: "a" });
      const stays = server.add({ name: "Bob", email: "b" });
      server.removedAs = form;
      const { contact } = await contactOf(DELTA);
      const { pages } = await readAll(contact.list());
      server.remove(gone);
      const row = server.rows.get(stays);
      if (row !== undefined) server.change(row, { name: "Bert" });

      const changes = await readAll(contact.changes(pages.at(-1)?.cursor ?? ""));

      expect(changes.failure).toBeNull();
      expect(changes.records.map((record) => [record.id, record.deleted])).toEqual([
        [gone, true],
        [stays, false],
      ]);
    },
  );

  test("the cursor is the last page's link; reading from it again and again loses nothing", async () => {
    for (let index = 0; index < 5; index += 1) server.add({ name: "N", email: String(index) });
    const { contact } = await contactOf(DELTA);
    const { pages } = await readAll(contact.list());
    expect(pages.map(({ cursor }) => cursor === null)).toEqual([true, true, false]);
    let cursor = pages.at(-1)?.cursor ?? "";

    for (let round = 0; round < 3; round += 1) {
      server.add({ name: "Late", email: `late ${String(round)}` });
      const changes = await readAll(contact.changes(cursor));
      expect(changes.records).toHaveLength(1);
      cursor = contact.laterCursor(cursor, changes.pages.at(-1)?.cursor ?? null) ?? "";
    }
    expect((await readAll(contact.changes(cursor))).records).toEqual([]);
  });

  test("what changes while the listing goes on is in the first delta", async () => {
    for (let index = 0; index < 3; index += 1) server.add({ name: "N", email: String(index) });
    const { contact } = await contactOf(DELTA);
    let cursor = "";
    for await (const page of contact.list()) {
      if (!page.ok) throw new Error("the listing failed");
      if (page.value.cursor === null) server.add({ name: "Meanwhile", email: "m" });
      cursor = page.value.cursor ?? cursor;
    }

    expect((await readAll(contact.changes(cursor))).records.map(({ fields }) => fields.email)).toEqual(["m"]);
  });

  test("an expired link, and one of another address, ask for a complete listing", async () => {
    const { contact } = await contactOf(DELTA);
    server.oldest = 10;

    for (const cursor of [
      `${server.remote.origin}/odata/v4/Contacts?$deltatoken=3`,
      "https://elsewhere.test/Contacts?$deltatoken=3",
    ])
      expect((await readAll(contact.changes(cursor))).failure?.kind).toBe("resync");
  });

  test("links that lead to another origin are refused, for pages and for deltas", async () => {
    server.add({ name: "A", email: "a" });
    server.linkHost = "https://elsewhere.test";
    const { contact } = await contactOf(DELTA);

    expect((await readAll(contact.list())).failure).toMatchObject({ kind: "malformed", code: "E_REDIRECT_BLOCKED" });
    server.add({ name: "B", email: "b" });
    server.add({ name: "C", email: "c" });
    expect((await readAll(contact.list())).failure).toMatchObject({ kind: "malformed", code: "E_REDIRECT_BLOCKED" });
  });

  test("an entity that left the filter is read again, not taken for deleted; links between entities are no records", async () => {
    const contact = await plainContact(DELTA);
    plain.answers({
      body: {
        value: [
          { "@removed": { reason: "changed" }, id: "1" },
          { "@odata.context": "$metadata#Contacts/$link", source: "Contacts('1')", relationship: "owner" },
          { "@removed": { reason: "deleted" }, id: "2" },
        ],
        "@odata.deltaLink": `${plain.origin}/Contacts?$deltatoken=1`,
      },
    });

    const { records } = await readAll(contact.changes(`${plain.origin}/Contacts?$deltatoken=0`));

    expect(records.map((record) => [record.id, record.deleted])).toEqual([
      ["1", false],
      ["2", true],
    ]);
  });

  test.each([
    ["Contacts('Ada')", "Ada"],
    ["https://x.test/v4/Contacts('it''s%2Fme')", "it's/me"],
    ["https://x.test/v4/Contacts(7)", "7"],
    ["accounts(00000000-0000-0000-0000-000000000001)", "00000000-0000-0000-0000-000000000001"],
    ["Contacts(id='a')", "a"],
    ["00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000001"],
    ["https://x.test/v4/Contacts", null],
    ["", null],
  ])("the key in %s is %s", (text, key) => {
    expect(keyIn(text)).toBe(key);
  });
});

describe("writes", () => {
  test("an answer without a body still tells id and version, and is no record without fields", async () => {
    server.representation = false;
    const { contact } = await contactOf("modified: modified");

    const made = valueOf((await contact.create([{ key: "k", record: { name: "Ada", email: "a" } }]))[0]);

    expect(made).toEqual({ id: "C'1/x", version: 'W/"v1"', record: null });
    const [written] = await contact.update([
      { key: "k", id: made.id, version: made.version, changed: { name: "B" }, current: null },
    ]);
    expect(valueOf(written)).toEqual({ id: made.id, version: 'W/"v2"', record: null });
  });

  test("an answer with the record saves reading it", async () => {
    const { contact } = await contactOf("modified: modified");

    const made = valueOf((await contact.create([{ key: "k", record: { name: "Ada", email: "a" } }]))[0]);

    expect(made.record?.fields).toMatchObject({ name: "Ada", email: "a" });
    expect(server.remote.asked.at(-1)?.headers["prefer"]).toBe("return=representation");
  });

  test("a server that asks for a version that we do not have makes the record be read again", async () => {
    const one = id(server.add({ name: "Ada", email: "a" }));
    const { contact } = await contactOf("modified: modified");

    const [written] = await contact.update([
      { key: "k", id: one, version: null, changed: { name: "B" }, current: null },
    ]);

    expect(failureOf(written).kind).toBe("stale");
  });

  test("in a batch each write has its own guard and its own outcome", async () => {
    const ids = ["a", "b", "c"].map((email) => id(server.add({ name: "N", email })));
    const { contact } = await contactOf("modified: modified, odata: { batch: { write: 10 } }");
    const [, second] = ids;
    const row = server.rows.get(second ?? "");
    if (row !== undefined) server.change(row, { name: "Theirs" });

    const results = await contact.update(
      [...ids, id("nobody")].map((one) => ({
        key: one,
        id: one,
        version: 'W/"v1"',
        changed: { name: "Ours" },
        current: null,
      })),
    );

    expect(results.map((result) => (result.ok ? result.value.version : result.failure.kind))).toEqual([
      'W/"v2"',
      "stale",
      'W/"v2"',
      "gone",
    ]);
    expect([...server.rows.values()].map(({ name }) => name)).toEqual(["Ours", "Theirs", "Ours"]);
    expect(server.remote.asked).toHaveLength(1);
  });

  test("what a batch's answer leaves out is unknown, and a lost one is unknown as a whole", async () => {
    const contact = await plainContact("odata: { batch: { write: 10 } }");
    const calls = ["a", "b"].map((email) => ({ key: email, record: { email } }));
    plain.answers({ body: { responses: [{ id: "1", status: 201, body: { id: "B" } }] } });
    expect((await contact.create(calls)).map((result) => (result.ok ? result.value.id : result.failure.kind))).toEqual([
      "unknown",
      "B",
    ]);

    plain.answers("cut");
    expect((await contact.create(calls)).map((result) => failureOf(result).kind)).toEqual(["unknown", "unknown"]);
  });

  test("a field of the record that is called status or index does not decide its outcome", async () => {
    const contact = await plainContact("odata: { batch: { write: 10 } }");
    const body = { id: "A", status: 404, index: 1, code: 500, success: false };
    plain.answers({
      body: {
        responses: [
          { id: "0", status: 201, body },
          { id: "1", status: 201, body: { ...body, id: "B" } },
        ],
      },
    });

    const made = await contact.create(["a", "b"].map((email) => ({ key: email, record: { email } })));

    expect(made.map((result) => valueOf(result).id)).toEqual(["A", "B"]);
  });
});

describe("version 2.0", () => {
  test("lists, etags, dates and the next page are where version 2 has them", async () => {
    const contact = await plainContact("id: ID, modified: Changed", "odata: { version: '2.0' }\n");
    const row = (one: string) => ({ __metadata: { etag: 'W/"1"' }, ID: one, Changed: "/Date(1767225600000+0060)/" });
    plain.answers(
      { body: { d: { results: [row("1")], __count: "2", __next: `${plain.origin}/Contacts?$skiptoken=1` } } },
      { body: { d: { results: [row("2")], __count: "2" } } },
    );

    const { records, failure, pages } = await readAll(contact.list());

    expect(failure).toBeNull();
    expect(records).toMatchObject([
      { id: "1", version: 'W/"1"', modified: 1767225600000 },
      { id: "2", version: 'W/"1"' },
    ]);
    expect(pages[0]).toMatchObject({ total: 2, cursor: "2026-01-01T00:00:00.000Z" });
    plain.answers({ body: { d: { results: [] } } });
    await readAll(contact.changes("2026-01-01T00:01:00.000Z"));
    expect(plain.asked.at(-1)?.query.get("$filter")).toBe("Changed ge datetime'2026-01-01T00:00:50.000'");
  });
});

describe("what is wrong with a file", () => {
  test.each([
    ["deltas of version 2", file("odata: { delta: true }", "odata: { version: '2.0' }\n"), "E_COMBINATION"],
    ["an unquoted name that is no key", file("natural_keys: [a], odata: { unquoted: [b] }"), "E_UNKNOWN_KEY"],
    ["options without an entity set", fileText("objects: { a: { odata: { delta: true } } }", "odata"), "E_MISSING"],
    [
      "an entity set with REST",
      fileText("objects: { a: { entity_set: A, list: { request: GET / } } }"),
      "E_UNKNOWN_KEY",
    ],
    [
      "a cursor in two places",
      fileText("objects: { a: { changes: { request: GET /, cursor: { at: a, url: b } } } }"),
      "E_CURSOR",
    ],
  ])("%s is told", (_, text, code) => {
    expect(problemsOf(text).map((found) => found.code)).toContain(code);
  });
});

test("a token in the answer is a cursor, too: sent as it came, the last page's wins", async () => {
  const text = fileText(
    `objects: { contact: { list: { request: GET /c, items: v }, changes: { request: GET /c, query: { sync: "{{ cursor }}", page: "{{ page.token }}" }, items: v, page: { token: next }, cursor: { token: sync } } } }`,
  );
  const contact = (await open(text, plain.origin)).system.object("contact", []);
  plain.asked.length = 0;
  plain.answers({ body: { v: [{ id: "1" }], next: "2" } }, { body: { v: [{ id: "2" }], sync: "0012" } });

  const { pages } = await readAll(contact.changes("0011"));

  expect(pages.map(({ cursor }) => cursor)).toEqual([null, "0012"]);
  expect(plain.asked[0]?.query.get("sync")).toBe("0011");
  expect(contact.laterCursor("0099", "0012")).toBe("0012");
});
