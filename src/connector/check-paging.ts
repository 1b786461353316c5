// A paging block must say how the next page is asked for and what ends it.

import { problem } from "../core/problem.ts";
import type { PagingPart } from "./file/request.ts";
import type { ObjectReader } from "./object-reader.ts";

const PAGING_KINDS = ["token", "number", "offset", "link", "url", "after"] as const;

/** @param mentioned The request uses `page`. */
export function checkPaging(
  part: PagingPart | undefined,
  operation: string,
  mentioned: boolean,
  reader: ObjectReader,
): void {
  if (part === undefined) {
    if (mentioned) {
      reader.problems.push(
        problem(
          "E_PAGING",
          [...reader.at, operation],
          "the request asks for pages, but `page:` does not say where the next one stands",
          {
            hint: "add page: { token: PATH } or another of the paging kinds",
          },
        ),
      );
    }
    return;
  }
  const path = [...reader.at, operation, "page"];
  const kinds = PAGING_KINDS.filter((kind) => part[kind] !== undefined);
  const expected = "exactly one of token, number, offset, link, url, after";
  if (kinds.length !== 1) {
    const found = kinds.length === 0 ? "none of them" : kinds.join(", ");
    reader.problems.push(problem("E_PAGING", path, "paging has no end rule", { found, expected }));
    return;
  }
  reader.maybePath(part.token ?? part.url ?? part.after, [operation, "page", kinds[0] ?? ""]);
  reader.maybePath(part.more, [operation, "page", "more"]);
  if (part.more !== undefined && part.token === undefined) {
    reader.problems.push(
      problem("E_PAGING", [...path, "more"], "`more` goes with a token", {
        on: "key",
        hint: "add token: PATH, or remove it",
      }),
    );
  }
  if ((part.number !== undefined || part.offset !== undefined) && part.size === undefined) {
    reader.problems.push(
      problem("E_PAGING", path, "without its size, a last page cannot be told from a full one", {
        expected: "size: the number of items in a full page",
        hint: "add size: 100",
      }),
    );
  }
  if (part.token !== undefined && !mentioned) {
    reader.problems.push(
      problem("E_PAGING", path, "the token of the next page is never sent", {
        hint: 'put "{{ page.token }}" into the request',
      }),
    );
  }
}
