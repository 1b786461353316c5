// Files over SFTP, against OpenSSH: the connector contract, and what only a network has. Skipped, with a line that says so,
// where sshd is not installed.

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, connect, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { connectorContract, type ConnectorWorld } from "../contract/connector-suite.ts";
import { failureOf, id, readAll, valueOf } from "./opened.ts";
import { compileFiles, makeDrop, openFiles, type Drop, type FaultSwitch } from "./files-world.ts";
import { hasSshd, startSftpServer, type SftpServer } from "./sftp-server.ts";

if (!hasSshd) process.stderr.write("files over SFTP: not tried, there is no sshd here (Debian: openssh-server)\n");
const suite = hasSshd ? describe : describe.skip;

const FILE = (more = ""): string => `
connector: drop
protocol: files
settings: { folder: { required: true }, user: {}, host_key: {} }
secrets: { private_key: { required: true } }
base_url: "{{ settings.folder }}"
objects:
  contact:
    at: .
    glob: contacts.jsonl
    format: { jsonl: {} }
    natural_keys: [email]
    fields: { name: {}, email: {} }
    ${more}
`;

interface Row {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

suite("over SFTP", () => {
  let server: SftpServer;
  beforeAll(async () => {
    server = await startSftpServer();
  });
  afterAll(() => server.stop());

  const account = (drop: Drop, port = server.port) => ({
    settings: { folder: `sftp://127.0.0.1:${String(port)}${drop.path}`, user: server.user, host_key: server.hostKey },
    secrets: { private_key: server.privateKey },
  });

  const rowsOf = (drop: Drop): readonly Row[] => {
    const path = join(drop.path, "contacts.jsonl");
    if (!existsSync(path)) return [];
    return readFileSync(path, "utf8")
      .split("\n")
      .flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Row]));
  };
  const put = (drop: Drop, rows: readonly Row[]): void => {
    writeFileSync(join(drop.path, "contacts.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  };

  connectorContract("files over SFTP", async (): Promise<ConnectorWorld> => {
    const drop = await makeDrop();
    const faults: FaultSwitch = { next: null };
    const { system } = await openFiles(FILE(), { ...account(drop), faults });
    let last = 0;
    return {
      system,
      add(contact) {
        last += 1;
        put(drop, [...rowsOf(drop), { id: String(last), ...contact }]);
        return id(String(last));
      },
      edit(one, change) {
        put(
          drop,
          rowsOf(drop).map((row) => (row.id === one ? { ...row, ...change } : row)),
        );
      },
      remove(one) {
        put(
          drop,
          rowsOf(drop).filter((row) => row.id !== one),
        );
      },
      stored: () => rowsOf(drop).map(({ id: own, name, email }) => ({ id: own, name, email })),
      failNextWrite(fault) {
        faults.next = fault;
      },
      async close() {
        await system.close();
        rmSync(drop.path, { recursive: true });
      },
    };
  });

  test("a function of the file lists, reads and writes there as in a folder here", async () => {
    const drop = await makeDrop();
    writeFileSync(join(drop.path, "last.txt"), "41");
    const coded = FILE('create: { code: "./test/connector/fixtures/code/drop.js#numbered" }');
    const { system } = await openFiles(coded, account(drop));

    const [made] = await system.object("contact", []).create([{ key: "k", record: { name: "Ada" } }]);

    expect(valueOf(made).id).toBe("42");
    expect(readdirSync(join(drop.path, "out"))).toEqual(["order-42.json"]);
    expect(readFileSync(join(drop.path, "last.txt"), "utf8")).toBe("42");
    await system.close();
    await drop.remove();
  });

  test("a server with another key than host_key is refused before anything is sent to it", async () => {
    const drop = await makeDrop();
    put(drop, [{ id: "1", name: "Ada", email: "ada@example.com" }]);
    const own = account(drop);
    const { system } = await openFiles(FILE(), {
      ...own,
      settings: { ...own.settings, host_key: `SHA256:${"A".repeat(43)}` },
    });

    const { failure, records } = await readAll(system.object("contact", []).list());

    expect(failure).toMatchObject({ kind: "unreachable", code: "E_HOST_KEY" });
    expect(records).toEqual([]);
    await system.close();
    await drop.remove();
  });

  test("without host_key a warning names the key to put there", async () => {
    const drop = await makeDrop();
    const { folder, user } = account(drop).settings;
    const { system, logged } = await openFiles(FILE(), { settings: { folder, user }, secrets: account(drop).secrets });

    expect(await system.probe()).toEqual({ ok: true, value: null });

    expect(logged.join()).toContain(server.hostKey);
    await system.close();
    await drop.remove();
  });

  test("a key that the server does not know is auth; a private address needs allow_private; nobody there is unreachable", async () => {
    const drop = await makeDrop();
    const stranger = await startSftpServer();
    const opened = async (more: object) => {
      const { system } = await openFiles(FILE(), { ...account(drop), ...more });
      const found = failureOf(await system.probe());
      await system.close();
      return found;
    };

    expect(await opened({ secrets: { private_key: stranger.privateKey } })).toMatchObject({ kind: "auth" });
    expect(await opened({ allowPrivate: false })).toMatchObject({ kind: "unreachable", code: "E_SSRF_BLOCKED" });
    await stranger.stop();
    expect(await opened(account(drop, stranger.port))).toMatchObject({ kind: "unreachable", code: "ECONNREFUSED" });
    await drop.remove();
  });

  test("a folder that is not there is no empty one", async () => {
    const drop = await makeDrop();
    const own = account(drop);
    const { system } = await openFiles(FILE(), {
      ...own,
      settings: { ...own.settings, folder: `${own.settings.folder}/nowhere` },
    });

    const { failure } = await readAll(system.object("contact", []).list());

    expect(failure).toMatchObject({ kind: "unreachable", code: "E_FILE_MISSING" });
    await system.close();
    await drop.remove();
  });

  test("a connection that breaks off while a file is written leaves the old file, and the next write succeeds", async () => {
    const drop = await makeDrop();
    put(drop, [{ id: "1", name: "Ada", email: "ada@example.com" }]);
    const relay = await startRelay(server.port);
    const { system } = await openFiles(FILE(), account(drop, relay.port));
    const contact = system.object("contact", []);
    valueOf((await contact.get([id("1")]))[0]);
    relay.cutAfter("up", 60_000);
    const big = { key: "k", record: { name: "N".repeat(300_000), email: "big@example.com" } };

    const [first] = await contact.create([big]);

    expect(failureOf(first).kind).toBe("unreachable");
    expect(rowsOf(drop)).toHaveLength(1);
    const [second] = await contact.create([big]);
    expect(valueOf(second).id).toBe(rowsOf(drop)[1]?.id);
    expect(readdirSync(drop.path)).toEqual(["contacts.jsonl"]);
    await system.close();
    await relay.close();
    await drop.remove();
  });

  test("files of several chunks are read whole, also with a password-free key and a byte order mark", async () => {
    const drop = await makeDrop();
    const rows = Array.from({ length: 5000 }, (_, index) => ({
      id: String(index),
      name: "é".repeat(50),
      email: `${String(index)}@example.com`,
    }));
    await drop.put("contacts.jsonl", `\ufeff${rows.map((row) => `${JSON.stringify(row)}\n`).join("")}`);
    const { system } = await openFiles(FILE(), account(drop));

    const { records, failure } = await readAll(system.object("contact", []).list());

    expect(failure).toBeNull();
    expect(records.map((record) => record.fields.name)).toEqual(rows.map((row) => row.name));
    await system.close();
    await drop.remove();
  });
});

test("an SFTP address with a password in it, or without a secret to log in with, is a problem of the file", () => {
  const codes = (text: string): readonly string[] => compileFiles(text).problems.map((found) => found.code);
  const file = (at: string, secrets: string): string =>
    `connector: d\nprotocol: files\n${secrets}\nobjects: { contact: { at: "${at}", format: { csv: {} } } }\n`;

  expect(codes(file("sftp://u:p@example.com/x", "secrets: { password: {} }"))).toEqual(["E_URL"]);
  expect(codes(file("sftp://example.com/x", ""))).toEqual(["E_MISSING"]);
  expect(codes(file("ftp://example.com/x", ""))).toEqual(["E_URL"]);
  expect(codes(file("sftp://example.com/x", "secrets: { password: {} }"))).toEqual([]);
});

interface Relay {
  readonly port: number;
  /** Breaks every connection once so many more bytes have gone up. */
  cutAfter(direction: "up", bytes: number): void;
  close(): Promise<void>;
}

function startRelay(port: number): Promise<Relay> {
  let left = Number.POSITIVE_INFINITY;
  const sockets = new Set<Socket>();
  const server: Server = createServer((down) => {
    const up = connect(port, "127.0.0.1");
    for (const socket of [down, up]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        down.destroy();
        up.destroy();
      });
    }
    down.on("data", (bytes: Buffer) => {
      left -= bytes.length;
      if (left < 0) {
        left = Number.POSITIVE_INFINITY;
        for (const socket of sockets) socket.destroy();
      } else up.write(bytes);
    });
    up.pipe(down);
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve({
        port: typeof address === "object" && address !== null ? address.port : 0,
        cutAfter(_, bytes) {
          left = bytes;
        },
        close: () =>
          new Promise((done) => {
            for (const socket of sockets) socket.destroy();
            server.close(() => {
              done();
            });
          }),
      });
    });
  });
}
