// Tokens in the state database: refreshed once by however many processes share the account, sealed at rest. A process is a pool
// of its own on the same Postgres, with its own opened system.

import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { readTokenKey } from "../../src/config/token-key.ts";
import { Secret } from "../../src/connector/secret.ts";
import { VaultRefusal } from "../../src/core/token-vault.ts";
import { tokenKey } from "../../src/daemon/token-key.ts";
import { openDatabase, statement, type Database } from "../../src/store/database.ts";
import { openTokens } from "../../src/store/tokens.ts";
import { quiet, startTestDatabase, type TestDatabase } from "../store/server.ts";
import { startOAuthServer, type OAuthServer } from "./oauth-server.ts";
import { closeExpressionsAfterwards, closeSystemsAfterwards, failureOf, fileText, open, readAll } from "./opened.ts";

const KEY = randomBytes(32);

let test1: TestDatabase;
let other: Database;
let server: OAuthServer;
beforeAll(async () => {
  test1 = await startTestDatabase();
  other = await openDatabase({ url: test1.url }, quiet);
});
afterAll(async () => {
  await other.close();
  await test1.stop();
});
beforeEach(async () => {
  server = await startOAuthServer();
});
afterEach(() => server.close());
closeExpressionsAfterwards();
closeSystemsAfterwards();

const FILE = fileText(
  `secrets: { id: {} }
auth: { scheme: oauth2, grant: authorization_code, client_id: id, token_url: "{{ settings.base_url }}/token", authorize_url: "{{ settings.base_url }}/authorize" }
concurrency: 20
objects: { contact: { list: { request: GET /contacts } } }`,
);

async function processOf(database: Database, key = KEY) {
  const tokens = openTokens(database, () => key);
  const watched = await open(FILE, server.origin, { tokens, secrets: { id: "client-1" } });
  return { ...watched, tokens, list: () => readAll(watched.system.object("contact", []).list()) };
}

const stored = (access: string, refresh: string): string =>
  JSON.stringify({ access, until: Date.parse("2026-06-01T00:50:00Z"), refresh, refreshUntil: null, seed: null });

const ROWS = statement<{ text: string }>("test.tokens", "select t::text as text from syncline.tokens t");

describe("a rotating refresh token", () => {
  test("two processes with ten calls each that meet a 401 refresh it once, and nobody uses the old one again", async () => {
    const first = await processOf(test1.database);
    const second = await processOf(other);
    const { access, refresh } = server.grant();
    await first.tokens.put("remote", stored(access, refresh));
    server.revokeAccess();

    const read = await Promise.all([first, second].flatMap((each) => Array.from({ length: 10 }, () => each.list())));

    expect(read.map(({ failure }) => failure)).toEqual(Array.from({ length: 20 }, () => null));
    expect(server.requests).toHaveLength(1);
    expect(server.reuses).toBe(0);
  });

  test("round after round, each refresh uses the successor of the one before, whichever process asks", async () => {
    const processes = [await processOf(test1.database), await processOf(other)];
    const { access, refresh } = server.grant();
    await processes[0]?.tokens.put("remote", stored(access, refresh));

    for (let round = 0; round < 5; round += 1) {
      server.revokeAccess();
      const read = await Promise.all(processes.flatMap((each) => [each.list(), each.list()]));
      expect(read.map(({ failure }) => failure)).toEqual([null, null, null, null]);
    }

    expect(server.requests).toHaveLength(5);
    expect(new Set(server.requests.map((request) => request["refresh_token"])).size).toBe(5);
    expect(server.reuses).toBe(0);
  });

  test("a process that ends while it refreshes waits for the answer and stores it", async () => {
    const first = await processOf(test1.database);
    const { access, refresh } = server.grant();
    await first.tokens.put("remote", stored(access, refresh));
    server.revokeAccess();

    const reading = first.list();
    while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await first.system.close();
    await reading;

    expect((await (await processOf(other)).list()).failure).toBeNull();
    expect(server.reuses).toBe(0);
  });
});

describe("tokens at rest", () => {
  test("no token, nor what it is encoded as, is in the table", async () => {
    const { tokens } = await processOf(test1.database);
    await tokens.put("remote", stored("canary-access", "canary-refresh"));

    const text = (await test1.database.rows(ROWS, [])).map((row) => row.text).join("\n");

    expect(text).toContain("remote");
    for (const form of ["utf8", "base64", "hex", "base64url"] as const)
      expect(text).not.toContain(Buffer.from("canary").toString(form).replace(/=+$/, ""));
    expect(await tokens.read("remote")).toContain("canary-refresh");
  });

  test("the same tokens are sealed differently each time, and one system's cannot be read as another's", async () => {
    const { tokens } = await processOf(test1.database);
    await tokens.put("a", "same");
    await tokens.put("b", "same");
    const sealed = statement<{ sealed: string }>("test.sealed", "select sealed from syncline.tokens where system = $1");
    const [a] = await test1.database.rows(sealed, ["a"]);
    const [b] = await test1.database.rows(sealed, ["b"]);

    expect(a?.sealed).not.toBe(b?.sealed);
    const swap = statement("test.swap", "update syncline.tokens set sealed = $1 where system = 'b'");
    await test1.database.rows(swap, [a?.sealed ?? ""]);
    await expect(tokens.read("b")).rejects.toThrow(VaultRefusal);
    await expect(tokens.read("b")).rejects.toThrow("syncline connect b");
  });

  test("another key is told by name, nothing is asked of the server, and connecting anew mends it", async () => {
    const first = await processOf(test1.database);
    await first.tokens.put("remote", stored("x", "y"));
    const second = await processOf(other, randomBytes(32));

    const { failure } = await second.list();

    expect(failureOf({ ok: false, failure: failure ?? { kind: "gone", message: "" } })).toMatchObject({
      kind: "auth",
      message: expect.stringMatching(
        /sealed with the key \w{8}, and this is the key \w{8}.*SYNCLINE_KEY.*syncline connect remote/,
      ),
    });
    expect(server.requests).toEqual([]);
    await second.tokens.put("remote", stored("new", "new"));
    expect(await second.tokens.read("remote")).toContain("new");
  });

  test("what fails inside a change leaves the tokens as they were", async () => {
    const { tokens } = await processOf(test1.database);
    await tokens.put("remote", "before");

    await expect(tokens.change("remote", () => Promise.reject(new Error("died")))).rejects.toThrow("died");

    expect(await tokens.read("remote")).toBe("before");
  });
});

describe("the key", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "syncline-key-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  test("a file that only its owner reads is made once, when a token is first sealed", () => {
    const dataDir = join(folder, "data");
    const first = tokenKey({ key: null, dataDir });
    expect(statSync(dataDir, { throwIfNoEntry: false })).toBeUndefined();

    const made = first();

    expect(made).toHaveLength(32);
    expect(statSync(join(dataDir, "token.key")).mode & 0o777).toBe(0o600);
    expect(tokenKey({ key: null, dataDir })()).toEqual(made);
    expect(readFileSync(join(dataDir, "token.key"), "utf8").trim()).toBe(made.toString("hex"));
  });

  test("a key of the environment goes before the file, and none is made", () => {
    const key = randomBytes(32);

    expect(tokenKey({ key: new Secret(key.toString("hex")), dataDir: folder })()).toEqual(key);
    expect(readTokenKey(key.toString("base64"))).toEqual(key);
    expect(statSync(join(folder, "token.key"), { throwIfNoEntry: false })).toBeUndefined();
  });

  test("a file that others can read, or that holds something else, is refused with what to do", () => {
    const file = join(folder, "token.key");
    writeFileSync(file, "short");
    chmodSync(file, 0o644);
    expect(() => tokenKey({ key: null, dataDir: folder })()).toThrow(`chmod 600 ${file}`);
    chmodSync(file, 0o600);
    expect(() => tokenKey({ key: null, dataDir: folder })()).toThrow("does not hold a key of 32 bytes");
  });

  test.each(["", "short", "x".repeat(64), "0".repeat(63)])('"%s" is no key', (text) => {
    expect(readTokenKey(text)).toBeNull();
  });
});
