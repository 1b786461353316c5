// One endpoint as data: who may call it, and what it does. What changes something is decided first and done after it is in
// the audit log, so a mutation without its audit row cannot be written.

import type { FastifyReply } from "fastify";
import type { Fields, Value } from "../core/value.ts";

/** Each may do what the one before may. */
export const ROLES = ["view", "operate", "admin"] as const;
export type Role = (typeof ROLES)[number];

export function mayAct(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** Who is calling: a token's name and role, or `local` where no token is configured. */
export interface Caller {
  readonly name: string;
  readonly role: Role;
}

export interface Call {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** Decoded JSON; an empty object when the request has no body. */
  readonly body: Value;
  readonly caller: Caller;
}

export type Answer =
  | { readonly status: number; readonly json: Value; readonly headers?: Readonly<Record<string, string>> }
  | { readonly status: number; readonly text: string; readonly type: string };

/** A mutation that was checked and not yet done. */
export interface Act {
  /** For the audit log: which, never field values. */
  readonly facts: Fields;
  carryOut(): Promise<Answer>;
}

interface Endpoint {
  /** As in OpenAPI: `/v1/pairs/{pair}:run`. */
  readonly path: string;
}

export interface ReadRoute extends Endpoint {
  readonly kind: "read";
  /** Null: open to everybody who reaches the listener. */
  readonly role: Role | null;
  /** The query parameters it knows; others are refused, so that a misspelt filter never shows everything. */
  readonly queries: readonly string[];
  read(call: Call): Promise<Answer>;
}

export interface ActRoute extends Endpoint {
  readonly kind: "act";
  readonly role: Role;
  /** Checks everything that can be checked, changes nothing. */
  decide(call: Call): Promise<Act>;
}

interface StreamRoute extends Endpoint {
  readonly kind: "stream";
  readonly role: Role;
  stream(reply: FastifyReply): void;
}

export type Route = ReadRoute | ActRoute | StreamRoute;

export function methodOf(route: Route): "GET" | "POST" {
  return route.kind === "act" ? "POST" : "GET";
}

/** The router's form of a path: a colon that is a colon is doubled, and a parameter never swallows one. */
export function routerPath(path: string): string {
  return path
    .replaceAll(":", "::")
    .replaceAll(/\{(\w+)\}$/g, ":$1(^[^/:]+$)")
    .replaceAll(/\{(\w+)\}/g, ":$1(^[^/:]+)");
}

export function ok(json: Value): Answer {
  return { status: 200, json };
}
