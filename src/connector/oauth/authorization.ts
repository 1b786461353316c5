// Connecting an account: a person says yes in a browser. Either on this machine (authorization code with PKCE and a redirect to
// the loopback, RFC 7636 and 8252) or on any other (device code, RFC 8628). What comes back goes into the vault.

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { OAuthPart } from "../file/auth.ts";
import { secretOrText } from "../auth.ts";
import { kept, type StoredOAuthTools } from "./oauth.ts";
import {
  postForm,
  readTokenAnswer,
  refusal,
  requestTokens,
  secondsIn,
  textIn,
  type TokenAnswer,
} from "./token-request.ts";
import { tokensText } from "./tokens.ts";

export type Connected =
  | {
      readonly ok: true;
      /** False: the account has to be connected again when the access token ends. */
      readonly lasts: boolean;
      readonly scope: string | null;
    }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** One attempt by the browser of this machine. */
interface BrowserAttempt {
  /** To open in a browser. */
  readonly url: string;
  /** @param query Of the redirect. Of another attempt (E_STATE): nothing was done, and the right one may still come. */
  finish(query: URLSearchParams): Promise<Connected>;
}

interface DeviceAttempt {
  readonly url: string;
  /** The address with the code in it, where the server gives one. */
  readonly wholeUrl: string | null;
  readonly code: string;
  readonly lifeSeconds: number;
  /** Asks, as often as the server wants it, until the person has answered. */
  finish(signal: AbortSignal): Promise<Connected>;
}

export interface Authorization {
  /** What the file says about the redirect; port null: any. */
  readonly redirect: { readonly host: string; readonly port: number | null; readonly path: string };
  readonly can: { readonly browser: boolean; readonly device: boolean };
  byBrowser(redirectUri: string): BrowserAttempt | null;
  byDevice(): Promise<DeviceAttempt | (Connected & { readonly ok: false })>;
  close(): Promise<void>;
}

const POLL_DEFAULT_SECONDS = 5;
/** Added each time the server says slow_down (RFC 8628, 3.5). */
const SLOWER_SECONDS = 5;
const DEVICE_LIFE_DEFAULT_SECONDS = 600;
const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

export function openAuthorization(part: OAuthPart, tools: StoredOAuthTools): Authorization {
  const address = part.authorize_url === undefined ? null : tools.text(part.authorize_url);
  const authorizeUrl = address !== null && URL.canParse(address) ? address : null;
  const store = async (answer: TokenAnswer): Promise<Connected> => {
    if (!answer.ok) return { ok: false, code: answer.code, message: answer.message };
    await tools.vault.put(tools.system, tokensText(kept(answer, null, part, tools)));
    return { ok: true, lasts: answer.refresh !== null, scope: answer.scope };
  };
  return {
    redirect: {
      host: part.redirect?.host ?? "127.0.0.1",
      port: part.redirect?.port ?? null,
      path: part.redirect?.path ?? "/callback",
    },
    can: { browser: authorizeUrl !== null, device: part.device_url !== undefined },
    byBrowser: (redirectUri) =>
      authorizeUrl === null ? null : browserAttempt({ authorizeUrl, redirectUri, part, tools, store }),
    byDevice: () => deviceAttempt(part, tools, store),
    close: () => tools.http.close(),
  };
}

type Store = (answer: TokenAnswer) => Promise<Connected>;

interface BrowserFacts {
  readonly authorizeUrl: string;
  readonly redirectUri: string;
  readonly part: OAuthPart;
  readonly tools: StoredOAuthTools;
  readonly store: Store;
}

function browserAttempt({ authorizeUrl, redirectUri, part, tools, store }: BrowserFacts): BrowserAttempt {
  const verifier = randomBytes(32).toString("base64url");
  const state = randomBytes(24).toString("base64url");
  tools.redactor.add(verifier);
  const url = new URL(authorizeUrl);
  const scope = part.scope === undefined ? null : tools.text(part.scope);
  const parameters: Readonly<Record<string, string | null>> = {
    response_type: "code",
    client_id: secretOrText(part.client_id, tools),
    redirect_uri: redirectUri,
    scope,
    state,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    audience: part.audience === undefined ? null : tools.text(part.audience),
    ...part.authorize_with,
  };
  for (const [name, value] of Object.entries(parameters)) if (value !== null) url.searchParams.set(name, value);
  return {
    url: url.href,
    async finish(query) {
      if (!sameText(query.get("state") ?? "", state))
        return { ok: false, code: "E_STATE", message: "the answer belongs to another attempt to connect" };
      const error = query.get("error");
      if (error !== null) {
        const described = query.get("error_description");
        return { ok: false, code: error, message: `the server refused: ${described ?? error}` };
      }
      const code = query.get("code") ?? "";
      if (code === "") return { ok: false, code: "E_AUTH", message: "the answer holds no code" };
      tools.redactor.add(code);
      const grant = { grant_type: "authorization_code", code, redirect_uri: redirectUri, code_verifier: verifier };
      return store(await requestTokens(grant, part, tools));
    },
  };
}

function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

async function deviceAttempt(
  part: OAuthPart,
  tools: StoredOAuthTools,
  store: Store,
): Promise<DeviceAttempt | (Connected & { readonly ok: false })> {
  const scope = part.scope === undefined ? null : tools.text(part.scope);
  const answer = await postForm("device_url", scope === null ? {} : { scope }, part, tools);
  if (!answer.ok) return { ok: false, code: answer.code, message: answer.message };
  const { fields } = answer;
  const device = textIn(fields, "device_code");
  const code = textIn(fields, "user_code");
  const url = textIn(fields, "verification_uri") ?? textIn(fields, "verification_url");
  if (answer.status !== 200 || device === null || code === null || url === null) {
    const { message } = refusal(answer.status, fields);
    return { ok: false, code: "E_AUTH", message: message.replace("token endpoint", "device endpoint") };
  }
  tools.redactor.add(device);
  const lifeSeconds = secondsIn(fields, "expires_in") ?? DEVICE_LIFE_DEFAULT_SECONDS;
  const until = tools.clock.now() + lifeSeconds * 1000;
  return {
    url,
    wholeUrl: textIn(fields, "verification_uri_complete"),
    code,
    lifeSeconds,
    async finish(signal) {
      let seconds = secondsIn(fields, "interval") ?? POLL_DEFAULT_SECONDS;
      while (!signal.aborted && tools.clock.now() < until) {
        await tools.clock.sleep(seconds * 1000, signal);
        if (signal.aborted) break;
        const polled = await postForm("token_url", { grant_type: DEVICE_GRANT, device_code: device }, part, tools);
        if (!polled.ok) {
          if (polled.refused) return { ok: false, code: polled.code, message: polled.message };
          // The server could not be asked: more slowly (RFC 8628, 3.5).
          seconds += SLOWER_SECONDS;
          continue;
        }
        const word = textIn(polled.fields, "error");
        if (word === "slow_down") seconds += SLOWER_SECONDS;
        if (word === "slow_down" || word === "authorization_pending") continue;
        return store(readTokenAnswer(polled.status, polled.fields, tools));
      }
      return { ok: false, code: "expired_token", message: "nobody answered in time" };
    },
  };
}
