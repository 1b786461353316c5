// A small shop that speaks GraphQL: a schema executed by the reference implementation behind a real socket. Relay connections,
// user errors, errors inside 200, and an error where a stale version is sent.

import { buildSchema, graphqlSync, GraphQLError, type ExecutionResult } from "graphql";
import { fileText, id } from "./opened.ts";
import { startRemote, type Answering, type Remote } from "./remote.ts";
import type { ConnectorWorld, Fault } from "../contract/connector-suite.ts";

const SCHEMA = buildSchema(`
  type Contact { id: ID!, name: String, email: String, version: Int!, updatedAt: String! }
  type PageInfo { endCursor: String, hasNextPage: Boolean! }
  type ContactConnection { nodes: [Contact!]!, pageInfo: PageInfo!, totalCount: Int! }
  input ContactInput { name: String, email: String }
  type UserError { code: String!, message: String!, field: [String!] }
  type ContactPayload { contact: Contact, userErrors: [UserError!]! }
  type DeletePayload { deletedId: ID, userErrors: [UserError!]! }
  type Query {
    contact(id: ID!): Contact
    contacts(first: Int!, after: String, email: String, since: String): ContactConnection!
  }
  type Mutation {
    contactCreate(input: ContactInput!): ContactPayload!
    contactUpdate(id: ID!, input: ContactInput!, version: Int): ContactPayload!
    contactDelete(id: ID!, version: Int): DeletePayload!
  }
`);

/** The connector of the shop. @param more Lines below the object. */
export function shopConnector(more = "", top = ""): string {
  return fileText(
    `${top}
errors:
  - { when: { fault: TAKEN }, do: duplicate }
  - { when: { fault: STALE }, do: stale }
  - { when: { fault: GONE }, do: gone }
objects:
  contact:
    version: version
    modified: updatedAt
    natural_keys: [email]
    list:
      query: |
        query List($after: String) {
          contacts(first: 2, after: $after) { nodes { ...contact } pageInfo { endCursor hasNextPage } totalCount }
        }
        fragment contact on Contact { id name email version updatedAt }
      variables: { after: "{{ page.token }}" }
      items: data.contacts.nodes
      page: { token: data.contacts.pageInfo.endCursor, more: data.contacts.pageInfo.hasNextPage }
      count: data.contacts.totalCount
    get:
      query: "query Get($id: ID!) { contact(id: $id) { id name email version updatedAt } }"
      variables: { id: "{{ id }}" }
      item: data.contact
    find:
      by: [email]
      query: "query Find($email: String!) { contacts(first: 10, email: $email) { nodes { id name email version updatedAt } } }"
      variables: { email: "{{ key.email }}" }
      items: data.contacts.nodes
    changes:
      query: |
        query Changes($since: String!, $after: String) {
          contacts(first: 2, after: $after, since: $since) {
            nodes { id name email version updatedAt }
            pageInfo { endCursor hasNextPage }
          }
        }
      variables: { since: "{{ cursor }}", after: "{{ page.token }}" }
      items: data.contacts.nodes
      page: { token: data.contacts.pageInfo.endCursor, more: data.contacts.pageInfo.hasNextPage }
      cursor: { at: updatedAt, settle: 1s }
    create:
      query: |
        mutation Create($input: ContactInput!) {
          contactCreate(input: $input) { contact { id version } userErrors { code message } }
        }
      variables: { input: "{{ record }}" }
      returns: { id: data.contactCreate.contact.id, version: data.contactCreate.contact.version }
    update:
      query: |
        mutation Update($id: ID!, $input: ContactInput!, $version: Int) {
          contactUpdate(id: $id, input: $input, version: $version) { contact { version } userErrors { code message } }
        }
      variables: { id: "{{ id }}", input: "{{ changed }}", version: "{{ $number(version) }}" }
      returns: { version: data.contactUpdate.contact.version }
      guard: if-match
      repeat: unsafe
    delete:
      query: |
        mutation Delete($id: ID!, $version: Int) { contactDelete(id: $id, version: $version) { deletedId userErrors { code message } } }
      variables: { id: "{{ id }}", version: "{{ $number(version) }}" }
      guard: if-match
      repeat: unsafe
${more}`,
    "graphql",
  );
}

interface Row {
  readonly id: string;
  version: number;
  updatedAt: string;
  name: string;
  email: string;
}

export interface Shop {
  readonly remote: Remote;
  readonly rows: Map<string, Row>;
  /** The next mutation meets this. */
  fault: Fault | null;
  /** Changes what is answered. */
  answering: ((result: ExecutionResult) => Answering) | null;
  add(contact: { readonly name: string; readonly email: string }): string;
  change(row: Row, fields: { readonly name?: string; readonly email?: string }): void;
}

const PAGE_INFO = { endCursor: null, hasNextPage: false };

export async function startShop(): Promise<Shop> {
  const rows = new Map<string, Row>();
  let last = 0;
  let second = 0;
  const time = (): string => new Date(Date.UTC(2026, 0, 1) + (second += 5) * 1000).toISOString();
  const refused = (code: string): object => ({ contact: null, userErrors: [{ code, message: `refused: ${code}` }] });
  const done = (contact: object | null): object => ({ contact, userErrors: [] });
  const taken = (email: string): boolean => [...rows.values()].some((row) => row.email === email);

  const add: Shop["add"] = ({ name, email }) => {
    last += 1;
    const row: Row = { id: String(last), version: 1, updatedAt: time(), name, email };
    rows.set(row.id, row);
    return row.id;
  };
  const change: Shop["change"] = (row, fields) => {
    Object.assign(row, fields);
    row.version += 1;
    row.updatedAt = time();
  };
  const met = (args: { readonly id: string; readonly version?: number }): Row | object => {
    const row = rows.get(args.id);
    if (row === undefined) return refused("GONE");
    return args.version === undefined || args.version === row.version ? row : refused("STALE");
  };
  const isRow = (found: Row | object): found is Row => "email" in found;

  const root = {
    contact: ({ id: one }: { id: string }) => rows.get(one) ?? null,
    contacts(args: { first: number; after?: string; email?: string; since?: string }) {
      const all = [...rows.values()].filter(
        (row) => row.updatedAt >= (args.since ?? "") && (args.email ?? row.email) === row.email,
      );
      const from = Number(args.after ?? 0);
      const to = from + args.first;
      const pageInfo = all.length === 0 ? PAGE_INFO : { endCursor: String(to), hasNextPage: to < all.length };
      return { nodes: all.slice(from, to), pageInfo, totalCount: all.length };
    },
    contactCreate({ input }: { input: { name: string; email: string } }) {
      return taken(input.email) ? refused("TAKEN") : done(rows.get(add(input)) ?? null);
    },
    contactUpdate(args: { id: string; input: { name?: string }; version?: number }) {
      const row = met(args);
      if (!isRow(row)) return row;
      change(row, args.input);
      return done(row);
    },
    contactDelete(args: { id: string; version?: number }) {
      const row = met(args);
      if (isRow(row)) rows.delete(row.id);
      return isRow(row) ? { deletedId: row.id, userErrors: [] } : row;
    },
  };

  const remote = await startRemote(({ body }) => {
    const { query, variables, operationName } = JSON.parse(body) as {
      query: string;
      variables: Record<string, unknown>;
      operationName?: string;
    };
    const { fault } = shop;
    if (query.startsWith("mutation")) shop.fault = null;
    const faulty = query.startsWith("mutation") ? fault : null;
    const failed = (code: string, data?: null): Answering => ({
      body: { errors: [new GraphQLError(code, { extensions: { code } })], ...(data === null ? { data } : {}) },
    });
    if (faulty === "error-before") return failed("INTERNAL_SERVER_ERROR", null);
    if (faulty === "throttled-once") return failed("THROTTLED");
    if (faulty === "refused-login") return failed("UNAUTHENTICATED");
    const result = graphqlSync({
      schema: SCHEMA,
      source: query,
      rootValue: root,
      variableValues: variables,
      operationName: operationName ?? null,
    });
    if (faulty === "lost-answer") return "cut";
    return shop.answering?.(result) ?? { body: result };
  });
  const shop: Shop = { remote, rows, fault: null, answering: null, add, change };
  return shop;
}

export async function shopWorld(shop: Shop, system: ConnectorWorld["system"]): Promise<ConnectorWorld> {
  const row = (one: string): Row => {
    const found = shop.rows.get(one);
    if (found === undefined) throw new Error(`no record ${one}`);
    return found;
  };
  return {
    system,
    add: (contact) => id(shop.add(contact)),
    edit: (one, fields) => {
      shop.change(row(one), fields);
    },
    remove: (one) => {
      shop.rows.delete(one);
    },
    stored: () => [...shop.rows.values()].map(({ id: one, name, email }) => ({ id: one, name, email })),
    failNextWrite(fault) {
      shop.fault = fault;
    },
    async close() {
      await system.close();
      await shop.remote.close();
    },
  };
}
