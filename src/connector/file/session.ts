// The auth scheme `session`: a login request whose answer holds what later requests are authenticated with.

import { z } from "zod";
import { about, duration, expression, path, template, templates } from "./text.ts";

const headerName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, "a header name");

export const sessionSchema = z.strictObject({
  scheme: z.literal("session"),
  request: about(template, "Method and path of the login, below base_url.", "POST /Login"),
  headers: about(z.record(headerName, template).optional(), "Headers of the login alone.", { "X-Client": "syncline" }),
  body: about(
    templates.optional(),
    "What the login sends; its templates see settings, secrets and syncline. JSON, or a form by content-type.",
    { UserName: "{{ secrets.user }}", Password: "{{ secrets.password }}" },
  ),
  take: about(
    z
      .record(z.string().regex(/^[A-Za-z_]\w*$/, "a name"), z.union([path, z.strictObject({ header: headerName })]))
      .optional(),
    "Values out of the login's answer, by a path or a header; each must be there. Seen as session.NAME in `send`.",
    { token: "access_token" },
  ),
  refused: about(
    expression.optional(),
    "Expression over the login's answer; true: it was refused, though its status is a good one.",
    "$exists(error)",
  ),
  send: about(
    z.record(headerName, template).optional(),
    "Headers of every request; their templates see session, settings and secrets.",
    { Authorization: "Bearer {{ session.token }}" },
  ),
  cookies: about(z.boolean().optional(), "False: the cookies that the login sets are not sent; default true.", false),
  life: about(
    duration.optional(),
    "A new session is opened after this long; left out: when the system says 401, or an error rule refresh-auth.",
    "25m",
  ),
});

export type SessionPart = z.output<typeof sessionSchema>;
