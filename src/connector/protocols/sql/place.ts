// Where a database is: `base_url` of the connector, with the account's settings put in.
//
//   postgres://db.example.com:5432/shop       postgres:///shop?socket=/var/run/postgresql
//   mysql://db.example.com/shop               mssql://db.example.com/shop
//   file:/var/lib/app/app.db                  file:../data/app.db, from the connector file's folder
//
// TLS with a checked certificate is the default but on this machine; `?tls=off` and `?ca=FILE` say otherwise.

import { isIP } from "node:net";
import { isAbsolute, join } from "node:path";
import { judgeAddress } from "../../address.ts";
import { didYouMean, problem, type KeyPath, type Problem } from "../../../core/problem.ts";

export type DialectName = "postgres" | "mysql" | "sqlite" | "mssql";

export type Place =
  | { readonly kind: "file"; readonly path: string }
  | {
      readonly kind: "server";
      readonly host: string;
      readonly port: number;
      readonly database: string;
      /** Folder (postgres) or file (mysql) of a Unix socket; null: by the network. */
      readonly socket: string | null;
      readonly tls: "verify" | "off";
      /** File with the certificates of the authority; null: those the machine trusts. */
      readonly ca: string | null;
    };

export type ReadPlace =
  | { readonly place: Place; readonly problems: readonly Problem[] }
  | { readonly place: null; readonly problems: readonly Problem[] };

const SCHEMES: Readonly<
  Record<DialectName, { readonly names: readonly string[]; readonly port: number; readonly example: string }>
> = {
  postgres: { names: ["postgres:", "postgresql:"], port: 5432, example: "postgres://db.example.com:5432/shop" },
  mysql: { names: ["mysql:", "mariadb:"], port: 3306, example: "mysql://db.example.com:3306/shop" },
  mssql: { names: ["mssql:", "sqlserver:"], port: 1433, example: "mssql://db.example.com:1433/shop" },
  sqlite: { names: ["file:", "sqlite:"], port: 0, example: "file:/var/lib/app/app.db" },
};

const OPTIONS = ["tls", "ca", "socket"];
const DATABASE = /^[^\0/\\?#]{1,128}$/;

export function readPlace(
  text: string,
  dialect: DialectName,
  { folder, path, allowPrivate }: { readonly folder: string; readonly path: KeyPath; readonly allowPrivate: boolean },
): ReadPlace {
  const { names, example } = SCHEMES[dialect];
  const bad = (code: string, message: string, found: string, hint: string): ReadPlace => ({
    place: null,
    problems: [problem(code, path, message, { found, expected: `an address such as ${example}`, hint })],
  });
  const scheme = /^[a-z]+:/.exec(text)?.[0];
  if (scheme === undefined || !names.includes(scheme))
    return bad(
      "E_URL",
      `this is not the address of a ${dialect} database`,
      shown(text),
      `start with ${names[0] ?? ""}`,
    );
  if (dialect === "sqlite") {
    const file = text.slice(scheme.length).replace(/^\/\/(?=\/)/, "");
    if (file === "" || file.includes("\0") || file.includes("?") || file === ":memory:")
      return bad("E_URL", "this names no file", shown(text), "write file: and its path");
    return { place: { kind: "file", path: isAbsolute(file) ? file : join(folder, file) }, problems: [] };
  }
  // A host may be left out where a socket is named; URL asks for one.
  const whole = text.replace(/^([a-z]+:\/\/)(?=\/)/, "$1localhost");
  if (!URL.canParse(whole)) return bad("E_URL", "this is not an address", shown(text), "check host, port and database");
  const url = new URL(whole);
  if (url.username !== "" || url.password !== "")
    return bad(
      "E_URL",
      "an address must not hold a user or password",
      shown(text),
      "put them under secrets, and name them in auth",
    );
  const host = decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, "$1");
  const database = decodeURIComponent(url.pathname.slice(1));
  if (host === "") return bad("E_URL", "this names no host", shown(text), "write the server's name after //");
  if (!DATABASE.test(database))
    return bad("E_URL", "this names no database", shown(text), "write /DATABASE after the host");
  for (const name of url.searchParams.keys()) {
    if (!OPTIONS.includes(name))
      return bad(
        "E_URL",
        `an address of a database has no "${name}"`,
        name,
        didYouMean(name, OPTIONS) ?? `there are ${OPTIONS.join(", ")}`,
      );
  }
  const socket = url.searchParams.get("socket");
  const said = url.searchParams.get("tls");
  if (said !== null && said !== "off" && said !== "verify")
    return bad("E_URL", `tls is verify or off`, said, "leave it out for a checked certificate");
  const here = socket !== null || host === "localhost" || (isIP(host) !== 0 && isLoopback(host));
  const ca = url.searchParams.get("ca");
  return {
    place: {
      kind: "server",
      host,
      port: url.port === "" ? SCHEMES[dialect].port : Number(url.port),
      database,
      socket,
      tls: said ?? (here ? "off" : "verify"),
      ca: ca === null || isAbsolute(ca) ? ca : join(folder, ca),
    },
    problems: reachProblems(host, socket, path, allowPrivate),
  };
}

function reachProblems(host: string, socket: string | null, path: KeyPath, allowPrivate: boolean): readonly Problem[] {
  const blocked = (what: string, hint: string): readonly Problem[] => [
    problem("E_SSRF_BLOCKED", path, `${what} is not a public address`, { found: what, hint }),
  ];
  const allow = "allow_private: true lets this system be in the house";
  if (socket !== null) return allowPrivate ? [] : blocked("a Unix socket", allow);
  if (isIP(host) === 0) return [];
  const verdict = judgeAddress(host);
  if (verdict === "public" || (verdict === "private" && allowPrivate)) return [];
  return blocked(host, verdict === "private" ? allow : "link-local and metadata addresses are never reached");
}

function isLoopback(host: string): boolean {
  return host === "::1" || host.startsWith("127.");
}

/** An address that cannot be read may have a password anywhere in it. */
function shown(text: string): string {
  return text.includes("@") ? "an address with @ in it" : text.slice(0, 80);
}
