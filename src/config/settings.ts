// The parts of a config that are about Syncline itself: database, admin, hooks, who is told.

import { problem, type Problem } from "../core/problem.ts";
import { Secret } from "../connector/secret.ts";
import { readAddress, type ListenAddress } from "./address.ts";
import type { ConfigFile, OCCASIONS, Role } from "./file.ts";
import { readSecret, secretBits, type SecretPlace } from "./secrets.ts";

export interface AdminToken {
  readonly name: string;
  readonly role: Role;
  readonly token: Secret;
}

export type DatabaseChoice = { readonly kind: "embedded" } | { readonly kind: "url"; readonly url: Secret };

type Report = (problem: Problem) => void;

const ADMIN_LISTEN = "127.0.0.1:8080";
const HOOKS_LISTEN = "127.0.0.1:8081";

/** A token that cannot be guessed in any time that matters. */
const TOKEN_BITS_MIN = 128;

/** @param written The file before the environment was put in. @returns Null: it cannot be used. */
export function readDatabase(
  { database = "embedded" }: ConfigFile,
  written: unknown,
  place: SecretPlace,
  report: Report,
): DatabaseChoice | null {
  if (database === "embedded") return { kind: "embedded" };
  const path = ["database", "url"];
  if (typeof database.url !== "string") {
    const { secret, problems } = readSecret(database.url, "database.url", path, place);
    problems.forEach(report);
    if (secret === null) return { kind: "url", url: new Secret("") }; // reported; `check` goes on without it
    return checkDatabaseUrl(secret, path, report);
  }
  // An empty one came of a variable that is missing, which is reported already.
  if (database.url === "") return { kind: "url", url: new Secret("") };
  const choice = checkDatabaseUrl(new Secret(database.url), path, report);
  if (choice !== null && new URL(database.url).password !== "" && !urlWritten(written).includes("${")) {
    const message = "the database's password is written into the file";
    report(problem("W_INLINE_SECRET", path, message, { hint: "write { url: ${DATABASE_URL} }" }));
  }
  return choice;
}

function urlWritten(written: unknown): string {
  const database = typeof written === "object" && written !== null && "database" in written ? written.database : null;
  const url = typeof database === "object" && database !== null && "url" in database ? database.url : null;
  return typeof url === "string" ? url : "";
}

function checkDatabaseUrl(url: Secret, path: readonly string[], report: Report): DatabaseChoice | null {
  const text = url.reveal();
  if (/^postgres(?:ql)?:\/\//.test(text) && URL.canParse(text)) return { kind: "url", url };
  const expected = "postgres://USER:PASSWORD@HOST:PORT/DATABASE";
  report(problem("E_URL", path, "this is not the address of a Postgres", { expected }));
  return null;
}

/** @returns Null: it cannot be used. */
export function readAdmin(
  { admin }: ConfigFile,
  place: SecretPlace,
  report: Report,
): { readonly listen: ListenAddress; readonly tokens: readonly AdminToken[] } | null {
  const { address, problems } = readAddress(admin?.listen ?? ADMIN_LISTEN, ["admin", "listen"]);
  problems.forEach(report);
  const loopback = address?.loopback ?? true;
  const parts = admin?.tokens ?? [];
  const tokens: AdminToken[] = [];
  const names = new Set<string>();
  for (const [index, { name, role, token }] of parts.entries()) {
    const path = ["admin", "tokens", index];
    if (names.has(name)) {
      const message = `two tokens are called "${name}", so the audit log could not tell them apart`;
      report(problem("E_DUPLICATE", [...path, "name"], message, { hint: "give each a name of its own" }));
    }
    names.add(name);
    const read = readSecret(token, `admin token ${name}`, [...path, "token"], place);
    read.problems.forEach(report);
    if (read.secret === null) continue;
    reportWeak(read.secret, name, { path: [...path, "token"], loopback }, report);
    tokens.push({ name, role, token: read.secret });
  }
  if (!loopback && parts.length === 0) {
    const message = "the admin pages would be open to everybody who can reach this address";
    const hint =
      "add tokens: [{ name: ops, role: operate, token: { env: SYNCLINE_ADMIN_TOKEN } }], or listen at 127.0.0.1";
    report(problem("E_ADMIN_TOKEN", ["admin", "listen"], message, { found: admin?.listen ?? ADMIN_LISTEN, hint }));
  }
  return address === null ? null : { listen: address, tokens };
}

function reportWeak(
  token: Secret,
  name: string,
  { path, loopback }: { readonly path: readonly (string | number)[]; readonly loopback: boolean },
  report: Report,
): void {
  const bits = secretBits(token);
  if (bits >= TOKEN_BITS_MIN) return;
  const message = `the token ${name} could be guessed`;
  const expected = `at least ${String(TOKEN_BITS_MIN)} bits, which are 32 hexadecimal characters`;
  const hint = "make one with: openssl rand -hex 32";
  report(problem(loopback ? "W_TOKEN_WEAK" : "E_TOKEN_WEAK", path, message, { expected, hint }));
}

/** @returns Null: it cannot be used. */
export function readHooks({ hooks }: ConfigFile, report: Report): ListenAddress | null {
  const { address, problems } = readAddress(hooks?.listen ?? HOOKS_LISTEN, ["hooks", "listen"]);
  problems.forEach(report);
  return address;
}

/** What the world may reach and what it may not, on one port: a mistake. */
export function reportSamePort(admin: ListenAddress | null, hooks: ListenAddress | null, report: Report): void {
  if (admin === null || hooks === null || admin.port === 0 || admin.port !== hooks.port) return;
  const message = `admin and hooks both listen at port ${String(hooks.port)}`;
  const hint = "give each a port of its own: webhooks come from the world, the admin pages are not for it";
  report(problem("E_COMBINATION", ["hooks", "listen"], message, { found: `port ${String(hooks.port)}`, hint }));
}

/** Where is told what waits for a person. */
export interface NoticeConfig {
  readonly on: readonly (typeof OCCASIONS)[number][];
  readonly form: "slack" | "webhook";
  readonly url: Secret;
}

export function readNotices({ notify }: ConfigFile, place: SecretPlace, report: Report): readonly NoticeConfig[] {
  return (notify ?? []).flatMap(({ on, slack, webhook }, index) => {
    const path = ["notify", index];
    if (slack === undefined && webhook === undefined) {
      const hint = "add slack: { url: { env: SLACK_WEBHOOK } }, or webhook: { url: … }";
      report(problem("E_MISSING", path, "nobody is told", { expected: "slack or webhook", hint }));
    }
    return (["slack", "webhook"] as const).flatMap((form) => {
      const part = form === "slack" ? slack : webhook;
      if (part === undefined) return [];
      const read = readSecret(part.url, `address of notify[${String(index)}].${form}`, [...path, form, "url"], place);
      read.problems.forEach(report);
      if (read.secret === null) return [];
      const address = read.secret.reveal();
      if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
        const hint = "the address starts with https://";
        report(problem("E_URL", [...path, form, "url"], "what the secret holds is not an address", { hint }));
        return [];
      }
      return [{ on, form, url: read.secret }];
    });
  });
}

export interface TracesConfig {
  readonly url: string;
  readonly headers: ReadonlyMap<string, Secret>;
  readonly service: string;
  /** Of the runs, from 0 to 1. */
  readonly sampledFraction: number;
}

/** Null: there are none, or what is wrong with them is reported. */
export function readTraces({ traces }: ConfigFile, place: SecretPlace, report: Report): TracesConfig | null {
  if (traces === undefined) return null;
  const headers = new Map<string, Secret>();
  for (const [name, part] of Object.entries(traces.headers ?? {})) {
    const path = ["traces", "headers", name];
    const read = readSecret(part, `header ${name} of traces`, path, place);
    read.problems.forEach(report);
    if (read.secret !== null) headers.set(name, read.secret);
  }
  if (!URL.canParse(traces.url) || !/^https?:$/.test(new URL(traces.url).protocol)) {
    const expected = "an address with http:// or https://, and mostly /v1/traces at its end";
    report(problem("E_URL", ["traces", "url"], "this is no address to post to", { expected }));
    return null;
  }
  const sampledFraction = Number((traces.sample ?? "100%").slice(0, -1)) / 100;
  return { url: traces.url, headers, service: traces.service ?? "syncline", sampledFraction };
}
