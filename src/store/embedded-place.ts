// Where the embedded database keeps its files. Normally that is data_dir itself:
//
//   data_dir/postgres        the cluster, for its account alone
//   data_dir/run             the Unix socket, likewise (whoever can open it is let in without a password)
//   data_dir/postgres.log    what the server says
//
// Root's data_dir may lie below a folder that the server's account cannot enter (/root is 0700). The state must outlive a
// reboot, so it goes below /var/lib/syncline then, and data_dir/postgres-location says where: deleting data_dir still
// starts afresh.

import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import type { Log } from "../engine/ports/world.ts";
import { accountFor, canReach, type Account } from "./embedded-account.ts";
import { errorCode, StateError } from "./state-error.ts";

export interface Place {
  /** Holds everything else. */
  readonly folder: string;
  readonly cluster: string;
  readonly log: string;
  /** Null: as whoever we are. */
  readonly account: Account | null;
}

const ELSEWHERE = ["/var/lib/syncline", "/var/tmp/syncline"];

/** @throws StateError when no folder can be used. */
export function preparePlace(dataDir: string, log: Log): Place {
  try {
    return place(resolve(dataDir), log);
  } catch (error) {
    throw placeFailure(error, dataDir);
  }
}

function place(dataDir: string, log: Log): Place {
  // 0711: the account of the server has to pass through, and needs to see nothing.
  if (mkdirSync(dataDir, { recursive: true }) !== undefined) chmodSync(dataDir, 0o711);
  const real = realpathSync(dataDir);
  const pointer = join(real, "postgres-location");
  if (existsSync(pointer)) {
    const folder = readFileSync(pointer, "utf8").trim();
    if (!existsSync(folder)) {
      throw new StateError(
        `the state that ${pointer} names is gone: ${folder}`,
        "restore that folder from a backup, or delete the file to start with an empty state",
      );
    }
    return placeIn(folder);
  }
  const here = placeIn(real);
  return canReach(real, here.account) ? here : placeIn(elsewhere(real, pointer, log));
}

function placeIn(folder: string): Place {
  const cluster = join(folder, "postgres");
  return { folder, cluster, log: join(folder, "postgres.log"), account: accountFor(cluster) };
}

function elsewhere(dataDir: string, pointer: string, log: Log): string {
  for (const parent of ELSEWHERE) {
    try {
      mkdirSync(parent, { recursive: true });
      const { uid } = lstatSync(parent);
      // A folder that somebody else made could be swapped under us.
      if (uid !== 0) continue;
      chmodSync(parent, 0o711);
    } catch {
      continue;
    }
    const folder = join(parent, `${basename(dirname(dataDir))}-${randomBytes(4).toString("hex")}`);
    mkdirSync(folder);
    chmodSync(folder, 0o711);
    writeFileSync(pointer, `${folder}\n`);
    log.warn("the state is kept outside of data_dir, which the account of the database server cannot enter", {
      dataDir,
      folder,
    });
    return folder;
  }
  throw new StateError(
    `the account of the embedded Postgres cannot enter ${dataDir}, and ${ELSEWHERE.join(" and ")} cannot be written`,
    "set data_dir to a folder below one that everybody may enter, or start as an ordinary user",
  );
}

/** A folder for the server alone, such as the one of its socket. */
export function privateFolder(folder: string, account: Account | null): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  if (account !== null) chownSync(folder, account.uid, account.gid);
}

// sun_path holds 108 bytes on Linux and 104 on macOS, the closing NUL included.
const SOCKET_PATH_MAX = 103;

/** The folder of the Unix socket; a short one below the system's temporary folder when data_dir is too deep. */
export function socketFolder(place: Place): string {
  const near = join(place.folder, "run");
  if (Buffer.byteLength(join(near, ".s.PGSQL.5432")) <= SOCKET_PATH_MAX) {
    privateFolder(near, place.account);
    return near;
  }
  const digest = createHash("sha256").update(place.cluster).digest("hex").slice(0, 16);
  const far = join(tmpdir(), `syncline-${digest}`);
  try {
    mkdirSync(far, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
  }
  // Anybody may make names in the temporary folder: a link or a folder of somebody else's is not followed.
  const found = lstatSync(far);
  const owners = [process.getuid?.() ?? found.uid, place.account?.uid];
  if (!found.isDirectory() || !owners.includes(found.uid)) {
    throw new StateError(`${far} belongs to somebody else`, "choose a data_dir with a shorter path");
  }
  privateFolder(far, place.account);
  return far;
}

/** What a failed file operation on the state means. */
export function placeFailure(error: unknown, path: string): Error {
  if (error instanceof StateError) return error;
  const message = error instanceof Error ? error.message : String(error);
  switch (errorCode(error)) {
    case "EACCES":
    case "EPERM":
      return new StateError(
        `the files of the state may not be used (${message})`,
        `start as the user who owns ${path}, or set data_dir to a folder of your own`,
        error,
      );
    case "ENOSPC":
    case "EDQUOT":
      return new StateError(`there is no space left for the state (${message})`, "free some disk space", error);
    case "EROFS":
      return new StateError(
        `the state lies on a read-only disk (${message})`,
        "set data_dir to a folder that can be written",
        error,
      );
    case "ENOTDIR":
    case "EEXIST":
      return new StateError(`data_dir is not a folder (${message})`, "set data_dir to a folder", error);
    default:
      return error instanceof Error ? error : new Error(message);
  }
}
