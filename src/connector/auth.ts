// How requests are authenticated. An Auth adds headers or query parameters to each request, and may be asked once to get
// something newer after a 401.

import type { Value } from "../core/value.ts";
import type { AuthPart } from "./file/auth.ts";
import type { Redactor, Secret } from "./secret.ts";

export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** Scheme session: what requests see as {{ session.NAME }}. */
  readonly session?: Readonly<Record<string, Value>>;
  /** Scheme signed: makes what goes with one request, once its turn has come; never twice the same. */
  readonly sign?: () => Promise<Signed>;
}

/** What one request is signed with, or why it cannot be: then nothing is sent. */
export type Signed =
  | {
      readonly ok: true;
      readonly headers: Readonly<Record<string, string>>;
      /** What the request sees as {{ signed.NAME }}. */
      readonly values: Readonly<Record<string, Value>>;
    }
  | { readonly ok: false; readonly message: string };

export type Authenticated =
  | { readonly ok: true; readonly credentials: Credentials }
  /** `refused`: the token endpoint says no; else it could not be asked. */
  | { readonly ok: false; readonly refused: boolean; readonly code: string; readonly message: string };

export interface Auth {
  credentials(signal: AbortSignal): Promise<Authenticated>;
  /**
   * After a 401: forgets what was used. False: there is nothing newer to get.
   * @param used The credentials that were refused; when others have been got meanwhile, those are kept.
   */
  renew(used: Credentials): boolean;
  /** Waits for a login that is under way, so that what it brings is not lost. */
  settled?(): Promise<void>;
}

export interface AuthTools {
  readonly secrets: ReadonlyMap<string, Secret>;
  /** Text of a template or setting; null when it is absent. */
  readonly text: (value: string) => string | null;
  readonly redactor: Redactor;
}

const NO_CREDENTIALS: Credentials = { headers: {}, query: {} };

type StaticAuthPart = Exclude<AuthPart, { readonly scheme: "oauth2" | "session" | "hmac" | "signed" }>;

/** Schemes whose credentials never change. */
export function createStaticAuth(part: StaticAuthPart, tools: AuthTools): Auth {
  const credentials = staticCredentials(part, tools);
  const answer: Authenticated = { ok: true, credentials };
  return { credentials: () => Promise.resolve(answer), renew: () => false };
}

function staticCredentials(part: StaticAuthPart, tools: AuthTools): Credentials {
  const { secrets } = tools;
  switch (part.scheme) {
    case "none":
      return NO_CREDENTIALS;
    case "bearer":
      return header("authorization", `Bearer ${revealed(secrets, part.token)}`);
    case "basic": {
      const user = secretOrText(part.username, tools);
      const pair = `${user}:${part.password === undefined ? "" : revealed(secrets, part.password)}`;
      const encoded = Buffer.from(pair, "utf8").toString("base64");
      tools.redactor.add(encoded);
      return header("authorization", `Basic ${encoded}`);
    }
    case "header":
      return header(part.name.toLowerCase(), (part.prefix ?? "") + revealed(secrets, part.token));
    case "query":
      return { headers: {}, query: { [part.name]: revealed(secrets, part.token) } };
  }
}

function header(name: string, value: string): Credentials {
  return { headers: { [name]: value }, query: {} };
}

/** A secret that check has not missed is there: required ones are checked before a system is opened. */
export function revealed(secrets: ReadonlyMap<string, Secret>, name: string): string {
  return secrets.get(name)?.reveal() ?? "";
}

/** Where a user's name may be a secret, a setting or a template. */
export function secretOrText(name: string, tools: AuthTools): string {
  return tools.secrets.get(name)?.reveal() ?? tools.text(name) ?? "";
}
