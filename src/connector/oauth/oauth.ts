// OAuth 2 access tokens. A token is asked for once however many calls need it, kept until shortly before it ends, and asked for
// again after a 401. Where a refresh token is what the account has (it was connected by a person, or is given in the config),
// tokens are kept in the vault: a refresh token that is good for one use is used by one process, and its successor is stored
// before anybody uses what came with it.
//
//   grant                 first token                        afterwards
//   client_credentials    the client's own secret            a refresh token that came with it, else the same again
//   jwt_bearer, password  an assertion; name and password    the same
//   refresh_token         the secret's, once                 vault
//   authorization_code    `syncline connect`                 vault
//
// One window stays: a process that dies between the server's answer and the commit has used the old refresh token up and lost
// the new one. Nothing on our side can close it; the account is then connected anew.

import { createHash } from "node:crypto";
import { createMemoryVault, VaultRefusal, type TokenVault, type VaultChange } from "../../core/token-vault.ts";
import { revealed, secretOrText, type Auth, type Authenticated, type Credentials } from "../auth.ts";
import type { OAuthPart } from "../file/auth.ts";
import { signAssertion } from "./assertion.ts";
import { requestTokens, type TokenAnswer } from "./token-request.ts";
import { readTokens, tokensText, type Tokens } from "./tokens.ts";
import type { OAuthTools } from "./tools.ts";

export interface StoredOAuthTools extends OAuthTools {
  /** Name of the system: whose tokens they are. */
  readonly system: string;
  readonly vault: TokenVault;
}

interface InUse {
  readonly access: string;
  readonly until: number;
  readonly credentials: Credentials;
}

/** A token is renewed this long before it ends: requests on their way still find it good. */
const MARGIN_MS = 60_000;

/** Of a short life, this part is kept back at most. */
const MARGIN_SHARE = 0.5;

export function createOAuth(part: OAuthPart, tools: StoredOAuthTools): Auth {
  const vault = isStored(part) ? tools.vault : createMemoryVault();
  let inUse: InUse | null = null;
  let refused: string | null = null;
  let pending: Promise<Authenticated> | null = null;

  const use = ({ access, until }: Tokens): Authenticated => {
    inUse = { access, until, credentials: { headers: { authorization: `Bearer ${access}` }, query: {} } };
    return { ok: true, credentials: inUse.credentials };
  };

  const renewTokens = async (text: string | null): Promise<VaultChange<Authenticated>> => {
    const stored = ownTokens(readTokens(text), part, tools);
    if (stored !== null) {
      for (const token of [stored.access, stored.refresh]) if (token !== null) tools.redactor.add(token);
      // Somebody else renewed it while we waited.
      const good = stored.access !== refused && stored.until > tools.clock.now();
      if (good) return { next: null, result: use(stored) };
    }
    const { answer, before } = await askAnew(stored, part, tools);
    if (!answer.ok) return { next: null, result: answer };
    const tokens = kept(answer, before, part, tools);
    return { next: tokensText(tokens), result: use(tokens) };
  };

  const ask = async (): Promise<Authenticated> => {
    try {
      return await vault.change(tools.system, renewTokens);
    } catch (error) {
      if (error instanceof VaultRefusal) return { ok: false, refused: true, code: error.code, message: error.message };
      // The state database is away or its lock is held: nothing was refused, and it may come back.
      if (error instanceof Error && "code" in error && error.code === "E_DATABASE")
        return { ok: false, refused: false, code: "E_DATABASE", message: error.message };
      throw error;
    }
  };

  return {
    async credentials() {
      if (inUse !== null && inUse.until > tools.clock.now()) return { ok: true, credentials: inUse.credentials };
      pending ??= ask().finally(() => {
        pending = null;
      });
      return pending;
    },
    renew(used) {
      if (inUse?.credentials === used) {
        refused = inUse.access;
        inUse = null;
      }
      return true;
    },
    async settled() {
      await pending?.catch(() => undefined);
    },
  };
}

/** Grants whose refresh token nothing in the config can replace. */
function isStored({ grant }: OAuthPart): boolean {
  return grant === "authorization_code" || grant === "refresh_token";
}

/** Null also for tokens that began with another refresh token than the config now has. */
function ownTokens(stored: Tokens | null, part: OAuthPart, tools: OAuthTools): Tokens | null {
  return stored === null || stored.seed !== seedOf(part, tools) ? null : stored;
}

function seedOf(part: OAuthPart, tools: OAuthTools): string | null {
  if (part.refresh_token === undefined) return null;
  return createHash("sha256").update(revealed(tools.secrets, part.refresh_token)).digest("hex");
}

/** `before`: what the answer continues; null: it begins anew. */
interface Asked {
  readonly answer: TokenAnswer;
  readonly before: Tokens | null;
}

async function askAnew(stored: Tokens | null, part: OAuthPart, tools: StoredOAuthTools): Promise<Asked> {
  const given = part.refresh_token === undefined ? null : revealed(tools.secrets, part.refresh_token);
  const refresh = stored === null ? given : stored.refresh;
  const until = stored?.refreshUntil ?? null;
  const over = until !== null && until <= tools.clock.now();
  if (refresh !== null && refresh !== "" && !over) {
    const answer = await requestTokens({ grant_type: "refresh_token", refresh_token: refresh }, part, tools);
    if (answer.ok || !answer.refused) return { answer, before: stored };
    const message = `${answer.message}; ${connectHint(part, tools.system)}`;
    if (isStored(part)) return { answer: { ...answer, message }, before: stored };
  }
  return { answer: await firstTokens(stored, part, tools), before: null };
}

async function firstTokens(stored: Tokens | null, part: OAuthPart, tools: StoredOAuthTools): Promise<TokenAnswer> {
  switch (part.grant ?? "client_credentials") {
    case "client_credentials":
      return requestTokens({ grant_type: "client_credentials" }, part, tools);
    case "password": {
      const username = secretOrText(part.username ?? "", tools);
      const password = part.password === undefined ? "" : revealed(tools.secrets, part.password);
      return requestTokens({ grant_type: "password", username, password }, part, tools);
    }
    case "jwt_bearer": {
      const assertion = await signAssertion(part, tools, "user");
      if (!assertion.ok) return { ok: false, refused: true, code: assertion.code, message: assertion.message };
      const grant_type = "urn:ietf:params:oauth:grant-type:jwt-bearer";
      return requestTokens({ grant_type, assertion: assertion.token }, part, tools);
    }
    case "authorization_code":
    case "refresh_token": {
      const what = stored === null ? `${tools.system} is not connected` : `the connection of ${tools.system} has ended`;
      return {
        ok: false,
        refused: true,
        code: "E_NOT_CONNECTED",
        message: `${what}; ${connectHint(part, tools.system)}`,
      };
    }
  }
}

function connectHint({ grant }: OAuthPart, system: string): string {
  return grant === "refresh_token"
    ? "put a new refresh token into the secret"
    : `connect it: syncline connect ${system}`;
}

/** What is remembered of an answer; a server that does not rotate leaves the refresh token out. */
export function kept(
  answer: TokenAnswer & { readonly ok: true },
  before: Tokens | null,
  part: OAuthPart,
  tools: OAuthTools,
): Tokens {
  const now = tools.clock.now();
  const lifeMs = answer.lifeSeconds * 1000;
  const { refreshLifeSeconds } = answer;
  const given = part.refresh_token === undefined ? null : revealed(tools.secrets, part.refresh_token);
  return {
    access: answer.access,
    until: Math.round(now + Math.max(lifeMs - MARGIN_MS, lifeMs * MARGIN_SHARE)),
    refresh: answer.refresh ?? before?.refresh ?? (isStored(part) ? given : null),
    refreshUntil:
      refreshLifeSeconds === null
        ? answer.refresh === null
          ? (before?.refreshUntil ?? null)
          : null
        : Math.round(now + refreshLifeSeconds * 1000),
    seed: seedOf(part, tools),
  };
}
