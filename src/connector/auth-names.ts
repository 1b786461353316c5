// What an `auth:` block names: secrets, settings, templates. One list, for everybody who looks at the block without caring for
// its scheme.

import type { AuthPart } from "./file/auth.ts";

export interface AuthName {
  readonly path: readonly string[];
  readonly text: string;
  /** `secret`: the name of a secret. `user`: of a secret or a setting, or a template. `text`: a setting's name or a template. */
  readonly kind: "secret" | "user" | "text";
}

type Entry = readonly [path: readonly string[], text: string | undefined, kind: AuthName["kind"]];

export function namesInAuth(part: AuthPart | undefined): readonly AuthName[] {
  return entriesOf(part).flatMap(([path, text, kind]) =>
    text === undefined ? [] : [{ path: ["auth", ...path], text, kind }],
  );
}

function entriesOf(part: AuthPart | undefined): readonly Entry[] {
  switch (part?.scheme) {
    case undefined:
    case "none":
    case "session":
    case "signed":
      return [];
    case "bearer":
    case "header":
    case "query":
      return [[["token"], part.token, "secret"]];
    case "basic":
      return [
        [["username"], part.username, "user"],
        [["password"], part.password, "secret"],
      ];
    case "hmac":
      return [
        [["token"], part.token, "secret"],
        [["key"], part.key, "user"],
      ];
    case "oauth2":
      return [
        [["token_url"], part.token_url, "text"],
        [["authorize_url"], part.authorize_url, "text"],
        [["device_url"], part.device_url, "text"],
        [["scope"], part.scope, "text"],
        [["audience"], part.audience, "text"],
        [["client_id"], part.client_id, "user"],
        [["username"], part.username, "user"],
        [["client_secret"], part.client_secret, "secret"],
        [["password"], part.password, "secret"],
        [["refresh_token"], part.refresh_token, "secret"],
        [["jwt", "private_key"], part.jwt?.private_key, "secret"],
        [["jwt", "key_id"], part.jwt?.key_id, "user"],
        [["jwt", "issuer"], part.jwt?.issuer, "user"],
        [["jwt", "subject"], part.jwt?.subject, "user"],
        [["jwt", "audience"], part.jwt?.audience, "user"],
      ];
  }
}
