// Records on the wire and in the hand: names, types, positions in a request, and that nothing is lost on the way back.

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Exact, type Fields } from "../../src/core/value.ts";
import { parseJson } from "../../src/core/json.ts";
import { closeExpressionsAfterwards, closeSystemsAfterwards, fileText, id, open, readAll, valueOf } from "./opened.ts";
import { startRemote, type Remote } from "./remote.ts";

let remote: Remote;
beforeAll(async () => {
  remote = await startRemote();
});
afterAll(() => remote.close());
closeExpressionsAfterwards();
closeSystemsAfterwards();

const HUB = `
objects:
  contact:
    id: id
    version: updatedAt
    modified: updatedAt
    deleted: archived
    fields:
      email:   { at: properties.email }
      balance: { at: properties.open_balance, type: decimal }
      owner:   { at: properties.owner_id, read_only: true }
      vip:     { at: properties.vip, type: boolean }
    list: { request: GET /contacts, query: { properties: "{{ wanted }}" }, items: results }
    get: { request: "GET /contacts/{{ id }}" }
    find: { by: [[email], [first, last]], request: POST /search, body: { key: "{{ key }}" }, items: results }
    create: { request: POST /contacts, body: { properties: "{{ record }}" } }
    update: { request: "PATCH /contacts/{{ id }}", body: { properties: "{{ changed }}" }, guard: none }
`;

const ITEM = {
  id: "7",
  updatedAt: "2026-01-02T03:04:05.678Z",
  archived: false,
  properties: { email: "ada@example.com", open_balance: "19.90", owner_id: "o", vip: "true", note: "n" },
};

async function contact(text: string) {
  remote.asked.length = 0;
  const { system } = await open(fileText(text), remote.origin);
  return system.object("contact", ["email", "balance"]);
}

async function readOne(text: string, item: unknown) {
  remote.answers({ headers: { "content-type": "application/json" }, body: JSON.stringify(item) });
  const object = await contact(text);
  return { object, record: valueOf((await object.get([id("7")]))[0]) };
}

const sent = (): unknown => JSON.parse(remote.asked.at(-1)?.body ?? "null");

describe("decoding", () => {
  test("listed fields move to their names, others stay where they are", async () => {
    const { record } = await readOne(HUB, ITEM);

    expect(record).toEqual({
      id: "7",
      version: "2026-01-02T03:04:05.678Z",
      modified: Date.parse("2026-01-02T03:04:05.678Z"),
      deleted: false,
      fields: {
        id: "7",
        updatedAt: "2026-01-02T03:04:05.678Z",
        archived: false,
        properties: { note: "n" },
        email: "ada@example.com",
        balance: 19.9,
        owner: "o",
        vip: true,
      },
    });
  });

  test.each([
    ["decimal", "12345678901234567890.01", new Exact("12345678901234567890.01")],
    ["decimal", " 7.50 ", 7.5],
    ["decimal", "a lot", "a lot"],
    ["integer", "00042", 42],
    ["text", 42, "42"],
    ["text", true, "true"],
    ["boolean", "0", false],
    ["boolean", 1, true],
    ["boolean", "perhaps", "perhaps"],
    ["date", "2026-03-01T10:00:00Z", "2026-03-01"],
    ["date", 1_772_323_200, "2026-03-01"],
    ["datetime", 1_772_323_200_500, "2026-03-01T00:00:00.500Z"],
    ["datetime", "2026-03-01T00:00:00+02:00", "2026-03-01T00:00:00+02:00"],
    ["json", '{"a":[1]}', { a: [1] }],
    ["json", "{", "{"],
    ["integer", null, null],
  ])("wire type %s reads %j as %j", async (type, value, read) => {
    const { record } = await readOne(
      `objects: { contact: { fields: { x: { type: ${type} } }, get: { request: "GET /x/{{ id }}" } } }`,
      {
        id: "7",
        x: value,
      },
    );

    expect(record.fields.x).toEqual(read);
  });

  test.each([
    ["2026-01-02", "2026-01-02T00:00:00Z"],
    ["2026-01-02T03:04", "2026-01-02T03:04:00Z"],
    ["2026-01-02 03:04:05+02:00", "2026-01-02T01:04:05Z"],
    [1_767_323_045, "2026-01-02T03:04:05Z"],
    [1_767_323_045_000, "2026-01-02T03:04:05Z"],
    ["1767323045000", "2026-01-02T03:04:05Z"],
    ["2026-02-30", null],
    ["soon", null],
    [null, null],
  ])("the time %j is %j", async (value, time) => {
    const { record } = await readOne(HUB, { ...ITEM, updatedAt: value });

    expect(record.modified).toBe(time === null ? null : Date.parse(time));
  });

  test("a mark of deletion is told", async () => {
    expect((await readOne(HUB, { ...ITEM, archived: true })).record.deleted).toBe(true);
    expect((await readOne(HUB, { ...ITEM, archived: "2026-01-01" })).record.deleted).toBe(true);
  });
});

describe("encoding", () => {
  test("a create puts what lies below the place there, not doubled, with unlisted names beside", async () => {
    remote.answers({ status: 201, body: { id: "8", updatedAt: "v1" } });
    const object = await contact(HUB);

    const [made] = await object.create([
      { key: "k", record: { email: "a@b.c", balance: 5, owner: "me", firstname: "Ada" } },
    ]);

    expect(sent()).toEqual({ properties: { firstname: "Ada", email: "a@b.c", open_balance: 5 } });
    expect(valueOf(made)).toEqual({ id: "8", version: "v1", record: null });
  });

  test("numbers are written as the record just read shows them", async () => {
    const { object, record } = await readOne(HUB, ITEM);

    await object.update([
      { key: "k", id: record.id, version: null, changed: { balance: 20.5, vip: false }, current: record },
    ]);

    expect(sent()).toEqual({ properties: { open_balance: "20.5", vip: "false" } });
  });

  test("encode says how a value is written, whatever was read", async () => {
    remote.answers({ status: 201, body: { id: "8" } });
    const object = await contact(`
objects:
  contact:
    fields:
      a: { type: decimal, encode: text }
      b: { type: text, encode: number }
      c: { type: datetime, encode: seconds }
      d: { type: json }
    create: { request: POST /x, body: "{{ record }}" }`);

    await object.create([{ key: "k", record: { a: 1.5, b: "00042", c: "2026-03-01T00:00:00Z", d: { e: [1] } } }]);

    expect(sent()).toEqual({ a: "1.5", b: 42, c: 1_772_323_200, d: '{"e":[1]}' });
  });

  test("every digit of a number survives the way there and back", async () => {
    const digits = "12345678901234567890.123456789012345678";
    remote.answers({ headers: { "content-type": "application/json" }, body: `{"id":"7","amount":${digits}}` });
    const object = await contact(`
objects:
  contact:
    get: { request: "GET /x/{{ id }}" }
    update: { request: "PUT /x/{{ id }}", body: { wrapped: "{{ record }}", again: "{{ record.amount }}" }, guard: none }`);
    const record = valueOf((await object.get([id("7")]))[0]);

    await object.update([{ key: "k", id: record.id, version: null, changed: { name: "Ada" }, current: record }]);

    expect(remote.asked.at(-1)?.body).toBe(`{"wrapped":{"id":"7","amount":${digits},"name":"Ada"},"again":${digits}}`);
  });

  test("a system that only replaces gets the record as read with the changes in it, read-only fields left out", async () => {
    const text = HUB.replace('body: { properties: "{{ changed }}" }', 'body: "{{ record }}"').replace("PATCH", "PUT");
    const { object, record } = await readOne(text, ITEM);
    expect(object.capabilities.update).toEqual({ guard: "none", needsCurrent: true });

    await object.update([{ key: "k", id: record.id, version: null, changed: { email: "new@b.c" }, current: record }]);

    expect(sent()).toEqual({
      id: "7",
      updatedAt: "2026-01-02T03:04:05.678Z",
      archived: false,
      properties: { email: "new@b.c", open_balance: "19.90", vip: "true", note: "n" },
    });
  });

  test("a record that came from the state database is replaced without losing anything either", async () => {
    const text = HUB.replace('body: { properties: "{{ changed }}" }', 'body: "{{ record }}"');
    const { object, record } = await readOne(text, ITEM);
    const stored = { ...record, fields: parseJson(JSON.stringify(record.fields)) as Fields };

    await object.update([{ key: "k", id: record.id, version: null, changed: { email: "new@b.c" }, current: stored }]);

    expect(sent()).toMatchObject({
      id: "7",
      properties: { email: "new@b.c", open_balance: 19.9, vip: true, note: "n" },
    });
  });

  test("a whole record that nobody has read is read first", async () => {
    const text = HUB.replace('body: { properties: "{{ changed }}" }', 'body: "{{ record }}"');
    const { object } = await readOne(text, ITEM);

    await object.update([{ key: "k", id: id("7"), version: null, changed: { email: "new@b.c" }, current: null }]);

    expect(remote.asked.map((asked) => asked.method)).toEqual(["GET", "GET", "PATCH"]);
    expect(sent()).toMatchObject({ properties: { email: "new@b.c", note: "n" } });
  });

  test("replacing a container keeps the listed fields that moved out of it", async () => {
    const text = `
objects:
  contact:
    fields: { street: { at: address.line1 } }
    get: { request: "GET /x/{{ id }}" }
    update: { request: "PUT /x/{{ id }}", body: "{{ record }}", guard: none }`;
    const { object, record } = await readOne(text, {
      id: "7",
      address: { line1: "Main St", city: "Wien", zip: "1010" },
    });

    await object.update([
      { key: "k", id: record.id, version: null, changed: { address: { city: "Graz" } }, current: record },
    ]);

    expect(sent()).toEqual({ id: "7", address: { line1: "Main St", city: "Graz" } });
  });

  test("JSON:API: a place deep in the body is found by its end", async () => {
    remote.answers({ status: 201, body: { data: { id: "8", attributes: {} } } });
    const object = await contact(`
objects:
  contact:
    fields: { name: { at: attributes.name } }
    get: { request: "GET /x/{{ id }}", item: data }
    create: { request: POST /x, body: { data: { type: people, attributes: "{{ record }}" } } }`);

    const [made] = await object.create([{ key: "k", record: { name: "Ada" } }]);

    expect(sent()).toEqual({ data: { type: "people", attributes: { name: "Ada" } } });
    expect(valueOf(made).id).toBe("8");
  });

  test("the answer's whole record is handed back where the file says it is there", async () => {
    remote.answers({ status: 201, body: ITEM });
    const object = await contact(
      HUB.replace('body: { properties: "{{ record }}" }', 'body: { properties: "{{ record }}" }, item: $'),
    );

    const [made] = await object.create([{ key: "k", record: { email: "a@b.c" } }]);

    expect(valueOf(made).record?.fields.balance).toBe(19.9);
  });
});

describe("requests", () => {
  test.each([
    ["a/b", "/x/a%2Fb/y"],
    ["a?b#c", "/x/a%3Fb%23c/y"],
    ["..", "/x/%2E%2E/y"],
    [".", "/x/%2E/y"],
    ["../../admin", "/x/..%2F..%2Fadmin/y"],
    ["ä €%", "/x/%C3%A4%20%E2%82%AC%25/y"],
  ])("the id %j stays one segment", async (text, url) => {
    remote.answers({ body: { id: text } });
    const object = await contact(`objects: { contact: { get: { request: "GET /x/{{ id }}/y" } } }`);

    await object.get([id(text)]);

    expect(remote.asked[0]?.url).toBe(url);
  });

  test("wanted fields are named by their place on the wire", async () => {
    remote.answers({ body: { results: [] } });
    const object = await contact(HUB);

    await readAll(object.list());

    expect(remote.asked[0]?.query.get("properties")).toBe("email,open_balance");
  });

  test("absent parameters, headers and body keys are left out; lists of the file are repeated", async () => {
    remote.answers({ body: [] });
    const object = await contact(
      `
headers: { X-Version: "{{ settings.none }}", X-Fixed: "a{{ syncline.version }}" }
objects:
  contact:
    list:
      request: POST /x?fixed=1&t={{ page.token }}
      query: { expand: [a, b], none: "{{ settings.none }}", n: 0, flag: false }
      headers: { X-Own: "{{ settings.none }}" }
      body: { a: "{{ settings.none }}", list: ["{{ settings.none }}", 1], keep: null, text: "a {{ page.token }}" }
      page: { token: next }`,
    );

    await readAll(object.list());

    expect(remote.asked[0]?.url).toBe("/x?fixed=1&expand=a&expand=b&n=0&flag=false");
    expect(remote.asked[0]?.headers["x-version"]).toBeUndefined();
    expect(remote.asked[0]?.headers).toMatchObject({ "x-fixed": "a0.0.0", "user-agent": "syncline/0.0.0" });
    expect(sent()).toEqual({ list: [1], keep: null });
  });

  test("a form is written with brackets", async () => {
    remote.answers({ body: { id: "1" } });
    const object = await contact(`
headers: { Content-Type: application/x-www-form-urlencoded }
objects: { contact: { create: { request: POST /x, body: "{{ record }}" } } }`);

    await object.create([
      { key: "k", record: { name: "Ada & Co", metadata: { tier: "gold" }, items: [{ price: 3 }], gone: null } },
    ]);

    expect(decodeURIComponent(remote.asked[0]?.body ?? "")).toBe(
      "name=Ada & Co&metadata[tier]=gold&items[0][price]=3&gone=",
    );
  });

  test("expressions see decoded names, keep the type of a single hole, and lists of one stay lists", async () => {
    remote.answers({ body: { id: "1" } });
    const object = await contact(
      HUB.replace(
        'body: { properties: "{{ record }}" }',
        `body: { upper: "{{ $uppercase(record.email) }}", sum: "{{ record.balance + 1 }}", tags: "{{ record.tags[t = 'x'].t }}", nested: '{{ {"a": {"b": record.email}} }}', text: "to {{ record.email }}!" }`,
      ),
    );

    await object.create([{ key: "k", record: { email: "a@b.c", balance: 1, tags: [{ t: "x" }] } }]);

    expect(sent()).toMatchObject({ upper: "A@B.C", sum: 2, nested: { a: { b: "a@b.c" } }, text: "to a@b.c!" });
  });

  test("an expression that fails sends nothing", async () => {
    const object = await contact(HUB.replace('body: { properties: "{{ record }}" }', `body: "{{ record.email - 1 }}"`));

    const [result] = await object.create([{ key: "k", record: { email: "a@b.c" } }]);

    expect(result).toMatchObject({ ok: false, failure: { kind: "rejected" } });
    expect(remote.asked).toHaveLength(0);
  });

  test("find asks by the first list that is wholly present", async () => {
    remote.answers({ body: { results: [ITEM] } });
    const object = await contact(HUB);
    expect(object.capabilities.findBy).toEqual([["email"], ["first", "last"]]);

    const found = valueOf(await object.find({ first: "Ada", last: "Lovelace", email: null }));

    expect(found.map((record) => record.id)).toEqual(["7"]);
    expect(sent()).toEqual({ key: { first: "Ada", last: "Lovelace" } });
    expect(await object.find({ first: "Ada" })).toMatchObject({ ok: false, failure: { code: "E_FIND_KEY" } });
  });

  test("the marker is written with the create and looked up again", async () => {
    remote.answers({ status: 201, body: { id: "1" } }, { body: [{ id: "1", ref: "key-1" }] });
    const object = await contact(`
objects:
  contact:
    find: { by: [[email], [ref]], request: GET /x, query: { ref: "{{ key.ref }}" } }
    create: { request: POST /x, body: "{{ record }}", marker: ref, verify: marker }`);

    await object.create([{ key: "key-1", record: { email: "a@b.c" } }]);
    expect(sent()).toEqual({ email: "a@b.c", ref: "key-1" });

    const found = valueOf(await object.findByMarker("key-1"));
    expect(found).toHaveLength(1);
    expect(remote.asked.at(-1)?.url).toBe("/x?ref=key-1");
  });

  test.each([
    ["v1", '"v1"'],
    ['"v1"', '"v1"'],
    ['W/"v1"', 'W/"v1"'],
  ])("if-match sends the version %j as %j", async (version, header) => {
    remote.answers({ status: 204 });
    const object = await contact(`
objects:
  contact:
    version: v
    update: { request: "PATCH /x/{{ id }}", body: "{{ changed }}", guard: if-match }
    delete: { request: "DELETE /x/{{ id }}", guard: if-match }`);

    await object.update([{ key: "k", id: id("7"), version, changed: { a: 1 }, current: null }]);
    await object.delete([{ key: "k", id: id("7"), version }]);
    await object.delete([{ key: "k", id: id("7"), version: null }]);

    expect(remote.asked.map((asked) => asked.headers["if-match"])).toEqual([header, header, undefined]);
  });
});

describe("cursors", () => {
  const CHANGES = (settle: string): string => `
objects:
  contact:
    list: { request: GET /all }
    changes: { request: POST /changed, body: { since: "{{ cursor }}" }, cursor: { at: at, settle: ${settle} } }`;

  test.each([
    ["2026-01-02T03:04:05.678Z", "60s", "2026-01-02T03:03:05.678Z"],
    ["2026-01-02T03:04:05Z", "60s", "2026-01-02T03:03:05Z"],
    ["2026-01-02T00:00:05.123456+02:00", "10s", "2026-01-01T23:59:55.123000+02:00"],
    ["2026-01-02 03:04", "1h", "2026-01-02 02:04"],
    ["2026-01-02", "1d", "2026-01-01"],
    [1_767_323_045, "45s", 1_767_323_000],
    [1_767_323_045_678, "1s", 1_767_323_044_678],
    ["1767323045678", "1s", "1767323044678"],
    ["opaque-7", "60s", "opaque-7"],
    [42, "60s", 42],
  ])("after %j with settle %s changes are asked for since %j", async (at, settle, since) => {
    remote.answers({ body: [{ id: "1", at }] });
    const object = await contact(CHANGES(settle));

    const { pages } = await readAll(object.list());
    const cursor = pages[0]?.cursor ?? null;
    if (cursor === null) throw new Error("no cursor");
    await readAll(object.changes(cursor));

    expect(sent()).toEqual({ since });
  });

  test("the greatest value of a page is its cursor, compared as time, number or text", async () => {
    const cases = [
      [["2026-01-02T00:00:00+02:00", "2026-01-01T23:00:00Z"], "2026-01-01T23:00:00Z"],
      [[9, 10, 8], "10"],
      [["9007199254740993", "9007199254740992"], '"9007199254740993"'],
      [["b", "a"], "b"],
      [["2026-01-01T00:00:00.123457Z", "2026-01-01T00:00:00.123456Z"], "2026-01-01T00:00:00.123457Z"],
      [[null, "a"], "a"],
    ] as const;
    const object = await contact(CHANGES("0s"));
    for (const [values, greatest] of cases) {
      remote.answers({ body: values.map((at, index) => ({ id: String(index), at })) });
      const { pages } = await readAll(object.changes("x"));
      expect(pages[0]?.cursor).toBe(greatest);
    }
    expect(object.laterCursor(null, "a")).toBe("a");
    expect(object.laterCursor("2026-01-02", "2026-01-10")).toBe("2026-01-10");
  });
});
