// What is wrong with an `auth:` block: names that lead nowhere, and what a grant needs and does not have.

import { didYouMean, problem, type Problem } from "../core/problem.ts";
import { namesInAuth } from "./auth-names.ts";
import type { ConnectorFile } from "./file.ts";
import type { OAuthPart } from "./file/auth.ts";
import { checkSigning } from "./signing.ts";

export function checkAuth(file: ConnectorFile): readonly Problem[] {
  const secrets = Object.keys(file.secrets ?? {});
  const settings = Object.keys(file.settings ?? {});
  const problems: Problem[] = [];
  for (const { path, text, kind } of namesInAuth(file.auth)) {
    const names = kind === "secret" ? secrets : [...secrets, ...settings];
    if (kind === "text" || text.includes("{{") || names.includes(text)) continue;
    // Who an assertion is from, for or about may be written as it is: these are no secrets.
    if (path[1] === "jwt" && kind === "user" && /[^A-Za-z0-9_]/.test(text)) continue;
    const hint = didYouMean(text, names) ?? `declare it: secrets: { ${text}: { required: true } }`;
    problems.push(
      problem("E_SECRET_UNKNOWN", path, "auth names a secret that is not declared under `secrets:`", {
        // A long text here is more likely a secret than the name of one.
        found: text.length > 40 ? "a long text" : text,
        expected: names.join(", "),
        hint,
      }),
    );
  }
  if (file.auth?.scheme === "hmac") problems.push(...checkSigning(file.auth));
  if (file.auth?.scheme === "oauth2") problems.push(...checkGrant(file.auth));
  return problems;
}

type Key = keyof OAuthPart;

/** What each grant cannot do without: one of each list. */
const NEEDS: Readonly<Record<NonNullable<OAuthPart["grant"]>, readonly (readonly Key[])[]>> = {
  client_credentials: [],
  refresh_token: [["refresh_token"]],
  authorization_code: [["authorize_url", "device_url"]],
  jwt_bearer: [["jwt"]],
  password: [["username"], ["password"]],
};

/** Keys that one grant alone reads. */
const ONLY: readonly (readonly [key: Key, grant: NonNullable<OAuthPart["grant"]>])[] = [
  ["authorize_url", "authorization_code"],
  ["device_url", "authorization_code"],
  ["redirect", "authorization_code"],
  ["authorize_with", "authorization_code"],
  ["username", "password"],
  ["password", "password"],
];

function checkGrant(part: OAuthPart): readonly Problem[] {
  const grant = part.grant ?? "client_credentials";
  const problems: Problem[] = [];
  const missing = (message: string, hint: string): void => {
    problems.push(problem("E_MISSING", ["auth"], message, { on: "key", hint }));
  };
  for (const keys of NEEDS[grant]) {
    if (keys.some((key) => part[key] !== undefined)) continue;
    missing(`the grant ${grant} needs ${keys.join(" or ")}`, `add ${keys[0] ?? ""}:`);
  }
  const byKey = part.client_auth === "private_key_jwt";
  if (byKey && part.jwt === undefined)
    missing("client_auth: private_key_jwt needs a key to sign with", "add jwt: { private_key: NAME }");
  if (!byKey && part.client_secret === undefined && (grant === "client_credentials" || part.client_auth === "basic"))
    missing(`the grant ${grant} needs the client's secret`, "add client_secret: NAME");
  for (const [key, only] of ONLY) {
    if (part[key] === undefined || grant === only) continue;
    problems.push(
      problem("E_COMBINATION", ["auth", key], `${key} belongs to the grant ${only}, and this is ${grant}`, {
        on: "key",
        hint: "remove it",
      }),
    );
  }
  return problems;
}
