// `protocol: files`: folders of files on this machine or on an SFTP server, as records.

import { isError, problem, type Problem } from "../../../core/problem.ts";
import { parseDuration } from "../../../core/units.ts";
import { gapsOf, type CapabilityGap } from "../../capability-gap.ts";
import type { Capabilities } from "../../contract.ts";
import type { DirectAccount, DirectPlan, DirectProtocol, DirectSystem, DirectTools } from "../../direct.ts";
import type { ConnectorFile } from "../../file.ts";
import { done, failed } from "../../object-tools.ts";
import { createRecordCodec } from "../../record.ts";
import { compileTemplate, evaluateText, TemplateFailure, type Template } from "../../template.ts";
import { ACCOUNT_NAMES } from "../../variables.ts";
import { checkFilesAddress, filesAddress, isSftp, type FilesAddress } from "./address.ts";
import { filesWorld } from "./code.ts";
import { failureOf } from "./failure.ts";
import { FolderFault, type Folder } from "./folder.ts";
import { openLocalFolder } from "./local-folder.ts";
import { filesObject } from "./object.ts";
import type { Place } from "./place.ts";
import { planFiles, type FilesPlan } from "./plan.ts";
import { createSftpConnection, type SftpConnection } from "./sftp-connection.ts";
import { openSftpFolder } from "./sftp-folder.ts";

const CONNECT_DEFAULT_MS = 10_000;
const RESPONSE_DEFAULT_MS = 60_000;

/** Names that an SFTP login is looked for under: settings and secrets of the account. */
const LOGIN = {
  user: "user",
  hostKey: "host_key",
  password: "password",
  privateKey: "private_key",
  passphrase: "passphrase",
};

export interface FilesWorld {
  /** @param path Absolute. */
  local(path: string): Folder;
  sftp(connection: SftpConnection, path: string): Folder;
}

export const filesProtocol: DirectProtocol = createFilesProtocol({ local: openLocalFolder, sftp: openSftpFolder });

export function createFilesProtocol(world: FilesWorld): DirectProtocol {
  return (file, tools) => compileFiles(file, tools, world);
}

interface PlannedObject {
  readonly plan: FilesPlan;
  readonly at: Template | null;
}

function compileFiles(file: ConnectorFile, tools: DirectTools, world: FilesWorld): DirectPlan {
  const problems: Problem[] = [...checkLogin(file)];
  const gaps: CapabilityGap[] = [];
  const objects = new Map<string, Capabilities>();
  const planned = new Map<string, PlannedObject>();
  for (const [name, part] of Object.entries(file.objects)) {
    const { plan, problems: found } = planFiles(name, part);
    problems.push(...found);
    const path = ["objects", name, "at"];
    const at = compileTemplate(part.at ?? "", path, [], { ...tools.scope, names: ACCOUNT_NAMES });
    problems.push(...at.problems, ...checkFilesAddress(part.at ?? "", path, null));
    if (plan === null) continue;
    objects.set(name, plan.capabilities);
    planned.set(name, { plan, at: at.template });
    gaps.push(...gapsOf(plan, part));
  }
  if (file.base_url !== undefined) problems.push(...checkFilesAddress(file.base_url, ["base_url"], null));
  return {
    problems,
    gaps,
    objects,
    checkAccount: (account, baseUrl) => {
      const found = baseUrl === null ? [] : [...checkFilesAddress(baseUrl, ["settings"], account.allowPrivate)];
      for (const [name, part] of Object.entries(file.objects)) {
        if (part.at?.includes("{{") === false && isSftp(part.at))
          found.push(
            ...checkFilesAddress(part.at, ["connector"], account.allowPrivate).map((each) => ({
              ...each,
              message: `${name}: ${each.message}`,
            })),
          );
      }
      const remote =
        speaksSftp(file) ||
        (baseUrl !== null && isSftp(baseUrl)) ||
        Object.values(account.settings).some((value) => typeof value === "string" && isSftp(value));
      if (remote && !found.some(isError) && account.settings[LOGIN.hostKey] === undefined) {
        found.push(
          problem("W_HOST_KEY", ["settings"], "without host_key anybody in between can be the server", {
            on: "key",
            expected: "host_key: SHA256:…",
            hint: "ssh-keyscan HOST | ssh-keygen -lf -",
          }),
        );
      }
      return found;
    },
    open: (account) => openFiles(file, account, { planned, world, folder: tools.folder }),
    tool: "files",
  };
}

function speaksSftp(file: ConnectorFile): boolean {
  return [file.base_url, ...Object.values(file.objects).map((part) => part.at)].some(
    (text) => text !== undefined && isSftp(text),
  );
}

/** What an SFTP login needs must be declared, so that an account can have it. */
function checkLogin(file: ConnectorFile): readonly Problem[] {
  if (!speaksSftp(file)) return [];
  const secrets = Object.keys(file.secrets ?? {});
  if (secrets.includes(LOGIN.password) || secrets.includes(LOGIN.privateKey)) return [];
  return [
    problem("E_MISSING", ["secrets"], "an SFTP login needs a password or a private key", {
      on: "key",
      hint: "secrets: { password: { required: true } }, or private_key",
    }),
  ];
}

interface OpenFiles {
  readonly planned: ReadonlyMap<string, PlannedObject>;
  readonly world: FilesWorld;
  readonly folder: string;
}

function openFiles(file: ConnectorFile, account: DirectAccount, { planned, world, folder }: OpenFiles): DirectSystem {
  const closing = new AbortController();
  const connections = new Map<string, SftpConnection>();
  const places = new Map<string, Promise<Place>>();
  const turns = new Map<string, Promise<unknown>>();

  const connectionTo = (address: FilesAddress & { readonly kind: "sftp" }): SftpConnection => {
    const user = address.user ?? textSetting(account, LOGIN.user);
    if (user === null)
      throw new FolderFault(
        "denied",
        "E_AUTH",
        "no user is named: put USER@ before the host, or give the setting user",
      );
    const key = `${user}@${address.host}:${String(address.port)}`;
    const known = connections.get(key);
    if (known !== undefined) return known;
    const made = createSftpConnection({
      address: { host: address.host, port: address.port, user },
      login: {
        password: account.secrets.get(LOGIN.password)?.reveal() ?? null,
        privateKey: account.secrets.get(LOGIN.privateKey)?.reveal() ?? null,
        passphrase: account.secrets.get(LOGIN.passphrase)?.reveal() ?? null,
        hostKey: textSetting(account, LOGIN.hostKey),
      },
      allowPrivate: account.allowPrivate,
      connectTimeoutMs: parseDuration(file.timeout?.connect ?? "") ?? CONNECT_DEFAULT_MS,
      responseTimeoutMs: parseDuration(file.timeout?.response ?? "") ?? RESPONSE_DEFAULT_MS,
      resolve: account.resolve,
      unknownHostKey(fingerprint) {
        account.log.warn("the key of an SFTP server is not checked: give the setting host_key", {
          system: account.name,
          fingerprint,
        });
      },
    });
    connections.set(key, made);
    return made;
  };

  const placeOf = async ({ plan, at }: PlannedObject): Promise<Place> => {
    const text = at === null ? null : await atText(at, account);
    const address = text === null ? null : filesAddress(text, account.baseUrl, folder);
    if (address === null)
      throw new FolderFault("blocked", "E_URL", `${plan.name}: \`at\` comes to no folder with these settings`);
    const opened =
      address.kind === "local" ? world.local(address.path) : world.sftp(connectionTo(address), address.path);
    return { plan, folder: opened, clock: account.clock, log: account.log, signal: closing.signal, watched: new Map() };
  };
  const openPlace = (object: PlannedObject): Promise<Place> => {
    const known = places.get(object.plan.name);
    if (known !== undefined) return known;
    const made = placeOf(object);
    places.set(object.plan.name, made);
    made.catch(() => places.delete(object.plan.name));
    return made;
  };

  const inTurn = <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const before = turns.get(name) ?? Promise.resolve();
    const turn = before.then(work, work);
    turns.set(
      name,
      turn.catch(() => undefined),
    );
    return turn;
  };

  return {
    name: account.name,
    object(name) {
      const object = planned.get(name);
      if (object === undefined) throw new Error(`${account.name} has no object ${name}`);
      return filesObject({
        plan: object.plan,
        place: () => openPlace(object),
        codec: createRecordCodec(object.plan.shape),
        system: account.name,
        observer: account.observer,
        clock: account.clock,
        signal: closing.signal,
        inTurn: (work) => inTurn(name, work),
      });
    },
    world: filesWorld({
      system: account.name,
      observer: account.observer,
      clock: account.clock,
      async folder(name) {
        const object = planned.get(name);
        if (object === undefined) throw new Error(`${account.name} has no object ${name}`);
        return (await openPlace(object)).folder;
      },
      inTurn,
    }),
    async probe() {
      for (const object of planned.values()) {
        try {
          const place = await openPlace(object);
          await place.folder.list();
        } catch (error) {
          return failed(failureOf(error, { write: false, committing: false }));
        }
      }
      return done(null);
    },
    async close() {
      closing.abort();
      await Promise.all([...connections.values()].map((connection) => connection.close()));
    },
  };
}

function textSetting(account: DirectAccount, name: string): string | null {
  const value = account.settings[name];
  return typeof value === "string" && value !== "" ? value : null;
}

async function atText(at: Template, account: DirectAccount): Promise<string | null> {
  try {
    return (await evaluateText(at, { settings: account.settings, syncline: { version: account.version } })) ?? null;
  } catch (error) {
    if (error instanceof TemplateFailure) return null;
    throw error;
  }
}
