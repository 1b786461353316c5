// Assertions signed with a private key: for the grant jwt_bearer, and as the client's own proof (private_key_jwt).

import { createPrivateKey, randomUUID, type KeyObject } from "node:crypto";
import { SignJWT } from "jose";
import { revealed, secretOrText } from "../auth.ts";
import type { OAuthPart } from "../file/auth.ts";
import type { OAuthTools } from "./tools.ts";

/** Servers refuse assertions that live long; Salesforce allows 3 minutes, Google an hour. */
const LIFE_SECONDS = 180;

export type Assertion =
  | { readonly ok: true; readonly token: string }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** @param proves `user`: the grant's assertion. `client`: who the client is. */
export async function signAssertion(part: OAuthPart, tools: OAuthTools, proves: "user" | "client"): Promise<Assertion> {
  const { jwt } = part;
  if (jwt === undefined) return { ok: false, code: "E_AUTH", message: "auth.jwt says which key signs, and is missing" };
  const key = readKey(revealed(tools.secrets, jwt.private_key));
  if (key === null)
    return { ok: false, code: "E_AUTH", message: `the secret ${jwt.private_key} is not a private key in PEM form` };
  const text = (value: string | undefined): string | undefined =>
    value === undefined ? undefined : secretOrText(value, tools);
  const client = secretOrText(part.client_id, tools);
  const user = proves === "user";
  const scope = user && part.scope !== undefined ? tools.text(part.scope) : null;
  const issuedAt = Math.floor(tools.clock.now() / 1000);
  const subject = user ? text(jwt.subject) : client;
  const unsigned = new SignJWT({ ...jwt.claims, ...(scope === null ? {} : { scope }) })
    .setProtectedHeader({
      alg: jwt.algorithm ?? "RS256",
      typ: "JWT",
      ...(jwt.key_id === undefined ? {} : { kid: secretOrText(jwt.key_id, tools) }),
    })
    .setIssuer((user ? text(jwt.issuer) : undefined) ?? client)
    .setAudience(text(jwt.audience) ?? tools.text(part.token_url) ?? "")
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + LIFE_SECONDS)
    .setJti(randomUUID());
  if (subject !== undefined) unsigned.setSubject(subject);
  try {
    const token = await unsigned.sign(key);
    tools.redactor.add(token);
    return { ok: true, token };
  } catch {
    // The key is of another kind than the algorithm; the error's text may show parts of it.
    const message = `the secret ${jwt.private_key} does not fit the algorithm ${jwt.algorithm ?? "RS256"}`;
    return { ok: false, code: "E_AUTH", message };
  }
}

function readKey(pem: string): KeyObject | null {
  try {
    // Environment variables often hold the line breaks as \n.
    return createPrivateKey(pem.includes("\\n") ? pem.replaceAll("\\n", "\n") : pem);
  } catch {
    return null;
  }
}
