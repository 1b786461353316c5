// The connector contract over REST: once record by record, once with batches.

import { connectorContract, type ConnectorWorld, type Fault } from "../contract/connector-suite.ts";
import { closeExpressionsAfterwards, fileText, id, open } from "./opened.ts";
import { startRemote, type Answering, type Asked } from "./remote.ts";

const OBJECT = (more = ""): string =>
  fileText(`
objects:
  contact:
    version: version
    modified: at
    natural_keys: [email]
    fields: { email: { at: properties.email }, name: { at: properties.name } }
    list: { request: GET /contacts, query: { after: "{{ page.token }}" }, items: results, page: { token: next }, count: total }
    get: { request: "GET /contacts/{{ id }}" }
    find: { by: [email], request: GET /contacts, query: { email: "{{ key.email }}" }, items: results }
    changes: { request: GET /contacts, query: { since: "{{ cursor }}", after: "{{ page.token }}" }, items: results, page: { token: next }, cursor: { at: at, settle: 1s } }
    create: { request: POST /contacts, body: { properties: "{{ record }}" }, returns: { id: id, version: version }, verify: find }
    update: { request: "PATCH /contacts/{{ id }}", body: { properties: "{{ changed }}" }, guard: if-match, repeat: unsafe }
    delete: { request: "DELETE /contacts/{{ id }}", guard: if-match, repeat: unsafe }
    ${more}
`);

const CREATE = 'request: POST /contacts, body: { properties: "{{ record }}" }';
const CREATE_BY_CODE = 'code: "./test/connector/fixtures/code/contact.js#create"';

const BATCHES = `batch:
      read: { max: 2, request: POST /batch/read, body: { ids: "{{ items.id }}" }, ok: results }
      create: { max: 2, request: POST /batch/create, body: { inputs: "{{ items }}" }, ok: results, failed: errors, match: by-index }`;

interface Row {
  readonly id: string;
  version: number;
  at: string;
  properties: { name: string; email: string };
}

interface Sent {
  readonly properties: Row["properties"];
  readonly inputs?: readonly { readonly properties: Row["properties"] }[];
}

const PAGE = 2;

async function world(text: string): Promise<ConnectorWorld> {
  const rows = new Map<string, Row>();
  let last = 0;
  let second = 0;
  let fault: Fault | null = null;
  const time = (): string => new Date(Date.UTC(2026, 0, 1) + (second += 5) * 1000).toISOString();
  const make = (properties: Row["properties"]): Row => {
    last += 1;
    const row: Row = { id: String(last), version: 1, at: time(), properties };
    rows.set(row.id, row);
    return row;
  };
  const change = (row: Row, properties: Partial<Row["properties"]>): void => {
    row.properties = { ...row.properties, ...properties };
    row.version += 1;
    row.at = time();
  };
  const taken = (email: string): boolean => [...rows.values()].some((row) => row.properties.email === email);

  const list = ({ query }: Asked): Answering => {
    const all = [...rows.values()].filter(
      (row) =>
        row.at >= (query.get("since") ?? "") && (query.get("email") ?? row.properties.email) === row.properties.email,
    );
    const from = Number(query.get("after") ?? 0);
    const next = from + PAGE < all.length ? String(from + PAGE) : null;
    return { body: { results: all.slice(from, from + PAGE), next, total: all.length } };
  };

  const write = ({ method, path, headers, body }: Asked): Answering => {
    const input = JSON.parse(body === "" ? "{}" : body) as Sent;
    if (path === "/batch/create") {
      const results: unknown[] = [];
      const errors: unknown[] = [];
      (input.inputs ?? []).forEach(({ properties }, index) => {
        if (taken(properties.email)) errors.push({ index, status: 409, message: "taken" });
        else results.push({ ...make(properties), index });
      });
      return { status: 207, body: { results, errors } };
    }
    if (method === "POST") {
      return taken(input.properties.email)
        ? { status: 409, body: { message: "taken" } }
        : { status: 201, body: make(input.properties) };
    }
    const row = rows.get(path.slice("/contacts/".length));
    if (row === undefined) return { status: 404 };
    if (headers["if-match"] !== `"${String(row.version)}"`) return { status: 412 };
    if (method === "DELETE") rows.delete(row.id);
    else change(row, input.properties);
    return method === "DELETE" ? { status: 204 } : { body: row };
  };

  const remote = await startRemote((asked) => {
    if (asked.path === "/batch/read") {
      const { ids } = JSON.parse(asked.body) as { ids: string[] };
      return { body: { results: ids.flatMap((one) => rows.get(one) ?? []) } };
    }
    if (asked.method === "GET" && asked.path === "/contacts") return list(asked);
    if (asked.method === "GET") {
      const row = rows.get(asked.path.slice("/contacts/".length));
      return row === undefined ? { status: 404 } : { body: row };
    }
    const met = fault;
    fault = null;
    if (met === "error-before") return { status: 500 };
    if (met === "throttled-once") return { status: 429, headers: { "retry-after": "1" } };
    if (met === "refused-login") return { status: 401 };
    const answer = write(asked);
    return met === "lost-answer" ? "cut" : answer;
  });
  const { system } = await open(text, remote.origin);

  const row = (one: string): Row => {
    const found = rows.get(one);
    if (found === undefined) throw new Error(`no record ${one}`);
    return found;
  };
  return {
    system,
    add: (properties) => id(make({ ...properties }).id),
    edit: (one, properties) => {
      change(row(one), properties);
    },
    remove: (one) => {
      rows.delete(one);
    },
    stored: () => [...rows.values()].map((one) => ({ id: one.id, ...one.properties })),
    failNextWrite(next) {
      fault = next;
    },
    async close() {
      await system.close();
      await remote.close();
    },
  };
}

closeExpressionsAfterwards();
connectorContract("REST", () => world(OBJECT()));
connectorContract("REST with batches", () => world(OBJECT(BATCHES)));
connectorContract("REST with a function in the place of create", () => world(OBJECT().replace(CREATE, CREATE_BY_CODE)));
