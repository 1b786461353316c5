// One request to a token endpoint (RFC 6749): the grant, the client's proof of who it is, the answer.

import { JsonError, parseJson } from "../../core/json.ts";
import { digitsOf, isFields, type Fields, type Value } from "../../core/value.ts";
import { revealed, secretOrText } from "../auth.ts";
import type { OAuthPart } from "../file/auth.ts";
import { formText } from "../form.ts";
import { signAssertion } from "./assertion.ts";
import type { OAuthTools } from "./tools.ts";

export type TokenAnswer =
  | {
      readonly ok: true;
      readonly access: string;
      readonly refresh: string | null;
      readonly lifeSeconds: number;
      readonly refreshLifeSeconds: number | null;
      readonly scope: string | null;
    }
  | TokenRefusal;

export interface TokenRefusal {
  readonly ok: false;
  /** The server said no; false: it could not be asked, or could not answer. */
  readonly refused: boolean;
  /** The error word of the answer, as in invalid_grant; else a code of ours. */
  readonly code: string;
  readonly message: string;
}

/** Where the answer names no life. */
const LIFE_DEFAULT_SECONDS = 3600;

/** Shorter than the state database lets a transaction rest, and than others wait for its lock. */
const TIMEOUT_MS = 20_000;

const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** @param grant Parameters of the grant. The request is not abandoned when the system is closed: its answer may hold the only good token. */
export async function requestTokens(
  grant: Readonly<Record<string, string>>,
  part: OAuthPart,
  tools: OAuthTools,
): Promise<TokenAnswer> {
  const scope = part.scope === undefined ? null : tools.text(part.scope);
  const audience = part.audience === undefined ? null : tools.text(part.audience);
  // The scope of a code was given when it was asked for, and that of a refresh token with the token.
  const asks = grant["grant_type"] !== "authorization_code" && grant["grant_type"] !== "refresh_token";
  const body = { ...grant, ...(scope !== null && asks ? { scope } : {}), ...(audience === null ? {} : { audience }) };
  const answer = await postForm("token_url", body, part, tools);
  return answer.ok ? readTokenAnswer(answer.status, answer.fields, tools) : answer;
}

export type FormAnswer = { readonly ok: true; readonly status: number; readonly fields: Fields | null } | TokenRefusal;

/** Posts a form to one of the server's endpoints, with the client's proof. */
export async function postForm(
  endpoint: "token_url" | "device_url",
  body: Readonly<Record<string, string>>,
  part: OAuthPart,
  tools: OAuthTools,
): Promise<FormAnswer> {
  const address = tools.text(part[endpoint] ?? "");
  if (address === null || !URL.canParse(address))
    return { ok: false, refused: true, code: "E_URL", message: `auth.${endpoint} is not an address` };
  const url = new URL(address);
  const proof = await clientProof(part, tools);
  if (!proof.ok) return proof;
  const sent = await tools.http.send({
    method: "POST",
    origin: url.origin,
    path: url.pathname + url.search,
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json", ...proof.headers },
    body: formText({ ...body, ...proof.body }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (sent.kind === "failed")
    return { ok: false, refused: false, code: sent.code, message: `token endpoint: ${sent.message}` };
  if (sent.status >= 500 || sent.status === 429) {
    const message = `the token endpoint answered ${String(sent.status)}`;
    return { ok: false, refused: false, code: `HTTP_${String(sent.status)}`, message };
  }
  return { ok: true, status: sent.status, fields: answerFields(sent.bytes) };
}

export function readTokenAnswer(status: number, fields: Fields | null, tools: OAuthTools): TokenAnswer {
  const access = fields?.["access_token"];
  const refresh = textIn(fields, "refresh_token");
  if (refresh !== null) tools.redactor.add(refresh);
  if (status < 200 || status > 299 || typeof access !== "string" || access === "") return refusal(status, fields);
  tools.redactor.add(access);
  return {
    ok: true,
    access,
    refresh,
    lifeSeconds: secondsIn(fields, "expires_in") ?? LIFE_DEFAULT_SECONDS,
    refreshLifeSeconds:
      secondsIn(fields, "refresh_token_expires_in") ??
      secondsIn(fields, "refresh_expires_in") ??
      secondsIn(fields, "x_refresh_token_expires_in"),
    scope: textIn(fields, "scope"),
  };
}

export function refusal(status: number, fields: Fields | null): TokenRefusal {
  const word = textIn(fields, "error")?.slice(0, 60) ?? null;
  const told = [word, textIn(fields, "error_description")?.slice(0, 200)].filter((text) => typeof text === "string");
  const why = told.length === 0 ? "" : ` (${told.join(": ")})`;
  const message = `the token endpoint answered ${String(status)}${why}`;
  return { ok: false, refused: true, code: word ?? "E_AUTH", message };
}

type Proof =
  | {
      readonly ok: true;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Readonly<Record<string, string>>;
    }
  | TokenRefusal;

async function clientProof(part: OAuthPart, tools: OAuthTools): Promise<Proof> {
  const id = secretOrText(part.client_id, tools);
  const secret = part.client_secret === undefined ? null : revealed(tools.secrets, part.client_secret);
  switch (part.client_auth ?? "body") {
    case "basic": {
      // Both are encoded as in a form before they are joined (RFC 6749, 2.3.1).
      const pair = Buffer.from(`${formEncoded(id)}:${formEncoded(secret ?? "")}`, "utf8").toString("base64");
      tools.redactor.add(pair);
      return { ok: true, headers: { authorization: `Basic ${pair}` }, body: {} };
    }
    case "private_key_jwt": {
      const assertion = await signAssertion(part, tools, "client");
      if (!assertion.ok) return { ok: false, refused: true, code: assertion.code, message: assertion.message };
      const body = { client_id: id, client_assertion_type: ASSERTION_TYPE, client_assertion: assertion.token };
      return { ok: true, headers: {}, body };
    }
    case "body":
      return { ok: true, headers: {}, body: { client_id: id, ...(secret === null ? {} : { client_secret: secret }) } };
  }
}

function formEncoded(text: string): string {
  return encodeURIComponent(text);
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

export function textIn(fields: Fields | null, name: string): string | null {
  const value = fields?.[name];
  return typeof value === "string" && value !== "" ? value : null;
}

export function secondsIn(fields: Fields | null, name: string): number | null {
  const value: Value | undefined = fields?.[name];
  const seconds = Number(
    typeof value === "string" ? value || "x" : value === undefined ? "x" : (digitsOf(value) ?? "x"),
  );
  return Number.isFinite(seconds) && seconds > 0 ? seconds : null;
}
