// The connection to an SFTP server: one for all of an account, made when it is first needed and again when it broke.
//
// The name is resolved once, its addresses checked, and the checked one connected to. The server's key is compared with the
// `host_key` of the account; without one it is told with a warning, and anybody in between could be the server.

import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";
import SftpClient from "ssh2-sftp-client";
import { checkedAddress } from "../../checked-address.ts";
import type { Resolve } from "../../http.ts";
import { FolderFault, type FaultReason } from "./folder.ts";

export type SftpWrapper = Awaited<ReturnType<SftpClient["connect"]>>;

interface SftpAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
}

interface SftpLogin {
  readonly password: string | null;
  readonly privateKey: string | null;
  readonly passphrase: string | null;
  /** `SHA256:…` as ssh-keygen prints it; null: any key is taken, with a warning. */
  readonly hostKey: string | null;
}

interface SftpOptions {
  readonly address: SftpAddress;
  readonly login: SftpLogin;
  readonly allowPrivate: boolean;
  readonly connectTimeoutMs: number;
  readonly responseTimeoutMs: number;
  readonly resolve: Resolve | undefined;
  unknownHostKey(fingerprint: string): void;
}

/** Codes of the protocol's status answers. */
const STATUS: Readonly<Record<string, { readonly reason: FaultReason; readonly code: string }>> = {
  2: { reason: "missing", code: "SFTP_NO_SUCH_FILE" },
  3: { reason: "denied", code: "SFTP_PERMISSION_DENIED" },
  4: { reason: "failed", code: "SFTP_FAILURE" },
  6: { reason: "lost", code: "SFTP_NO_CONNECTION" },
  7: { reason: "lost", code: "SFTP_CONNECTION_LOST" },
  8: { reason: "failed", code: "SFTP_UNSUPPORTED" },
  14: { reason: "full", code: "SFTP_NO_SPACE" },
  15: { reason: "full", code: "SFTP_QUOTA" },
};

export interface SftpConnection {
  /** Speaks to the server; connects when there is no connection. @throws FolderFault */
  ask<T>(what: string, work: (sftp: SftpWrapper, done: (error: unknown, value?: T) => void) => void): Promise<T>;
  close(): Promise<void>;
}

export function createSftpConnection(options: SftpOptions): SftpConnection {
  let open: Promise<{ readonly client: SftpClient; readonly sftp: SftpWrapper }> | null = null;
  let closed = false;
  const drop = (): void => {
    open = null;
  };
  const connected = (): NonNullable<typeof open> => {
    if (closed) throw new FolderFault("unreachable", "E_CLOSED", "the system is closed");
    if (open === null) {
      open = logIn(options, drop);
      open.catch(drop);
    }
    return open;
  };
  return {
    async ask(what, work) {
      const { client, sftp } = await connected();
      return new Promise((resolve, reject) => {
        let over = false;
        const end = (act: () => void): void => {
          if (over) return;
          over = true;
          clearTimeout(timer);
          sftp.removeListener("close", broken);
          act();
        };
        const lose = (code: string, message: string): void => {
          end(() => {
            reject(new FolderFault("lost", code, `${what}: ${message}`));
          });
        };
        const broken = (): void => {
          lose("SFTP_CONNECTION_LOST", "the connection broke off");
        };
        const timer = setTimeout(() => {
          lose("E_TIMEOUT", `no answer within ${String(options.responseTimeoutMs)} ms`);
          drop();
          void client.end().catch(() => undefined);
        }, options.responseTimeoutMs);
        sftp.once("close", broken);
        work(sftp, (error, value) => {
          end(() => {
            if (error === undefined || error === null) resolve(value as never);
            else reject(statusFault(error, what));
          });
        });
      });
    },
    async close() {
      closed = true;
      const current = open;
      open = null;
      if (current === null) return;
      await current.then(({ client }) => client.end()).catch(() => undefined);
    },
  };
}

async function logIn(
  options: SftpOptions,
  dropped: () => void,
): Promise<{ readonly client: SftpClient; readonly sftp: SftpWrapper }> {
  const { address, login } = options;
  const what = `connecting to ${address.host}:${String(address.port)}`;
  const socket = await reach(options, what);
  let refusedKey: string | null = null;
  const quiet = (): void => undefined;
  // Without these the client writes to the console.
  const client = new SftpClient("syncline", { error: quiet, end: quiet, close: dropped });
  try {
    const sftp = await client.connect({
      sock: socket,
      username: address.user,
      readyTimeout: options.connectTimeoutMs,
      keepaliveInterval: 30_000,
      ...(login.password === null ? {} : { password: login.password }),
      ...(login.privateKey === null ? {} : { privateKey: login.privateKey }),
      ...(login.passphrase === null ? {} : { passphrase: login.passphrase }),
      hostVerifier: (key: Buffer) => {
        const fingerprint = fingerprintOf(key);
        if (login.hostKey === null) options.unknownHostKey(fingerprint);
        else if (!sameFingerprint(login.hostKey, fingerprint)) refusedKey = fingerprint;
        return refusedKey === null;
      },
    });
    sftp.setMaxListeners(0);
    sftp.once("close", dropped);
    return { client, sftp };
  } catch (error) {
    socket.destroy();
    await client.end().catch(() => undefined);
    if (refusedKey !== null) {
      const message = `${what}: the server's key is ${String(refusedKey)}, and host_key is another one`;
      throw new FolderFault("blocked", "E_HOST_KEY", message, { cause: error });
    }
    throw loginFault(error, what);
  }
}

/** A socket to an address that was checked. */
async function reach({ address, allowPrivate, resolve, connectTimeoutMs }: SftpOptions, what: string): Promise<Socket> {
  const checked = await checkedAddress(address.host, { allowPrivate, resolve });
  if (!checked.ok) {
    const reason = checked.code === "E_SSRF_BLOCKED" ? "blocked" : "unreachable";
    throw new FolderFault(reason, checked.code, `${what}: ${checked.message}`);
  }
  return new Promise((done, fail) => {
    const socket = connect({ host: checked.address, port: address.port, timeout: connectTimeoutMs });
    const refuse = (error: unknown): void => {
      socket.destroy();
      fail(new FolderFault("unreachable", codeOf(error) ?? "E_TIMEOUT", `${what}: ${codeOf(error) ?? "no answer"}`));
    };
    socket.once("error", refuse);
    socket.once("timeout", refuse);
    socket.once("connect", () => {
      socket.removeListener("error", refuse);
      socket.removeListener("timeout", refuse);
      socket.setTimeout(0);
      done(socket);
    });
  });
}

/** As `ssh-keygen -l` prints it. */
function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

function sameFingerprint(expected: string, found: string): boolean {
  const bare = (text: string): string =>
    text
      .trim()
      .replace(/^SHA256:/i, "")
      .replace(/=+$/, "");
  return bare(expected) === bare(found);
}

/** The status or system code of an error; null: it has none. */
export function codeOf(error: unknown): string | null {
  if (typeof error !== "object" || error === null || !("code" in error)) return null;
  return typeof error.code === "string" || typeof error.code === "number" ? String(error.code) : null;
}

function loginFault(error: unknown, what: string): FolderFault {
  const message = error instanceof Error ? error.message : String(error);
  const level = typeof error === "object" && error !== null && "level" in error ? error.level : null;
  if (level === "client-authentication" || /authentication methods failed|privateKey|passphrase/i.test(message))
    return new FolderFault("denied", "E_AUTH", `${what}: the login was refused`, { cause: error });
  return new FolderFault("unreachable", codeOf(error) ?? "SFTP_CONNECT", `${what}: ${message.slice(0, 200)}`, {
    cause: error,
  });
}

function statusFault(error: unknown, what: string): FolderFault {
  if (error instanceof FolderFault) return error;
  const status = STATUS[codeOf(error) ?? ""];
  const said = error instanceof Error ? error.message.slice(0, 200) : String(error);
  return new FolderFault(
    status?.reason ?? "lost",
    status?.code ?? codeOf(error) ?? "SFTP_CONNECTION_LOST",
    `${what}: ${said}`,
    {
      cause: error,
    },
  );
}
