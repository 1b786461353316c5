// From one page to the next. A listing that ends is complete, so an end is only believed where it is one:
//
//   token, url   nothing at the path; with `more`, nothing or false there
//   link   no rel="next" in the Link header        after   an empty page
//   number, offset   an empty page, or a short one. A first page that is short may also come from a server that gives fewer
//                    than asked: it is asked for one page more, unless the source's own total has been reached. With `pages`
//                    the last of as many as the source says there are, and nothing else
//
// Counted pages shift when a record leaves the result while it is read: the ones after it move up, and the first of a page not
// yet read is passed over. It shows in a total that has become less, and such a listing is not complete.
//
// What never ends is noticed: a token, address or key that comes twice, a page that keeps coming back, pages without items.

import { createHash } from "node:crypto";
import { parsePath, pathText, valueAt, type Path } from "../core/path.ts";
import { digitsOf, isFields, type Value } from "../core/value.ts";
import type { PagingPart } from "./file/request.ts";
import type { Answer } from "./protocol.ts";

/** What the request of one page needs. */
export interface PageRequest {
  readonly variable: Readonly<Record<string, Value>>;
  /** Parameters added where the request does not mention `page`. */
  readonly query: Readonly<Record<string, string>>;
  readonly url: string | null;
}

type NextPage =
  | { readonly kind: "more"; readonly request: PageRequest }
  | { readonly kind: "end" }
  | { readonly kind: "failed"; readonly code: string; readonly message: string };

export interface Pager {
  readonly first: PageRequest;
  /**
   * @param ids Ids of the page's items, as far as they have one.
   * @param seen Items of all pages so far. @param total What the source says there are; null: nothing.
   */
  next(answer: Answer, items: readonly Value[], ids: readonly string[], seen: number, total: number | null): NextPage;
  /** The page that was just asked for only makes sure of the end: a refusal of it (no such page) is the end. */
  readonly probing: boolean;
}

export type PagingPlan =
  | { readonly kind: "single" }
  | { readonly kind: "token"; readonly path: Path; readonly more: Path | null }
  | { readonly kind: "url"; readonly path: Path }
  | { readonly kind: "link" }
  | { readonly kind: "after"; readonly path: Path; readonly size: number | null; readonly sendAs: string | null }
  | {
      readonly kind: "number" | "offset";
      readonly name: string;
      /** Null: not needed, for the source says how many pages there are. */
      readonly size: number | null;
      readonly start: number;
      readonly sendAs: string | null;
      /** Where an answer tells how many pages there are, and which of them it is; null: nowhere. */
      readonly pages: Path | null;
      readonly at: Path | null;
    };

/** @param mentioned The request uses `page` itself. Null: the file's paging is not one (compile.ts says why). */
export function planPaging(part: PagingPart | undefined, mentioned: boolean): PagingPlan | null {
  if (part === undefined) return { kind: "single" };
  if (part.token !== undefined) {
    const more = part.more === undefined ? null : parsePath(part.more);
    return withPath(part.token, (path) => ({ kind: "token", path, more }));
  }
  if (part.url !== undefined) return withPath(part.url, (path) => ({ kind: "url", path }));
  if (part.link !== undefined) return { kind: "link" };
  if (part.after !== undefined) {
    const sendAs = mentioned ? null : "after";
    return withPath(part.after, (path) => ({ kind: "after", path, size: part.size ?? null, sendAs }));
  }
  const name = part.number ?? part.offset;
  const kind = part.number === undefined ? "offset" : "number";
  if (name === undefined || (part.size === undefined && part.pages === undefined)) return null;
  return {
    kind,
    name,
    size: part.size ?? null,
    start: part.start ?? (kind === "number" ? 1 : 0),
    sendAs: mentioned ? null : name,
    pages: part.pages === undefined ? null : parsePath(part.pages),
    at: part.at === undefined ? null : parsePath(part.at),
  };
}

function withPath(text: string, make: (path: Path) => PagingPlan): PagingPlan | null {
  const path = parsePath(text);
  return path === null ? null : make(path);
}

/** The same page this many times is a loop. A feed of single changes may well name one record a few times in a row. */
const REPEATS_MAX = 20;
/** So many empty pages in a row are a loop: some systems filter after paging and give a few. */
const EMPTY_MAX = 100;

/** @param origin Of the system: a next address elsewhere is refused. Null: the protocol has no addresses. */
export function startPaging(plan: PagingPlan, origin: string | null): Pager {
  const marks = new Set<string>();
  const repeats = new Map<string, number>();
  let position = plan.kind === "number" || plan.kind === "offset" ? plan.start : 0;
  let emptyPages = 0;
  let sawFullPage = false;
  let probing = false;
  let times = 0;
  let totalBefore: number | null = null;

  const failedWith = (code: string, message: string): NextPage => ({ kind: "failed", code, message });
  const loop = (message: string): NextPage => ({ kind: "failed", code: "E_PAGING_LOOP", message });

  const marked = (mark: string, request: () => PageRequest): NextPage => {
    if (marks.has(mark)) return loop("the system gives the same next page again");
    marks.add(mark);
    return { kind: "more", request: request() };
  };

  const comesBack = (items: readonly Value[], ids: readonly string[]): boolean => {
    emptyPages = items.length === 0 ? emptyPages + 1 : 0;
    if (emptyPages >= EMPTY_MAX) return true;
    if (items.length === 0) return false;
    times = ids.length === 0 ? 0 : (repeats.get(digest(ids)) ?? 0) + 1;
    repeats.set(digest(ids), times);
    return times >= REPEATS_MAX;
  };

  const address = (found: string): NextPage => {
    if (origin !== null && !sameOrigin(found, origin)) {
      return { kind: "failed", code: "E_REDIRECT_BLOCKED", message: "the next page's address leads to another origin" };
    }
    return marked(found, () => ({ variable: {}, query: {}, url: found }));
  };

  return {
    get probing() {
      return probing;
    },
    first: firstRequest(plan),
    next(answer, items, ids, seen, total) {
      if (plan.kind === "single") return { kind: "end" };
      if (comesBack(items, ids)) return loop("the same page comes again and again");
      switch (plan.kind) {
        case "token": {
          const token = valueAt(answer.body, plan.path);
          if (plan.more !== null) {
            const more = valueAt(answer.body, plan.more);
            if (more === undefined || (isNothing(token) && more === true)) {
              const missing = pathText(more === undefined ? plan.more : plan.path);
              return { kind: "failed", code: "E_SCHEMA", message: `the answer has nothing at ${missing}` };
            }
            if (isNothing(more) || more === "false" || more === 0) return { kind: "end" };
          }
          if (isNothing(token)) return { kind: "end" };
          const mark = typeof token === "string" ? token : (digitsOf(token) ?? "");
          if (mark === "")
            return { kind: "failed", code: "E_SCHEMA", message: `${pathText(plan.path)} holds no page token` };
          return marked(mark, () => ({ variable: { token }, query: {}, url: null }));
        }
        case "url": {
          const found = valueAt(answer.body, plan.path);
          if (isNothing(found)) return { kind: "end" };
          if (typeof found !== "string")
            return { kind: "failed", code: "E_SCHEMA", message: `${pathText(plan.path)} holds no address` };
          return address(found);
        }
        case "link": {
          const found = nextLink(answer.headers.link ?? "");
          return found === null ? { kind: "end" } : address(found);
        }
        case "after": {
          const last = items.at(-1);
          if (last === undefined) return { kind: "end" };
          const key = isFields(last) ? valueAt(last, plan.path) : undefined;
          if (isNothing(key))
            return { kind: "failed", code: "E_SCHEMA", message: `the last item has nothing at ${pathText(plan.path)}` };
          const text = typeof key === "string" ? key : (digitsOf(key) ?? "");
          return marked(text, () => keysetRequest(plan, key, text));
        }
        case "number":
        case "offset": {
          const before = totalBefore;
          totalBefore = total ?? before;
          if (before !== null && total !== null && total < before) {
            const message = `the result shrank from ${String(before)} to ${String(total)} while its pages were read: some may have been passed over`;
            return failedWith("E_PAGE_DRIFT", message);
          }
          const pages = plan.pages === null ? null : whole(valueAt(answer.body, plan.pages));
          if (plan.pages !== null && pages === null)
            return failedWith("E_SCHEMA", `the answer has no number at ${pathText(plan.pages)}`);
          if (pages === 0 && items.length === 0 && seen === 0) return { kind: "end" };
          const shown = plan.at === null ? position : whole(valueAt(answer.body, plan.at));
          if (plan.at !== null && shown !== position) {
            const found = shown === null ? "none" : String(shown);
            return failedWith("E_PAGE_DRIFT", `page ${String(position)} was asked for, and ${found} was answered`);
          }
          if (pages !== null) {
            if (position - plan.start + 1 >= pages) return { kind: "end" };
            if (items.length === 0)
              return failedWith("E_PAGE_DRIFT", `page ${String(position)} of ${String(pages)} is empty`);
            position += 1;
            return { kind: "more", request: countedRequest(plan, position) };
          }
          if (items.length === 0) return { kind: "end" };
          if (total !== null && seen >= total) return { kind: "end" };
          const short = plan.size !== null && items.length < plan.size;
          // A repeated page here is the server's last page given again, or a parameter that it does not know.
          if (times > 1) return probing ? { kind: "end" } : loop("the same page comes again");
          if (short && sawFullPage) return { kind: "end" };
          probing = short;
          sawFullPage ||= !short;
          position += plan.kind === "number" ? 1 : items.length;
          return { kind: "more", request: countedRequest(plan, position) };
        }
      }
    },
  };
}

/** A number of pages, or of a page; null: there is none. */
function whole(value: Value | undefined): number | null {
  const digits = value === undefined ? null : typeof value === "string" ? value.trim() : digitsOf(value);
  return digits !== null && /^\d{1,9}$/.test(digits) ? Number(digits) : null;
}

/** Pages are remembered by digest: a listing may have many thousands. */
function digest(ids: readonly string[]): string {
  return createHash("sha1").update(ids.join("\n")).digest("base64");
}

function firstRequest(plan: PagingPlan): PageRequest {
  if (plan.kind === "number" || plan.kind === "offset") return countedRequest(plan, plan.start);
  const variable = plan.kind === "after" && plan.size !== null ? { size: plan.size } : {};
  return { variable, query: {}, url: null };
}

function keysetRequest(plan: PagingPlan & { kind: "after" }, key: Value, text: string): PageRequest {
  const size = plan.size === null ? {} : { size: plan.size };
  return {
    variable: { ...size, after: key, token: key },
    query: plan.sendAs === null ? {} : { [plan.sendAs]: text },
    url: null,
  };
}

function countedRequest(plan: PagingPlan & { kind: "number" | "offset" }, position: number): PageRequest {
  const pages = plan.kind === "number" ? { number: position } : { offset: position };
  const size = plan.size === null ? {} : { size: plan.size };
  return {
    variable: { ...size, token: position, [plan.name]: position, ...pages },
    query: plan.sendAs === null ? {} : { [plan.sendAs]: String(position) },
    url: null,
  };
}

function isNothing(value: Value | undefined): value is null | undefined | "" | false {
  return value === undefined || value === null || value === "" || value === false;
}

/** A relative address is of the same origin; one with a user in it is not believed. */
function sameOrigin(address: string, origin: string): boolean {
  if (!URL.canParse(address, origin)) return false;
  const url = new URL(address, origin);
  return url.origin === new URL(origin).origin && url.username === "" && url.password === "";
}

/** The target with `rel="next"` of a Link header (RFC 8288). */
export function nextLink(header: string): string | null {
  for (const match of header.matchAll(
    /<([^>]*)>((?:\s*;\s*[\w!#$&+.^`|~-]+\*?(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^;,\s"]+))?)*)/g,
  )) {
    const [, target = "", parameters = ""] = match;
    const relation = /;\s*rel\s*=\s*(?:"([^"]*)"|([^;,\s"]+))/i.exec(parameters);
    const words = (relation?.[1] ?? relation?.[2] ?? "").toLowerCase().split(/\s+/);
    if (words.includes("next") && target !== "") return target;
  }
  return null;
}
