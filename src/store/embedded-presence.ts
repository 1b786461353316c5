// Who uses the embedded server. Each process holds one connection with a shared advisory lock for as long as it lives: a
// count that a kill -9 corrects by itself. Whoever leaves and can take the lock alone is the last, and turns off the light;
// whoever comes while it is held alone waits for the server to be gone, and starts it anew.

import pg from "pg";
import { OWN_OPTIONS, type ServerConnection } from "./database.ts";
import { errorCode, StateError } from "./state-error.ts";

/** Any number that no other lock of the database has. */
const LOCK = "7310594860153172847";

export interface Presence {
  /** Resolves when the connection is lost; never after `leave`. */
  readonly lost: Promise<void>;
  /** @returns true when nobody else is there: the server may be stopped, and nobody can enter any more. */
  leave(): Promise<boolean>;
  /** Ends the connection; after `leave`. */
  close(): Promise<void>;
}

/** @returns null when the server does not take anybody in now: it is starting, stopping, or gone. */
export async function enter(connection: ServerConnection): Promise<Presence | null> {
  const { password, ...address } = connection;
  const client = new pg.Client({
    ...address,
    ...(password === null ? {} : { password }),
    ssl: false,
    options: OWN_OPTIONS,
    application_name: "syncline presence",
    connectionTimeoutMillis: 10_000,
  });
  let leaving = false;
  const lost = new Promise<void>((resolve) => {
    client.on("end", () => {
      if (!leaving) resolve();
    });
  });
  // An error without a listener would end the process; what follows from it is `end`.
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ entered: boolean }>(`select pg_try_advisory_lock_shared(${LOCK}) as entered`);
    if (rows[0]?.entered !== true) {
      await close(client);
      return null;
    }
  } catch (error) {
    await close(client);
    if (isComingOrGoing(error)) return null;
    throw entryFailure(error, connection);
  }
  // Being there is no work that a process should be kept alive for; leaving is.
  keepAlive(client, false);
  return {
    lost,
    async leave() {
      leaving = true;
      keepAlive(client, true);
      try {
        const { rows } = await client.query<{ alone: boolean }>(
          `select pg_advisory_unlock_shared(${LOCK}), pg_try_advisory_lock(${LOCK}) as alone`,
        );
        return rows[0]?.alone === true;
      } catch {
        // The server is gone already.
        return false;
      }
    },
    close: () => close(client),
  };
}

/** pg has `ref` and `unref`; its types do not. */
function keepAlive(client: object, wanted: boolean): void {
  const name = wanted ? "ref" : "unref";
  const method: unknown = Reflect.get(client, name);
  if (typeof method === "function") method.call(client);
}

async function close(client: pg.Client): Promise<void> {
  await client.end().catch(() => undefined);
}

function isComingOrGoing(error: unknown): boolean {
  const code = errorCode(error) ?? "";
  if (["ECONNREFUSED", "ENOENT", "ECONNRESET", "EPIPE"].includes(code) || code.startsWith("57P0")) return true;
  return error instanceof Error && /Connection terminated|timeout expired|connection error/.test(error.message);
}

function entryFailure(error: unknown, connection: ServerConnection): Error {
  const code = errorCode(error) ?? "";
  const message = error instanceof Error ? error.message : String(error);
  if (code === "EACCES" || code === "EPERM") {
    return new StateError(
      `the socket of the embedded Postgres may not be opened (${message})`,
      "another user started it; run as the same user",
      error,
    );
  }
  return new StateError(
    `the embedded Postgres at ${connection.host} refuses us (${message})`,
    "see its postgres.log",
    error,
  );
}
