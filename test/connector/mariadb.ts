// A MariaDB of a test file's own, where one is installed: started on a temporary folder, stopped and removed at the end.
//
//   const mariadb = await startMariadb();   null: there is none on this machine

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { createConnection, type Connection } from "mysql2/promise";

export interface TestMariadb {
  readonly port: number;
  /** As its owner, without a database. */
  connect(): Promise<Connection>;
  stop(): Promise<void>;
}

function onPath(name: string): string | null {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/** Why these tests cannot run; null: they can. */
export const withoutMariadb: string | null =
  onPath("mariadbd") === null || onPath("mariadb-install-db") === null
    ? "no mariadbd on the PATH: install mariadb-server to run these"
    : null;

export async function startMariadb(): Promise<TestMariadb> {
  const [server, install] = [onPath("mariadbd"), onPath("mariadb-install-db")];
  if (server === null || install === null) throw new Error(withoutMariadb ?? "");
  const folder = mkdtempSync(join(tmpdir(), "syncline-mariadb-"));
  const user = process.getuid?.() === 0 ? ["--user=root"] : [];
  const data = join(folder, "data");
  const made = spawnSync(
    install,
    ["--no-defaults", ...user, `--datadir=${data}`, "--auth-root-authentication-method=normal", "--skip-test-db"],
    { encoding: "utf8" },
  );
  if (made.status !== 0) throw new Error(`mariadb-install-db: ${made.stdout}${made.stderr}`);
  const port = await freePort();
  const socket = join(folder, "s");
  const child = spawn(
    server,
    [
      "--no-defaults",
      ...user,
      `--datadir=${data}`,
      `--socket=${socket}`,
      "--bind-address=127.0.0.1",
      `--port=${String(port)}`,
      "--innodb-flush-log-at-trx-commit=0",
      "--skip-log-bin",
    ],
    { stdio: "ignore" },
  );
  const connect = () =>
    createConnection({ socketPath: socket, user: "root", timezone: "Z", dateStrings: true, multipleStatements: true });
  await untilReady(child, connect);
  return {
    port,
    connect,
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function untilReady(child: ChildProcess, connect: () => Promise<Connection>): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`mariadbd ended with ${String(child.exitCode)}`);
    try {
      const client = await connect();
      await client.end();
      return;
    } catch {
      await wait(100);
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => {
        resolve(port);
      });
    });
  });
}
