// Reads `list`, `find`, `changes` and `changes.deletes` of an object into a ListingPlan: which request, where its items stand, and
// how their next page is asked for.

import { problem } from "../core/problem.ts";
import { checkPaging } from "./check-paging.ts";
import type { ObjectPart } from "./file/object.ts";
import { mentions } from "./mentions.ts";
import type { ListingPlan } from "./object-plan.ts";
import type { ObjectReader } from "./object-reader.ts";
import { planPaging } from "./paging.ts";

type ListingPart = NonNullable<ObjectPart["list"] | ObjectPart["find"] | ObjectPart["changes"]>;
type ChangesPart = NonNullable<ObjectPart["changes"]>;
type DeletesPart = NonNullable<ChangesPart["deletes"]>;

/** @param readable Single records can be read. */
export function readListing(
  part: ListingPart,
  operation: "list" | "find" | "changes",
  { reader, readable }: { readonly reader: ObjectReader; readonly readable: boolean },
): ListingPlan {
  const paging = readPaging(part, [operation], reader);
  if (part.reread !== undefined && !readable) {
    reader.problems.push(
      problem(
        "E_MISSING",
        [...reader.at, operation, "reread"],
        "reread reads each record, and this object has no get",
        {
          hint: "add get: or batch.read:",
        },
      ),
    );
  }
  return {
    part,
    path: [...reader.at, operation],
    operation,
    ...paging,
    count:
      typeof part.count === "object"
        ? { header: part.count.header.toLowerCase() }
        : reader.maybePath(part.count, [operation, "count"]),
    empty: reader.maybePath(part.empty, [operation, "empty"]),
    reread: reader.maybePath(part.reread, [operation, "reread"]),
    window: "window" in part ? (part.window ?? null) : null,
    gone: null,
  };
}

function readPaging(
  part: Pick<ListingPart, "items" | "page" | "code">,
  key: readonly string[],
  reader: ObjectReader,
): Pick<ListingPlan, "items" | "paging" | "keep" | "next"> {
  // A function may page by itself, and then answers with all there is.
  const mentioned = mentions(part, "page") && (part.code === undefined || part.page !== undefined);
  checkPaging(part.page, key, mentioned, reader);
  const items = reader.path(part.items, [...key, "items"], []);
  const next = part.page?.next;
  const at = [...key, "page", "next"];
  return {
    items,
    paging: planPaging(part.page, mentioned || next !== undefined) ?? { kind: "single" },
    keep: Object.entries(part.page?.keep ?? {}).map(([name, text]) => [
      name,
      reader.path(text, [...key, "page", "keep", name], []),
    ]),
    next:
      next === undefined
        ? null
        : { part: next, path: [...reader.at, ...at], items: reader.path(next.items, [...at, "items"], items) },
  };
}

export function readDeletes(changes: ChangesPart, part: DeletesPart, reader: ObjectReader): ListingPlan {
  const key = ["changes", "deletes"];
  const combine = (at: string, message: string, hint: string): void => {
    reader.problems.push(problem("E_COMBINATION", [...reader.at, "changes", at], message, { on: "key", hint }));
  };
  if (changes.cannot_see?.includes("deletes") === true)
    combine("cannot_see", "deletes: tells of deletes, and cannot_see says that nothing does", "remove one of them");
  if (changes.cursor.at === undefined)
    combine("deletes", "deletes since a cursor that an answer gave are in that answer", "use cursor: { at: PATH }");
  return {
    part,
    path: [...reader.at, ...key],
    operation: "changes",
    ...readPaging(part, key, reader),
    count: null,
    empty: reader.maybePath(part.empty, [...key, "empty"]),
    reread: null,
    window: null,
    gone: reader.path(part.id, [...key, "id"], []),
  };
}
