// WS-Security UsernameToken 1.0: the block that goes into the header of every call.
//
// Written here because the token of the `soap` package carries ids that are not XML ids (they hold colons), which strict
// servers refuse, and takes its time from the machine.

import { createHash } from "node:crypto";
import { escapeText } from "../../xml/text.ts";

const OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss";
const SECEXT = `${OASIS}-wssecurity-secext-1.0.xsd`;
const UTILITY = `${OASIS}-wssecurity-utility-1.0.xsd`;
const PROFILE = `${OASIS}-username-token-profile-1.0`;
const BASE64 = `${OASIS}-soap-message-security-1.0#Base64Binary`;

/** Too short: refused by servers whose clock is ahead. Too long: a captured token can be used again for that long. */
const LIFE_MS = 5 * 60_000;

export interface UsernameToken {
  readonly username: string;
  readonly password: string;
  readonly type: "text" | "digest";
}

/** @param nonce 16 random bytes, new for each call. */
export function securityHeader(token: UsernameToken, at: { now: number; nonce: Uint8Array }): string {
  const created = instantText(at.now);
  const nonce = Buffer.from(at.nonce);
  const password =
    token.type === "text"
      ? `<wsse:Password Type="${PROFILE}#PasswordText">${escapeText(token.password)}</wsse:Password>`
      : `<wsse:Password Type="${PROFILE}#PasswordDigest">${passwordDigest(nonce, created, token.password)}</wsse:Password>` +
        `<wsse:Nonce EncodingType="${BASE64}">${nonce.toString("base64")}</wsse:Nonce>`;
  return (
    `<wsse:Security xmlns:wsse="${SECEXT}" xmlns:wsu="${UTILITY}" soap:mustUnderstand="1">` +
    `<wsu:Timestamp><wsu:Created>${created}</wsu:Created><wsu:Expires>${instantText(at.now + LIFE_MS)}</wsu:Expires></wsu:Timestamp>` +
    `<wsse:UsernameToken><wsse:Username>${escapeText(token.username)}</wsse:Username>${password}` +
    `<wsu:Created>${created}</wsu:Created></wsse:UsernameToken></wsse:Security>`
  );
}

/** Base64 of SHA-1 over nonce, time and password, as the profile says; SHA-1 is not ours to choose here. */
export function passwordDigest(nonce: Uint8Array, created: string, password: string): string {
  return createHash("sha1").update(nonce).update(created, "utf8").update(password, "utf8").digest("base64");
}

function instantText(now: number): string {
  return new Date(now).toISOString();
}
