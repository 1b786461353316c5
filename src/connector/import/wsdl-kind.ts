// An object of a generic interface (wsdl-generic.ts): one kind of record, with the operations that all kinds share.

import type { Operation } from "../protocols/soap/wsdl.ts";
import type { DraftNote } from "./draft.ts";
import { DELETED, IDS, MODIFIED, named, NATURAL_KEYS, NEXT_TOKEN, PAGE_NUMBER, plainName, TOTAL } from "./guess.ts";
import type { Part } from "./openapi-document.ts";
import { argsOf, PLACEHOLDER, type Writing } from "./wsdl-arguments.ts";
import type { GenericInterface, Kind } from "./wsdl-generic.ts";
import { elementsOf, namesIn, namesOfType, pathTo, sameType, textOf } from "./wsdl-shapes.ts";

export interface DraftedObject {
  readonly object: Part;
  readonly notes: readonly DraftNote[];
}

export function draftKind(found: GenericInterface, kind: Kind): DraftedObject {
  const notes: DraftNote[] = [];
  const note = (path: DraftNote["path"], text: string): void => {
    notes.push({ path, text });
  };
  const { operations } = found;
  const names = namesOfType(kind.type);
  const id = named(names, IDS);
  const modified = named(names, MODIFIED);
  const deleted = named(names, DELETED);
  const natural = named(
    names.filter((name) => !name.startsWith("@")),
    NATURAL_KEYS,
  );
  if (id === null) note(["id"], "the WSDL does not tell which element is the id");
  if (kind.name === null)
    note(["id"], `the WSDL knows no kinds of record: put the name of one for ${PLACEHOLDER}, everywhere below`);
  if (found.form === "open")
    note(["id"], "the WSDL does not tell the fields, nor which is the time of the last change");
  else if (modified === null) note(["id"], "no element is the time of the last change; without one every cycle lists");
  const writing = { found, kind, id, note };
  const object: Part = {
    id: id ?? "id",
    ...(modified === null ? {} : { version: modified, modified }),
    ...(deleted === null ? {} : { deleted }),
    ...(natural === null ? {} : { natural_keys: [natural] }),
    ...(modified === null ? {} : { fields: { [modified]: { read_only: true } } }),
    ...(operations.list === undefined ? {} : { list: draftListing(operations.list, writing) }),
    ...(operations.get === undefined ? {} : { get: draftGet(operations.get, writing) }),
    ...(operations.create === undefined ? {} : { create: draftWrite(operations.create, "create", writing) }),
    ...(operations.update === undefined ? {} : { update: draftWrite(operations.update, "update", writing) }),
    ...(operations.delete === undefined
      ? {}
      : { delete: { call: operations.delete.name, args: argsOf(operations.delete, "delete", writing) } }),
  };
  if (operations.list === undefined)
    note(["id"], "no operation lists records of this kind: there is no proof of absence");
  else
    note(
      ["list"],
      "changes: and find: are searches, too: draft them from list: with a condition on the time, or the key",
    );
  return { object, notes };
}

function draftListing(operation: Operation, writing: Writing): Part {
  const { found, note } = writing;
  const items = pathTo(operation.output, (type) => sameType(type, found.record));
  const root = namesIn(operation.output, found.record);
  const total = root.find(({ name }) => named([name], [...TOTAL, "total_records", "record_count", "size"]) !== null);
  const page = draftPage(operation, writing);
  if (page === null) note(["list"], "how the next page is asked for; without page: all is taken to be in one answer");
  else note(["list", "page"], "what ends the listing, and whether the search expires meanwhile");
  return {
    call: operation.name,
    args: argsOf(operation, "list", writing),
    items: textOf(items ?? []),
    ...(total === undefined ? {} : { count: textOf(total.path) }),
    ...(page === null ? {} : { page }),
  };
}

interface DraftedPage {
  readonly page: Part;
  /** How many elements the operation is asked with. */
  readonly of: number;
}

/** The next page by an operation of its own, as far as its elements are in the answer of the first. */
function draftPage(operation: Operation, { found }: Writing): Part | null {
  const answer = namesIn(operation.output, found.record);
  const place = (name: string): string | null => {
    const at = answer.find((each) => plainName(each.name) === plainName(name));
    return at === undefined ? null : textOf(at.path);
  };
  const drafts = found.more.flatMap((more): readonly DraftedPage[] => {
    const asked = elementsOf(more.input).map(({ name }) => name);
    const number = named(asked, PAGE_NUMBER);
    const others = asked.filter((name) => name !== number);
    const kept = others.flatMap((name) => {
      const at = place(name);
      return at === null ? [] : [[name, at] as const];
    });
    if (kept.length < others.length || (number === null && kept.length !== 1)) return [];
    const [only] = kept;
    if (number === null && only !== undefined) {
      const [token, tokenAt] = only;
      return [{ of: 1, page: { token: tokenAt, next: { call: more.name, args: { [token]: "{{ page.token }}" } } } }];
    }
    if (number === null) return [];
    const pages = named(
      answer.map(({ name }) => name),
      ["total_pages", "page_count", "pages"],
    );
    const counted = pages === null ? { size: 100 } : { pages: place(pages) ?? pages };
    const at = place(number);
    const args = {
      ...Object.fromEntries(kept.map(([name]) => [name, `{{ page.${name} }}`])),
      [number]: "{{ page.number }}",
    };
    const keep = kept.length === 0 ? {} : { keep: Object.fromEntries(kept) };
    return [
      {
        of: asked.length,
        page: { number, ...counted, ...(at === null ? {} : { at }), ...keep, next: { call: more.name, args } },
      },
    ];
  });
  // One that says which search it goes on with can go on while others are made.
  const [best] = drafts.toSorted((a, b) => b.of - a.of);
  if (best !== undefined) return best.page;
  const token = named(
    answer.map(({ name }) => name),
    NEXT_TOKEN,
  );
  const asked = named(
    elementsOf(operation.input).map(({ name }) => name),
    NEXT_TOKEN,
  );
  return token === null || asked === null ? null : { token: place(token) ?? token };
}

function draftGet(operation: Operation, writing: Writing): Part {
  const item = pathTo(operation.output, (type) => sameType(type, writing.found.record));
  writing.note(["get"], "what is answered for a record that is not there has to come to `gone`, under errors:");
  return { call: operation.name, args: argsOf(operation, "get", writing), item: textOf(item ?? []) };
}

function draftWrite(operation: Operation, verb: "create" | "update", writing: Writing): Part {
  const { found } = writing;
  const at = verb === "create" ? idIn(operation, found) : null;
  if (verb === "create") {
    const upserts = operation.name.toLowerCase() === "upsert";
    writing.note(
      [verb],
      upserts
        ? "an upsert goes by an external id: with {{ op.key }} there, say repeat: by-key"
        : "may it be sent again? See repeat: and verify:",
    );
  } else writing.note([verb], "how a field is emptied, and whether an edit in between is noticed (guard:)");
  return {
    call: operation.name,
    args: argsOf(operation, verb, writing),
    ...(at === null ? {} : { returns: { id: at } }),
    ...(verb === "create" ? { repeat: "unsafe" } : {}),
  };
}

/** Where the answer to a create tells the new id: a value of that name, or a reference to the record. */
function idIn({ output }: Operation, { record, schema }: GenericInterface): string | null {
  const value = namesIn(output, record).find(({ name }) => named([name], IDS) !== null);
  if (value !== undefined) return textOf(value.path);
  let id: string | null = null;
  const path = pathTo(output, (type) => {
    const below = type.kind === "complex" && type.name !== null ? schema.derived(type.name) : [];
    id = named(
      below.flatMap((name) => namesOfType(schema.type(name))),
      IDS,
    );
    return id !== null;
  });
  return path === null || id === null ? null : textOf([...path, id]);
}
