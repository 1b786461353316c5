// Tokens of systems, sealed with AES-256-GCM. The system's name is part of what is sealed, so that one system's tokens cannot
// be put into another's row. The row says which key it was sealed with (a digest of the key tells nothing about it).

import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { VaultRefusal, type TokenVault } from "../core/token-vault.ts";
import { statement, type Database, type Sql } from "./database.ts";

interface Row {
  readonly keyId: string;
  readonly sealed: string;
}

const READ = statement<Row>("tokens.read", `select key_id as "keyId", sealed from syncline.tokens where system = $1`);

// There is a row to lock also before anything was stored.
const TOUCH = statement(
  "tokens.touch",
  "insert into syncline.tokens (system, key_id, sealed) values ($1, '', '') on conflict (system) do nothing",
);

const LOCK = statement<Row>(
  "tokens.lock",
  `select key_id as "keyId", sealed from syncline.tokens where system = $1 for update`,
);

const PUT = statement(
  "tokens.put",
  `insert into syncline.tokens (system, key_id, sealed) values ($1, $2, $3)
   on conflict (system) do update set key_id = excluded.key_id, sealed = excluded.sealed, changed_at = now()`,
);

/** @param key 32 bytes; asked for when something is to be sealed or opened, and not before. */
export function openTokens(database: Database, key: () => Buffer): TokenVault {
  const put = async (sql: Sql, system: string, text: string): Promise<void> => {
    await sql.rows(PUT, [system, keyId(key()), seal(text, system, key())]);
  };
  return {
    async read(system) {
      const [row] = await database.rows(READ, [system]);
      return open(row, system, key);
    },
    // The refresh itself happens inside of this transaction: only so can no second one begin before its answer is stored.
    change: (system, work) =>
      database.transaction(async (sql) => {
        await sql.rows(TOUCH, [system]);
        const [row] = await sql.rows(LOCK, [system]);
        const { next, result } = await work(open(row, system, key));
        if (next !== null) await put(sql, system, next);
        return result;
      }),
    put: (system, text) => put(database, system, text),
  };
}

const ALGORITHM = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

function seal(text: string, system: string, key: Buffer): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(system, "utf8"));
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64");
}

function open(row: Row | undefined, system: string, key: () => Buffer): string | null {
  if (row === undefined || row.sealed === "") return null;
  const own = keyId(key());
  if (row.keyId !== own) {
    throw new VaultRefusal(
      `the tokens of ${system} were sealed with the key ${row.keyId}, and this is the key ${own}: ` +
        `give back that key (SYNCLINE_KEY, or the key file in data_dir), or connect anew: syncline connect ${system}`,
    );
  }
  const bytes = Buffer.from(row.sealed, "base64");
  const decipher = createDecipheriv(ALGORITHM, key(), bytes.subarray(0, NONCE_BYTES))
    .setAAD(Buffer.from(system, "utf8"))
    .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  try {
    return decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, "utf8") + decipher.final("utf8");
  } catch {
    // Node gives no reason, and there is only one: the bytes are not those that were sealed.
    throw new VaultRefusal(
      `the stored tokens of ${system} were changed by another hand; connect anew: syncline connect ${system}`,
    );
  }
}

/** Enough to tell keys apart, too little to say anything about them. */
function keyId(key: Buffer): string {
  return createHash("sha256").update("syncline token key\0").update(key).digest("hex").slice(0, 8);
}
