// A files connector over a real folder, opened as the daemon does it, and ways to make that folder fail.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import type { Account } from "../../src/connector/account.ts";
import { compileConnector, type CompiledConnector } from "../../src/connector/compile.ts";
import type { System } from "../../src/connector/contract.ts";
import { connectorFileSchema } from "../../src/connector/file.ts";
import { createFilesProtocol } from "../../src/connector/protocols/files/files.ts";
import { FolderFault, type Folder } from "../../src/connector/protocols/files/folder.ts";
import { openLocalFolder } from "../../src/connector/protocols/files/local-folder.ts";
import { openSftpFolder } from "../../src/connector/protocols/files/sftp-folder.ts";
import { Secret } from "../../src/connector/secret.ts";
import type { Fault } from "../contract/connector-suite.ts";
import { expressions, TODAY } from "./opened.ts";
import type { Instant } from "../../src/core/ids.ts";

/** What the next write meets; `null` again once it was met. */
export interface FaultSwitch {
  next: Fault | null;
}

function meeting(folder: Folder, faults: FaultSwitch): Folder {
  const met = (): Fault | null => {
    const fault = faults.next;
    faults.next = null;
    return fault;
  };
  return {
    ...folder,
    write(name) {
      if (faults.next === "throttled-once") {
        met();
        return Promise.reject(new FolderFault("busy", "EMFILE", "too many open files"));
      }
      if (faults.next === "refused-login") {
        met();
        return Promise.reject(new FolderFault("denied", "EACCES", "no right to write here"));
      }
      return folder.write(name);
    },
    async rename(from, to) {
      const fault = met();
      if (fault === "error-before") throw new FolderFault("lost", "EIO", "the connection broke off");
      await folder.rename(from, to);
      if (fault === "lost-answer") throw new FolderFault("lost", "EIO", "the connection broke off");
    },
  };
}

export function compileFiles(text: string, folder = ".", faults: FaultSwitch = { next: null }): CompiledConnector {
  const protocol = createFilesProtocol({
    local: (path) => meeting(openLocalFolder(path), faults),
    sftp: (connection, path) => meeting(openSftpFolder(connection, path), faults),
  });
  const file = connectorFileSchema.parse(parse(text));
  return compileConnector(file, { expressions, protocols: {}, direct: { files: protocol }, folder, today: TODAY });
}

export interface OpenedFiles {
  readonly system: System;
  readonly sleeps: number[];
  readonly logged: string[];
}

export async function openFiles(
  text: string,
  options: {
    readonly folder?: string;
    readonly faults?: FaultSwitch;
    readonly settings?: Account["settings"];
    readonly secrets?: Readonly<Record<string, string>>;
    readonly allowPrivate?: boolean;
    readonly slept?: () => Promise<void>;
  } = {},
): Promise<OpenedFiles> {
  const { connector, problems } = compileFiles(text, options.folder, options.faults);
  if (connector === null) throw new Error(JSON.stringify(problems, null, 1));
  const sleeps: number[] = [];
  const logged: string[] = [];
  let now = TODAY as number;
  const note = (message: string, facts: unknown): void => void logged.push(message + JSON.stringify(facts));
  const system = await connector.open({
    name: "drop",
    settings: options.settings ?? {},
    secrets: new Map(Object.entries(options.secrets ?? {}).map(([name, value]) => [name, new Secret(value)])),
    limits: {},
    allowPrivate: options.allowPrivate ?? true,
    observer: { called: () => undefined, waited: () => undefined },
    clock: {
      now: () => now as Instant,
      async sleep(ms) {
        sleeps.push(ms);
        now += ms;
        await options.slept?.();
      },
    },
    log: { warn: note, debug: note },
    version: "0.0.0",
  });
  return { system, sleeps, logged };
}

export interface Drop {
  readonly path: string;
  put(name: string, content: string | Buffer): Promise<void>;
  text(name: string): Promise<string>;
  remove(): Promise<void>;
}

export async function makeDrop(): Promise<Drop> {
  const path = await mkdtemp(join(tmpdir(), "syncline-drop-"));
  return {
    path,
    put: (name, content) => writeFile(join(path, name), content),
    text: (name) => readFile(join(path, name), "utf8"),
    remove: () => rm(path, { recursive: true, force: true }),
  };
}
