// The `auth:` block. Its values are names of secrets declared under `secrets:`, never secrets.

import { z } from "zod";
import { sessionSchema } from "./session.ts";
import { about, template } from "./text.ts";

const secretName = z.string().min(1);
const username = about(secretName, "Name of a secret, or of a setting, or a template.", "user");

const jwt = z.strictObject({
  private_key: about(secretName, "Name of the secret with the private key in PEM form.", "private_key"),
  algorithm: about(
    z.enum(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]).optional(),
    "How it signs; default RS256.",
    "ES256",
  ),
  key_id: about(username.optional(), "Sent as kid: a secret, a setting, or the id itself.", "key_id"),
  issuer: about(username.optional(), "Who asks; default the client id.", "service_account"),
  subject: about(username.optional(), "For whom it asks.", "username"),
  audience: about(username.optional(), "Whom it is for; default token_url.", "https://login.example.com"),
  claims: about(
    z.record(z.string().min(1), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])).optional(),
    "Further claims, as they are.",
    { scope: ["rest_webservices"] },
  ),
});

const redirect = z.strictObject({
  host: about(z.enum(["127.0.0.1", "localhost"]).optional(), "Default 127.0.0.1.", "localhost"),
  port: about(z.number().int().min(1).max(65_535).optional(), "Default: any that is free.", 8765),
  path: about(
    z
      .string()
      .regex(/^\/[\w./-]*$/)
      .optional(),
    "Default /callback.",
    "/callback",
  ),
});

const oauth2 = z.strictObject({
  scheme: z.literal("oauth2"),
  grant: about(
    z.enum(["client_credentials", "refresh_token", "authorization_code", "jwt_bearer", "password"]).optional(),
    "How the first access token is got; default client_credentials. With authorization_code a person connects the account: " +
      "`syncline connect SYSTEM`.",
    "client_credentials",
  ),
  token_url: about(template, "Address of the token endpoint.", "https://login.example.com/oauth/token"),
  authorize_url: about(
    template.optional(),
    "authorization_code: address that the person's browser is sent to.",
    "https://login.example.com/oauth/authorize",
  ),
  device_url: about(
    template.optional(),
    "authorization_code: address that gives a code to type in on another machine (`syncline connect --device`).",
    "https://login.example.com/oauth/device",
  ),
  redirect: about(
    redirect.optional(),
    "authorization_code: where the browser comes back to, as the client is registered with the server.",
    { host: "localhost", port: 8765, path: "/callback" },
  ),
  authorize_with: about(
    z.record(z.string().min(1), z.string()).optional(),
    "authorization_code: further parameters of authorize_url.",
    { access_type: "offline", prompt: "consent" },
  ),
  client_id: about(username, "Name of the secret or setting with the client id.", "client_id"),
  client_secret: about(
    secretName.optional(),
    "Name of the secret with the client secret; a client without one says who it is by PKCE or by its key.",
    "client_secret",
  ),
  refresh_token: about(
    secretName.optional(),
    "Name of the secret with a refresh token, for grant refresh_token.",
    "refresh_token",
  ),
  username: about(username.optional(), "password: name of a secret, or of a setting, or a template.", "user"),
  password: about(secretName.optional(), "password: name of the secret.", "password"),
  jwt: about(jwt.optional(), "What signs assertions: for jwt_bearer and client_auth private_key_jwt.", {
    private_key: "private_key",
    subject: "username",
  }),
  scope: about(template.optional(), "Scopes asked for, parted by spaces.", "read write"),
  audience: about(template.optional(), "Sent as audience, where the server asks for one.", "https://api.example.com"),
  client_auth: about(
    z.enum(["body", "basic", "private_key_jwt"]).optional(),
    "How the client says who it is: its secret in the body or as basic, or an assertion of its key; default body.",
    "basic",
  ),
});

const hmac = z.strictObject({
  scheme: z.literal("hmac"),
  token: about(secretName, "Name of the secret that signs.", "signing_secret"),
  secret_is: about(
    z.enum(["utf8", "hex", "base64"]).optional(),
    "How the secret's bytes are written; default utf8: the text itself.",
    "base64",
  ),
  algorithm: about(z.enum(["sha1", "sha256", "sha384", "sha512"]).optional(), "Default sha256.", "sha256"),
  encoding: about(z.enum(["hex", "base64", "base64url"]).optional(), "Of the signature; default hex.", "base64"),
  signs: about(
    z.string().min(1),
    "The text that is signed: {method} {path} {query} {target} (path and query) {host} {url} {body} {body_sha256} {timestamp} {nonce} {key}.",
    "{timestamp}.{method}.{target}.{body}",
  ),
  header: about(z.string().min(1), "Header that carries the signature.", "X-Signature"),
  value: about(
    z.string().min(1).optional(),
    "What the header says: {signature} {timestamp} {nonce} {key}; default {signature}.",
    "HMAC {key}:{signature}",
  ),
  key: about(username.optional(), "Name of the secret or setting with the id of the key, for {key}.", "key_id"),
  timestamp: about(
    z
      .strictObject({
        header: about(z.string().min(1).optional(), "Header that carries it.", "X-Timestamp"),
        form: about(z.enum(["seconds", "milliseconds", "iso", "http"]).optional(), "Default seconds.", "seconds"),
      })
      .optional(),
    "The time that is signed.",
    { header: "X-Timestamp" },
  ),
  nonce: about(z.strictObject({ header: z.string().min(1) }).optional(), "A number used once that is signed.", {
    header: "X-Nonce",
  }),
});

const headerName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, "a header name");

const signed = z.strictObject({
  scheme: z.literal("signed"),
  signs: about(
    template,
    "The text that is signed; its templates see settings, secrets, syncline, nonce, and now (now.seconds, now.milliseconds, now.iso), the last two " +
      "made anew each time something is sent.",
    "{{ settings.account }}&{{ secrets.key }}&{{ nonce }}&{{ now.seconds }}",
  ),
  key: about(
    template,
    "The key it is signed with; its templates see settings and secrets.",
    "{{ secrets.client_secret }}&{{ secrets.token_secret }}",
  ),
  key_is: about(
    z.enum(["utf8", "hex", "base64"]).optional(),
    "How the key's bytes are written; default utf8: the text itself.",
    "base64",
  ),
  algorithm: about(z.enum(["sha1", "sha256", "sha384", "sha512"]).optional(), "Of the HMAC; default sha256.", "sha256"),
  encoding: about(z.enum(["hex", "base64", "base64url"]).optional(), "Of the signature; default hex.", "base64"),
  values: about(
    z.record(z.string().regex(/^[A-Za-z_]\w*$/, "a name"), template).optional(),
    "Further values that requests see as signed.NAME, beside signed.signature, signed.nonce and signed.now; their templates see what signs sees.",
    { key: "{{ secrets.key }}" },
  ),
  send: about(
    z.record(headerName, template).optional(),
    "HTTP headers of every request; their templates see what signs sees, and signature.",
    { "X-Signature": "{{ signature }}", "X-Nonce": "{{ nonce }}" },
  ),
});

export const authSchema = z.discriminatedUnion("scheme", [
  z.strictObject({ scheme: z.literal("none") }),
  z.strictObject({ scheme: z.literal("bearer"), token: about(secretName, "Name of the secret.", "token") }),
  z.strictObject({
    scheme: z.literal("basic"),
    username,
    password: about(secretName.optional(), "Name of the secret; left out: an empty password.", "password"),
  }),
  z.strictObject({
    scheme: z.literal("header"),
    name: about(z.string().min(1), "Name of the header.", "X-Api-Key"),
    token: about(secretName, "Name of the secret.", "token"),
    prefix: about(z.string().optional(), "Text before the secret.", "Token "),
  }),
  z.strictObject({
    scheme: z.literal("query"),
    name: about(z.string().min(1), "Name of the query parameter.", "api_key"),
    token: about(secretName, "Name of the secret.", "token"),
  }),
  oauth2,
  sessionSchema,
  hmac,
  signed,
]);

export type AuthPart = z.output<typeof authSchema>;
export type OAuthPart = z.output<typeof oauth2>;
export type HmacPart = z.output<typeof hmac>;
export type SignedPart = z.output<typeof signed>;
