// The life of the embedded server, with real processes and real kills. Every test has a data folder of its own.

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import pg from "pg";
import type { ServerConnection } from "../../src/store/database.ts";
import { startEmbedded, type Embedded } from "../../src/store/embedded.ts";
import { findBinaries, program, usableBinaries } from "../../src/store/embedded-binaries.ts";
import { isAlive } from "../../src/store/embedded-postmaster.ts";
import { StateError } from "../../src/store/state-error.ts";
import { quiet } from "./server.ts";

const NOBODY = { uid: 65534, gid: 65534 };
const isRoot = process.getuid?.() === 0;
const asRoot = isRoot ? test : test.skip;

let folder = "";
let dataDir = "";
const started: Embedded[] = [];
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "syncline-embedded-"));
  chmodSync(folder, 0o755);
  dataDir = join(folder, "state");
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  // A server whose users were killed is taken over once more, to be stopped.
  const orphan = existsSync(dataDir) && serverPid(dataDir) !== null ? [await start().catch(() => null)] : [];
  for (const embedded of [...started.splice(0), ...orphan]) await embedded?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function start(more: Partial<Parameters<typeof startEmbedded>[0]> = {}): Promise<Embedded> {
  const embedded = await startEmbedded({ dataDir, log: quiet, ...more });
  started.push(embedded);
  return embedded;
}

/** Process number of the living server of a folder. */
function serverPid(at: string): number | null {
  const path = join(at, "postgres", "postmaster.pid");
  if (!existsSync(path)) return null;
  const pid = Number(readFileSync(path, "utf8").split("\n")[0]);
  return isAlive(pid) ? pid : null;
}

async function query(connection: ServerConnection, sql: string): Promise<readonly Record<string, unknown>[]> {
  const { password, ...address } = connection;
  const client = new pg.Client({ ...address, ...(password === null ? {} : { password }), ssl: false });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Tries again until it does not throw. */
async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries > 300) throw error;
      await sleep(50);
    }
  }
}

interface Child {
  readonly process: ChildProcess;
  readonly adopted: boolean;
  readonly connection: ServerConnection;
  /** Ends its input and waits for its end. */
  leave(): Promise<void>;
}

/** Another process that uses the same folder. */
async function startChild(options: { readonly uid?: number; readonly gid?: number } = {}): Promise<Child> {
  const script = fileURLToPath(new URL("./embedded-child.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", script, dataDir], {
    ...options,
    env: { PATH: process.env["PATH"] ?? "", PGPORT: "1", PGHOST: "nowhere.invalid", PGOPTIONS: "-c nonsense=1" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  children.push(child);
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const ready = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      const found = /^ready (.*)$/m.exec(said);
      if (found?.[1] !== undefined) resolve(found[1]);
    });
    child.on("exit", (code) => reject(new Error(`the child ended with ${String(code)}: ${said}`)));
  });
  const facts = JSON.parse(ready) as { adopted: boolean; connection: ServerConnection };
  return {
    process: child,
    ...facts,
    async leave() {
      child.stdin.end();
      await exited(child);
      if (!said.includes("stopped")) throw new Error(`the child did not stop cleanly: ${said}`);
    },
  };
}

function exited(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.on("exit", () => resolve());
  });
}

async function killHard(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await exited(child);
}

test("the first to come starts the server, the last to leave stops it, and what was stored stays", async () => {
  const first = await start();
  await query(first.connection, "create table kept as select 42 as answer");
  const second = await start();
  const pid = serverPid(dataDir);
  expect([first.adopted, second.adopted]).toEqual([false, true]);

  await first.stop();
  expect(await query(second.connection, "select answer from kept")).toEqual([{ answer: 42 }]);
  await second.stop();

  expect(pid).not.toBeNull();
  expect(isAlive(pid ?? 0)).toBe(false);
  const again = await start();
  expect(again.adopted).toBe(false);
  expect(await query(again.connection, "select answer from kept")).toEqual([{ answer: 42 }]);
});

test("several who start at once on an empty folder share one server", async () => {
  const all = await Promise.all([start(), start(), start()]);

  expect(all.filter((embedded) => !embedded.adopted)).toHaveLength(1);
  const starts = await Promise.all(
    all.map(({ connection }) => query(connection, "select pg_postmaster_start_time()::text as at")),
  );
  expect(new Set(starts.map(([row]) => row?.["at"])).size).toBe(1);
  expect(readdirSync(dataDir).filter((name) => name.includes("new"))).toEqual([]);
});

test("one who comes while the last is leaving gets a server", async () => {
  const first = await start();

  const [, second] = await Promise.all([first.stop(), start()]);

  expect(await query(second.connection, "select 1 as one")).toEqual([{ one: 1 }]);
});

test("another process shares the server, and variables meant for psql do not lead it astray", async () => {
  const mine = await start();

  const other = await startChild();
  expect(other.adopted).toBe(true);
  await other.leave();

  expect(await query(mine.connection, "select 1 as one")).toEqual([{ one: 1 }]);
});

test("a server whose starter was killed is taken over, and stopped in the end", async () => {
  const child = await startChild();
  await query(child.connection, "create table kept as select 42 as answer");
  const pid = serverPid(dataDir);
  await killHard(child.process);

  const mine = await start();

  expect([child.adopted, mine.adopted]).toEqual([false, true]);
  expect(serverPid(dataDir)).toBe(pid);
  expect(await query(mine.connection, "select answer from kept")).toEqual([{ answer: 42 }]);
  await mine.stop();
  expect(isAlive(pid ?? 0)).toBe(false);
});

test("a server that was killed together with its starter is started again, with all that was acknowledged", async () => {
  const child = await startChild();
  await query(child.connection, "create table kept as select n from generate_series(1, 1000) n");
  const pid = serverPid(dataDir);
  child.process.kill("SIGSTOP");
  process.kill(pid ?? 0, "SIGKILL");
  await killHard(child.process);

  const mine = await start();

  expect(mine.adopted).toBe(false);
  expect(serverPid(dataDir)).not.toBe(pid);
  expect(await query(mine.connection, "select count(*)::int as n from kept")).toEqual([{ n: 1000 }]);
});

test("a server that is killed under its users runs again without them doing anything", async () => {
  const mine = await start();
  const other = await startChild();
  await query(mine.connection, "create table kept as select 42 as answer");
  const pid = serverPid(dataDir);

  process.kill(pid ?? 0, "SIGKILL");

  const rows = await eventually(() => query(mine.connection, "select answer from kept"));
  expect(rows).toEqual([{ answer: 42 }]);
  expect(serverPid(dataDir)).not.toBe(pid);
  await eventually(async () => {
    const [row] = await query(
      mine.connection,
      "select count(*)::int as n from pg_stat_activity where application_name = 'syncline presence'",
    );
    expect(row).toEqual({ n: 2 });
  });
  await other.leave();
  expect(await query(mine.connection, "select answer from kept")).toEqual([{ answer: 42 }]);
});

test("a lock file that names some other process keeps nobody out", async () => {
  const first = await start();
  await first.stop();
  // As after a restart of a container: the old number belongs to another program now.
  writeFileSync(
    join(dataDir, "postgres", "postmaster.pid"),
    `${String(process.pid)}\n${join(dataDir, "postgres")}\n1\n5432\n${first.connection.host}\n\n1 1\nready\n`,
  );
  writeFileSync(join(first.connection.host, ".s.PGSQL.5432.lock"), `${String(process.pid)}\n`);

  const second = await start();

  expect(second.adopted).toBe(false);
  expect(await query(second.connection, "select 1 as one")).toEqual([{ one: 1 }]);
});

test("without Unix sockets it listens on a loopback port, and asks for a password", async () => {
  const first = await start({ transport: "loopback" });
  const second = await start({ transport: "loopback" });

  expect(first.connection.host).toBe("127.0.0.1");
  expect(second).toMatchObject({ adopted: true, connection: first.connection });
  expect(await query(second.connection, "select 1 as one")).toEqual([{ one: 1 }]);
  await expect(query({ ...first.connection, password: "guess" }, "select 1")).rejects.toThrow(/password/);
});

test("a folder too deep for a socket has it in the temporary folder, for its owner alone", async () => {
  dataDir = join(folder, "d".repeat(60), "e".repeat(60));

  const first = await start();
  const second = await start();

  expect(first.connection.host.startsWith(tmpdir())).toBe(true);
  expect(statSync(first.connection.host).mode & 0o777).toBe(0o700);
  expect(second.adopted).toBe(true);
  await Promise.all([first.stop(), second.stop()]);
  rmSync(first.connection.host, { recursive: true });
});

test("only the server's account may enter the cluster and the socket's folder", async () => {
  const { connection } = await start();

  for (const path of [join(dataDir, "postgres"), connection.host]) expect(statSync(path).mode & 0o077).toBe(0);
});

asRoot("root hands the server to an ordinary account, and an ordinary user runs it himself", async () => {
  const root = await start();
  expect(statSync(join(dataDir, "postgres")).uid).toBe(NOBODY.uid);
  await root.stop();

  dataDir = join(folder, "own");
  mkdirSync(dataDir);
  chownSync(dataDir, NOBODY.uid, NOBODY.gid);
  const ordinary = await startChild(NOBODY);
  expect(ordinary.adopted).toBe(false);
  const shared = await start();
  expect(shared.adopted).toBe(true);
  await shared.stop();
  await ordinary.leave();
  expect(serverPid(dataDir)).toBeNull();
});

asRoot("an ordinary user is told when the state is somebody else's", async () => {
  const root = await start();
  await root.stop();

  await expect(startChild(NOBODY)).rejects.toThrow(/E_DATABASE|StateError/);
});

asRoot(
  "below a folder that the server's account cannot enter the state is kept elsewhere, and found again",
  async () => {
    chmodSync(folder, 0o700);
    const warnings: unknown[] = [];
    const log = { ...quiet, warn: (message: string, facts: unknown) => warnings.push([message, facts]) };

    const first = await start({ log });
    await query(first.connection, "create table kept as select 42 as answer");
    await first.stop();
    const place = readFileSync(join(dataDir, "postgres-location"), "utf8").trim();
    try {
      expect(warnings).toEqual([[expect.stringContaining("outside of data_dir"), { dataDir, folder: place }]]);
      expect(place.startsWith("/var/")).toBe(true);
      const second = await start();
      expect(await query(second.connection, "select answer from kept")).toEqual([{ answer: 42 }]);
      await second.stop();
    } finally {
      rmSync(place, { recursive: true, force: true });
    }

    await expect(start()).rejects.toThrow(/restore that folder/);
  },
);

asRoot("binaries that the server's account cannot reach, or whose links are missing, are made to work", () => {
  const found = findBinaries();
  const hidden = join(folder, "hidden");
  mkdirSync(hidden, { mode: 0o700 });
  cpSync(found.native, join(hidden, "native"), { recursive: true, verbatimSymlinks: true });
  const library = join(hidden, "native", "lib");
  for (const name of readdirSync(library)) {
    if (lstatSync(join(library, name)).isSymbolicLink()) rmSync(join(library, name));
  }
  const runs = (native: string, environment: Readonly<Record<string, string>>) =>
    spawnSync(program({ ...found, native }, "initdb"), ["--version"], {
      ...NOBODY,
      cwd: "/",
      env: { ...environment },
      encoding: "utf8",
    }).status;
  expect(runs(join(hidden, "native"), {})).toBeNull();

  const usable = usableBinaries({ ...found, native: join(hidden, "native") }, folder, NOBODY);

  expect(usable.native.startsWith(hidden)).toBe(false);
  expect(runs(usable.native, {})).toBe(127);
  expect(runs(usable.native, usable.environment)).toBe(0);
});

test("a data_dir that is a file, and a state of another Postgres, are refused with what to do", async () => {
  writeFileSync(dataDir, "");
  await expect(start()).rejects.toThrow(StateError);
  await expect(start()).rejects.toMatchObject({ code: "E_DATABASE", hint: expect.stringContaining("data_dir") });
  rmSync(dataDir);

  mkdirSync(join(dataDir, "postgres"), { recursive: true });
  writeFileSync(join(dataDir, "postgres", "PG_VERSION"), "9\n");
  await expect(start()).rejects.toThrow(/written by Postgres 9/);
});

test("a server that cannot start says why", async () => {
  const first = await start();
  await first.stop();

  await expect(start({ settings: { shared_buffers: "nonsense" } })).rejects.toThrow(/shared_buffers.*postgres\.log/);
});
