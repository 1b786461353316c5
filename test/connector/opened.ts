// A connector file, compiled and opened as the daemon does it, with a clock that does not wait and remembers how long it would.

import { afterAll } from "@jest/globals";
import { parse } from "yaml";
import type { Instant, RemoteId } from "../../src/core/ids.ts";
import { remoteId } from "../../src/core/ids.ts";
import type { Problem } from "../../src/core/problem.ts";
import type { Account } from "../../src/connector/account.ts";
import { compileConnector, type CompiledConnector, type Connector } from "../../src/connector/compile.ts";
import type { CallObserver, Page, RemoteFailure, RemoteRecord, Result, System } from "../../src/connector/contract.ts";
import { connectorFileSchema } from "../../src/connector/file.ts";
import { PROTOCOLS } from "../../src/config/protocols.ts";
import type { TokenVault } from "../../src/core/token-vault.ts";
import { Secret, type Redactor } from "../../src/connector/secret.ts";
import { createExpressionCompiler } from "../../src/expression/compiler.ts";

export const expressions = createExpressionCompiler();

export const TODAY = Date.parse("2026-06-01T00:00:00Z") as Instant;

/** Call once in a test file that evaluates expressions. */
export function closeExpressionsAfterwards(): void {
  afterAll(() => expressions.close());
}

/** The file's text with `objects:` and the like; what every file needs is put before it. */
export function fileText(rest: string, protocol = "rest"): string {
  return `connector: test\nprotocol: ${protocol}\nsettings: { base_url: { required: true }, none: {} }\nbase_url: "{{ settings.base_url }}"\n${rest}`;
}

export function compileText(text: string): CompiledConnector {
  const file = connectorFileSchema.parse(parse(text));
  return compileConnector(file, { expressions, protocols: PROTOCOLS, folder: ".", today: TODAY });
}

export function compiled(text: string): Connector {
  const { connector, problems } = compileText(text);
  if (connector === null) throw new Error(JSON.stringify(problems, null, 1));
  return connector;
}

export function problemsOf(text: string): readonly Problem[] {
  return compileText(text).problems;
}

export interface Watched {
  readonly system: System;
  /** Milliseconds of each sleep. */
  readonly sleeps: number[];
  readonly calls: Parameters<CallObserver["called"]>[0][];
  readonly logged: string[];
  clock: Account["clock"];
}

export interface OpenOptions {
  readonly settings?: Account["settings"];
  readonly secrets?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
  readonly allowPrivate?: boolean;
  readonly resolve?: NonNullable<Account["resolve"]>;
  readonly tokens?: TokenVault;
  readonly redactor?: Redactor;
}

const opened: System[] = [];

/** Call once in a test file that opens systems. */
export function closeSystemsAfterwards(): void {
  afterAll(() => Promise.all(opened.splice(0).map((system) => system.close())));
}

export async function open(text: string, baseUrl: string, options: OpenOptions = {}): Promise<Watched> {
  const { account, ...watched } = accountFor(baseUrl, options);
  const system = await compiled(text).open(account);
  opened.push(system);
  return { ...watched, system };
}

/** An account as the daemon makes one, and what is to be seen of it. */
export function accountFor(
  baseUrl: string,
  options: OpenOptions = {},
): Omit<Watched, "system"> & { readonly account: Account } {
  const sleeps: number[] = [];
  const calls: Watched["calls"] = [];
  const logged: string[] = [];
  let now = TODAY as number;
  const clock: Account["clock"] = {
    now: () => now as Instant,
    sleep(ms) {
      sleeps.push(ms);
      now += ms;
      return new Promise((resolve) => {
        setImmediate(resolve);
      });
    },
  };
  const note = (message: string, facts: unknown): void => {
    logged.push(message + JSON.stringify(facts));
  };
  const account: Account = {
    name: "remote",
    settings: { base_url: baseUrl, ...options.settings },
    secrets: new Map(Object.entries(options.secrets ?? {}).map(([name, value]) => [name, new Secret(value)])),
    limits: options.limits ?? {},
    allowPrivate: options.allowPrivate ?? true,
    observer: {
      called: (call) => {
        calls.push(call);
      },
      waited: () => undefined,
    },
    clock,
    log: { warn: note, debug: note },
    version: "0.0.0",
    random: () => 0.5,
    ...(options.resolve === undefined ? {} : { resolve: options.resolve }),
    ...(options.tokens === undefined ? {} : { tokens: options.tokens }),
    ...(options.redactor === undefined ? {} : { redactor: options.redactor }),
  };
  return { account, sleeps, calls, logged, clock };
}

export function id(text: string): RemoteId {
  const made = remoteId(text);
  if (made === null) throw new Error("an id is not empty");
  return made;
}

export function failureOf<T>(result: Result<T> | undefined): RemoteFailure {
  if (result === undefined || result.ok) throw new Error(`expected a failure, got ${JSON.stringify(result)}`);
  return result.failure;
}

export function valueOf<T>(result: Result<T> | undefined): T {
  if (result === undefined || !result.ok) throw new Error(`expected a value, got ${JSON.stringify(result)}`);
  return result.value;
}

/** All pages of a listing, and the failure that ended it. */
export async function readAll(pages: AsyncIterable<Result<Page>>): Promise<{
  readonly pages: readonly Page[];
  readonly records: readonly RemoteRecord[];
  readonly failure: RemoteFailure | null;
}> {
  const read: Page[] = [];
  let failure: RemoteFailure | null = null;
  for await (const page of pages) {
    if (page.ok) read.push(page.value);
    else failure = page.failure;
  }
  return { pages: read, records: read.flatMap((page) => page.records), failure };
}

export function idsOf(records: readonly RemoteRecord[]): readonly string[] {
  return records.map((record) => record.id);
}
