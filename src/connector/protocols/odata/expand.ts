// An object with `entity_set` becomes the plain requests that it stands for, so that the rest of the kit sees nothing special.
// What the object says itself stays as it is: each operation can be replaced by a request of one's own.
//
//   list     GET Customers ?$select ?$filter ?$count, pages by @odata.nextLink (or $top and $skip)
//   get      GET Customers('7')
//   find     GET Customers ?$filter=email eq '…'                          where there are natural keys
//   changes  by the delta link of the listing, or ?$filter=modified ge …   where there is `delta` or `modified`
//   create   POST Customers      update  PATCH Customers('7') If-Match     delete  DELETE Customers('7') If-Match
//   batch    reads by a filter over ids; writes by POST $batch

import { parsePath, type Path } from "../../../core/path.ts";
import { problem, type Problem } from "../../../core/problem.ts";
import type { ConnectorFile } from "../../file.ts";
import type { ObjectPart } from "../../file/object.ts";
import { BATCH_REQUEST } from "./batch.ts";
import type { ODataOptions } from "./file.ts";
import { DELTA_LINK, PLACES, type ODataVersion, type Places } from "./versions.ts";
import { WRITTEN } from "./written.ts";

/** Of one request; a server may give fewer. */
const PAGE_SIZE_DEFAULT = 200;
const SETTLE_DEFAULT = "10s";

export function expandOData(file: ConnectorFile): {
  readonly file: ConnectorFile;
  readonly problems: readonly Problem[];
} {
  if (file.protocol !== "odata") return { file, problems: [] };
  const version = file.odata?.version ?? "4.0";
  const problems: Problem[] = [];
  const objects = Object.entries(file.objects).map(([name, part]): readonly [string, ObjectPart] => {
    if (part.entity_set === undefined) return [name, part];
    problems.push(...checkOptions(name, part, version));
    return [
      name,
      expandObject({ set: part.entity_set, part, options: part.odata ?? {}, version, places: PLACES[version] }),
    ];
  });
  return { file: { ...file, objects: Object.fromEntries(objects) }, problems };
}

function checkOptions(name: string, part: ObjectPart, version: ODataVersion): readonly Problem[] {
  const problems: Problem[] = [];
  const at = ["objects", name];
  const { delta, batch, unquoted } = part.odata ?? {};
  const only4 = (key: string, path: readonly string[]): void => {
    if (version === "4.0") return;
    problems.push(
      problem("E_COMBINATION", [...at, "odata", ...path], `${key} is of OData 4.0, and this file says ${version}`, {
        on: "key",
        hint: "remove it",
      }),
    );
  };
  if (delta === true) only4("delta", ["delta"]);
  if (batch?.write !== undefined) only4("a JSON $batch", ["batch", "write"]);
  for (const [index, key] of (unquoted ?? []).entries()) {
    if (part.natural_keys?.includes(key) === true) continue;
    problems.push(
      problem("E_UNKNOWN_KEY", [...at, "odata", "unquoted", index], `"${key}" is not one of natural_keys`, {
        found: key,
        expected: (part.natural_keys ?? []).join(", "),
      }),
    );
  }
  return problems;
}

interface Facts {
  readonly set: string;
  readonly part: ObjectPart;
  readonly options: ODataOptions;
  readonly version: ODataVersion;
  readonly places: Places;
}

function expandObject(facts: Facts): ObjectPart {
  const { part, options, places } = facts;
  const tagged = options.etag !== false;
  const version = part.version ?? (tagged ? places.etag : undefined);
  const deleted = part.deleted ?? (options.delta === true ? '"@removed"' : undefined);
  const derived: ObjectPart = {
    ...(version === undefined ? {} : { version }),
    ...(deleted === undefined ? {} : { deleted }),
    list: listOf(facts),
    get: { request: `GET ${recordPath(facts)}`, ...reading(facts, {}), item: places.item },
    ...findOf(facts),
    ...changesOf(facts),
    ...writesOf(facts),
  };
  return { ...derived, ...part };
}

type Listing = NonNullable<ObjectPart["list"]>;

function listOf(facts: Facts): Listing {
  const { options } = facts;
  const track = options.delta === true ? ["odata.track-changes"] : [];
  return { ...pagedListing(facts, { filter: options.filter, prefer: track }), ...counted(facts) };
}

function counted({ options, places }: Facts): Pick<Listing, "count"> {
  return options.count === false ? {} : { count: places.count };
}

interface Wished {
  readonly filter?: string | undefined;
  readonly prefer?: readonly string[];
  /** Without the total. */
  readonly plain?: boolean;
}

function pagedListing(facts: Facts, { filter, prefer = [], plain = false }: Wished): Listing {
  const { set, options, places, part } = facts;
  const size = options.page_size ?? PAGE_SIZE_DEFAULT;
  const client = options.paging === "client";
  const [countName, countValue] = places.countQuery;
  const query: Record<string, string> = {
    ...(filter === undefined ? {} : { $filter: filter }),
    ...(options.count === false || plain ? {} : { [countName]: countValue }),
    ...(client ? { $top: String(size), $orderby: odataPath(part.id ?? "id") } : {}),
  };
  const preferred = client ? prefer : [...prefer, `odata.maxpagesize=${String(size)}`];
  return {
    request: `GET /${set}`,
    ...reading(facts, query, preferred),
    items: places.items,
    page: client ? { offset: "$skip", size } : { url: places.next },
  };
}

/** What all reading requests have: which fields, and headers. */
function reading(
  { options, places, part }: Facts,
  query: Readonly<Record<string, string>>,
  prefer: readonly string[] = [],
): { readonly query: Readonly<Record<string, string>>; readonly headers: Readonly<Record<string, string>> } {
  const { expand } = options;
  return {
    query: {
      ...query,
      ...(options.select === false ? {} : { $select: selectTemplate(part, expand) }),
      ...(expand === undefined ? {} : { $expand: expand }),
    },
    headers: { ...places.headers, ...(prefer.length === 0 ? {} : { Prefer: prefer.join(",") }) },
  };
}

/** The fields wanted, by their first step, and those that every record needs; without any wanted, all. */
function selectTemplate(part: ObjectPart, expand: string | undefined): string {
  const always = [part.id ?? "id", part.version, part.modified, part.deleted]
    .map((text) => firstStep(text))
    .filter((step) => step !== null);
  const expanded = (expand ?? "")
    .replace(/\([^()]*\)/g, "")
    .split(",")
    .map((name) => name.trim());
  const left = `wanted[$not($contains($, "\\""))].$replace($, /[.\\[].*$/, "")`;
  const fields = `$distinct($append(${JSON.stringify([...new Set(always)])}, ${left}))`;
  const kept = expand === undefined ? fields : `${fields}[$not($ in ${JSON.stringify(expanded)})]`;
  return `{{ $exists(wanted) ? $join(${kept}, ",") }}`;
}

/** Annotations (`@odata.etag`) come without being asked for. */
function firstStep(text: string | undefined): string | null {
  const [step] = text === undefined ? [] : (parsePath(text) ?? []);
  return typeof step === "string" && !/[@"]|^__/.test(step) ? step : null;
}

/** A path as OData writes it: address/city. */
function odataPath(text: string): string {
  const path: Path = parsePath(text) ?? [text];
  return path.filter((step) => typeof step === "string").join("/");
}

/** Quotes inside a text are doubled. */
function quoted(expression: string): string {
  return `"'" & $replace($string(${expression}), "'", "''") & "'"`;
}

function keyLiteral({ options, version }: Facts, expression: string): string {
  switch (options.key ?? "text") {
    case "text":
      return quoted(expression);
    case "number":
      return `$string(${expression})`;
    case "guid":
      return version === "4.0" ? `$string(${expression})` : `"guid'" & $string(${expression}) & "'"`;
  }
}

function recordPath(facts: Facts): string {
  return `/${facts.set}({{ ${keyLiteral(facts, "id")} }})`;
}

function findOf(facts: Facts): Pick<ObjectPart, "find"> {
  const { part, options } = facts;
  const keys = part.natural_keys ?? [];
  if (keys.length === 0) return {};
  const tests = keys.map((key) => {
    const place = odataPath(part.fields?.[key]?.at ?? key);
    const type = part.fields?.[key]?.type;
    const bare = options.unquoted?.includes(key) === true || (type !== undefined && type !== "text" && type !== "json");
    const value = bare ? `$string(key.${key})` : quoted(`key.${key}`);
    return `$exists(key.${key}) ? (${JSON.stringify(`${place} eq `)} & ${value})`;
  });
  const filter = `{{ $join([${tests.join(", ")}], " and ") }}`;
  return { find: { ...pagedListing(facts, { filter, plain: true }), by: keys.map((key) => [key]) } };
}

function changesOf(facts: Facts): Pick<ObjectPart, "changes"> {
  const { options, part, version } = facts;
  if (options.delta === true) {
    return { changes: { ...pagedListing(facts, { plain: true }), cursor: { url: DELTA_LINK } } };
  }
  if (part.modified === undefined) return {};
  const literal = version === "4.0" ? "{{ cursor }}" : `datetime'{{ $replace(cursor, /Z$/, "") }}'`;
  const since = `${odataPath(part.modified)} ge ${literal}`;
  const filter = options.filter === undefined ? since : `(${options.filter}) and ${since}`;
  return {
    changes: {
      ...pagedListing(facts, { filter, plain: true }),
      cursor: { at: part.modified, settle: options.settle ?? SETTLE_DEFAULT },
      cannot_see: part.deleted === undefined ? ["deletes"] : [],
    },
  };
}

function writesOf(facts: Facts): Pick<ObjectPart, "create" | "update" | "delete" | "batch"> {
  const { set, options, places, part } = facts;
  const may = options.write ?? ["create", "update", "delete"];
  const guard =
    part.version !== undefined && part.version !== places.etag
      ? "read-compare"
      : options.etag === false
        ? "read-compare"
        : "if-match";
  const headers = { ...places.headers, Prefer: "return=representation" };
  const { read, write } = options.batch ?? {};
  const many =
    write === undefined
      ? null
      : { max: write, request: BATCH_REQUEST, body: "{{ items }}", ok: "entries", match: "by-index" as const };
  const ids = `$join(items.(${JSON.stringify(`${odataPath(part.id ?? "id")} eq `)} & ${keyLiteral(facts, sentId(part))}), " or ")`;
  return {
    ...(may.includes("create")
      ? { create: { request: `POST /${set}`, headers, body: "{{ record }}", ...WRITTEN } }
      : {}),
    ...(may.includes("update")
      ? { update: { request: `PATCH ${recordPath(facts)}`, headers, body: "{{ changed }}", guard, ...WRITTEN } }
      : {}),
    ...(may.includes("delete")
      ? { delete: { request: `DELETE ${recordPath(facts)}`, headers: places.headers, guard } }
      : {}),
    batch: {
      ...(read === undefined
        ? {}
        : {
            read: {
              request: `GET /${set}`,
              ...reading(facts, { $filter: `{{ ${ids} }}` }),
              max: read,
              ok: places.items,
            },
          }),
      ...(many !== null && may.includes("create") ? { create: many } : {}),
      ...(many !== null && may.includes("update") ? { update: many } : {}),
      ...(many !== null && may.includes("delete") ? { delete: many } : {}),
      ...part.batch,
    },
  };
}

/** Where an entry of `{{ items }}` has its id, as an expression. */
function sentId(part: ObjectPart): string {
  return (parsePath(part.id ?? "id") ?? ["id"]).map((step) => `\`${String(step)}\``).join(".");
}
