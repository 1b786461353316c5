// The connection to the state database: one pool, named statements, exact values. Everything lives in the schema
// `syncline` and is named with it, so neither search_path nor a connection pooler between us and Postgres matters.

import knexPackage, { type Knex } from "knex";
import type pg from "pg";
import type { Log } from "../engine/ports/world.ts";
import { boundParameter, columnTypes, type Parameter } from "./encoding.ts";
import { migrateState } from "./migrate.ts";
import { StateError, statementFailure } from "./state-error.ts";

/** A statement with the name under which Postgres keeps it prepared. `Row` is what it returns: look at its select list. */
export interface Statement<Row> {
  readonly name: string;
  readonly text: string;
  /** Never there; ties the row type to the text. */
  readonly row?: Row;
}

export function statement<Row = never>(name: string, text: string): Statement<Row> {
  return { name, text };
}

/** Runs statements: the pool, or one transaction. */
export interface Sql {
  rows<Row>(statement: Statement<Row>, parameters: readonly Parameter[]): Promise<readonly Row[]>;
}

export interface Database extends Sql {
  /** Commits when `work` resolves, rolls back when it rejects. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** For migrations, and for tests that listen to its `query` events. */
  readonly knex: Knex;
  close(): Promise<void>;
}

/** Session options that say nothing new: given none, pg would take those of the variable PGOPTIONS. */
export const OWN_OPTIONS = "-c client_min_messages=notice";

/** Where a server listens; a host that is a folder means its Unix socket. */
export interface ServerConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** Null: none is asked for. */
  readonly password: string | null;
}

export type DatabaseAddress = { readonly url: string } | { readonly connection: ServerConnection };

const SERVER_MIN = 13;

// Too small: big sweeps and first loads die; too large: a stuck statement holds a run for long. The largest statement we
// have (forgetting the sightings of two million records) takes a few seconds.
const STATEMENT_TIMEOUT_MS = 120_000;
// Custom plans and no sequential scans where an index fits: tables grow from nothing to a million rows within a minute, long
// before Postgres has figures of them, so a plan made early, or made on such figures, fits no longer.
const SESSION = `
  set statement_timeout = ${String(STATEMENT_TIMEOUT_MS)};
  set lock_timeout = 30000;
  set idle_in_transaction_session_timeout = 60000;
  set plan_cache_mode = force_custom_plan;
  set enable_seqscan = off;
  set jit = off;
  set timezone = 'UTC'`;

/** Connects, checks the server, and brings the schema up to date. @throws StateError with what to do. */
export async function openDatabase(address: DatabaseAddress, log: Log): Promise<Database> {
  const database = connectDatabase(address, log);
  try {
    await checkServer(database);
    await migrateState(database.knex, log);
  } catch (error) {
    await database.close();
    throw statementFailure(error, "open");
  }
  return database;
}

/** A pool on the database as it is: no check, no migration. */
export function connectDatabase(address: DatabaseAddress, log: Log): Database {
  const note = (message: unknown) => log.debug("state database", { message: String(message) });
  const knex = knexPackage({
    client: "pg",
    connection: {
      connectionTimeoutMillis: 15_000,
      keepAlive: true,
      application_name: "syncline",
      ...connectionConfig(address),
      types: columnTypes,
    },
    pool: {
      min: 0,
      max: 10,
      afterCreate(client: pg.Client, done: (error: Error | null, client: pg.Client) => void) {
        client.query(SESSION, (error: Error | null) => done(error, client));
      },
    },
    acquireConnectionTimeout: 30_000,
    // What fails is thrown, and told by whoever catches it; by itself knex would write to the console.
    log: { debug: note, warn: note, error: note, deprecate: note },
  });
  return {
    knex,
    rows: (statement, parameters) => run(knex, statement, parameters),
    async transaction(work) {
      let failed: { readonly error: unknown } | null = null;
      try {
        return await knex.transaction(async (transaction) => {
          try {
            return await work({ rows: (statement, parameters) => run(transaction, statement, parameters) });
          } catch (error) {
            failed = { error };
            throw error;
          }
        });
      } catch (error) {
        // What `work` threw passes unchanged, also where the rollback after it finds the connection gone and fails too.
        throwAsIs(failed);
        throw statementFailure(error, "commit");
      }
    },
    close: () => knex.destroy(),
  };
}

function throwAsIs(failed: { readonly error: unknown } | null): void {
  if (failed !== null) throw failed.error;
}

async function run<Row>(
  knex: Knex,
  statement: Statement<Row>,
  parameters: readonly Parameter[],
): Promise<readonly Row[]> {
  try {
    // The text has $1, $2, …: knex's own `?` would send a parameter once for each place it is used in.
    const result: { rows: Row[] } = await knex
      .raw(statement.text)
      .options({ name: statement.name, values: parameters.map(boundParameter) });
    return result.rows;
  } catch (error) {
    // knex puts the whole statement before the message, at times with a word of its own.
    if (error instanceof Error) {
      const at = error.message.indexOf(statement.text);
      if (at >= 0) error.message = error.message.slice(at + statement.text.length).replace(/^ - /, "");
    }
    throw statementFailure(error, statement.name);
  }
}

function connectionConfig(address: DatabaseAddress): Knex.PgConnectionConfig {
  if ("connection" in address) {
    const { host, port, user, database, password } = address.connection;
    return { host, port, user, database, ...(password === null ? {} : { password }), ssl: false, options: OWN_OPTIONS };
  }
  if (!/^postgres(ql)?:\/\//.test(address.url)) {
    // The URL itself stays out of the message: it holds a password.
    throw new StateError("the database URL cannot be read", "write postgres://user:password@host:5432/name");
  }
  return { connectionString: address.url };
}

const SERVER_VERSION = statement<{ version: string; number: number; replica: boolean }>(
  "server.version",
  `select current_setting('server_version') as version, current_setting('server_version_num')::int as number,
          pg_is_in_recovery() as replica`,
);

async function checkServer(sql: Sql): Promise<void> {
  const [server] = await sql.rows(SERVER_VERSION, []);
  if (server === undefined) throw new Error("the server did not say its version");
  if (Math.floor(server.number / 10_000) < SERVER_MIN) {
    throw new StateError(
      `the state database is Postgres ${server.version}`,
      `Postgres ${String(SERVER_MIN)} or later is needed; upgrade it, or write \`database: embedded\``,
    );
  }
  if (server.replica) {
    throw new StateError("the state database is a replica, which cannot be written", "point `database` to the primary");
  }
}
