// Keys that only the smtp protocol has: the message of a `create`, and how the connection is secured.

import { z } from "zod";
import { about, template } from "../../file/text.ts";

const addresses = z.union([template, z.array(template).min(1)]);

/** Spread into the schema of `create`. */
export const smtpCreatePart = {
  from: about(template.optional(), "smtp: who it is from; one address.", "Orders <orders@example.com>"),
  to: about(
    addresses.optional(),
    "smtp: whom it is for; one address a text. A list for several.",
    "{{ record.name }} <{{ record.email }}>",
  ),
  cc: about(addresses.optional(), "smtp: who gets a copy."),
  bcc: about(addresses.optional(), "smtp: who gets a copy unseen."),
  reply_to: about(template.optional(), "smtp: where answers go."),
  subject: about(template.optional(), "smtp: the subject.", "Order {{ record.number }}"),
  text: about(template.optional(), "smtp: the message as plain text."),
  html: about(template.optional(), "smtp: the message as HTML; what is put in is escaped."),
} as const;

export const SMTP_CREATE_KEYS = Object.keys(smtpCreatePart) as readonly (keyof typeof smtpCreatePart)[];

/** Spread into the schema of the file. */
export const smtpFilePart = {
  smtp: about(
    z
      .strictObject({
        tls: about(
          z.enum(["starttls", "implicit", "none"]).optional(),
          "Default by base_url: smtps:// implicit, smtp:// starttls, which must succeed. none: in the clear.",
          "starttls",
        ),
        ca: about(
          z.string().min(1).optional(),
          "File with the authority that the server's certificate is of.",
          "./ca.pem",
        ),
      })
      .optional(),
    "smtp: how the connection is secured.",
    { tls: "starttls" },
  ),
} as const;
