// The state database of a project: started where it is embedded, connected to where it is not.

import type { DatabaseChoice } from "../config/settings.ts";
import type { Secret } from "../connector/secret.ts";
import type { TokenVault } from "../core/token-vault.ts";
import type { Log } from "../engine/ports/world.ts";
import { openDatabase, type Database, type DatabaseAddress } from "../store/database.ts";
import { startEmbedded, type Embedded } from "../store/embedded.ts";
import { openTokens } from "../store/tokens.ts";
import { tokenKey } from "./token-key.ts";

export interface StateParts {
  readonly database: DatabaseChoice;
  readonly dataDir: string;
  readonly log: Log;
}

export interface State {
  readonly database: Database;
  close(): Promise<void>;
}

/** @throws StateError when the database cannot be reached or started. */
export async function openState({ database: choice, dataDir, log }: StateParts): Promise<State> {
  const embedded = choice.kind === "embedded" ? await startEmbedded({ dataDir, log }) : null;
  try {
    const database = await openDatabase(addressOf(choice, embedded), log);
    return {
      database,
      async close() {
        await database.close();
        await embedded?.stop();
      },
    };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

function addressOf(choice: DatabaseChoice, embedded: Embedded | null): DatabaseAddress {
  if (choice.kind === "url") return { url: choice.url.reveal() };
  if (embedded === null) throw new Error("the embedded database was not started");
  return { connection: embedded.connection };
}

/** The project's tokens for a command that works without the state: the database is opened when a token is asked for, if ever. */
export function openVaultLate(parts: StateParts & { readonly key: Secret | null }): {
  readonly vault: TokenVault;
  close(): Promise<void>;
} {
  let opening: Promise<State> | null = null;
  const vault = async (): Promise<TokenVault> => {
    opening ??= openState(parts);
    return openTokens((await opening).database, tokenKey(parts));
  };
  return {
    vault: {
      read: async (system) => (await vault()).read(system),
      change: async (system, work) => (await vault()).change(system, work),
      put: async (system, text) => (await vault()).put(system, text),
    },
    async close() {
      const state = await opening?.catch(() => null);
      await state?.close();
    },
  };
}
