// An OAuth 2 server and the API behind it, on a free port: authorization codes with PKCE, device codes, refresh tokens that
// rotate and notice when an old one is used again (then the whole family is revoked), assertions.

import { createHash, randomBytes } from "node:crypto";
import fastify, { type FastifyInstance } from "fastify";

export interface OAuthServer {
  readonly origin: string;
  /** Every token request, in order. */
  readonly requests: Record<string, string>[];
  /** Requests of the API and how they ended. */
  readonly calls: number[];
  /** How often an old refresh token was used. */
  reuses: number;
  /** Words that the next polls for a device code are answered with, before it is granted. */
  deviceAnswers: string[];
  /** Seconds an access token is said to live. */
  lifeSeconds: number;
  refreshLifeSeconds: number | null;
  /** The next token requests are answered so instead. */
  failures: { status: number; body: unknown }[];
  /** Every access token is refused from now on; refresh tokens stay. */
  revokeAccess(): void;
  /** A family of tokens as after a log-in. */
  grant(): { readonly access: string; readonly refresh: string };
  close(): Promise<void>;
}

interface Code {
  readonly challenge: string;
  readonly redirectUri: string;
}

export async function startOAuthServer(): Promise<OAuthServer> {
  const app: FastifyInstance = fastify();
  const codes = new Map<string, Code>();
  const devices = new Set<string>();
  const access = new Set<string>();
  /** Refresh tokens by their family; those that were used are kept to notice reuse. */
  const refresh = new Map<string, { readonly family: string; used: boolean }>();
  const revoked = new Set<string>();

  const token = (what: string): string => `${what}-${randomBytes(16).toString("hex")}`;
  const issue = (family: string) => {
    const made = { access: token("access"), refresh: token("refresh") };
    access.add(made.access);
    refresh.set(made.refresh, { family, used: false });
    return made;
  };
  const answer = (made: { access: string; refresh: string }) => ({
    access_token: made.access,
    refresh_token: made.refresh,
    token_type: "Bearer",
    scope: "read write",
    expires_in: server.lifeSeconds,
    ...(server.refreshLifeSeconds === null ? {} : { refresh_token_expires_in: server.refreshLifeSeconds }),
  });

  app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_, body, done) => {
    done(null, Object.fromEntries(new URLSearchParams(String(body))));
  });

  app.get("/authorize", (request, reply) => {
    const query = request.query as Record<string, string>;
    const { state = "", code_challenge: challenge = "", redirect_uri: redirectUri = "" } = query;
    const code = token("code");
    codes.set(code, { challenge, redirectUri });
    return reply.redirect(`${redirectUri}?${new URLSearchParams({ code, state }).toString()}`);
  });

  app.post("/device", () => {
    const device = token("device");
    devices.add(device);
    return {
      device_code: device,
      user_code: "ABCD-EFGH",
      verification_uri: `${server.origin}/activate`,
      expires_in: 600,
      interval: 3,
    };
  });

  app.post("/token", async (request, reply) => {
    const body = request.body as Record<string, string>;
    const refuse = (error: string) => reply.status(400).send({ error, error_description: `refused: ${error}` });
    server.requests.push(body);
    const failure = server.failures.shift();
    if (failure !== undefined) return reply.status(failure.status).send(failure.body);
    switch (body["grant_type"]) {
      case "authorization_code": {
        const code = codes.get(body["code"] ?? "");
        codes.delete(body["code"] ?? "");
        const challenge = createHash("sha256")
          .update(body["code_verifier"] ?? "")
          .digest("base64url");
        const good = code?.challenge === challenge && code.redirectUri === body["redirect_uri"];
        return good ? answer(issue(token("family"))) : refuse("invalid_grant");
      }
      case "urn:ietf:params:oauth:grant-type:device_code": {
        if (!devices.has(body["device_code"] ?? "")) return refuse("invalid_grant");
        const word = server.deviceAnswers.shift();
        return word === undefined ? answer(issue(token("family"))) : refuse(word);
      }
      case "refresh_token": {
        const known = refresh.get(body["refresh_token"] ?? "");
        if (known === undefined || revoked.has(known.family)) return refuse("invalid_grant");
        if (known.used) {
          server.reuses += 1;
          revoked.add(known.family);
          return refuse("invalid_grant");
        }
        known.used = true;
        // Long enough for a second process to come in between, if anything let it.
        await new Promise((resolve) => setTimeout(resolve, 30));
        return answer(issue(known.family));
      }
      case "password":
      case "client_credentials":
      case "urn:ietf:params:oauth:grant-type:jwt-bearer": {
        const { access: made } = issue(token("family"));
        return { access_token: made, token_type: "Bearer", expires_in: server.lifeSeconds };
      }
      default:
        return refuse("unsupported_grant_type");
    }
  });

  app.get("/contacts", (request, reply) => {
    const given = request.headers.authorization?.replace(/^Bearer /, "") ?? "";
    const good = access.has(given);
    server.calls.push(good ? 200 : 401);
    return good ? [{ id: "1", name: "Ada" }] : reply.status(401).send({ error: "invalid_token", token: given });
  });

  const origin = await app.listen({ host: "127.0.0.1", port: 0 });
  const server: OAuthServer = {
    origin,
    requests: [],
    calls: [],
    reuses: 0,
    deviceAnswers: [],
    lifeSeconds: 3600,
    refreshLifeSeconds: null,
    failures: [],
    revokeAccess: () => access.clear(),
    grant: () => issue(token("family")),
    close: () => app.close(),
  };
  return server;
}
