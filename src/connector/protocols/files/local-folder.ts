// A folder on this machine. A file is complete under its name or not there: written under another name, brought to the disk,
// renamed, and the folder brought to the disk too.

import { open, mkdir, readdir, rename, rm, stat, type FileHandle } from "node:fs/promises";
import type { BigIntStats } from "node:fs";
import { dirname, join } from "node:path";
import { FolderFault, type FaultReason, type Folder, type FolderEntry } from "./folder.ts";

/** Larger: fewer calls; smaller: less memory a file. */
const CHUNK_BYTES = 262_144;

const REASONS: Readonly<Record<string, FaultReason>> = {
  ENOENT: "missing",
  ENOTDIR: "missing",
  EACCES: "denied",
  EPERM: "denied",
  EROFS: "denied",
  ENOSPC: "full",
  EDQUOT: "full",
  EFBIG: "full",
  EMFILE: "busy",
  ENFILE: "busy",
  EBUSY: "busy",
  EAGAIN: "busy",
  ETXTBSY: "busy",
  // A network file system that answers no more: what was asked last may have been done.
  EIO: "lost",
  ESTALE: "lost",
  ETIMEDOUT: "lost",
};

/** @param root Absolute. */
export function openLocalFolder(root: string): Folder {
  const at = (name: string): string => join(root, name);
  const entryOf = (name: string, found: BigIntStats): FolderEntry => ({
    name,
    size: Number(found.size),
    modifiedMs: Number(found.mtimeMs),
    identity: `${String(found.size)}-${String(found.mtimeNs)}-${String(found.ino)}`,
  });
  const entry = async (name: string): Promise<FolderEntry | null> => {
    try {
      const found = await stat(at(name), { bigint: true });
      return found.isFile() ? entryOf(name, found) : null;
    } catch (error) {
      const fault = faultOf(error, `looking at ${name}`);
      if (fault.reason === "missing") return null;
      throw fault;
    }
  };
  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw faultOf(error, what);
    }
  };
  return {
    async list(below = "") {
      const names = await attempt(`listing ${join(root, below)}`, () => readdir(at(below)));
      const found = await Promise.all(names.map((name) => entry(join(below, name))));
      return found.filter((each) => each !== null);
    },
    entry,
    open: (name) =>
      attempt(`opening ${name}`, async () => {
        const file = await open(at(name), "r");
        const own = async (): Promise<FolderEntry> => entryOf(name, await file.stat({ bigint: true }));
        const first = await own();
        return {
          entry: first,
          chunks: () => chunksOf(file, name),
          again: () => attempt(`looking at ${name}`, own),
          close: () => file.close(),
        };
      }),
    write: (name) =>
      attempt(`writing ${name}`, async () => {
        const file = await open(at(name), "w");
        return {
          write: (bytes) =>
            attempt(`writing ${name}`, async () => {
              await file.writeFile(bytes);
            }),
          finish: () =>
            attempt(`writing ${name}`, async () => {
              try {
                await file.sync();
              } finally {
                await file.close();
              }
            }),
          async discard() {
            await file.close();
            await rm(at(name), { force: true });
          },
        };
      }),
    rename: (from, to) =>
      attempt(`renaming ${from} to ${to}`, async () => {
        await rename(at(from), at(to));
        await syncFolder(dirname(at(to)));
      }),
    makeFolder: (name) =>
      attempt(`making ${name}`, async () => {
        await mkdir(at(name), { recursive: true });
      }),
    close: () => Promise.resolve(),
  };
}

async function* chunksOf(file: FileHandle, name: string): AsyncGenerator<Buffer> {
  for (let position = 0; ;) {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let bytesRead: number;
    try {
      ({ bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, position));
    } catch (error) {
      throw faultOf(error, `reading ${name}`);
    }
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Without this a rename may be forgotten by a power cut. Some file systems refuse it: they need it not. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    if (codeOf(error) === "EIO") throw error;
  }
}

function codeOf(error: unknown): string | null {
  const coded = typeof error === "object" && error !== null && "code" in error ? error.code : null;
  return typeof coded === "string" ? coded : null;
}

function faultOf(error: unknown, what: string): FolderFault {
  if (error instanceof FolderFault) return error;
  const code = codeOf(error);
  // Without a code it is no answer of the file system but a fault of ours.
  if (code === null) throw error;
  return new FolderFault(REASONS[code] ?? "failed", code, `${what}: ${code}`, { cause: error });
}
