// The mapping most engine tests use: one entity, two sides of one shape, matched by e-mail.

import { randomBytes } from "node:crypto";
import type { Row, PlainServer } from "./plain-server.ts";

export interface ThingParts {
  /** Lines of the pair. */
  readonly pair?: string;
  /** Lines of the entity. */
  readonly entity?: string;
  readonly match?: string;
  readonly fields?: string;
}

/** @returns a mapping of a new name each time. */
export function thingMapping(more: ThingParts = {}): string {
  return `
pair: ab-${randomBytes(6).toString("hex")}
state: active
sides: { a: left-system, b: right-system }
${more.pair ?? "guards: off"}
entities:
  thing:
    a: { object: thing }
    b: { object: thing }
    ${more.match ?? "match: [[email]]"}
    allow: { a: [create, update, delete], b: [create, update, delete] }
    ${more.entity ?? "when_gone: { a: delete, b: delete }"}
    fields:
      email: { as: email }
      name: {}
      ${more.fields ?? ""}
`;
}

/** What both servers hold, ids and times apart. */
export function shown(...servers: readonly PlainServer[]): unknown {
  return servers.map((server) =>
    Object.fromEntries(
      [...server.rows].map(([object, rows]) => [object, [...rows.values()].map(withoutOwn).toSorted(byText)]),
    ),
  );
}

function withoutOwn({ id: _id, updatedAt: _updatedAt, ...rest }: Row): Record<string, unknown> {
  return rest;
}

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}

export function onlyRow(server: PlainServer, object = "thing"): Row {
  const [row, ...more] = [...server.table(object).values()];
  if (row === undefined || more.length > 0) throw new Error(`${object}: ${String(server.table(object).size)} records`);
  return row;
}

/** Writes of a kind that a server received. */
export function sent(server: PlainServer, method: string): readonly PlainServer["calls"][number][] {
  return server.writes().filter((call) => call.method === method);
}
