// Brings the schema `syncline` to the version of this program, forwards only. All pending migrations, and the lock that
// keeps a second process out, are one transaction: a crash leaves either the old schema or the new one, and no stale lock.

import type { Knex } from "knex";
import type { Log } from "../engine/ports/world.ts";
import { state0001 } from "./migrations/0001-state.ts";
import { StateError } from "./state-error.ts";

export interface NumberedMigration {
  /** Never changed once released: it is how the database knows what it has. */
  readonly name: string;
  readonly sql: string;
}

/** In order; a release only adds to the end. */
export const MIGRATIONS: readonly NumberedMigration[] = [state0001];

/** Any number that nobody else takes: "syncline" in ASCII, cut to 63 bits. */
const LOCK = "8318260662133874277";

/** @throws StateError when the database was written by a newer program, or the role may not create the schema. */
export async function migrateState(
  knex: Knex,
  log: Log,
  migrations: readonly NumberedMigration[] = MIGRATIONS,
): Promise<void> {
  await knex.transaction(async (transaction) => {
    // A second process waits here, not for a statement: the first may be busy for longer than our timeout.
    await transaction.raw("set local statement_timeout = 0");
    await transaction.raw("set local lock_timeout = 0");
    await transaction.raw(`select pg_advisory_xact_lock(${LOCK})`);
    await createSchema(transaction);
    await refuseNewer(transaction, migrations);
    const [, done]: [number, string[]] = await transaction.migrate.latest({
      schemaName: "syncline",
      tableName: "migrations",
      migrationSource: {
        getMigrations: () => Promise.resolve([...migrations]),
        getMigrationName: (migration: NumberedMigration) => migration.name,
        getMigration: (migration: NumberedMigration) =>
          Promise.resolve({
            up: (knex: Knex) => knex.raw(migration.sql),
            down: () => Promise.reject(new Error("migrations go forwards only")),
          }),
      },
    });
    if (done.length > 0) log.info("state schema migrated", { migrations: done });
  });
}

async function createSchema(transaction: Knex): Promise<void> {
  // `create schema if not exists` asks for the right to create even where the schema is there already.
  const found: { rows: unknown[] } = await transaction.raw("select 1 from pg_namespace where nspname = 'syncline'");
  if (found.rows.length > 0) return;
  try {
    await transaction.raw("create schema syncline");
  } catch (cause) {
    throw new StateError(
      "the schema syncline cannot be created in the state database",
      "let its owner run `create schema syncline authorization ROLE` with the role of `database`",
      cause,
    );
  }
}

async function refuseNewer(transaction: Knex, migrations: readonly NumberedMigration[]): Promise<void> {
  const table: { rows: unknown[] } = await transaction.raw(
    "select 1 from pg_tables where schemaname = 'syncline' and tablename = 'migrations'",
  );
  if (table.rows.length === 0) return;
  const stored: { rows: { name: string }[] } = await transaction.raw(
    "select name from syncline.migrations order by id",
  );
  const known = new Set(migrations.map((migration) => migration.name));
  const unknown = stored.rows.map((row) => row.name).filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new StateError(
      `the state was written by a newer version of syncline (it has ${unknown.join(", ")})`,
      "run that version, or restore a backup of the state from before the upgrade",
    );
  }
}
