// The key that tokens are sealed with: SYNCLINE_KEY, or a file in data_dir that is made once. The file is of use only together
// with the database, and the database only together with the file: back them up, but not into one place.

import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readTokenKey } from "../config/token-key.ts";
import type { Secret } from "../connector/secret.ts";
import { VaultRefusal } from "../core/token-vault.ts";

const FILE = "token.key";

/** The key, read (and if need be made) when it is first asked for. */
export function tokenKey({ key, dataDir }: { readonly key: Secret | null; readonly dataDir: string }): () => Buffer {
  let known: Buffer | null = null;
  return () => (known ??= (key === null ? null : readTokenKey(key.reveal())) ?? keyFile(dataDir));
}

function keyFile(dataDir: string): Buffer {
  const file = join(dataDir, FILE);
  return readKeyFile(file) ?? makeKeyFile(dataDir, file);
}

function readKeyFile(file: string): Buffer | null {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) return null;
  // Windows has no such bits; Node shows made-up ones there.
  if (process.platform !== "win32" && (stats.mode & 0o077) !== 0)
    throw new VaultRefusal(`other users of this machine can read the key file ${file}: chmod 600 ${file}`);
  const key = readTokenKey(readFileSync(file, "utf8").trim());
  if (key === null) throw new VaultRefusal(`${file} does not hold a key of 32 bytes: put the right file back`);
  return key;
}

/** Written whole before it has its name: of two processes that make one at the same time, both use the first. */
function makeKeyFile(dataDir: string, file: string): Buffer {
  mkdirSync(dataDir, { recursive: true });
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  writeFileSync(draft, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600, flag: "wx" });
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    rmSync(draft);
  }
  const made = readKeyFile(file);
  if (made === null) throw new Error(`${file} was made and is not there`);
  return made;
}
