// What a function gets of a folder, on this machine or over SFTP: `files.list`, `files.read` and `files.write` in the object's own
// folder. A file is written under a hidden name and takes its own in one step; writes of one object go one after the other. What was
// written stays, so whatever fails afterwards leaves the outcome unknown.

import type { RemoteFailure } from "../../contract.ts";
import type { CallObserver } from "../../contract.ts";
import type { Clock } from "../../clock.ts";
import { failureOfFunction, toolsEnded, type CodeWorld, type Performed } from "../../code/world.ts";
import { failureOf } from "./failure.ts";
import { FolderFault, type Folder } from "./folder.ts";
import { hiddenName } from "./output.ts";

export interface FilesCodeTools {
  readonly system: string;
  readonly observer: CallObserver;
  readonly clock: Clock;
  /** @throws FolderFault when the place cannot be reached. */
  folder(object: string): Promise<Folder>;
  /** One write at a time into the files of an object. */
  inTurn<T>(object: string, work: () => Promise<T>): Promise<T>;
}

/** Larger files are for the formats, which read them piece by piece. */
const BYTES_MAX = 67_108_864;

export function filesWorld(tools: FilesCodeTools): CodeWorld {
  const { system, observer, clock } = tools;
  const attempt: CodeWorld["perform"] = async ({ object, operation, writes }, run) => {
    const startedAt = clock.now();
    const work: Work = { committing: false, effects: false, ended: false };
    let performed: Performed;
    try {
      const folder = await tools.folder(object);
      performed = { ok: true, answer: await run({ files: filesTool(folder, work) }) };
    } catch (error) {
      performed = { ok: false, failure: failureAfter(error, work, writes) };
    }
    work.ended = true;
    const { failure } = performed.ok ? { failure: null } : performed;
    const status = failure === null ? "ok" : "code" in failure ? failure.code : failure.kind;
    observer.called({ system, operation, status, seconds: (clock.now() - startedAt) / 1000 });
    return performed;
  };
  return {
    perform: (call, run) => (call.writes ? tools.inTurn(call.object, () => attempt(call, run)) : attempt(call, run)),
  };
}

/** What has become of one call so far. */
interface Work {
  /** A rename is under way. */
  committing: boolean;
  /** A file has been put in place. */
  effects: boolean;
  ended: boolean;
}

function failureAfter(error: unknown, { committing, effects }: Work, writes: boolean): RemoteFailure {
  if (!(error instanceof FolderFault)) return failureOfFunction(error, effects || committing);
  const failure = failureOf(error, { write: writes, committing });
  return effects ? { kind: "unknown", code: error.code, message: error.message } : failure;
}

interface FilesTool {
  list(
    below?: unknown,
  ): Promise<readonly { readonly name: string; readonly size: number; readonly modified: string }[]>;
  /** The text of a file in UTF-8; null: there is none of this name. */
  read(name: unknown): Promise<string | null>;
  /** Puts a file in the place of what has its name, in one step. */
  write(name: unknown, content: unknown): Promise<void>;
}

function filesTool(folder: Folder, work: Work): FilesTool {
  const going = (): void => {
    if (work.ended) throw toolsEnded();
  };
  return {
    async list(below = "") {
      going();
      const entries = await folder.list(below === "" ? "" : nameIn(below));
      return entries
        .filter(({ name }) => !name.slice(name.lastIndexOf("/") + 1).startsWith("."))
        .map(({ name, size, modifiedMs }) => ({ name, size, modified: new Date(modifiedMs).toISOString() }));
    },
    async read(name) {
      going();
      const own = nameIn(name);
      if ((await folder.entry(own)) === null) return null;
      const reading = await folder.open(own);
      try {
        const chunks: Buffer[] = [];
        let length = 0;
        for await (const chunk of reading.chunks()) {
          length += chunk.length;
          if (length > BYTES_MAX) throw new Error(`${own} is larger than ${String(BYTES_MAX)} bytes`);
          chunks.push(chunk);
        }
        return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
      } finally {
        await reading.close();
      }
    },
    async write(name, content) {
      going();
      const own = nameIn(name);
      const bytes = bytesOf(content);
      const slash = own.lastIndexOf("/");
      if (slash > 0) await folder.makeFolder(own.slice(0, slash));
      const writing = await folder.write(hiddenName(own));
      try {
        await writing.write(bytes);
        await writing.finish();
      } catch (error) {
        await writing.discard().catch(() => undefined);
        throw error;
      }
      going();
      work.committing = true;
      await folder.rename(hiddenName(own), own);
      work.committing = false;
      work.effects = true;
    },
  };
}

function bytesOf(content: unknown): Buffer {
  if (typeof content === "string") return Buffer.from(content, "utf8");
  if (content instanceof Uint8Array) return Buffer.from(content);
  throw new TypeError("files.write takes a name and a text, or bytes");
}

/** A path below the folder. @throws in words for whoever wrote it. */
function nameIn(name: unknown): string {
  const steps = typeof name === "string" ? name.split("/") : [];
  const isSound =
    steps.length > 0 && steps.every((step) => step !== "" && step !== "." && step !== ".." && !/[\\\0]/.test(step));
  if (typeof name !== "string" || !isSound)
    throw new TypeError(`${JSON.stringify(name)} is no name of a file below the object's folder`);
  return name;
}
