// Every kind of paging, over a real socket, and every way in which one could end too early or never.

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { nextLink } from "../../src/connector/paging.ts";
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

const items = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => ({ id: String(from + index).padStart(3, "0") }));

const file = (list: string): string =>
  fileText(`objects: { contact: { list: { request: GET /contacts, items: items, ${list} } } }`);

async function read(list: string) {
  remote.asked.length = 0;
  const { system } = await open(file(list), remote.origin);
  const { pages, records, failure } = await readAll(system.object("contact", []).list());
  return { ids: idsOf(records), failure, pages, urls: remote.asked.map((asked) => asked.url) };
}

const number = (asked: Asked, name: string): number => Number(asked.query.get(name) ?? 0);

describe("kinds of paging", () => {
  test("token: sent as page.token, left out of the first request, ended by an empty path", async () => {
    remote.answers(
      { body: { items: items(1, 2), paging: { next: "b c" } } },
      { body: { items: [], paging: { next: 7 } } },
      { body: { items: items(3, 3), paging: {} } },
    );

    const { ids, urls, failure } = await read(
      'query: { limit: 2, after: "{{ page.token }}" }, page: { token: paging.next }',
    );

    expect(failure).toBeNull();
    expect(ids).toEqual(["001", "002", "003"]);
    expect(urls).toEqual(["/contacts?limit=2", "/contacts?limit=2&after=b%20c", "/contacts?limit=2&after=7"]);
  });

  test("number: the parameter is added where the request does not mention the page", async () => {
    remote.handle((asked) => ({
      body: { items: items((number(asked, "p") - 1) * 3 + 1, Math.min(7, number(asked, "p") * 3)) },
    }));

    const { ids, urls } = await read("query: { size: 3 }, page: { number: p, size: 3 }");

    expect(ids).toHaveLength(7);
    expect(urls).toEqual(["/contacts?size=3&p=1", "/contacts?size=3&p=2", "/contacts?size=3&p=3"]);
  });

  test("number: written into the request, starting where the file says", async () => {
    remote.handle((asked) => ({ body: { items: number(asked, "n") === 0 ? items(1, 2) : [] } }));

    const { ids, urls } = await read(
      'query: { n: "{{ page.number }}", s: "{{ page.size }}" }, page: { number: page, size: 2, start: 0 }',
    );

    expect(ids).toEqual(["001", "002"]);
    expect(urls).toEqual(["/contacts?n=0&s=2", "/contacts?n=1&s=2"]);
  });

  test("offset: moves by what was given, so a system that gives less than asked is still read to its end", async () => {
    remote.handle((asked) => ({
      body: { items: items(number(asked, "offset") + 1, Math.min(7, number(asked, "offset") + 3)) },
    }));

    const { ids, urls } = await read("page: { offset: offset, size: 100 }");

    expect(ids).toHaveLength(7);
    expect(urls.at(-1)).toBe("/contacts?offset=7");
  });

  test("number: a short first page is made sure of, and a refusal of the page after it is the end", async () => {
    remote.handle((asked) => (number(asked, "page") === 1 ? { body: { items: items(1, 2) } } : { status: 404 }));

    const { ids, failure } = await read("page: { number: page, size: 100 }");

    expect([ids.length, failure]).toEqual([2, null]);
  });

  test("number: a system that gives its last page again has ended", async () => {
    remote.answers({ body: { items: items(1, 2) } });

    const { failure, urls } = await read("page: { number: page, size: 100 }");

    expect(failure).toBeNull();
    expect(urls).toHaveLength(2);
  });

  test("number: the source's own total spares the last look", async () => {
    remote.answers({ body: { items: items(1, 2), total: 2 } });

    const { urls, pages } = await read("page: { number: page, size: 100 }, count: total");

    expect(urls).toHaveLength(1);
    expect(pages[0]?.total).toBe(2);
  });

  test("link: follows rel=next of the Link header, relative or whole", async () => {
    remote.answers(
      {
        headers: { link: '</contacts?page=2>; rel="next", </contacts?page=9>; rel="last"' },
        body: { items: items(1, 1) },
      },
      { headers: { link: `<${remote.origin}/contacts?page=3>; rel=next` }, body: { items: items(2, 2) } },
      { headers: { link: '</contacts?page=1>; rel="prev"' }, body: { items: items(3, 3) } },
    );

    const { ids, urls } = await read("query: { limit: 1 }, page: { link: next }");

    expect(ids).toEqual(["001", "002", "003"]);
    expect(urls).toEqual(["/contacts?limit=1", "/contacts?page=2", "/contacts?page=3"]);
  });

  test("url: the next address stands in the body, and may be relative to the page", async () => {
    remote.answers({ body: { items: items(1, 1), next: "?page=2" } }, { body: { items: items(2, 2), next: null } });

    const { ids, urls } = await read("page: { url: next }");

    expect(ids).toEqual(["001", "002"]);
    expect(urls).toEqual(["/contacts", "/contacts?page=2"]);
  });

  test("after: the last item's key, until a page is empty", async () => {
    remote.handle((asked) => ({
      body: { items: items(number(asked, "after") + 1, Math.min(5, number(asked, "after") + 2)) },
    }));

    const { ids, urls } = await read("page: { after: id }");

    expect(ids).toHaveLength(5);
    expect(urls).toEqual(["/contacts", "/contacts?after=002", "/contacts?after=004", "/contacts?after=005"]);
  });

  test("no paging: one page", async () => {
    remote.answers({ body: { items: items(1, 2) } });

    const { urls } = await read("count: total");

    expect(urls).toEqual(["/contacts"]);
  });
});

describe("what never ends, or leads away", () => {
  test.each([
    [
      "a token that comes twice",
      'query: { after: "{{ page.token }}" }, page: { token: next }',
      { body: { items: items(1, 1), next: "x" } },
    ],
    ["an address that comes twice", "page: { url: next }", { body: { items: items(1, 1), next: "/contacts?page=2" } }],
    ["a key that comes twice", "page: { after: id }", { body: { items: items(1, 1) } }],
    ["a full page that comes twice", "page: { number: page, size: 2 }", { body: { items: items(1, 2) } }],
  ])("%s is a loop", async (_, list, answer) => {
    remote.answers(answer);

    const { failure } = await read(list);

    expect(failure).toMatchObject({ kind: "malformed", code: "E_PAGING_LOOP" });
  });

  test.each([
    ["the same page under ever new tokens", items(1, 1)],
    ["empty pages under ever new tokens", []],
  ])("%s is a loop", async (_, page) => {
    remote.handle((__, count) => ({ body: { items: page, next: `t${String(count)}` } }));

    const { failure } = await read('query: { after: "{{ page.token }}" }, page: { token: next }');

    expect(failure).toMatchObject({ kind: "malformed", code: "E_PAGING_LOOP" });
  });

  test.each([
    "http://elsewhere.test/contacts",
    "//elsewhere.test/contacts",
    "https://127.0.0.1/contacts",
    "file:///etc/passwd",
    "http://user@HOST/contacts",
  ])("a next page at %s is refused", async (address) => {
    const next = address.replace("HOST", new URL(remote.origin).host);
    remote.answers({ body: { items: items(1, 1), next }, headers: { link: `<${next}>; rel="next"` } });

    for (const list of ["page: { url: next }", "page: { link: next }"]) {
      const { ids, failure } = await read(list);
      expect(ids).toEqual(["001"]);
      expect(failure).toMatchObject({ kind: "malformed", code: "E_REDIRECT_BLOCKED" });
    }
  });

  test("a failure in the middle is told after the pages that came", async () => {
    remote.answers({ body: { items: items(1, 2), next: "b" } }, { status: 403 });

    const { ids, failure } = await read('query: { after: "{{ page.token }}" }, page: { token: next }');

    expect(ids).toEqual(["001", "002"]);
    expect(failure?.kind).toBe("auth");
  });
});

test.each([
  ["", null],
  ['<https://a.test/?page=2>; rel="next"', "https://a.test/?page=2"],
  ['<https://a.test/?a=1,2>; title="x, y"; rel="last next"', "https://a.test/?a=1,2"],
  ['<https://a.test/1>; rel="prev", <https://a.test/3>; rel=next', "https://a.test/3"],
  ["https://a.test; rel=next", null],
])("the next link of %j is %j", (header, next) => {
  expect(nextLink(header)).toBe(next);
});

test.each([
  ["page: {}", "no end rule"],
  ["page: { size: 100 }", "no end rule"],
  ["page: { token: next, url: next }", "no end rule"],
  ["page: { number: page }", "without its size"],
  ["page: { token: next }", "never sent"],
  ['query: { after: "{{ page.token }}" }', "does not say where the next one stands"],
])("%s has no end, and check says so", (list, words) => {
  const [found] = problemsOf(file(list));

  expect(found).toMatchObject({ code: "E_PAGING" });
  expect(found?.message).toContain(words);
});
