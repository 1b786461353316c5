// A paging block must say how the next page is asked for and what ends it.

import { problem, type KeyPath } from "../core/problem.ts";
import type { PagingPart } from "./file/request.ts";
import { mentions } from "./mentions.ts";
import type { ObjectReader } from "./object-reader.ts";

const PAGING_KINDS = ["token", "number", "offset", "link", "url", "after"] as const;

/** @param key Of the listing in its object. @param mentioned The request uses `page`. */
export function checkPaging(
  part: PagingPart | undefined,
  key: KeyPath,
  mentioned: boolean,
  reader: ObjectReader,
): void {
  if (part === undefined) {
    if (mentioned) {
      reader.problems.push(
        problem(
          "E_PAGING",
          [...reader.at, ...key],
          "the request asks for pages, but `page:` does not say where the next one stands",
          {
            hint: "add page: { token: PATH } or another of the paging kinds",
          },
        ),
      );
    }
    return;
  }
  const path = [...reader.at, ...key, "page"];
  const kinds = PAGING_KINDS.filter((kind) => part[kind] !== undefined);
  const expected = "exactly one of token, number, offset, link, url, after";
  if (kinds.length !== 1) {
    const found = kinds.length === 0 ? "none of them" : kinds.join(", ");
    reader.problems.push(problem("E_PAGING", path, "paging has no end rule", { found, expected }));
    return;
  }
  reader.maybePath(part.token ?? part.url ?? part.after, [...key, "page", kinds[0] ?? ""]);
  reader.maybePath(part.more, [...key, "page", "more"]);
  if (part.more !== undefined && part.token === undefined) {
    reader.problems.push(
      problem("E_PAGING", [...path, "more"], "`more` goes with a token", {
        on: "key",
        hint: "add token: PATH, or remove it",
      }),
    );
  }
  if ((part.number !== undefined || part.offset !== undefined) && part.size === undefined && part.pages === undefined) {
    reader.problems.push(
      problem("E_PAGING", path, "without its size, a last page cannot be told from a full one", {
        expected: "size: the number of items in a full page",
        hint: "add size: 100",
      }),
    );
  }
  checkLater(part, path, reader);
  const nextMentions = part.next !== undefined && mentions(part.next, "page");
  if (part.token !== undefined && !mentioned && !nextMentions) {
    reader.problems.push(
      problem("E_PAGING", path, "the token of the next page is never sent", {
        hint: 'put "{{ page.token }}" into the request',
      }),
    );
  }
}

/** What concerns the pages after the first. */
function checkLater(part: PagingPart, path: KeyPath, reader: ObjectReader): void {
  const refuse = (key: string, message: string, hint: string): void => {
    reader.problems.push(problem("E_PAGING", [...path, key], message, { on: "key", hint }));
  };
  for (const key of ["pages", "at"] as const) {
    reader.maybePath(part[key], [...path.slice(reader.at.length), key]);
    if (part[key] !== undefined && part.number === undefined)
      refuse(key, `\`${key}\` goes with numbered pages`, "add number: NAME and size:, or remove it");
  }
  const reserved = ["token", "number", "offset", "after", "size", part.number ?? "", part.offset ?? ""];
  for (const name of Object.keys(part.keep ?? {})) {
    if (reserved.includes(name)) refuse("keep", `page.${name} is there already`, "give it another name");
  }
  if (part.next === undefined) return;
  if (part.link !== undefined || part.url !== undefined) {
    refuse("next", "the next page has an address here, and needs no request of its own", "remove next:");
  } else if (!mentions(part.next, "page")) {
    refuse(
      "next",
      "this request is the same for every page",
      'put what tells the pages apart into it, as in "{{ page.token }}" or "{{ page.number }}"',
    );
  }
}
