// OAuth 2 access tokens: client credentials, or a refresh token. A token is asked for once however many calls need it, kept
// until shortly before it ends, and asked for again after a 401. A refresh token that an answer brings is used from then on;
// when it is refused, the client's own credentials are tried.

import { JsonError, parseJson } from "../core/json.ts";
import { digitsOf, isFields, type Fields, type Value } from "../core/value.ts";
import { revealed, secretOrText, type Auth, type Authenticated, type AuthTools, type Credentials } from "./auth.ts";
import type { Clock } from "./clock.ts";
import type { OAuthPart } from "./file/auth.ts";
import { formText } from "./form.ts";
import type { HttpClient } from "./http.ts";

export interface OAuthTools extends AuthTools {
  readonly http: HttpClient;
  readonly clock: Clock;
}

interface Token {
  readonly credentials: Credentials;
  readonly until: number;
}

/** A token is renewed this long before it ends: requests on their way still find it good. */
const MARGIN_MS = 60_000;

/** Where the answer names no life. */
const LIFE_DEFAULT_SECONDS = 3600;

export function createOAuth(part: OAuthPart, tools: OAuthTools): Auth {
  let token: Token | null = null;
  let pending: Promise<Authenticated> | null = null;
  let refreshToken = part.refresh_token === undefined ? null : revealed(tools.secrets, part.refresh_token);

  const ask = async (signal: AbortSignal): Promise<Authenticated> => {
    if (refreshToken !== null) {
      const refreshed = await request(
        { grant_type: "refresh_token", refresh_token: refreshToken },
        part,
        tools,
        signal,
      );
      if (refreshed.ok || !refreshed.refused || part.grant === "refresh_token") return keep(refreshed);
      refreshToken = null;
    }
    return keep(await request({ grant_type: "client_credentials" }, part, tools, signal));
  };

  const keep = (answer: TokenAnswer): Authenticated => {
    if (!answer.ok) return answer;
    refreshToken = answer.refreshToken ?? refreshToken;
    const lifeMs = answer.lifeSeconds * 1000;
    const until = tools.clock.now() + Math.max(lifeMs - MARGIN_MS, lifeMs / 2);
    token = { credentials: { headers: { authorization: `Bearer ${answer.accessToken}` }, query: {} }, until };
    return { ok: true, credentials: token.credentials };
  };

  return {
    async credentials(signal) {
      if (token !== null && token.until > tools.clock.now()) return { ok: true, credentials: token.credentials };
      pending ??= ask(signal).finally(() => {
        pending = null;
      });
      return pending;
    },
    renew(used) {
      if (token?.credentials === used) token = null;
      return true;
    },
  };
}

type TokenAnswer =
  | {
      readonly ok: true;
      readonly accessToken: string;
      readonly refreshToken: string | null;
      readonly lifeSeconds: number;
    }
  | { readonly ok: false; readonly refused: boolean; readonly code: string; readonly message: string };

async function request(
  grant: Readonly<Record<string, string>>,
  part: OAuthPart,
  tools: OAuthTools,
  signal: AbortSignal,
): Promise<TokenAnswer> {
  const address = tools.text(part.token_url);
  if (address === null || !URL.canParse(address)) {
    return { ok: false, refused: true, code: "E_URL", message: "auth.token_url is not an address" };
  }
  const url = new URL(address);
  const id = secretOrText(part.client_id, tools);
  const secret = revealed(tools.secrets, part.client_secret);
  const byHeader = part.client_auth === "basic";
  const optional: Record<string, string | null> = {
    scope: part.scope === undefined ? null : tools.text(part.scope),
    audience: part.audience === undefined ? null : tools.text(part.audience),
    client_id: byHeader ? null : id,
    client_secret: byHeader ? null : secret,
  };
  const body: Record<string, Value> = { ...grant };
  for (const [name, value] of Object.entries(optional)) if (value !== null) body[name] = value;
  const headers: Record<string, string> = {
    "content-type": "application/x-www-form-urlencoded",
    accept: "application/json",
  };
  if (byHeader) {
    const pair = Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`, "utf8").toString("base64");
    tools.redactor.add(pair);
    headers.authorization = `Basic ${pair}`;
  }
  const sent = await tools.http.send({
    method: "POST",
    origin: url.origin,
    path: url.pathname + url.search,
    headers,
    body: formText(body),
    signal,
  });
  if (sent.kind === "failed")
    return { ok: false, refused: false, code: sent.code, message: `token endpoint: ${sent.message}` };
  const fields = answerFields(sent.bytes);
  if (sent.status >= 500 || sent.status === 429) {
    return {
      ok: false,
      refused: false,
      code: `HTTP_${String(sent.status)}`,
      message: `the token endpoint answered ${String(sent.status)}`,
    };
  }
  const accessToken = fields?.access_token;
  if (sent.status !== 200 || typeof accessToken !== "string" || accessToken === "") {
    const error = typeof fields?.error === "string" ? ` (${fields.error.slice(0, 60)})` : "";
    return {
      ok: false,
      refused: true,
      code: "E_AUTH",
      message: `the token endpoint answered ${String(sent.status)}${error}`,
    };
  }
  const refreshToken = typeof fields?.refresh_token === "string" ? fields.refresh_token : null;
  tools.redactor.add(accessToken);
  if (refreshToken !== null) tools.redactor.add(refreshToken);
  return { ok: true, accessToken, refreshToken, lifeSeconds: lifeSeconds(fields?.expires_in) };
}

function answerFields(bytes: Uint8Array): Fields | null {
  try {
    const body = parseJson(new TextDecoder().decode(bytes));
    return isFields(body) ? body : null;
  } catch (error) {
    if (error instanceof JsonError) return null;
    throw error;
  }
}

function lifeSeconds(value: Value | undefined): number {
  const digits = typeof value === "string" ? value : value === undefined ? null : digitsOf(value);
  const seconds = Number(digits ?? Number.NaN);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : LIFE_DEFAULT_SECONDS;
}
