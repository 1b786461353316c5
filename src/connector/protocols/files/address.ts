// Where an object's folder is: on this machine or on an SFTP server, from `at`, the file's base_url and the account.

import { isAbsolute, resolve } from "node:path";
import { posix } from "node:path";
import { isIP } from "node:net";
import { problem, type KeyPath, type Problem } from "../../../core/problem.ts";
import { judgeAddress } from "../../address.ts";

export type FilesAddress =
  | { readonly kind: "local"; readonly path: string }
  | {
      readonly kind: "sftp";
      readonly host: string;
      readonly port: number;
      readonly user: string | null;
      readonly path: string;
    };

const SFTP = /^sftp:\/\//i;

export function isSftp(text: string): boolean {
  return SFTP.test(text);
}

/**
 * @param at The object's `at`, with the settings put in.
 * @param base The file's base_url with the settings put in; null: none.
 * @param folder Folder of the connector file.
 * @returns Null: it cannot be read as an address.
 */
export function filesAddress(at: string, base: string | null, folder: string): FilesAddress | null {
  if (isSftp(at)) return sftpAddress(at, null);
  if (base !== null && isSftp(base)) return sftpAddress(base, at);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(at) || (base !== null && /^[a-z][a-z0-9+.-]*:\/\//i.test(base))) return null;
  return { kind: "local", path: resolve(folder, base ?? ".", at) };
}

/** @param below Path on the server that goes on from the address; from its root when it is absolute. */
function sftpAddress(text: string, below: string | null): FilesAddress | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.hostname === "" || url.password !== "" || url.search !== "" || url.hash !== "") return null;
  const own = decodeURIComponent(url.pathname === "" ? "/" : url.pathname);
  const path = below === null ? own : isAbsolute(below) ? below : posix.join(own, below);
  return {
    kind: "sftp",
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? 22 : Number(url.port),
    user: url.username === "" ? null : decodeURIComponent(url.username),
    path,
  };
}

/** @param allowPrivate Null: not known yet. */
export function checkFilesAddress(text: string, path: KeyPath, allowPrivate: boolean | null): readonly Problem[] {
  if (text.includes("{{")) return [];
  if (!isSftp(text)) {
    if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return [];
    return [
      problem("E_URL", path, "files are in a folder or at sftp://", {
        found: text.split("://")[0] ?? "",
        hint: "write ./FOLDER or sftp://HOST/PATH",
      }),
    ];
  }
  const address = sftpAddress(text, null);
  if (address === null || address.kind !== "sftp") {
    const found = text.includes("@") ? "an address with @ in it" : text.slice(0, 80);
    return [
      problem("E_URL", path, "this is no address of an SFTP server", {
        found,
        expected: "sftp://HOST:PORT/PATH, perhaps with USER@ before the host, never with a password",
        hint: "put the password under secrets",
      }),
    ];
  }
  if (allowPrivate === null || isIP(address.host) === 0) return [];
  const verdict = judgeAddress(address.host);
  if (verdict === "public" || (verdict === "private" && allowPrivate)) return [];
  const hint =
    verdict === "private"
      ? "allow_private: true lets this system be in the house"
      : "link-local and metadata addresses are never reached";
  return [problem("E_SSRF_BLOCKED", path, `${address.host} is not a public address`, { found: address.host, hint })];
}
