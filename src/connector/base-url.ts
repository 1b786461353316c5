// What may be an address of a system: http or https, no user or password in it, no query.

import { isIP } from "node:net";
import { problem, type KeyPath, type Problem } from "../core/problem.ts";
import { judgeAddress } from "./address.ts";

/** @param allowPrivate Null: not known yet (a file without an account), then addresses are not judged. */
export function checkAddress(text: string, path: KeyPath, allowPrivate: boolean | null): readonly Problem[] {
  const expected = "http:// or https://, a host, perhaps a path";
  const bad = (message: string, hint: string, found: string): readonly Problem[] => [
    problem("E_URL", path, message, { found, expected, hint }),
  ];
  if (!URL.canParse(text))
    return bad("this is not an address", "write it whole, as in https://api.example.com", shown(text));
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    return bad(
      "an address must not hold a user or password",
      "put them under secrets, and name them in auth",
      `${url.protocol}//…@${url.host}`,
    );
  }
  if (url.protocol !== "http:" && url.protocol !== "https:")
    return bad(`${url.protocol} is not spoken here`, "use https://", shown(text));
  if (url.search !== "" || url.hash !== "")
    return bad("an address to start from has no query", "put parameters under query", `${url.origin}${url.pathname}`);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (allowPrivate === null || isIP(host) === 0) return [];
  const verdict = judgeAddress(host);
  if (verdict === "public" || (verdict === "private" && allowPrivate)) return [];
  const hint =
    verdict === "private"
      ? "allow_private: true lets this system be in the house"
      : "link-local and metadata addresses are never reached";
  return [problem("E_SSRF_BLOCKED", path, `${host} is not a public address`, { found: host, hint })];
}

/** An address that cannot be read may have a password anywhere in it. */
function shown(text: string): string {
  return text.includes("@") ? "an address with @ in it" : text.slice(0, 80);
}
