// A small OData 4.0 service behind a real socket: server paging, $filter, $select, $count, ETags, delta links with removed
// entities, JSON $batch. It reads addresses and filters by itself, so that what the connector writes has to be right.

import { id } from "./opened.ts";
import { startRemote, type Answering, type Asked, type Remote } from "./remote.ts";
import type { ConnectorWorld, Fault } from "../contract/connector-suite.ts";

interface Row {
  readonly id: string;
  version: number;
  modified: string;
  name: string;
  email: string;
}

export interface ODataServer {
  readonly remote: Remote;
  readonly rows: Map<string, Row>;
  fault: Fault | null;
  /** How removed entities are told: as in 4.01, or as in 4.0. */
  removedAs: "4.01" | "4.0";
  /** Changes before this one are forgotten: their delta links answer 410. */
  oldest: number;
  /** Records are answered with their whole form after a write; false: 204 and headers. */
  representation: boolean;
  /** Host of the links that are given out; null: the own one. */
  linkHost: string | null;
  add(contact: { readonly name: string; readonly email: string }): string;
  change(row: Row, fields: { readonly name?: string; readonly email?: string }): void;
  remove(id: string): void;
}

const PAGE = 2;
const ROOT = "/odata/v4";

interface Response {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export async function startOData(): Promise<ODataServer> {
  const rows = new Map<string, Row>();
  const log: { readonly id: string; readonly removed: boolean }[] = [];
  let last = 0;
  let second = 0;
  const time = (): string => new Date(Date.UTC(2026, 0, 1) + (second += 5) * 1000).toISOString();

  const shown = (row: Row, query: URLSearchParams): object => {
    const { version: _, ...fields } = row;
    const select = query.get("$select")?.split(",");
    const kept = Object.entries(fields).filter(([name]) => select === undefined || select.includes(name));
    return { "@odata.etag": etagOf(row), ...Object.fromEntries(kept) };
  };
  const link = (path: string): string => `${server.linkHost ?? server.remote.origin}${ROOT}${path}`;

  const list = (query: URLSearchParams, prefer: string): Response => {
    const token = query.get("$deltatoken");
    if (token !== null) return delta(Number(token), query);
    const all = [...rows.values()].filter((row) => matches(row, query.get("$filter")));
    const from = Number(query.get("$skiptoken") ?? 0);
    const to = from + PAGE;
    const next = new URLSearchParams(query);
    next.set("$skiptoken", String(to));
    const tracks = prefer.includes("odata.track-changes") || query.has("tracks");
    const since = query.get("tracks") ?? String(log.length);
    if (tracks) next.set("tracks", since);
    const end = tracks ? { "@odata.deltaLink": link(`/Contacts?$deltatoken=${since}`) } : {};
    const body = {
      "@odata.context": link("/$metadata#Contacts"),
      ...(query.get("$count") === "true" ? { "@odata.count": all.length } : {}),
      value: all.slice(from, to).map((row) => shown(row, query)),
      ...(to < all.length ? { "@odata.nextLink": link(`/Contacts?${next.toString()}`) } : end),
    };
    return { status: 200, body };
  };

  const delta = (since: number, query: URLSearchParams): Response => {
    if (since < server.oldest)
      return { status: 410, body: { error: { code: "SyncStateNotFound", message: "expired" } } };
    const latest = new Map(log.slice(since).map((entry) => [entry.id, entry]));
    const value = [...latest.values()].map(({ id: one }) => {
      const row = rows.get(one);
      if (row !== undefined) return shown(row, query);
      const named = `Contacts('${encodeURIComponent(one.replaceAll("'", "''"))}')`;
      return server.removedAs === "4.01"
        ? { "@removed": { reason: "deleted" }, "@id": named }
        : { "@odata.context": link("/$metadata#Contacts/$deletedEntity"), id: link(`/${named}`), reason: "deleted" };
    });
    return { status: 200, body: { value, "@odata.deltaLink": link(`/Contacts?$deltatoken=${String(log.length)}`) } };
  };

  const add: ODataServer["add"] = ({ name, email }) => {
    last += 1;
    const row: Row = { id: `C'${String(last)}/x`, version: 1, modified: time(), name, email };
    rows.set(row.id, row);
    log.push({ id: row.id, removed: false });
    return row.id;
  };
  const change: ODataServer["change"] = (row, fields) => {
    Object.assign(row, fields);
    row.version += 1;
    row.modified = time();
    log.push({ id: row.id, removed: false });
  };
  const remove: ODataServer["remove"] = (one) => {
    rows.delete(one);
    log.push({ id: one, removed: true });
  };

  const answer = (status: number, row: Row): Response => {
    const headers = {
      etag: etagOf(row),
      "odata-entityid": link(`/Contacts('${encodeURIComponent(row.id.replaceAll("'", "''"))}')`),
    };
    return server.representation
      ? { status, headers, body: shown(row, new URLSearchParams()) }
      : { status: 204, headers };
  };

  const write = (method: string, path: string, headers: Readonly<Record<string, unknown>>, body: unknown): Response => {
    const fields = (body ?? {}) as Partial<Row>;
    if (method === "POST") {
      const taken = [...rows.values()].some((row) => row.email === fields.email);
      if (taken) return { status: 409, body: { error: { code: "Taken", message: "the e-mail is taken" } } };
      const row = rows.get(add({ name: fields.name ?? "", email: fields.email ?? "" }));
      if (row === undefined) throw new Error("it was just made");
      return answer(201, row);
    }
    const row = rows.get(keyOf(path));
    if (row === undefined) return { status: 404, body: { error: { code: "NotFound", message: "no such entity" } } };
    if (headers["if-match"] === undefined) return { status: 428, body: { error: { code: "PreconditionRequired" } } };
    if (headers["if-match"] !== etagOf(row)) return { status: 412, body: { error: { code: "PreconditionFailed" } } };
    if ("id" in fields)
      return { status: 400, body: { error: { code: "BadRequest", message: "the key cannot be written" } } };
    if (method === "DELETE") {
      remove(row.id);
      return { status: 204 };
    }
    change(row, fields);
    return answer(200, row);
  };

  const batch = (body: string): Response => {
    const { requests } = JSON.parse(body) as {
      requests: { id: string; method: string; url: string; headers: Record<string, string>; body?: unknown }[];
    };
    const responses = requests.map((each) => {
      const path = `/${each.url}`;
      return { id: each.id, ...write(each.method, path, each.headers, each.body) };
    });
    return { status: 200, body: { responses: responses.reverse() } };
  };

  const remote = await startRemote(({ method, url, query, headers, body }: Asked): Answering => {
    const path = new URL(url, "http://x").pathname;
    if (!path.startsWith(ROOT)) return { status: 404 };
    const below = path.slice(ROOT.length);
    if (method === "GET" && below === "/Contacts") return list(query, String(headers["prefer"] ?? ""));
    if (method === "GET") {
      const row = rows.get(keyOf(below));
      return row === undefined ? { status: 404 } : { status: 200, body: shown(row, query) };
    }
    const met = server.fault;
    server.fault = null;
    if (met === "error-before") return { status: 500 };
    if (met === "throttled-once") return { status: 429, headers: { "retry-after": "1" } };
    if (met === "refused-login") return { status: 401 };
    const response =
      below === "/$batch" ? batch(body) : write(method, below, headers, body === "" ? undefined : JSON.parse(body));
    return met === "lost-answer" ? "cut" : response;
  });
  const server: ODataServer = {
    remote,
    rows,
    fault: null,
    removedAs: "4.01",
    oldest: 0,
    representation: true,
    linkHost: null,
    add,
    change,
    remove,
  };
  return server;
}

function etagOf({ version }: Row): string {
  return `W/"v${String(version)}"`;
}

/** The key in /Contacts('…'), its quotes undone. */
function keyOf(path: string): string {
  const inner = /^\/Contacts\('(.*)'\)$/.exec(decodeURIComponent(path))?.[1] ?? "";
  return inner.replaceAll("''", "'");
}

/** `a eq 'x' or b ge 2026-…`, with doubled quotes inside texts. */
function matches(row: Row, filter: string | null): boolean {
  if (filter === null) return true;
  const terms = [...filter.matchAll(/(?:^|\s(and|or)\s)\(?(\w+) (eq|ge|ne) (?:'((?:[^']|'')*)'|([\w:.+-]+))\)?/g)];
  if (terms.map(([text]) => text).join("") !== filter) throw new Error(`no filter: ${filter}`);
  let holds = false;
  for (const [, joined, name = "", operator, quoted, bare = ""] of terms) {
    const value = quoted === undefined ? bare : quoted.replaceAll("''", "'");
    const own = String(Reflect.get(row, name));
    const term = operator === "eq" ? own === value : operator === "ne" ? own !== value : own >= value;
    holds = joined === "and" ? holds && term : holds || term;
  }
  return holds;
}

export function odataWorld(server: ODataServer, system: ConnectorWorld["system"]): ConnectorWorld {
  const row = (one: string): Row => {
    const found = server.rows.get(one);
    if (found === undefined) throw new Error(`no record ${one}`);
    return found;
  };
  return {
    system,
    add: (contact) => id(server.add(contact)),
    edit: (one, fields) => {
      server.change(row(one), fields);
    },
    remove: (one) => {
      server.remove(one);
    },
    stored: () => [...server.rows.values()].map(({ id: one, name, email }) => ({ id: one, name, email })),
    failNextWrite(fault) {
      server.fault = fault;
    },
    async close() {
      await system.close();
      await server.remote.close();
    },
  };
}
