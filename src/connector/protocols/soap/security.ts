// WS-Security UsernameToken 1.0: the block that goes into the header of every call, as the `soap` package writes it.
//
// Its own file is imported, not the package: that would also load an HTTP client, XML signatures and a server.

import { WSSecurity } from "soap/lib/security/WSSecurity.js";

export interface UsernameToken {
  readonly username: string;
  readonly password: string;
  readonly type: "text" | "digest";
}

/** XML with a time and, for a digest, a nonce of its own: made anew for each call. The prefix `soap` is the envelope's. */
export function securityHeader({ username, password, type }: UsernameToken): string {
  const token = new WSSecurity(username, password, {
    passwordType: type === "digest" ? "PasswordDigest" : "PasswordText",
    hasTimeStamp: true,
    hasTokenCreated: true,
    mustUnderstand: true,
    envelopeKey: "soap",
  });
  return token.toXML();
}
