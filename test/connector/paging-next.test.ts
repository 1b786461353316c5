// Pages whose next one is another request, and counted pages that shift while they are read.

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  closeExpressionsAfterwards,
  closeSystemsAfterwards,
  fileText,
  idsOf,
  open,
  problemsOf,
  readAll,
} from "./opened.ts";
import { startRemote, type Asked, type Remote } from "./remote.ts";

let remote: Remote;
beforeAll(async () => {
  remote = await startRemote();
});
afterAll(() => remote.close());
closeExpressionsAfterwards();
closeSystemsAfterwards();

const file = (list: string): string => fileText(`objects: { contact: { list: { ${list} } } }`);

async function read(list: string) {
  remote.asked.length = 0;
  const { system } = await open(file(list), remote.origin);
  const { records, failure } = await readAll(system.object("contact", []).list());
  return { ids: idsOf(records), failure, urls: remote.asked.map(({ method, url }) => `${method} ${url}`) };
}

const items = (...ids: readonly number[]) => ids.map((each) => ({ id: String(each) }));

const MORE = `request: POST /query, body: { q: all }, items: records, page: { token: locator, next: { request: "GET /query/{{ page.token }}" } }`;

describe("a next page that is another request", () => {
  test("is asked for with the token of the page before", async () => {
    remote.answers(
      { body: { records: items(1, 2), locator: "a-2" } },
      { body: { records: items(3, 4), locator: "a-4" } },
      { body: { records: items(5) } },
    );

    const { ids, failure, urls } = await read(MORE);

    expect(failure).toBeNull();
    expect(ids).toEqual(["1", "2", "3", "4", "5"]);
    expect(urls).toEqual(["POST /query", "GET /query/a-2", "GET /query/a-4"]);
  });

  test("has a body of its own, and no body where it has none", async () => {
    remote.answers({ body: { records: items(1), locator: "x" } }, { body: { records: [] } });

    await read(MORE);

    expect(remote.asked.map(({ body }) => body)).toEqual(['{"q":"all"}', ""]);
  });

  test("may hold its items elsewhere", async () => {
    remote.answers({ body: { records: items(1), locator: "x" } }, { body: { rows: items(2) } });

    const { ids } = await read(MORE.replace('page.token }}" }', 'page.token }}", items: rows }'));

    expect(ids).toEqual(["1", "2"]);
  });

  test("that has expired is a failure, never the end", async () => {
    for (const status of [400, 404, 410, 422]) {
      remote.answers({ body: { records: items(1, 2), locator: "x" } }, { status });

      const { failure } = await read(MORE);

      expect(failure).not.toBeNull();
    }
  });
});

const COUNTED =
  'request: POST /search, body: {}, items: records, count: total, page: { number: page, pages: pages, at: at, keep: { search: id }, next: { request: "GET /more", query: { id: "{{ page.search }}", page: "{{ page.number }}" } } }';

const page = (at: number, pages: number, total: number, ids: readonly number[]) => ({
  body: { records: items(...ids), id: "s1", at, pages, total },
});

describe("numbered pages whose answer tells how many there are", () => {
  test("end with the last of them, also behind a short one, and are asked for with what the first one gave", async () => {
    remote.answers(page(1, 3, 4, [1, 2]), page(2, 3, 4, [3]), page(3, 3, 4, [4]));

    const { ids, failure, urls } = await read(COUNTED);

    expect(failure).toBeNull();
    expect(ids).toEqual(["1", "2", "3", "4"]);
    expect(urls).toEqual(["POST /search", "GET /more?id=s1&page=2", "GET /more?id=s1&page=3"]);
  });

  test("need no other request: the parameter counts up", async () => {
    remote.handle(({ query }) => ({ body: { records: items(Number(query.get("p"))), pages: "3" } }));

    const { ids, urls } = await read("request: GET /contacts, items: records, page: { number: p, pages: pages }");

    expect(ids).toEqual(["1", "2", "3"]);
    expect(urls).toEqual(["GET /contacts?p=1", "GET /contacts?p=2", "GET /contacts?p=3"]);
  });

  test("none of them: nothing was found", async () => {
    remote.answers({ body: { records: [], pages: 0, total: 0 } });

    expect(await read(COUNTED)).toMatchObject({ ids: [], failure: null });
  });

  test("an answer that does not tell is a failure, however much it looks like an end", async () => {
    remote.answers(page(1, 2, 4, [1, 2]), { body: { records: [] } });

    expect((await read(COUNTED)).failure).toMatchObject({ kind: "malformed", code: "E_SCHEMA" });
  });

  test("an empty page before the last is a failure", async () => {
    remote.answers(page(1, 3, 4, [1, 2]), page(2, 3, 4, []));

    expect((await read(COUNTED)).failure).toMatchObject({ code: "E_PAGE_DRIFT" });
  });

  test("another page than was asked for is a failure", async () => {
    remote.answers(page(1, 3, 4, [1, 2]), page(3, 3, 4, [4]));

    const { failure } = await read(COUNTED);

    expect(failure).toMatchObject({ code: "E_PAGE_DRIFT", message: "page 2 was asked for, and 3 was answered" });
  });

  test("a first answer that lacks what the next page is asked with is a failure", async () => {
    remote.answers({ body: { records: items(1), at: 1, pages: 2, total: 2 } });

    const { failure, urls } = await read(COUNTED);

    expect(failure).toMatchObject({ code: "E_SCHEMA", message: expect.stringContaining("nothing at id") });
    expect(urls).toHaveLength(1);
  });

  test("and is none where there is no next page", async () => {
    remote.answers({ body: { records: items(1), at: 1, pages: 1, total: 1 } });

    expect(await read(COUNTED)).toMatchObject({ ids: ["1"], failure: null });
  });
});

describe("a result that shrinks while it is read", () => {
  // Record 1 is deleted between the pages: 3 moves up to where nobody looks again, and the total is that of what was read.
  test("is no complete listing: with the numbers of pages", async () => {
    remote.answers(page(1, 3, 5, [1, 2]), page(2, 2, 4, [4, 5]));

    expect((await read(COUNTED)).failure).toMatchObject({
      code: "E_PAGE_DRIFT",
      message: expect.stringContaining("from 5 to 4"),
    });
  });

  test("is no complete listing: by an offset", async () => {
    let rows = [1, 2, 3, 4, 5];
    const offsetOf = ({ query }: Asked): number => Number(query.get("offset"));
    remote.handle((asked) => {
      const body = { records: items(...rows.slice(offsetOf(asked), offsetOf(asked) + 2)), total: rows.length };
      rows = rows.slice(offsetOf(asked) === 0 ? 1 : 0);
      return { body };
    });

    const { failure } = await read(
      "request: GET /contacts, items: records, count: total, page: { offset: offset, size: 2 }",
    );

    expect(failure).toMatchObject({ code: "E_PAGE_DRIFT" });
  });

  test("one that grows goes on: what is new is at most missed, and the total tells that", async () => {
    remote.answers(page(1, 2, 3, [1, 2]), page(2, 2, 4, [3, 4]));

    expect(await read(COUNTED)).toMatchObject({ ids: ["1", "2", "3", "4"], failure: null });
  });
});

describe("what was deleted, from a listing of its own", () => {
  const CHANGES = `changes: { request: GET /changed, query: { since: "{{ cursor }}" }, cursor: { at: at, settle: 1m },
    deletes: { request: GET /deleted, query: { since: "{{ cursor }}", page: "{{ page.number }}" }, items: gone, page: { number: page, pages: pages }, id: record.id } }`;
  const since = "2026-03-01T12:00:00Z";
  const readChanges = async (text = CHANGES) => {
    remote.asked.length = 0;
    const { system } = await open(fileText(`objects: { contact: { ${text} } }`), remote.origin);
    return readAll(system.object("contact", []).changes(since));
  };

  test("is asked for after the changes, since the same moment, and moves no cursor", async () => {
    remote.handle(({ path, query }) => {
      if (path === "/changed") return { body: [{ id: "1", at: "2026-03-01T13:00:00Z" }] };
      const number = Number(query.get("page"));
      return { body: { gone: [{ record: { id: String(number + 6) }, at: "2026-03-01T14:00:00Z" }], pages: 2 } };
    });

    const { pages, records, failure } = await readChanges();

    expect(failure).toBeNull();
    expect(records.map(({ id, deleted }) => [id, deleted])).toEqual([
      ["1", false],
      ["7", true],
      ["8", true],
    ]);
    expect(pages.map(({ cursor }) => cursor)).toEqual(["2026-03-01T13:00:00Z", null, null]);
    expect(remote.asked.map(({ path, query }) => `${path} ${query.get("since") ?? ""}`)).toEqual([
      "/changed 2026-03-01T11:59:00Z",
      "/deleted 2026-03-01T11:59:00Z",
      "/deleted 2026-03-01T11:59:00Z",
    ]);
  });

  test("is not asked for when the changes could not be read, and its own failure is one of the whole", async () => {
    remote.handle(({ path }) => (path === "/changed" ? { status: 400 } : { body: { gone: [], pages: 0 } }));
    const broken = await readChanges();
    const asked = remote.asked.map(({ path }) => path);
    remote.handle(({ path }) => (path === "/changed" ? { body: [] } : { status: 400 }));
    const later = await readChanges();

    expect(broken.failure).toMatchObject({ kind: "rejected" });
    expect(asked).toEqual(["/changed"]);
    expect(later.failure).toMatchObject({ kind: "rejected" });
  });

  test("does not go with cannot_see, nor with a cursor that an answer gives", () => {
    const text = (changes: string) => fileText(`objects: { contact: { ${changes} } }`);
    const found = [
      ...problemsOf(text(CHANGES.replace("cursor: {", "cannot_see: [deletes], cursor: {"))),
      ...problemsOf(text(CHANGES.replace("cursor: { at: at,", "cursor: { token: at,"))),
    ];

    expect(found.map(({ code, path }) => `${code} ${path.slice(2).join(".")}`)).toEqual([
      "E_COMBINATION changes.cannot_see",
      "E_COMBINATION changes.deletes",
    ]);
  });

  test("names its record, or the item is told as unreadable", async () => {
    remote.handle(({ path }) => (path === "/changed" ? { body: [] } : { body: { gone: [{ record: {} }], pages: 1 } }));

    const { pages } = await readChanges();

    expect(pages.flatMap(({ broken }) => broken)).toMatchObject([{ id: null, code: "E_SCHEMA" }]);
  });
});

describe("check says of a next request", () => {
  const told = (list: string) =>
    problemsOf(file(list)).map(({ code, path, message }) => [code, path.slice(3).join("."), message]);

  test("that it is in order", () => {
    expect([...problemsOf(file(MORE)), ...problemsOf(file(COUNTED))]).toEqual([]);
  });

  test("that it is the same for every page", () => {
    expect(told(COUNTED.replace("{{ page.search }}", "1").replace("{{ page.number }}", "2"))).toEqual([
      ["E_PAGING", "page.next", "this request is the same for every page"],
    ]);
  });

  test("that an address of the next page needs none", () => {
    expect(
      told(
        'request: GET /contacts, page: { url: next, next: { request: GET /more, query: { a: "{{ page.token }}" } } }',
      ),
    ).toContainEqual(["E_PAGING", "page.next", "the next page has an address here, and needs no request of its own"]);
  });

  test("that a key of another protocol stands in it", () => {
    expect(told(MORE.replace("next: {", "next: { call: More,"))).toContainEqual([
      "E_UNKNOWN_KEY",
      "page.next.call",
      '"call" belongs to protocol soap, and this file says rest',
    ]);
  });

  test("that the numbers of pages go with numbered pages, and that a kept name is taken", () => {
    expect(
      told(
        'request: GET /contacts, query: { a: "{{ page.token }}" }, page: { token: next, pages: pages, keep: { token: x } }',
      ),
    ).toEqual([
      ["E_PAGING", "page.pages", "`pages` goes with numbered pages"],
      ["E_PAGING", "page.keep", "page.token is there already"],
    ]);
  });

  test("that a GraphQL query of it changes something, or asks for too little", () => {
    const contact = (
      next: string,
    ) => `{ id: id, list: { query: "{ all { id at cursor } }", items: data.all, page: { token: "data.all[0].cursor", next: ${next} } },
      changes: { query: "{ all { id at } }", items: data.all, cursor: { at: at, settle: 1s }, deletes: { query: "{ gone { ref } }", items: data.gone, id: ref } } }`;
    const graphql = (next: string) => problemsOf(fileText(`objects: { contact: ${contact(next)} }`, "graphql"));
    const after = `variables: { after: "{{ page.token }}" }`;

    expect(
      graphql(`{ query: "query ($after: ID) { more(after: $after) { id at } }", items: data.more, ${after} }`),
    ).toEqual([]);
    expect(
      graphql(`{ query: "mutation ($after: ID) { more(after: $after) { id at } }", items: data.more, ${after} }`),
    ).toMatchObject([{ code: "E_QUERY", path: ["objects", "contact", "list", "page", "next", "query"] }]);
    expect(
      graphql(`{ query: "query ($after: ID) { more(after: $after) { at } }", items: data.more, ${after} }`),
    ).toMatchObject([{ code: "E_QUERY_PATH", path: ["objects", "contact", "list", "page", "next", "query"] }]);
  });

  test("that one of its templates leads nowhere, at its place", () => {
    const [found] = problemsOf(file(MORE.replace("page.token }}", "pages.token }}")));

    expect(problemsOf(file(MORE.replace("page.token }}", "pages.token }}"))).length).toBeGreaterThan(0);
    expect(found?.path.slice(0, 5)).toEqual(["objects", "contact", "list", "page", "next"]);
  });
});
