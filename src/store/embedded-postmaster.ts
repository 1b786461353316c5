// The server process of a cluster, known by its postmaster.pid: whether it runs, where it listens, how it is started.
// postmaster.pid is Postgres's own guard against two servers on one cluster; we never delete it. It also leads to the
// shared memory of a server that was killed, whose last sessions may still write.

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync, readlinkSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { program, type Binaries } from "./embedded-binaries.ts";
import type { Place } from "./embedded-place.ts";
import { errorCode } from "./state-error.ts";

export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** Null: it listens on the loopback address alone. */
  readonly socketFolder: string | null;
}

/** The server that postmaster.pid names, if it lives. @throws when the file may not be read. */
export function runningPostmaster(cluster: string): Postmaster | null {
  let text: string;
  try {
    text = readFileSync(join(cluster, "postmaster.pid"), "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return null;
    throw error;
  }
  const [pid = "", , , port = "", socketFolder = ""] = text.split("\n");
  const found = { pid: Number(pid), port: Number(port), socketFolder: socketFolder === "" ? null : socketFolder };
  return isPostmaster(found.pid, cluster) ? found : null;
}

/** Whether the process lives; one that nobody has reaped does not. */
export function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errorCode(error) !== "EPERM") return false;
  }
  return processState(pid) !== "Z";
}

/** Alive, and not another process that got the number of a dead postmaster: in containers numbers return at once. */
function isPostmaster(pid: number, cluster: string): boolean {
  if (!isAlive(pid)) return false;
  try {
    // A postmaster works in the folder of its cluster.
    return statSync(readlinkSync(`/proc/${String(pid)}/cwd`)).ino === statSync(cluster).ino;
  } catch {
    return mayBePostgres(pid);
  }
}

/** Where there is no /proc, or it is not ours to read. Believes the file when nothing better is known. */
function mayBePostgres(pid: number): boolean {
  if (process.platform !== "darwin") return true;
  const { status, stdout } = spawnSync("/bin/ps", ["-o", "comm=", "-p", String(pid)], { encoding: "utf8" });
  return status !== 0 || stdout.includes("postgres");
}

/** Letter of the process's state; null where there is no /proc. */
function processState(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${String(pid)}/stat`, "utf8");
    return text.charAt(text.lastIndexOf(")") + 2);
  } catch {
    return null;
  }
}

/** Beyond the highest number of any system, so surely dead. */
const NO_PROCESS = "999999999";

/**
 * Postgres takes any living process, even an unreaped one, for a rival. Where we know better the number in its lock files
 * is replaced, so that its other check (shared memory in use?) still happens.
 */
function disarmStaleLocks(cluster: string, socketFolder: string | null): void {
  for (const path of [
    join(cluster, "postmaster.pid"),
    ...(socketFolder === null ? [] : [join(socketFolder, ".s.PGSQL.5432.lock")]),
  ]) {
    try {
      const [pid = "", ...rest] = readFileSync(path, "utf8").split("\n");
      if (existsButIsNoPostmaster(Number(pid), cluster)) writeFileSync(path, [NO_PROCESS, ...rest].join("\n"));
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
    }
  }
}

function existsButIsNoPostmaster(pid: number, cluster: string): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0 || isPostmaster(pid, cluster)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
}

export interface Launch {
  readonly binaries: Binaries;
  readonly place: Place;
  /** Null: the loopback address is used. */
  readonly socketFolder: string | null;
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
}

// A small server: the state is read by page and written by set. Parallel workers would need shared memory that containers
// lack (64 MB), and two cores gain nothing by them.
const SETTINGS = {
  shared_buffers: "64MB",
  work_mem: "16MB",
  maintenance_work_mem: "64MB",
  max_connections: "60",
  max_parallel_workers_per_gather: "0",
  max_parallel_maintenance_workers: "0",
  max_wal_size: "512MB",
  max_logical_replication_workers: "0",
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
  log_checkpoints: "off",
  log_line_prefix: "%m [%p] ",
  unix_socket_permissions: "0700",
};

/** Starts the server as a process of its own: a Ctrl-C meant for us does not reach it, and it outlives our crash. */
export function launch({ binaries, place, socketFolder, port, settings }: Launch): ChildProcess {
  disarmStaleLocks(place.cluster, socketFolder);
  keepLogSmall(place.log);
  const options = {
    ...SETTINGS,
    listen_addresses: socketFolder === null ? "127.0.0.1" : "",
    unix_socket_directories: socketFolder ?? "",
    port: String(port),
    ...settings,
  };
  const log = openSync(place.log, "a", 0o600);
  try {
    return spawn(
      program(binaries, "postgres"),
      ["-D", place.cluster, ...Object.entries(options).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
      {
        ...place.account,
        env: environment(binaries),
        cwd: place.cluster,
        detached: true,
        windowsHide: true,
        stdio: ["ignore", log, log],
      },
    );
  } finally {
    closeSync(log);
  }
}

/** No variable of ours reaches the server: PGPORT and the like would change what it does. */
export function environment(binaries: Binaries): Record<string, string> {
  const windows = process.platform === "win32" ? { SystemRoot: process.env["SystemRoot"] ?? "C:\\Windows" } : {};
  return { LC_ALL: "C", PATH: "/usr/local/bin:/usr/bin:/bin", ...windows, ...binaries.environment };
}

/** The server says little; after years even that is much. */
const LOG_BYTES_MAX = 4_000_000;

function keepLogSmall(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found !== undefined && found.size > LOG_BYTES_MAX) {
    rmSync(`${path}.old`, { force: true });
    renameSync(path, `${path}.old`);
  }
}
