// The `auth:` block. Its values are names of secrets declared under `secrets:`, never secrets.

import { z } from "zod";
import { about, template } from "./text.ts";

const secretName = z.string().min(1);
const username = about(secretName, "Name of a secret, or of a setting, or a template.", "user");

const oauth2 = z.strictObject({
  scheme: z.literal("oauth2"),
  grant: about(
    z.enum(["client_credentials", "refresh_token", "authorization_code", "jwt_bearer", "password"]).optional(),
    "How the first access token is got; default client_credentials.",
    "client_credentials",
  ),
  token_url: about(template, "Address of the token endpoint.", "https://login.example.com/oauth/token"),
  client_id: about(username, "Name of the secret or setting with the client id.", "client_id"),
  client_secret: about(secretName, "Name of the secret with the client secret.", "client_secret"),
  refresh_token: about(
    secretName.optional(),
    "Name of the secret with a refresh token, for grant refresh_token.",
    "refresh_token",
  ),
  scope: about(template.optional(), "Scopes asked for, parted by spaces.", "read write"),
  audience: about(template.optional(), "Sent as audience, where the server asks for one.", "https://api.example.com"),
  client_auth: about(z.enum(["body", "basic"]).optional(), "Where client id and secret travel; default body.", "basic"),
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
  z.strictObject({
    scheme: z.literal("hmac"),
    token: about(secretName.optional(), "Name of the secret that signs."),
    algorithm: z.string().optional(),
    signs: z.string().optional(),
    header: z.string().optional(),
  }),
]);

export type AuthPart = z.output<typeof authSchema>;
export type OAuthPart = z.output<typeof oauth2>;
