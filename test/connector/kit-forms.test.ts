// Forms of answers and requests that some systems have and most have not: feeds that only name records, searches that end at a
// number of hits, lists that are left out when empty, totals in headers, failures inside good entries, states that mean deleted.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { parseTime, writeTime } from "../../src/connector/instant.ts";
import { decodeWire, encodeWire } from "../../src/connector/wire-type.ts";
import {
  closeExpressionsAfterwards,
  closeSystemsAfterwards,
  fileText,
  id,
  idsOf,
  open,
  problemsOf,
  readAll,
  valueOf,
} from "./opened.ts";
import { startRemote, type Remote } from "./remote.ts";

closeExpressionsAfterwards();
closeSystemsAfterwards();

let remote: Remote;
beforeAll(async () => {
  remote = await startRemote();
});
afterAll(() => remote.close());
beforeEach(() => {
  remote.asked.length = 0;
});

async function contact(objects: string) {
  const { system } = await open(fileText(objects), remote.origin);
  return system.object("contact", []);
}

describe("reread", () => {
  const FEED = `
objects:
  contact:
    deleted: deleted
    get: { request: "GET /contacts/{{ id }}" }
    changes:
      request: GET /events
      query: { since: "{{ cursor }}" }
      items: data
      reread: object.id
      cursor: { at: created }`;

  test("each record that a feed names is read once, as it is now; one that is not there is told as deleted", async () => {
    const events = [
      { created: 12, object: { id: "b", name: "old" } },
      { created: 11, object: { id: "a" } },
      { created: 10, object: { id: "b", name: "older" } },
    ];
    remote.handle((asked) => {
      if (asked.path === "/events") return { body: { data: events } };
      return asked.path === "/contacts/b" ? { body: { id: "b", name: "now" } } : { status: 404 };
    });

    const { pages, records, failure } = await readAll((await contact(FEED)).changes("5"));

    expect(failure).toBeNull();
    expect(records).toMatchObject([
      { id: "b", deleted: false, fields: { name: "now" } },
      { id: "a", deleted: true, fields: {} },
    ]);
    expect(pages[0]?.cursor).toBe("12");
    expect(remote.asked.filter((asked) => asked.path === "/contacts/b")).toHaveLength(1);
  });

  test("where a feed has nothing but ids, the records tell how far it was read", async () => {
    const feed = FEED.replace("reread: object.id", "reread: $").replace("at: created", "at: changed");
    remote.handle((asked) => {
      if (asked.path === "/events") return { body: { data: ["a", "b", "c"] } };
      const id = asked.path.slice(-1);
      return id === "c" ? { status: 404 } : { body: { id, changed: id === "a" ? 11 : 10 } };
    });

    const { pages, records } = await readAll((await contact(feed)).changes("5"));

    expect(records.map(({ id, deleted }) => [id, deleted])).toEqual([
      ["a", false],
      ["b", false],
      ["c", true],
    ]);
    expect(pages[0]?.cursor).toBe("11");
  });

  test("a record that cannot be read ends the reading: the cursor must not pass it", async () => {
    remote.handle((asked) =>
      asked.path === "/events" ? { body: { data: [{ created: 1, object: { id: "a" } }] } } : { status: 400 },
    );

    const { pages, failure } = await readAll((await contact(FEED)).changes("0"));

    expect(pages).toHaveLength(0);
    expect(failure?.kind).toBe("rejected");
  });

  test("an event that names no record is told as broken", async () => {
    remote.handle(() => ({ body: { data: [{ created: 1, object: {} }] } }));

    const { pages } = await readAll((await contact(FEED)).changes("0"));

    expect(pages[0]?.broken).toHaveLength(1);
  });

  test("without a get it is a problem of the file", () => {
    const codes = problemsOf(fileText(FEED.replace(/ {4}get:.*\n/, ""))).map((problem) => problem.code);

    expect(codes).toContain("E_MISSING");
  });
});

describe("window", () => {
  const SEARCH = `
objects:
  contact:
    changes:
      request: POST /search
      body: { from: "{{ cursor }}", after: "{{ page.token }}" }
      items: results
      page: { token: next }
      window: 4
      cursor: { at: at }`;

  /** A search that gives two a page, oldest first, and refuses to go beyond four. */
  function serve(all: readonly { id: string; at: number }[]): void {
    remote.handle((asked) => {
      const { from, after = 0 } = JSON.parse(asked.body) as { from: number; after?: number };
      if (after >= 4) return { status: 400, body: { message: "too far" } };
      const hits = all.filter((item) => item.at >= from);
      const next = after + 2 < hits.length ? { next: after + 2 } : {};
      return { body: { results: hits.slice(after, after + 2), ...next } };
    });
  }

  test("a search that shows four hits at most is taken up again from its last one, until all are read", async () => {
    serve(Array.from({ length: 11 }, (_, index) => ({ id: String(index), at: 100 + index })));

    const { records, failure } = await readAll((await contact(SEARCH)).changes("100"));

    expect(failure).toBeNull();
    expect(new Set(idsOf(records)).size).toBe(11);
    expect(remote.asked.every((asked) => !asked.body.includes('"after":4'))).toBe(true);
  });

  test("more hits of one time than a search shows end in a failure, not in silence", async () => {
    serve(Array.from({ length: 6 }, (_, index) => ({ id: String(index), at: 100 })));

    const { failure } = await readAll((await contact(SEARCH)).changes("100"));

    expect(failure).toMatchObject({ kind: "malformed", code: "E_PAGING_LOOP" });
  });
});

describe("lists and totals", () => {
  const LIST = `
objects:
  contact:
    deleted: state
    deleted_is: [ARCHIVED]
    list: { request: GET /contacts, items: found.contact, empty: found, count: { header: X-Total } }`;

  test("a list that is left out is empty only where the object around it is there", async () => {
    remote.answers({ body: { found: {} } }, { body: { error: "down" } });
    const list = await contact(LIST);

    const [empty, other] = [await readAll(list.list()), await readAll(list.list())];

    expect(empty).toMatchObject({ records: [], failure: null });
    expect(other.failure).toMatchObject({ kind: "malformed", code: "E_SCHEMA" });
  });

  test("a total may stand in a header, and a state may mean deleted", async () => {
    const records = [
      { id: 1, state: "ARCHIVED" },
      { id: 2, state: "ACTIVE" },
    ];
    remote.answers({ headers: { "X-Total": "2" }, body: { found: { contact: records } } });

    const read = await readAll((await contact(LIST)).list());

    expect(read.pages[0]?.total).toBe(2);
    expect(read.records.map((record) => record.deleted)).toEqual([true, false]);
  });
});

test("an entry of a batch that holds a fault has failed, though it has an id and no status of its own", async () => {
  remote.answers({
    body: {
      create: [
        { id: 0, error: { message: "taken", data: { status: 409 } } },
        { id: 8, name: "B" },
      ],
    },
  });
  const object = await contact(`
objects:
  contact:
    create: { request: POST /contacts, body: "{{ record }}" }
    batch: { create: { max: 10, request: POST /batch, body: { create: "{{ items }}" }, ok: create, fault: error.data, match: by-index } }`);

  const [first, second] = await object.create(["A", "B"].map((name) => ({ key: name, record: { name } })));

  expect(first).toMatchObject({ ok: false, failure: { kind: "duplicate" } });
  expect(valueOf(second).id).toBe("8");
});

test('"..." puts the fields of a record among the others of a body, at any depth, with every digit', async () => {
  remote.answers({ body: { id: "1" } });
  const object = await contact(`
objects:
  contact:
    fields: { email: { at: mail.address }, amount: { type: decimal } }
    update:
      request: POST /contacts
      guard: none
      body: { outer: { "...": "{{ changed }}", sparse: true, Id: "{{ id }}" } }`);

  const changed = { email: "a@example.com", amount: "12345678901234567890.12" };
  await object.update([{ key: "k", id: id("7"), version: null, changed, current: null }]);

  expect(remote.asked[0]?.body).toBe(
    '{"outer":{"mail":{"address":"a@example.com"},"amount":12345678901234567890.12,"sparse":true,"Id":"7"}}',
  );
});

describe("times as older .NET services write them", () => {
  const text = "/Date(1573755038314+0000)/";

  test("are read, moved and written in their own form", () => {
    const time = parseTime(text);

    expect(time?.at).toBe(1_573_755_038_314);
    expect(time === null ? null : writeTime(time.at, time.form)).toBe(text);
  });

  test("become ISO times and days, and go back as they came", () => {
    expect(decodeWire("datetime", text)).toBe("2019-11-14T18:10:38.314Z");
    expect(decodeWire("date", text)).toBe("2019-11-14");
    expect(encodeWire("datetime", null, "2019-11-14T18:10:38.314Z", text)).toBe(text);
  });
});

test.each([
  ["https://erp.example.com/record/v1/contact/647", "647"],
  ["/odata/Contacts('A%20B')", "A B"],
  ["/contacts/a%zz/?x=1", "a%zz"],
])("the id of a new record may be the end of an address in a header: %s", async (location, made) => {
  remote.answers({ status: 204, headers: { location } });
  const object = await contact(`
objects:
  contact: { create: { request: POST /contacts, body: "{{ record }}", returns: { id: { header: Location } } } }`);

  const [written] = await object.create([{ key: "k", record: { name: "N" } }]);

  expect(valueOf(written).id).toBe(made);
});

test("a value that stands for null on the wire is null here, and is written for it", async () => {
  remote.answers({ body: [{ id: "1", email: false, active: false }] }, { body: { id: "1" } });
  const object = await contact(`
objects:
  contact:
    fields: { email: { type: text, none: false } }
    list: { request: GET /contacts }
    update: { request: PATCH /contacts, body: "{{ changed }}", guard: none }`);

  const { records } = await readAll(object.list());
  await object.update([
    { key: "k", id: id("1"), version: null, changed: { email: null, active: null }, current: null },
  ]);

  expect(records[0]?.fields).toMatchObject({ email: null, active: false });
  expect(remote.asked[1]?.body).toBe('{"active":null,"email":false}');
});
