// A database for a test file: fresh, migrated, dropped at the end. All test files share one embedded server, which the first
// starts and the last stops; its folder stays, so only the first test run ever waits for initdb.
//
//   let test: TestDatabase;
//   beforeAll(async () => { test = await startTestDatabase(); });
//   afterAll(() => test.stop());

import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { Log } from "../../src/engine/ports/world.ts";
import { openDatabase, type Database } from "../../src/store/database.ts";
import { startEmbedded } from "../../src/store/embedded.ts";

export interface TestDatabase {
  readonly database: Database;
  /** The same database for another process: `database: { url }`. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Says nothing; what a test wants to hear it listens to itself. */
export const quiet: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Url of a server that tests may make databases on; null: only the embedded one is used. */
export const externalUrl: string | null = process.env["SYNCLINE_TEST_DATABASE_URL"] ?? null;

/** @param on `external` is the server of SYNCLINE_TEST_DATABASE_URL. */
export async function startTestDatabase({
  on = "embedded",
}: { readonly on?: "embedded" | "external" } = {}): Promise<TestDatabase> {
  const server = on === "embedded" ? await embeddedServer() : externalServer();
  const name = `t_${Date.now().toString(36)}_${randomBytes(4).toString("hex")}`;
  await onServer(server.url("postgres"), async (client) => {
    await dropForgotten(client);
    await client.query(`create database ${name}`);
  });
  const url = server.url(name);
  const database = await openDatabase({ url }, quiet);
  return {
    database,
    url,
    async stop() {
      await database.close();
      await onServer(server.url("postgres"), (client) => client.query(`drop database if exists ${name} with (force)`));
      await server.stop();
    },
  };
}

interface Server {
  url(database: string): string;
  stop(): Promise<void>;
}

async function embeddedServer(): Promise<Server> {
  const embedded = await startEmbedded({
    dataDir: join(tmpdir(), `syncline-test-${String(process.getuid?.() ?? 0)}`),
    log: quiet,
    // Nothing here outlives the tests, and waiting for the disk is most of their time.
    settings: { fsync: "off", synchronous_commit: "off", full_page_writes: "off" },
  });
  const { host, port, user, password } = embedded.connection;
  const login = password === null ? user : `${user}:${password}`;
  return {
    url: (database) => `postgres://${login}@localhost:${String(port)}/${database}?host=${encodeURIComponent(host)}`,
    stop: () => embedded.stop(),
  };
}

function externalServer(): Server {
  if (externalUrl === null) throw new Error("SYNCLINE_TEST_DATABASE_URL is not set");
  const base = new URL(externalUrl);
  return {
    url(database) {
      const url = new URL(base);
      url.pathname = `/${database}`;
      return url.href;
    },
    stop: () => Promise.resolve(),
  };
}

async function onServer(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

const FORGOTTEN_AFTER_MS = 2 * 3_600_000;

/** Databases of test runs that were killed. */
async function dropForgotten(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    "select datname as name from pg_database where datname like 't\\_%\\_%'",
  );
  for (const { name } of rows) {
    const made = Number.parseInt(name.split("_")[1] ?? "", 36);
    if (Date.now() - made > FORGOTTEN_AFTER_MS)
      await client.query(`drop database if exists ${name} with (force)`).catch(() => undefined);
  }
}
