// A project as somebody writes it who has only the formats' page at hand: two accounts on plain REST servers, one pair.

import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { startPlainServer, type PlainServer } from "../engine/plain-server.ts";
import { startTestDatabase } from "../store/server.ts";
import { run, start, type Finished, type Running } from "./command.ts";

export interface Project {
  readonly databaseUrl: string | null;
  readonly folder: string;
  readonly left: PlainServer;
  readonly right: PlainServer;
  write(file: string, text: string): void;
  remove(file: string): void;
  /** `syncline ARGS` in the project's folder. */
  run(...args: readonly string[]): Promise<Finished>;
  /** With --json; the result must be one document. */
  json(
    ...args: readonly string[]
  ): Promise<{ readonly code: number | null; readonly json: unknown; readonly stderr: string }>;
  start(...args: readonly string[]): Running;
  /** Environment of the commands that follow. */
  readonly env: Record<string, string>;
  /** Gives all files to another account, which then runs the commands. */
  handTo(uid: number): void;
  close(): Promise<void>;
}

export interface ProjectParts {
  /** `own`: a database of its own on the tests' server, by its url; `embedded`: one below its own data_dir. */
  readonly database?: "own" | "embedded";
  readonly config?: string;
  readonly left?: string;
  readonly right?: string;
  readonly mapping?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export async function makeProject(parts: ProjectParts = {}): Promise<Project> {
  const folder = mkdtempSync(join(tmpdir(), "syncline-e2e-"));
  chmodSync(folder, 0o755);
  const left = await startPlainServer("a");
  const right = await startPlainServer("b");
  const env: Record<string, string> = { LEFT_URL: left.url, RIGHT_URL: right.url, ...parts.env };
  const database = parts.database === "embedded" ? null : await startTestDatabase();
  if (database !== null) env["DATABASE_URL"] = database.url;
  let uid: number | undefined;
  const options = () => ({ folder, env, ...(uid === undefined ? {} : { uid }) });
  const self: Project = {
    databaseUrl: database?.url ?? null,
    folder,
    left,
    right,
    env,
    write(file, text) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    },
    remove: (file) => rmSync(join(folder, file)),
    run: (...args) => run(args, options()),
    start: (...args) => start(args, options()),
    async json(...args) {
      const finished = await run([...args, "--json"], options());
      return { code: finished.code, json: finished.json(), stderr: finished.stderr };
    },
    handTo(account) {
      uid = account;
      chownSync(folder, account, account);
      for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }))
        chownSync(join(folder, name), account, account);
    },
    async close() {
      await left.close();
      await right.close();
      await database?.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  self.write(
    "config/syncline.yaml",
    parts.config ?? config(database === null ? "embedded" : "{ url: ${DATABASE_URL} }"),
  );
  self.write("connectors/left.yaml", parts.left ?? LEFT);
  self.write("connectors/right.yaml", parts.right ?? RIGHT);
  self.write("mappings/ab.yaml", parts.mapping ?? MAPPING);
  return self;
}

/** @param more Further keys at the top. */
export function config(database: string, more = ""): string {
  return `# yaml-language-server: $schema=../schema/config.json
database: ${database}
data_dir: ../state
mappings: ../mappings
connectors: ../connectors
admin:
  listen: 127.0.0.1:0
hooks: { listen: 127.0.0.1:0 }
log: { level: info, format: json }
${more}
systems:
  left-account:
    connector: left
    settings: { base_url: "\${LEFT_URL}" }
    allow_private: true
  right-account:
    connector: right
    settings: { base_url: "\${RIGHT_URL}" }
    allow_private: true
    sandbox: false
`;
}

/** Records as they are, in pages by number, with the source's own count. */
export const LEFT = `# yaml-language-server: $schema=../schema/connector.json
connector: left
version: 1.0.0
title: A plain system
api: { version: v1, sunset: null }
protocol: rest
settings: { base_url: { required: true } }
base_url: "{{ settings.base_url }}"
headers:  { User-Agent: "syncline/{{ syncline.version }}" }
auth:     { scheme: none }
timeout:  { connect: 5s, response: 30s }
limits:   [ { name: burst, rate: 1900/1s } ]
concurrency: 6
errors:
  - { when: { status: 401 }, do: refresh-auth }
  - { when: { status: 404, op: [get, update, delete] }, do: gone }
  - { when: { status: 409 }, do: duplicate }
  - { when: { status: 412 }, do: stale }
  - { when: { status: 429 }, do: wait }
  - { when: { status: [500, 502, 503, 504] }, do: retry }
  - { when: { status: [400, 422] }, do: reject }
objects:
  contact:
    id: id
    version: updatedAt
    modified: updatedAt
    natural_keys: [email]
    list:
      request: GET /contact
      query: { page: "{{ page.number }}", size: 3 }
      items: items
      page: { number: page, size: 3 }
      count: total
    get: { request: GET /contact/{{ id }} }
    find: { by: [email], request: POST /contact/search, body: { email: "{{ key.email }}" }, items: items }
    changes:
      request: GET /contact
      query: { since: "{{ cursor }}" }
      items: items
      cursor: { at: updatedAt, settle: 2s }
      cannot_see: [deletes]
    create:
      request: POST /contact
      body: "{{ record }}"
      returns: { id: id, version: updatedAt }
      repeat: unsafe
      verify: find
    update:
      request: PATCH /contact/{{ id }}
      body: "{{ changed }}"
      guard: if-match
    delete: { request: DELETE /contact/{{ id }}, guard: if-match }
`;

/** Some fields lie below \`attributes\`, and it only replaces whole records. */
export const RIGHT = `# yaml-language-server: $schema=../schema/connector.json
connector: right
version: 1.0.0
protocol: rest
settings: { base_url: { default: "https://api.example.com" } }
base_url: "{{ settings.base_url }}"
auth: { scheme: none }
objects:
  customer:
    id: id
    fields:
      title:   { at: attributes.title }
      balance: { at: attributes.open_balance, type: decimal }
      segment: { at: attributes.segment }
    list: { request: GET /customer, items: items, count: total, page: { offset: offset, size: 1000 } }
    get:
      request: GET /customer/{{ id }}
      item: "$"
    find: { by: [mail], request: POST /customer/search, body: { mail: "{{ key.mail }}" }, items: items }
    create:
      request: POST /customer
      body: "{{ record }}"
      returns: { id: id }
      repeat: by-key
    update:
      request: PUT /customer/{{ id }}
      body: "{{ record }}"
      guard: read-compare
    delete: { request: DELETE /customer/{{ id }}, effect: delete }
`;

export const MAPPING = `# yaml-language-server: $schema=../schema/mapping.json
pair: ab
state: active
sides: { a: left-account, b: right-account }
schedule:
  changes: every 2m
  sweep: cron 0 3 * * *
  timezone: Europe/Vienna
entities:
  customer:
    a: { object: contact }
    b: { object: customer }
    match:
      - [email]
    allow: { a: [create, update, delete], b: [create, update, delete] }
    when_gone: { a: delete, b: unlink }
    fields:
      email: { a: email, b: mail, as: email }
      name:  { a: name, b: title }
      tier:  { a: stage, b: segment, values: { lead: prospect, customer: active } }
      balance: { a: balance, b: { at: balance, as: decimal }, as: decimal, direction: b -> a }
`;
