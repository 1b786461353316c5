// A folder on an SFTP server: its files read ahead and written in order, a file replaced in one step.

import { posix } from "node:path";
import { FolderFault, type FileReading, type Folder, type FolderEntry } from "./folder.ts";
import { codeOf, type SftpConnection, type SftpWrapper } from "./sftp-connection.ts";

type Stats = Parameters<Parameters<SftpWrapper["fstat"]>[1]>[1];

/** The sizes every server takes; with several reads under way the line stays full. */
const CHUNK_BYTES = 32_768;
const READS_AHEAD = 8;

/** @param root Path on the server. */
export function openSftpFolder(connection: SftpConnection, root: string): Folder {
  const at = (name: string): string => posix.join(root, name);
  const entryOf = (name: string, found: Stats): FolderEntry => ({
    name,
    size: found.size,
    modifiedMs: found.mtime * 1000,
    identity: `${String(found.size)}-${String(found.mtime)}`,
  });
  const entry = async (name: string): Promise<FolderEntry | null> => {
    try {
      const found = await connection.ask<Stats>(`looking at ${name}`, (sftp, done) => {
        sftp.stat(at(name), done);
      });
      return found.isFile() ? entryOf(name, found) : null;
    } catch (error) {
      if (error instanceof FolderFault && error.reason === "missing") return null;
      throw error;
    }
  };
  return {
    async list(below = "") {
      const found = await connection.ask<readonly { filename: string; attrs: Stats }[]>(
        `listing ${at(below)}`,
        (sftp, done) => {
          sftp.readdir(at(below), done);
        },
      );
      return found
        .filter(({ attrs }) => attrs.isFile())
        .map(({ filename, attrs }) => entryOf(posix.join(below, filename), attrs));
    },
    entry,
    async open(name) {
      const handle = await connection.ask<Buffer>(`opening ${name}`, (sftp, done) => {
        sftp.open(at(name), "r", done);
      });
      const own = async (): Promise<FolderEntry> =>
        entryOf(
          name,
          await connection.ask<Stats>(`looking at ${name}`, (sftp, done) => {
            sftp.fstat(handle, done);
          }),
        );
      const first = await own();
      return {
        entry: first,
        chunks: () => chunksOf(connection, handle, name),
        again: own,
        close: () => closeHandle(connection, handle),
      } satisfies FileReading;
    },
    async write(name) {
      const handle = await connection.ask<Buffer>(`writing ${name}`, (sftp, done) => {
        sftp.open(at(name), "w", done);
      });
      let position = 0;
      return {
        async write(bytes) {
          for (let from = 0; from < bytes.length; from += CHUNK_BYTES) {
            const part = bytes.subarray(from, from + CHUNK_BYTES);
            const place = position;
            await connection.ask(`writing ${name}`, (sftp, done) => {
              sftp.write(handle, part, 0, part.length, place, done);
            });
            position += part.length;
          }
        },
        async finish() {
          await syncHandle(connection, handle, name);
          await connection.ask(`writing ${name}`, (sftp, done) => {
            sftp.close(handle, done);
          });
        },
        async discard() {
          await closeHandle(connection, handle);
          await connection.ask(`removing ${name}`, (sftp, done) => {
            sftp.unlink(at(name), done);
          });
        },
      };
    },
    rename: (from, to) => renameOver(connection, { from: at(from), to: at(to) }),
    async makeFolder(name) {
      const steps = at(name).split("/");
      for (let depth = 1; depth <= steps.length; depth += 1) {
        const path = steps.slice(0, depth).join("/");
        if (path === "" || path === ".") continue;
        const there = await connection.ask<boolean>(`making ${name}`, (sftp, done) => {
          sftp.stat(path, (error) => {
            done(null, error === undefined);
          });
        });
        if (!there)
          await connection.ask(`making ${name}`, (sftp, done) => {
            sftp.mkdir(path, done);
          });
      }
    },
    close: () => Promise.resolve(),
  };
}

/** Reads ahead, so that the answer time of the server does not count once a chunk. */
async function* chunksOf(connection: SftpConnection, handle: Buffer, name: string): AsyncGenerator<Buffer> {
  const read = (position: number): Promise<Buffer> => {
    const reading = connection.ask<Buffer>(`reading ${name}`, (sftp, done) => {
      const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
      sftp.read(handle, buffer, 0, CHUNK_BYTES, position, (error: Error | undefined, count: number) => {
        // 1 is the end of the file.
        if (error !== undefined && codeOf(error) === "1") done(null, buffer.subarray(0, 0));
        else done(error, buffer.subarray(0, count));
      });
    });
    reading.catch(() => undefined);
    return reading;
  };
  let next = 0;
  const ahead: { readonly position: number; readonly bytes: Promise<Buffer> }[] = [];
  const fill = (): void => {
    while (ahead.length < READS_AHEAD) {
      ahead.push({ position: next, bytes: read(next) });
      next += CHUNK_BYTES;
    }
  };
  fill();
  for (;;) {
    const first = ahead.shift();
    if (first === undefined) return;
    const bytes = await first.bytes;
    if (bytes.length === 0) return;
    yield bytes;
    if (bytes.length < CHUNK_BYTES) {
      // Less than asked for is the end, or a server that gives less at once: what was asked for ahead lies wrong then.
      ahead.length = 0;
      next = first.position + bytes.length;
    }
    fill();
  }
}

async function closeHandle(connection: SftpConnection, handle: Buffer): Promise<void> {
  await connection
    .ask("closing", (sftp, done) => {
      sftp.close(handle, done);
    })
    .catch(() => undefined);
}

/** Servers other than OpenSSH may not know how; then the close is all there is. */
async function syncHandle(connection: SftpConnection, handle: Buffer, name: string): Promise<void> {
  await connection.ask(`writing ${name}`, (sftp, done) => {
    try {
      sftp.ext_openssh_fsync(handle, (error) => {
        done(codeOf(error) === "8" ? null : error);
      });
    } catch {
      done(null);
    }
  });
}

/** A plain rename refuses a name that is taken. Without posix-rename only new names can be given in one step. */
async function renameOver(
  connection: SftpConnection,
  paths: { readonly from: string; readonly to: string },
): Promise<void> {
  const what = `renaming ${paths.from} to ${paths.to}`;
  const atOnce = await connection.ask<boolean>(what, (sftp, done) => {
    try {
      sftp.ext_openssh_rename(paths.from, paths.to, (error) => {
        if (codeOf(error) === "8") done(null, false);
        else done(error, true);
      });
    } catch {
      done(null, false);
    }
  });
  if (atOnce) return;
  const taken = await connection.ask<boolean>(what, (sftp, done) => {
    sftp.stat(paths.to, (error) => {
      done(null, error === undefined);
    });
  });
  if (taken) {
    throw new FolderFault("failed", "E_NO_POSIX_RENAME", `${what}: the server cannot replace a file in one step`);
  }
  await connection.ask(what, (sftp, done) => {
    sftp.rename(paths.from, paths.to, done);
  });
}
