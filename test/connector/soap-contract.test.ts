// The connector contract over SOAP. The world answers as such servers do: faults with codes in their detail, no wrapper
// around an empty result, one prefix in one answer and another in the next.

import { afterAll } from "@jest/globals";
import { remoteId, type RemoteId } from "../../src/core/ids.ts";
import { isFields, type Value } from "../../src/core/value.ts";
import { escapeText } from "../../src/connector/xml/text.ts";
import { childElements, childNamed } from "../../src/connector/xml/element.ts";
import { parseXml } from "../../src/connector/xml/parse.ts";
import { xmlValue } from "../../src/connector/xml/value.ts";
import { createExpressionCompiler } from "../../src/expression/compiler.ts";
import { connectorContract, type ConnectorWorld, type Fault } from "../contract/connector-suite.ts";
import { startRemote, type Answering } from "./remote.ts";
import { envelope, FIXTURES } from "./soap-account.ts";
import { openSoapSystem } from "./soap-opened.ts";

const FILE = `
connector: contacts
protocol: soap
wsdl: ./contacts.wsdl
settings: { base_url: { required: true } }
base_url: "{{ settings.base_url }}"
errors:
  - { when: { fault: Login }, do: refresh-auth }
  - { when: { fault: NotFound }, do: gone }
  - { when: { fault: Taken }, do: duplicate }
  - { when: { fault: Stale }, do: stale }
  - { when: { fault: Busy }, do: wait }
objects:
  contact:
    version: version
    modified: at
    natural_keys: [email]
    list: { call: Search, args: { from: "{{ page.token }}" }, items: contacts.contact, page: { token: next }, count: total }
    get: { call: Get, args: { id: "{{ id }}" }, item: contact }
    find: { by: [email], call: Search, args: { email: "{{ key.email }}", from: "{{ page.token }}" }, items: contacts.contact, page: { token: next } }
    changes: { call: Search, args: { since: "{{ cursor }}", from: "{{ page.token }}" }, items: contacts.contact, page: { token: next }, cursor: { at: at, settle: 1s } }
    create: { call: Save, args: { contact: "{{ record }}" }, returns: { id: contact.id, version: contact.version }, item: contact, verify: find }
    update: { call: Save, args: { id: "{{ id }}", version: "{{ version }}", contact: "{{ record }}" }, returns: { id: contact.id, version: contact.version }, guard: if-match, repeat: unsafe }
    delete: { call: Delete, args: { id: "{{ id }}", version: "{{ version }}" }, guard: if-match, repeat: unsafe }
`;

const PAGE = 2;

interface Row {
  readonly id: string;
  version: number;
  at: string;
  name: string;
  email: string;
}

const expressions = createExpressionCompiler();
afterAll(() => expressions.close());

class Rows {
  readonly all = new Map<string, Row>();
  private made = 0;
  private second = 0;

  private time(): string {
    this.second += 5;
    return new Date(Date.UTC(2026, 0, 1) + this.second * 1000).toISOString();
  }

  add({ name, email }: { readonly name: string; readonly email: string }): Row {
    this.made += 1;
    const row: Row = { id: String(this.made), version: 1, at: this.time(), name, email };
    this.all.set(row.id, row);
    return row;
  }

  change(id: string, change: { readonly name?: string; readonly email?: string }): Row {
    const row = this.all.get(id);
    if (row === undefined) throw new Error(`no record ${id}`);
    Object.assign(row, change);
    row.version += 1;
    row.at = this.time();
    return row;
  }
}

function fault(code: string): Answering {
  const detail = `<detail><e:Problem xmlns:e="urn:test:errors"><e:code>${code}</e:code></e:Problem></detail>`;
  return {
    status: 500,
    headers: { "content-type": "text/xml" },
    body: envelope(
      `<soap:Fault><faultcode>soap:Client</faultcode><faultstring>${code}</faultstring>${detail}</soap:Fault>`,
    ),
  };
}

let answers = 0;

/** The prefix changes with each answer. */
function result(name: string, inner: (tag: (local: string, content: string) => string) => string): Answering {
  answers += 1;
  const prefix = answers % 2 === 0 ? "" : `p${String(answers)}`;
  const colon = prefix === "" ? "" : `${prefix}:`;
  const tag = (local: string, content: string): string => `<${colon}${local}>${content}</${colon}${local}>`;
  const declared = prefix === "" ? "xmlns" : `xmlns:${prefix}`;
  const body = `<${colon}${name} ${declared}="urn:test:contacts">${inner(tag)}</${colon}${name}>`;
  return { headers: { "content-type": "text/xml; charset=utf-8" }, body: envelope(body) };
}

const oneContact = (row: Row | null): Answering =>
  result("ContactResponse", (tag) => (row === null ? "" : tag("contact", fieldsOf(row, tag))));

function fieldsOf(row: Row, tag: (local: string, content: string) => string): string {
  return (
    tag("id", row.id) +
    tag("version", String(row.version)) +
    tag("at", row.at) +
    tag("name", escapeText(row.name)) +
    tag("email", escapeText(row.email))
  );
}

/** The operation's name and its elements. */
function readCall(body: string): { readonly operation: string; readonly args: Readonly<Record<string, Value>> } {
  const parsed = parseXml(Buffer.from(body));
  if (!parsed.ok) throw new Error(parsed.message);
  const [element] = childElements(childNamed(parsed.root, parsed.root.namespace, "Body") ?? parsed.root);
  const args = element === undefined ? "" : xmlValue(element, new Set());
  return { operation: element?.local ?? "", args: isFields(args) ? args : {} };
}

function search(rows: Rows, args: Readonly<Record<string, Value>>): Answering {
  const since = text(args.since);
  const found = [...rows.all.values()].filter(
    (row) => row.at >= since && (args.email === undefined || row.email === args.email),
  );
  const from = Number(text(args.from));
  const page = found.slice(from, from + PAGE);
  return result(
    "SearchResponse",
    (tag) =>
      (page.length === 0 ? "" : tag("contacts", page.map((row) => tag("contact", fieldsOf(row, tag))).join(""))) +
      (from + PAGE < found.length ? tag("next", String(from + PAGE)) : "") +
      tag("total", String(found.length)),
  );
}

function text(value: Value | undefined): string {
  return typeof value === "string" ? value : "";
}

function write(rows: Rows, operation: string, args: Readonly<Record<string, Value>>): Answering {
  const contact = isFields(args.contact) ? args.contact : {};
  const written = { name: text(contact.name), email: text(contact.email) };
  if (operation === "Save" && args.id === undefined) {
    if ([...rows.all.values()].some((row) => row.email === written.email)) return fault("Taken");
    return oneContact(rows.add(written));
  }
  const row = rows.all.get(text(args.id));
  if (row === undefined) return fault("NotFound");
  if (text(args.version) !== String(row.version)) return fault("Stale");
  if (operation === "Save") return oneContact(rows.change(row.id, written));
  rows.all.delete(row.id);
  return oneContact(null);
}

async function world(): Promise<ConnectorWorld> {
  const rows = new Rows();
  let next: Fault | null = null;
  const remote = await startRemote(({ body }) => {
    const { operation, args } = readCall(body);
    if (operation === "Search") return search(rows, args);
    if (operation === "Get") {
      const row = rows.all.get(text(args.id));
      return row === undefined ? fault("NotFound") : oneContact(row);
    }
    const met = next;
    next = null;
    if (met === "error-before") return { status: 500, headers: { "content-type": "text/html" }, body: "<h1>Oops</h1>" };
    if (met === "throttled-once") return fault("Busy");
    if (met === "refused-login") return fault("Login");
    const answer = write(rows, operation, args);
    return met === "lost-answer" ? "cut" : answer;
  });
  const system = await openSoapSystem({
    text: FILE,
    folder: FIXTURES,
    expressions,
    baseUrl: remote.origin,
    secrets: {},
  });
  const idOf = (row: Row): RemoteId => {
    const id = remoteId(row.id);
    if (id === null) throw new Error("an id is not empty");
    return id;
  };
  return {
    system,
    add: (contact) => idOf(rows.add(contact)),
    edit: (id, change) => {
      rows.change(id, change);
    },
    remove: (id) => {
      rows.all.delete(id);
    },
    stored: () => [...rows.all.values()].map(({ id, name, email }) => ({ id, name, email })),
    failNextWrite: (fault_) => {
      next = fault_;
    },
    async close() {
      await system.close();
      await remote.close();
    },
  };
}

connectorContract("SOAP", world);
