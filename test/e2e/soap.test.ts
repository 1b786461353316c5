// A pair of which one side speaks SOAP: a server of the `soap` package with its WSDL, and a connector written from the formats' page.

import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import soap from "soap";
import { endAll } from "./command.ts";
import { config, makeProject, type Project } from "./project.ts";

jest.setTimeout(240_000);

const WSDL = fileURLToPath(new URL("../connector/fixtures/soap/contacts.wsdl", import.meta.url));

interface Person {
  readonly id: string;
  readonly version: number;
  readonly at: string;
  readonly name?: string | null;
  readonly email?: string | null;
}

interface SoapServer {
  readonly url: string;
  readonly people: Map<string, Person>;
  put(person: Partial<Person> & { readonly id: string }): void;
  close(): Promise<void>;
}

async function startSoap(): Promise<SoapServer> {
  const people = new Map<string, Person>();
  let made = 0;
  let tick = Date.parse("2026-01-01T00:00:00Z");
  const put = (person: Partial<Person> & { readonly id: string }): void => {
    const version = (people.get(person.id)?.version ?? 0) + 1;
    people.set(person.id, { ...person, version, at: new Date((tick += 1000)).toISOString() });
  };
  const fault = (code: string): never => {
    throw { Fault: { faultcode: "soap:Client", faultstring: code, detail: { error: { code } } } };
  };
  const operations = {
    // An element without children is handed over as null.
    Search(args: { email?: string; since?: string | Date; from?: number | string } | null) {
      const { email, since, from = 0 } = args ?? {};
      const start = since === undefined ? null : new Date(since).toISOString();
      const all = [...people.values()].filter(
        (each) => (email === undefined || each.email === email) && (start === null || each.at >= start),
      );
      const next = Number(from) + 2;
      const page = all.slice(Number(from), next);
      return { contacts: { contact: page }, ...(next < all.length ? { next } : {}), total: all.length };
    },
    Get: ({ id }: { id: string }) => ({ contact: people.get(id) ?? fault("NotFound") }),
    Save({ id, version, contact }: { id?: string; version?: number | string; contact: Partial<Person> }) {
      const key = id ?? `s${String((made += 1))}`;
      if (id !== undefined && !people.has(id)) fault("NotFound");
      if (id !== undefined && people.get(id)?.version !== Number(version)) fault("Changed");
      put({ ...contact, id: key });
      return { contact: people.get(key) };
    },
    Delete({ id, version }: { id: string; version: number | string }) {
      if (!people.has(id)) fault("NotFound");
      if (people.get(id)?.version !== Number(version)) fault("Changed");
      people.delete(id);
      return {};
    },
  };
  const server: Server = createServer((_, response) => {
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  await new Promise<void>((resolve, reject) => {
    soap.listen(server, {
      path: "/soap",
      services: { Contacts: { Contacts: operations } },
      xml: readFileSync(WSDL, "utf8"),
      uri: WSDL,
      callback: (error: unknown) => (error === null || error === undefined ? resolve() : reject(error)),
    });
  });
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    people,
    put,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const CONNECTOR = `# yaml-language-server: $schema=../schema/connector.json
connector: right
version: 1.0.0
protocol: soap
wsdl: ./wsdl/contacts.wsdl
settings: { base_url: { required: true } }
base_url: "{{ settings.base_url }}/soap"
errors:
  - { when: { fault: NotFound }, do: gone }
  - { when: { fault: Changed }, do: stale }
objects:
  person:
    id: id
    version: version
    modified: at
    list:
      call: Search
      args: { from: "{{ page.token }}" }
      items: contacts.contact
      page: { token: next }
      count: total
    get: { call: Get, args: { id: "{{ id }}" }, item: contact }
    find: { by: [email], call: Search, args: { email: "{{ key.email }}" }, items: contacts.contact }
    changes:
      call: Search
      args: { since: "{{ cursor }}", from: "{{ page.token }}" }
      items: contacts.contact
      page: { token: next }
      cursor: { at: at, settle: 2s }
      cannot_see: [deletes]
    create:
      call: Save
      args: { contact: "{{ record }}" }
      returns: { id: contact.id, version: contact.version }
      verify: find
    update:
      call: Save
      args: { id: "{{ id }}", version: "{{ version }}", contact: "{{ record }}" }
      returns: { id: contact.id, version: contact.version }
      guard: if-match
    delete: { call: Delete, args: { id: "{{ id }}", version: "{{ version }}" }, guard: if-match }
`;

const MAPPING = `# yaml-language-server: $schema=../schema/mapping.json
pair: ab
state: active
sides: { a: left-account, b: right-account }
guards: off
entities:
  customer:
    a: { object: contact }
    b: { object: person }
    match: [ [email] ]
    allow: { a: [create, update, delete], b: [create, update, delete] }
    when_gone: delete
    fields:
      email: { as: email }
      name: {}
`;

let remote: SoapServer;
let made: Project;

beforeEach(async () => {
  remote = await startSoap();
  made = await makeProject({
    config: config("{ url: ${DATABASE_URL} }"),
    right: CONNECTOR,
    mapping: MAPPING,
    env: { RIGHT_URL: remote.url },
  });
  made.write("connectors/wsdl/contacts.wsdl", readFileSync(WSDL, "utf8"));
});
afterEach(async () => {
  endAll();
  await made.close();
  await remote.close();
});

test("records cross from REST to SOAP and back, edits and deletes too, and then it is quiet", async () => {
  made.left.put("contact", { email: "ada@example.com", name: 'Ada & "Söhne" <GmbH>' });
  made.left.put("contact", { email: "both@example.com", name: "Both" });
  remote.put({ id: "p1", email: "both@example.com", name: "Both" });
  for (const number of ["2", "3", "4"])
    remote.put({ id: `p${number}`, email: `p${number}@example.com`, name: `00${number}` });

  const first = await made.json("run", "ab", "--sweep");
  made.left.edit("contact", "a1", { name: "Ada" });
  remote.put({ ...(remote.people.get("p2") ?? { id: "p2" }), name: "Two" });
  const edits = await made.json("run", "ab");
  remote.people.delete("p3");
  const gone = await made.json("run", "ab", "--sweep");
  const quiet = await made.json("run", "ab", "--sweep");

  expect(first).toMatchObject({
    code: 0,
    stderr: "",
    json: {
      entities: {
        customer: {
          read: { a: 2, b: 4 },
          situations: { matched: 1, "new-left": 1, "new-right": 3 },
          effects: { a: { create: 3 }, b: { create: 1 } },
        },
      },
    },
  });
  expect(edits.json).toMatchObject({
    outcome: "ok",
    entities: { customer: { effects: { a: { update: 1 }, b: { update: 1 } } } },
  });
  expect(gone.json).toMatchObject({
    outcome: "ok",
    entities: { customer: { effects: { a: { delete: 1 }, b: { delete: 0 } } } },
  });
  expect(quiet.json).toMatchObject({
    entities: {
      customer: {
        situations: { "in-sync": 4 },
        effects: { a: { create: 0, update: 0, delete: 0 }, b: { create: 0, update: 0, delete: 0 } },
      },
    },
  });
  const names = (rows: Iterable<object>): readonly string[] =>
    [...rows].map((row) => ("name" in row ? String(row.name) : "")).toSorted();
  expect(names(made.left.table("contact").values())).toEqual(["004", "Ada", "Both", "Two"]);
  expect(names(remote.people.values())).toEqual(["004", "Ada", "Both", "Two"]);
});
