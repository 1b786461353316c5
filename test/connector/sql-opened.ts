// A database's connector file, compiled and opened as the daemon does it, with a clock that does not wait.

import { parse } from "yaml";
import type { Instant } from "../../src/core/ids.ts";
import type { Problem } from "../../src/core/problem.ts";
import type { Account } from "../../src/connector/account.ts";
import { compileConnector, type CompiledConnector } from "../../src/connector/compile.ts";
import type { CallObserver, System } from "../../src/connector/contract.ts";
import { connectorFileSchema } from "../../src/connector/file.ts";
import { sqlProtocol } from "../../src/connector/protocols/sql/sql.ts";
import { Secret } from "../../src/connector/secret.ts";
import { expressions, TODAY } from "./opened.ts";

export interface SqlOpened {
  readonly system: System;
  readonly calls: Parameters<CallObserver["called"]>[0][];
  readonly sleeps: number[];
}

/** The file's text with `objects:`; what every file needs is put before it. */
export function sqlText(dialect: string, rest: string): string {
  return `connector: test
protocol: sql
dialect: ${dialect}
settings: { base_url: { required: true }, user: {}, region: {} }
secrets: { password: {} }
base_url: "{{ settings.base_url }}"
${dialect === "sqlite" ? "" : "auth: { scheme: basic, username: user, password: password }"}
${rest}`;
}

export function compileSql(text: string): CompiledConnector {
  const file = connectorFileSchema.parse(parse(text));
  return compileConnector(file, {
    expressions,
    protocols: {},
    direct: { sql: sqlProtocol },
    // Functions of the file are looked for here.
    folder: ".",
    today: TODAY,
  });
}

export function sqlProblems(text: string): readonly Problem[] {
  return compileSql(text).problems;
}

export interface SqlAccount {
  readonly url: string;
  readonly user?: string;
  readonly password?: string;
  readonly allowPrivate?: boolean;
  readonly resolve?: NonNullable<Account["resolve"]>;
}

const open: System[] = [];

export async function openSql(
  text: string,
  { url, user, password, allowPrivate, resolve }: SqlAccount,
): Promise<SqlOpened> {
  const { connector, problems } = compileSql(text);
  if (connector === null) throw new Error(JSON.stringify(problems, null, 1));
  const calls: SqlOpened["calls"] = [];
  const sleeps: number[] = [];
  let now = TODAY as number;
  const system = await connector.open({
    name: "remote",
    settings: { base_url: url, region: "north", ...(user === undefined ? {} : { user }) },
    secrets: new Map(password === undefined ? [] : [["password", new Secret(password)]]),
    limits: {},
    allowPrivate: allowPrivate ?? true,
    observer: {
      called: (call) => {
        calls.push(call);
      },
      waited: () => undefined,
    },
    clock: {
      now: () => now as Instant,
      sleep(ms) {
        sleeps.push(ms);
        now += ms;
        return new Promise((resolve) => {
          setTimeout(resolve, Math.min(ms, 20));
        });
      },
    },
    log: { warn: () => undefined, debug: () => undefined },
    version: "0.0.0",
    random: () => 0.5,
    ...(resolve === undefined ? {} : { resolve }),
  });
  open.push(system);
  return { system, calls, sleeps };
}

/** Call in afterAll. */
export async function closeSql(): Promise<void> {
  await Promise.all(open.splice(0).map((system) => system.close()));
}

/** Operations of a table `contacts` as functions of fixtures/code/contact-sql.js. */
export const CODED_CONTACT = `
objects:
  contact:
    table: contacts
    version: revision
    modified: at
    natural_keys: [email]
    list: { code: "./test/connector/fixtures/code/contact-sql.js#list", items: items, page: { after: id, size: 2 } }
    changes: { code: "./test/connector/fixtures/code/contact-sql.js#changes", items: items, cursor: { at: at, settle: 1s } }
    get: { code: "./test/connector/fixtures/code/contact-sql.js#get" }
    find: { code: "./test/connector/fixtures/code/contact-sql.js#find", by: [email] }
    create: { code: "./test/connector/fixtures/code/contact-sql.js#create" }
    update: { code: "./test/connector/fixtures/code/contact-sql.js#update", guard: if-match }
    delete: { code: "./test/connector/fixtures/code/contact-sql.js#remove", guard: if-match }
`;
