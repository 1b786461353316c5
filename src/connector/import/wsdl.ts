// A WSDL becomes a draft: operations whose names share a noun (ListCustomers, GetCustomer, …) are one object. Where they are verbs alone,
// the types of the records are the objects (wsdl-generic.ts).

import { isError } from "../../core/problem.ts";
import type { ElementShape } from "../protocols/soap/shape.ts";
import { loadWsdl, type Operation, type Port } from "../protocols/soap/wsdl.ts";
import { ImportError, type Draft, type DraftNote } from "./draft.ts";
import {
  DELETED,
  MODIFIED,
  named,
  NATURAL_KEYS,
  NEXT_TOKEN,
  PAGE_AFTER,
  PAGE_NUMBER,
  PAGE_OFFSET,
  PAGE_SIZE,
  PAGE_TOKEN,
  plainName,
  SINCE,
  VERSION,
} from "./guess.ts";
import type { Part } from "./openapi-document.ts";
import { singular } from "./openapi-paths.ts";
import { genericInterface, kindsOf, refusalsOf, type GenericInterface } from "./wsdl-generic.ts";
import { draftKind, type DraftedObject } from "./wsdl-kind.ts";

const VERBS = {
  list: ["list", "getall", "readmultiple", "readall", "search", "query", "export", "index"],
  find: ["find", "lookup", "getby", "search"],
  changes: ["getchanged", "listchanged", "getmodified", "changes", "getupdated", "sync"],
  get: ["get", "read", "fetch", "retrieve", "load", "show"],
  create: ["create", "add", "insert", "new", "register"],
  update: ["update", "modify", "edit", "change", "set", "put", "save"],
  delete: ["delete", "remove", "cancel", "archive"],
} as const;

type Verb = keyof typeof VERBS;

/** What an answer tells beside records, however many fields it has. */
const NO_RECORD = /(?:error|fault|warning|message|status)s?$/i;

/** What is left of a name such as queryAll, and names nothing. */
const NO_NOUN = /^(?:all|more|multiple|list|data|item|result|object|record)s?$/i;

const DEPTH_MAX = 4;
const PAGE = 100;

/**
 * @param file Name of the WSDL, and `folder` where it lies: the connector file names it from there.
 * @param only Names of the objects wanted; empty: all.
 * @throws ImportError when the file is no WSDL, or no operation of it has a noun that is wanted.
 */
export function importWsdl(file: string, folder: string, name: string, only: readonly string[]): Draft {
  const { wsdl, problems } = loadWsdl(file, { folder, path: ["wsdl"] });
  const broken = problems.find(isError);
  if (broken !== undefined) throw new ImportError(broken.message);
  const [port] = wsdl.ports;
  if (port === undefined) throw new ImportError("the WSDL has no service with a SOAP port");
  const generic = genericInterface(port, wsdl.schema);
  const drafts = generic === null ? draftsByNoun(port, only) : draftsByKind(generic, only);
  const objects: Record<string, Part> = {};
  const notes: DraftNote[] = [];
  for (const [key, drafted] of drafts) {
    objects[key] = drafted.object;
    notes.push(...drafted.notes.map((note) => ({ path: ["objects", key, ...note.path], text: note.text })));
  }
  if (Object.keys(objects).length === 0 && generic?.form === "derived")
    throw new ImportError(
      `no type of record is called so; there are ${kindsOf(generic, [])
        .map(({ key }) => key)
        .join(", ")}`,
    );
  if (Object.keys(objects).length === 0)
    throw new ImportError(
      `no operation could be told apart by its name; there are ${port.operations.map((each) => each.name).join(", ")}`,
    );
  const headers = [...new Set(port.operations.flatMap((each) => each.headers.map((header) => header.name)))];
  const draft = {
    connector: name,
    version: "0.1.0",
    title: port.service || name,
    proven: "unproven",
    protocol: "soap",
    wsdl: file,
    settings: { base_url: { required: true, description: "Address of the service" } },
    secrets: { user: { required: true }, password: { required: true } },
    soap: { endpoint: endpointOf(port), security: { username: "user", password: "password" } },
    errors: [{ when: { status: [500, 502, 503, 504] }, do: "retry" }, ...(generic === null ? [] : refusalsOf(generic))],
    objects,
  };
  notes.push({
    path: ["soap"],
    text:
      headers.length === 0
        ? "a WSDL does not tell how calls are authenticated"
        : `calls take the headers ${headers.join(", ")}; say them under headers: instead of security`,
  });
  const signed = port.operations.flatMap((each) => each.headers).find(isSigned);
  if (signed !== undefined)
    notes.push({ path: ["soap"], text: `${signed.name} carries a signature: see auth: { scheme: signed }` });
  if (generic !== null && refusalsOf(generic).length > 0) {
    const text =
      "where an answer says that it is no success, its code tells what it means (gone, duplicate, stale, wait)";
    notes.push({ path: ["errors"], text });
  }
  notes.push({
    path: ["errors"],
    text: "a WSDL does not tell what faults mean; add them before this line as when: { fault: … }",
  });
  return { file: draft, notes };
}

type Drafts = readonly (readonly [string, DraftedObject])[];

function draftsByNoun(port: Port, only: readonly string[]): Drafts {
  return [...groupsOf(port)]
    .filter(([key]) => only.length === 0 || only.includes(key))
    .flatMap(([key, operations]) => {
      const drafted = draftObject(key, operations);
      return drafted === null ? [] : [[key, drafted] as const];
    });
}

function draftsByKind(generic: GenericInterface, only: readonly string[]): Drafts {
  return kindsOf(generic, only).map((kind) => [kind.key, draftKind(generic, kind)] as const);
}

function isSigned(header: ElementShape): boolean {
  return namesIn(header).some((name) => plainName(name) === "signature");
}

function endpointOf({ address }: Port): string {
  const path = address !== null && URL.canParse(address) ? new URL(address).pathname : "";
  return `{{ settings.base_url }}${path === "/" ? "" : path}`;
}

type Group = Partial<Record<Verb, Operation>>;

/** Operations by noun; the longest verb that fits wins. */
function groupsOf(port: Port): ReadonlyMap<string, Group> {
  const groups = new Map<string, Group>();
  for (const operation of port.operations) {
    const parted = partedName(operation.name);
    if (parted === null) continue;
    const group = groups.get(parted.noun) ?? {};
    groups.set(parted.noun, group);
    const isMany = parted.verb === "get" && parted.plural;
    const verb = isMany ? "list" : parted.verb;
    group[verb] ??= operation;
  }
  return groups;
}

function partedName(name: string): { readonly verb: Verb; readonly noun: string; readonly plural: boolean } | null {
  const changes = /^(?:list|get)(.+?)(?:changes|changedsince|modifiedsince)$/i.exec(name);
  if (changes?.[1] !== undefined) return { verb: "changes", ...nounOf(changes[1]) };
  const [best] = Object.entries(VERBS)
    .flatMap(([verb, words]) => words.map((word) => ({ verb: verb as Verb, word }))) // keys of VERBS
    .filter(({ word }) => name.toLowerCase().startsWith(word) || name.toLowerCase().endsWith(word))
    .toSorted((a, b) => b.word.length - a.word.length);
  if (best === undefined) return null;
  const isFirst = name.toLowerCase().startsWith(best.word);
  const rest = isFirst ? name.slice(best.word.length) : name.slice(0, -best.word.length);
  return plainName(rest) === "" || NO_NOUN.test(rest) ? null : { verb: best.verb, ...nounOf(rest) };
}

function nounOf(text: string): { readonly noun: string; readonly plural: boolean } {
  const bare = text.replace(/(?:By[A-Z]\w*|List)$/, "");
  const noun = singular(bare);
  return { noun, plural: noun.toLowerCase() !== bare.toLowerCase() };
}

function draftObject(key: string, group: Group): DraftedObject | null {
  const source = group.list ?? group.get ?? group.find ?? group.changes;
  if (source === undefined && group.create === undefined) return null;
  const notes: DraftNote[] = [];
  const found = source === undefined ? null : recordIn(source.output, key);
  const fields = found?.fields ?? [];
  const id = named(fields, ["id", `${key}id`, "internalid", "recordid", "no", "number", "key"]);
  if (id === null) notes.push({ path: ["id"], text: "the WSDL does not tell which element is the id" });
  const modified = named(fields, [...MODIFIED, "changedat", "lastchange", "changed"]);
  const version = named(fields, VERSION) ?? modified;
  const deleted = named(fields, DELETED);
  const natural = named(fields, NATURAL_KEYS);
  const reading = (operation: Operation | undefined, list: "items" | "item", how: string): Part | null => {
    if (operation === undefined) return null;
    const record = recordIn(operation.output, key);
    const place = record?.path.join(".") ?? "$";
    if (record === null)
      notes.push({
        path: [how, list],
        text: "no record is in the answer; where it only names records, say items: and reread: with the id's path",
      });
    const text = "what each argument means; an argument may be left out where the service allows it";
    notes.push({ path: [how, "args"], text });
    const paging = list === "item" ? null : pagingOf(operation, id ?? "id");
    if (list === "items" && paging === null && how !== "find")
      notes.push({
        path: [how],
        text: "how the next page is asked for; without page: all is taken to be in one answer",
      });
    return {
      call: operation.name,
      args: { ...argsOf(operation, key), ...paging?.args },
      [list]: place === "" ? "$" : place,
      ...(paging === null ? {} : { page: paging.page }),
    };
  };
  const list = reading(group.list, "items", "list");
  const changes = modified === null ? null : reading(group.changes, "items", "changes");
  const find = natural === null ? null : reading(group.find, "items", "find");
  const get = reading(group.get, "item", "get");
  const write = (operation: Operation | undefined, verb: "create" | "update" | "delete"): Part => {
    if (operation === undefined) return {};
    const variable = verb === "create" ? "record" : "changed";
    if (verb === "update")
      notes.push({ path: [verb, "args"], text: "does it replace the whole record? Then send {{ record }}" });
    const extra = verb === "create" ? { repeat: "unsafe", ...(find === null ? {} : { verify: "find" }) } : {};
    return { [verb]: { call: operation.name, args: argsOf(operation, key, variable), ...extra } };
  };
  const object = {
    id: id ?? "id",
    ...(version === null ? {} : { version }),
    ...(modified === null ? {} : { modified }),
    ...(deleted === null ? {} : { deleted }),
    ...(natural === null ? {} : { natural_keys: [natural] }),
    ...(list === null ? {} : { list }),
    ...(get === null ? {} : { get }),
    ...(find === null ? {} : { find: { by: [natural], ...find } }),
    ...(changes === null ? {} : { changes: { ...changes, cursor: { at: modified, settle: "60s" } } }),
    ...write(group.create, "create"),
    ...write(group.update, "update"),
    ...write(group.delete, "delete"),
  };
  return { object, notes };
}

/** Each element of the request, with the variable that its name tells. */
function argsOf({ input }: Operation, key: string, record: "record" | "changed" | null = null): Part {
  const type = input?.type();
  if (type?.kind !== "complex") return {};
  const args: Record<string, string> = {};
  for (const element of type.elements) {
    const name = plainName(element.name);
    const isComplex = element.type().kind === "complex";
    if (record !== null && isComplex) args[element.name] = `{{ ${record} }}`;
    else if (name === "id" || name === plainName(`${key}id`) || name === "no") args[element.name] = "{{ id }}";
    else if (["version", "revision", "expectedrevision", "expectedversion"].includes(name))
      args[element.name] = "{{ version }}";
    else if ([...SINCE, ...MODIFIED, "from", "changedsince"].some((each) => plainName(each) === name))
      args[element.name] = "{{ cursor }}";
    else if (NATURAL_KEYS.some((each) => plainName(each) === name)) args[element.name] = `{{ key.${element.name} }}`;
  }
  return args;
}

/** How the next page is asked for, as far as the names of elements tell. */
function pagingOf({ input, output }: Operation, id: string): { readonly args: Part; readonly page: Part } | null {
  const asked = namesIn(input);
  const size = named(asked, PAGE_SIZE);
  const sized = size === null ? {} : { [size]: PAGE };
  const token = named(asked, [...PAGE_TOKEN, "page_token"]);
  const next = named(namesIn(output), NEXT_TOKEN);
  if (token !== null && next !== null)
    return { args: { ...sized, [token]: "{{ page.token }}" }, page: { token: next } };
  const after = named(asked, PAGE_AFTER);
  if (after !== null) return { args: { ...sized, [after]: "{{ page.after }}" }, page: { after: id, size: PAGE } };
  const number = named(asked, PAGE_NUMBER);
  if (number !== null) return { args: { ...sized, [number]: "{{ page.number }}" }, page: { number, size: PAGE } };
  const offset = named(asked, PAGE_OFFSET);
  return offset === null ? null : { args: { ...sized, [offset]: "{{ page.offset }}" }, page: { offset, size: PAGE } };
}

function namesIn(shape: ElementShape | null): readonly string[] {
  const type = shape?.type();
  return type?.kind === "complex" ? type.elements.map(({ name }) => name) : [];
}

/** Where an answer holds the record: the element, or list of elements, that is called so or has the most fields. */
function recordIn(
  output: ElementShape | null,
  key: string,
): { readonly path: readonly string[]; readonly fields: readonly string[] } | null {
  const found: { readonly path: readonly string[]; readonly fields: readonly string[]; readonly score: number }[] = [];
  const visit = (element: ElementShape, path: readonly string[]): void => {
    const type = element.type();
    if (type.kind !== "complex" || path.length > DEPTH_MAX) return;
    const fields = type.elements.filter((each) => each.type().kind !== "complex").map((each) => each.name);
    const isNamed = plainName(element.name) === plainName(key);
    const score = (isNamed ? 1000 : 0) + (element.list ? 100 : 0) + fields.length;
    if (path.length > 0 && fields.length > 0 && !NO_RECORD.test(element.name)) found.push({ path, fields, score });
    for (const each of type.elements) visit(each, [...path, each.name]);
  };
  if (output !== null) visit(output, []);
  return found.toSorted((a, b) => b.score - a.score)[0] ?? null;
}
