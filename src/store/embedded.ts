// The Postgres that needs no setup: started when the first process needs it, shared by every process of the same data_dir
// (the daemon, commands beside it), stopped by the last to leave. A server that survived the crash of its starter is
// taken over; one that was killed is started again, also under a running daemon.
//
//   postmaster.pid names      what happens
//   a living server           enter; if it is just stopping, wait and look again
//   nothing, or a dead one    start; if another process is quicker, enter that one

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { spawn, type ChildProcess } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../engine/ports/world.ts";
import type { ServerConnection } from "./database.ts";
import { findBinaries, program, usableBinaries, type Binaries } from "./embedded-binaries.ts";
import { ensureCluster, USER } from "./embedded-cluster.ts";
import { placeFailure, preparePlace, socketFolder, type Place } from "./embedded-place.ts";
import { environment, isAlive, launch, runningPostmaster, type Postmaster } from "./embedded-postmaster.ts";
import { enter, type Presence } from "./embedded-presence.ts";
import { StateError } from "./state-error.ts";

export interface Embedded {
  readonly connection: ServerConnection;
  /** It was running already. */
  readonly adopted: boolean;
  /** Leaves; the last one to leave stops the server and waits for its end. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  readonly dataDir: string;
  readonly log: Log;
  /** Server settings beside ours. */
  readonly settings?: Readonly<Record<string, string>>;
  /** A Unix socket, unless the system has none (Windows): the loopback address with a generated password. */
  readonly transport?: "socket" | "loopback";
}

interface Cluster {
  readonly place: Place;
  readonly binaries: Binaries;
  readonly socket: string | null;
  readonly password: string | null;
  readonly settings: Readonly<Record<string, string>>;
  readonly log: Log;
}

interface Joined {
  readonly presence: Presence;
  readonly postmaster: Postmaster;
  readonly connection: ServerConnection;
  readonly adopted: boolean;
}

// Too small: a server that replays a long journal after a crash is given up; too large: a broken one is waited for long.
const JOIN_TIMEOUT_MS = 180_000;
const STOP_TIMEOUT_MS = 60_000;

/** @throws StateError with what to do. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  try {
    const cluster = await prepare(options);
    return supervise(cluster, await joinServer(cluster, null));
  } catch (error) {
    throw placeFailure(error, options.dataDir);
  }
}

async function prepare({ dataDir, log, settings, transport }: EmbeddedOptions): Promise<Cluster> {
  const found = findBinaries();
  const place = preparePlace(dataDir, log);
  const loopback = (transport ?? (process.platform === "win32" ? "loopback" : "socket")) === "loopback";
  const password = loopback ? loopbackPassword(place) : null;
  const binaries = usableBinaries(found, place.folder, place.account);
  await ensureCluster(binaries, place, password);
  return { place, binaries, socket: loopback ? null : socketFolder(place), password, settings: settings ?? {}, log };
}

/** On a loopback port anybody on the machine could try, so there is a password, kept beside the cluster. */
function loopbackPassword(place: Place): string {
  const path = join(place.folder, "postgres-password");
  if (!existsSync(path)) {
    try {
      writeFileSync(path, randomBytes(24).toString("base64url"), { mode: 0o600, flag: "wx" });
    } catch {
      // Another process was quicker; what counts is what the file holds.
    }
  }
  return readFileSync(path, "utf8");
}

/** Keeps the server running for as long as we use it. */
function supervise(cluster: Cluster, first: Joined): Embedded {
  const { log } = cluster;
  let joined = first;
  const leaving = new AbortController();
  const watched = watch();

  async function watch(): Promise<void> {
    while (!leaving.signal.aborted) {
      const ended = new Promise<"left">((resolve) =>
        leaving.signal.addEventListener("abort", () => resolve("left"), { once: true }),
      );
      if ((await Promise.race([joined.presence.lost, ended])) === "left") return;
      log.warn("the embedded Postgres is gone; starting it again", { cluster: cluster.place.cluster });
      await rejoin();
    }
  }

  async function rejoin(): Promise<void> {
    for (let waitMs = 500; !leaving.signal.aborted; waitMs = Math.min(waitMs * 2, 30_000)) {
      try {
        joined = await joinServer(cluster, joined.connection.port);
        log.info("the embedded Postgres runs again", { adopted: joined.adopted });
        return;
      } catch (error) {
        log.error("the embedded Postgres cannot be started again", {
          error: error instanceof Error ? error.message : String(error),
        });
        await sleep(waitMs, undefined, { signal: leaving.signal, ref: false }).catch(() => undefined);
      }
    }
  }

  let stopped: Promise<void> | null = null;
  return {
    connection: first.connection,
    adopted: first.adopted,
    stop() {
      stopped ??= (async () => {
        leaving.abort();
        await watched;
        if (await joined.presence.leave()) await stopServer(cluster, joined.postmaster);
        await joined.presence.close();
      })();
      return stopped;
    },
  };
}

/** @param port To be used again if the server must be started; null: any. */
async function joinServer(cluster: Cluster, port: number | null): Promise<Joined> {
  const deadline = performance.now() + JOIN_TIMEOUT_MS;
  for (;;) {
    const postmaster = runningPostmaster(cluster.place.cluster);
    const joined =
      postmaster === null ? await start(cluster, port, deadline) : await enterServer(cluster, postmaster, true);
    if (joined !== null) return joined;
    if (performance.now() > deadline) throw unanswered(cluster);
    await sleep(50);
  }
}

async function enterServer(cluster: Cluster, postmaster: Postmaster, adopted: boolean): Promise<Joined | null> {
  const connection: ServerConnection = {
    host: postmaster.socketFolder ?? "127.0.0.1",
    port: postmaster.port,
    user: USER,
    database: "postgres",
    password: cluster.password,
  };
  const presence = await enter(connection);
  return presence === null ? null : { presence, postmaster, connection, adopted };
}

/** @returns null when another server has the cluster now, or is about to leave it: look again. */
async function start(cluster: Cluster, port: number | null, deadline: number): Promise<Joined | null> {
  const { place, binaries, socket, settings } = cluster;
  const logStart = statSync(place.log, { throwIfNoEntry: false })?.size ?? 0;
  const child = launch({ binaries, place, socketFolder: socket, port: port ?? (await freePort(socket)), settings });
  const spawned = await Promise.race([
    once(child, "spawn").then(() => null),
    once(child, "error").then(([error]) => error as Error),
  ]);
  if (spawned !== null)
    throw new StateError(`the embedded Postgres could not be started (${spawned.message})`, "see data_dir", spawned);
  child.unref();
  while (!hasEnded(child)) {
    const postmaster = runningPostmaster(place.cluster);
    if (postmaster !== null && postmaster.pid !== child.pid && !hasEnded(child)) await sleep(20);
    else if (postmaster !== null) {
      const joined = await enterServer(cluster, postmaster, false);
      if (joined !== null) return joined;
    }
    if (performance.now() > deadline) throw unanswered(cluster);
    await sleep(20);
  }
  return explainEnd(cluster, logStart);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Reads in the log why the server ended at once. @returns null when it is worth another look. */
function explainEnd(cluster: Cluster, logStart: number): null {
  const { place } = cluster;
  const said = readFileSync(place.log).subarray(logStart).toString("utf8");
  // A rival, also one that has just made its lock file and not filled it yet, or the last sessions of a server that was killed,
  // which end within moments.
  if (/lock file "[^"]*" (?:already exists|is empty)|pre-existing shared memory block|is another postmaster/.test(said))
    return null;
  const reason = /(?:FATAL|PANIC):\s+(.*)/.exec(said)?.[1] ?? said.trim().split("\n").at(-1) ?? "it said nothing";
  if (/No space left|Disk quota/.test(said)) {
    throw new StateError(`the disk of the state is full (${reason})`, `free some space on the disk of ${place.folder}`);
  }
  if (/Permission denied|wrong ownership|invalid permissions/.test(said)) {
    throw new StateError(
      `the embedded Postgres may not use its files (${reason})`,
      `correct the owner of ${place.folder}`,
    );
  }
  throw new StateError(`the embedded Postgres ended at once (${reason})`, `see ${place.log}`);
}

function unanswered(cluster: Cluster): StateError {
  const { place } = cluster;
  return new StateError(
    "the embedded Postgres does not answer",
    `see ${place.log}; if no Postgres runs, delete ${join(place.cluster, "postmaster.pid")}`,
  );
}

/** A port nobody listens on; a socket's number is part of its file name only. */
async function freePort(socket: string | null): Promise<number> {
  if (socket !== null) return 5432;
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("a listening server has no port");
  return address.port;
}

/** Ends sessions, writes everything down, and goes. */
async function stopServer(cluster: Cluster, { pid }: Postmaster): Promise<void> {
  const { place, binaries, log } = cluster;
  try {
    if (process.platform === "win32") {
      await once(
        spawn(program(binaries, "pg_ctl"), ["stop", "-m", "fast", "-D", place.cluster], {
          env: environment(binaries),
          windowsHide: true,
        }),
        "close",
      );
    } else {
      process.kill(pid, "SIGINT");
    }
  } catch (error) {
    log.warn("the embedded Postgres could not be stopped", {
      pid,
      error: error instanceof Error ? error.message : String(error),
    });
    return;
  }
  const deadline = performance.now() + STOP_TIMEOUT_MS;
  while (isAlive(pid)) {
    if (performance.now() > deadline) {
      log.warn("the embedded Postgres is still stopping", { pid });
      return;
    }
    await sleep(20);
  }
}
